/* form_userdata.h: a parsed form as Lua sees it.
 *
 * One userdata per VM and place (params, query) is made once and pointed at
 * the form of each request, so a request costs no table: a parameter becomes a
 * Lua string when it is read. */
#ifndef HS_FORM_USERDATA_H
#define HS_FORM_USERDATA_H

#include <lua.h>

#include "lib/form.h"

/* Push a new form userdata, pointed at nothing. May raise. */
void l_form_push(lua_State *L);
/* Point the one at `index` at a form that stays until the next call; NULL at
 * the end of the request, after which reading raises. Raises nothing. */
void hs_form_point(lua_State *L, int index, const struct hs_form *form);

#endif
