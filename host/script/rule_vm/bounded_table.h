/* bounded_table.h: the table library; a part of l_bounded_install. */
#ifndef HS_BOUNDED_TABLE_H
#define HS_BOUNDED_TABLE_H

#include <lua.h>

#include "script/rule_vm/bounds.h"

/* Replace concat, insert, move, remove, sort and unpack in the global table
 * `table`. May raise. */
void l_bounded_table_install(lua_State *L, const struct hs_bounds *bounds);

#endif
