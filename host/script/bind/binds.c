/* binds.c: the one table of native modules. */
#include "script/bind/binds.h"

#include <lauxlib.h>
#include <lua.h>

static const luaL_Reg modules[] = {
    {"config", l_open_config},
    {"crypto", l_open_crypto},
    {"db", l_open_db},
    {"events", l_open_events},
    {"http", l_open_http},
    {"json", l_open_json},
    {"jwt", l_open_jwt},
    {"limiter", l_open_limiter},
    {"lines", l_open_lines},
    {"log", l_open_log},
    {"lookups", l_open_lookups},
    {"metrics", l_open_metrics},
    {"numbering", l_open_numbering},
    {"recent", l_open_recent},
    {"rules", l_open_rules},
    {"sources", l_open_sources},
    {"spelling", l_open_spelling},
    {"standin", l_open_standin},
    {"twilio", l_open_twilio},
    {"tz", l_open_tz},
    {"unicode", l_open_unicode},
    {NULL, NULL},
};

static const luaL_Reg lookup_modules[] = {
    {"config", l_open_config}, {"crypto", l_open_crypto},
    {"db", l_open_db},         {"http", l_open_http},
    {"json", l_open_json},     {"log", l_open_log},
    {"tz", l_open_tz},         {NULL, NULL},
};

void l_binds_preload(lua_State *L)
{
    luaL_setfuncs(L, modules, 0);
}

void l_binds_preload_lookup(lua_State *L)
{
    luaL_setfuncs(L, lookup_modules, 0);
}
