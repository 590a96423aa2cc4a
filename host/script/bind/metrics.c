/* metrics.c: the Lua module metrics: what routes count. */
#include "base/metrics.h"

#include <lauxlib.h>
#include <lua.h>

#include "script/bind/binds.h"

/* metrics.count("calls" | "fallbacks") */
static int l_count(lua_State *L)
{
    static const char *const names[] = {"calls", "fallbacks", NULL};
    static const enum hs_counter counters[] = {HS_C_CALLS, HS_C_FALLBACKS};

    hs_count(counters[luaL_checkoption(L, 1, NULL, names)], 1);
    return 0;
}

int l_open_metrics(lua_State *L)
{
    static const luaL_Reg functions[] = {{"count", l_count}, {NULL, NULL}};

    luaL_newlib(L, functions);
    return 1;
}
