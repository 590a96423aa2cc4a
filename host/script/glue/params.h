/* params.h: a Lua table of parameters, as C wants it. */
#ifndef HS_PARAMS_H
#define HS_PARAMS_H

#include <stddef.h>

#include <lua.h>

#include "lib/form.h"
#include "twilio/rest.h"

/* Read the table at `index` (nil: none): names to strings, numbers, booleans
 * (as true and false) or lists of them. Sorted by name; a list keeps its order.
 * The result lives in one new stack slot, with the table. Raises on anything
 * else. */
const struct hs_rest_param *l_params_push(lua_State *L, int index,
                                          size_t *count);
/* The same as a form, at most HS_FORM_MAX pairs. */
void hs_params_push_form(lua_State *L, int index, struct hs_form *out);

#endif
