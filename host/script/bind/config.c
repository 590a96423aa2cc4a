/* config.c: the Lua module config; it never returns a secret. */
#include <stdlib.h>
#include <string.h>

#include <lauxlib.h>
#include <lua.h>

#include "script/bind/binds.h"
#include "script/host.h"

#define SCRATCH 32 /* hs_config_get writes numbers here */

static int l_unknown(lua_State *L, const char *function, const char *key)
{
    const char *near = hs_setting_near(key);

    if (near)
        return luaL_error(L,
                          "config.%s: there is no setting \"%s\"; did you "
                          "mean %s?",
                          function, key, near);
    return luaL_error(L, "config.%s: there is no setting \"%s\"", function,
                      key);
}

/* A switch is yes or no; no other setting is one of these words. */
static int is_switch(const char *value)
{
    return strcmp(value, "yes") == 0 || strcmp(value, "no") == 0;
}

/* config.get(key): a string, integer or boolean; nil if it isn't set. */
static int l_get(lua_State *L)
{
    const char *key = luaL_checkstring(L, 1);
    const struct hs_config *config = hs_host(L)->config;
    char scratch[SCRATCH];
    const char *value = hs_config_get(config, key, scratch);

    if (!value && hs_config_is_set(config, key) >= 0)
        return luaL_error(L,
                          "config.get: \"%s\" is a secret: only "
                          "config.is_set can be asked",
                          key);
    if (!value)
        return l_unknown(L, "get", key);
    if (is_switch(value))
        lua_pushboolean(L, *value == 'y');
    else if (value == scratch)
        lua_pushinteger(L, strtoll(value, NULL, 10));
    else if (*value)
        lua_pushstring(L, value);
    else
        lua_pushnil(L);
    return 1;
}

/* config.is_set(key): also for secrets. */
static int l_is_set(lua_State *L)
{
    const char *key = luaL_checkstring(L, 1);
    int is_set = hs_config_is_set(hs_host(L)->config, key);

    if (is_set < 0)
        return l_unknown(L, "is_set", key);
    lua_pushboolean(L, is_set);
    return 1;
}

static const luaL_Reg functions[] = {
    {"get", l_get},
    {"is_set", l_is_set},
    {NULL, NULL},
};

int l_open_config(lua_State *L)
{
    luaL_newlib(L, functions);
    return 1;
}
