/* limiter.c: the Lua module limiter, over lib/limiter. */
#include "lib/limiter.h"

#include <string.h>

#include <lauxlib.h>
#include <lua.h>

#include "base/clock.h"
#include "script/bind/binds.h"
#include "script/glue/glue.h"
#include "script/host.h"

/* The {name =, per_minute =} at `arg`. */
static void check_limit(lua_State *L, int arg, struct hs_limit *out)
{
    size_t len;
    const char *name;

    luaL_checktype(L, arg, LUA_TTABLE);
    lua_getfield(L, arg, "name");
    name = luaL_checklstring(L, -1, &len);
    luaL_argcheck(L, len > 0 && len < sizeof out->name, arg, "a short name");
    memcpy(out->name, name, len + 1);
    lua_getfield(L, arg, "per_minute");
    out->per_minute = (int)luaL_checkinteger(L, -1);
    luaL_argcheck(L, out->per_minute > 0, arg, "per_minute: more than 0");
    lua_pop(L, 2);
}

/* limiter.take({name =, per_minute =}, subject): true; or nil, message,
 * "limited", seconds to wait. */
static int l_take(lua_State *L)
{
    struct hs_limiter *limiter = hs_host(L)->limiter;
    struct hs_limit limit;
    size_t len;
    const char *subject = luaL_checklstring(L, 2, &len);
    int64_t wait = 0;

    check_limit(L, 1, &limit);
    if (limiter)
        wait =
            hs_limiter_take(limiter, &limit, subject, len, hs_monotonic_us());
    if (wait > 0) {
        l_fail(L, "limited", "Too many requests.");
        lua_pushinteger(L, (lua_Integer)(wait + 999) / 1000);
        return 4;
    }
    lua_pushboolean(L, 1);
    return 1;
}

static const luaL_Reg functions[] = {
    {"take", l_take},
    {NULL, NULL},
};

int l_open_limiter(lua_State *L)
{
    luaL_newlib(L, functions);
    return 1;
}
