/* form_userdata.h: a parsed form as Lua sees it.
 *
 * There is one userdata per VM and place (params, query), pointed at each
 * request's form in turn, so a request needs no table: a parameter becomes a
 * Lua string when it is read. */
#ifndef HS_FORM_USERDATA_H
#define HS_FORM_USERDATA_H

#include <lua.h>

#include "lib/form.h"

/* Push a new form userdata without a form. May raise. */
void l_form_push(lua_State *L);
/* Point the one at `index` at a form that stays valid until the next call; NULL
 * at the end of the request, after which reading raises. Never raises. */
void hs_form_point(lua_State *L, int index, const struct hs_form *form);

#endif
