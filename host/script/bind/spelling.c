/* spelling.c: the Lua module spelling, over base/nearest. Needs no host, so the
 * rule VM can have it too. */
#include <lauxlib.h>
#include <lua.h>

#include "base/nearest.h"
#include "script/bind/binds.h"

/* spelling.distance(word, other): see types/spelling.lua. */
static int l_distance(lua_State *L)
{
    const char *word = luaL_checkstring(L, 1);
    const char *other = luaL_checkstring(L, 2);

    lua_pushinteger(L, (lua_Integer)hs_edit_distance(word, other));
    return 1;
}

int l_open_spelling(lua_State *L)
{
    static const luaL_Reg functions[] = {{"distance", l_distance},
                                         {NULL, NULL}};

    luaL_newlib(L, functions);
    return 1;
}
