/* use_json.c: the json module, called from another binding. */
#include "script/glue/use_json.h"

#include <lauxlib.h>

#include "script/glue/glue.h"

/* Push a function of the json module, as require("json") would give it. */
static void push_function(lua_State *L, const char *name)
{
    luaL_getsubtable(L, LUA_REGISTRYINDEX, LUA_LOADED_TABLE);
    if (lua_getfield(L, -1, "json") != LUA_TTABLE) {
        lua_pop(L, 1);
        l_push_module(L, "json");
    }
    lua_getfield(L, -1, name);
    lua_replace(L, -3);
    lua_pop(L, 1);
}

void hs_json_push_encoded(lua_State *L, int index)
{
    index = lua_absindex(L, index);
    luaL_checkstack(L, 4, "json");
    push_function(L, "encode");
    lua_pushvalue(L, index);
    lua_call(L, 1, 1);
}

int hs_json_push_decoded(lua_State *L, const char *text, size_t len)
{
    luaL_checkstack(L, 4, "json");
    push_function(L, "decode");
    lua_pushlstring(L, text, len);
    lua_call(L, 1, 1);
    if (!lua_isnil(L, -1))
        return 1;
    lua_pop(L, 1);
    return 0;
}
