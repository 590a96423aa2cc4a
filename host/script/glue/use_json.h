/* use_json.h: the json module, called from another binding. */
#ifndef HS_USE_JSON_H
#define HS_USE_JSON_H

#include <stddef.h>

#include <lua.h>

/* Push json.encode(value at `index`). Raises as it does. */
void hs_json_push_encoded(lua_State *L, int index);
/* Push the text decoded by json.decode and return 1; return 0, with nothing
 * pushed, if it isn't JSON. `text` may be freed after. */
int hs_json_push_decoded(lua_State *L, const char *text, size_t len);

#endif
