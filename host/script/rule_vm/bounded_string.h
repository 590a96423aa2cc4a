/* bounded_string.h: the functions of the string library over
 * script/rule_vm/pattern.h; a part of l_bounded_install. */
#ifndef HS_BOUNDED_STRING_H
#define HS_BOUNDED_STRING_H

#include <lua.h>

#include "script/rule_vm/bounds.h"

/* Replace byte, find, format, gmatch, gsub, match and rep in the global table
 * `string`. May raise. */
void l_bounded_string_install(lua_State *L, const struct hs_bounds *bounds);

#endif
