/* lookups.c: lookups.*: asking the lookup VM beside this app VM.
 *
 *   lookups.list()      { { name=, line= }, … } that lookups.lua defines
 *   lookups.run(call)   { { name=, ms=, json=|nil, error=|nil }, … }
 *
 * All of a call's lookups share lookup_time_ms: each gets what is left divided
 * by how many are still to be asked, so one that hangs leaves the others their
 * share. */
#include "script/lookups.h"

#include <stdio.h>

#include <lauxlib.h>
#include <lua.h>

#include "base/clock.h"
#include "script/bind/binds.h"
#include "script/rule_vm/watchdog.h"

#define LEAST_MS 5 /* too little for a lookup */

static int l_list(lua_State *L)
{
    const struct hs_lookups *lookups = hs_host(L)->lookups;
    int count = hs_lookups_count(lookups);

    lua_createtable(L, count, 0);
    for (int i = 0; i < count; i++) {
        int line;
        const char *name = hs_lookups_name(lookups, i, &line);

        lua_createtable(L, 0, 2);
        lua_pushstring(L, name);
        lua_setfield(L, -2, "name");
        lua_pushinteger(L, line);
        lua_setfield(L, -2, "line");
        lua_rawseti(L, -2, i + 1);
    }
    return 1;
}

/* Push why a lookup has no answer. */
static void push_failure(lua_State *L, const struct hs_script_error *err)
{
    char text[HS_PLACED_SIZE];

    hs_error_place(err->line > 0 ? err->source : "", err->line, err->message,
                   text, sizeof text);
    lua_pushstring(L, text);
}

/* Ask number `index` about the call at stack index 1; push { name=, … }. */
static void push_answer(lua_State *L, struct hs_lookups *lookups, int index,
                        int budget_ms)
{
    struct hs_script_error err = {.message = "no time was left for it"};
    int64_t began = hs_watch_clock_ns();
    const char *json;
    int line, failed;

    lua_createtable(L, 0, 4);
    lua_pushstring(L, hs_lookups_name(lookups, index, &line));
    lua_setfield(L, -2, "name");
    failed = budget_ms < LEAST_MS ||
             hs_lookups_ask(lookups, index, L, budget_ms, &json, &err);
    lua_pushinteger(L, (hs_watch_clock_ns() - began) / 1000000);
    lua_setfield(L, -2, "ms");
    if (failed)
        push_failure(L, &err);
    else
        lua_pushstring(L, json);
    lua_setfield(L, -2, failed ? "error" : "json");
}

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int l_run(lua_State *L)
{
    struct hs_lookups *lookups = hs_host(L)->lookups;
    int count = hs_lookups_count(lookups);
    int64_t time_ms = hs_host(L)->config->lookup_time_ms;
    int64_t until = hs_watch_clock_ns() / 1000000 + time_ms;
    int64_t latest = hs_running_ms() + time_ms + HS_WATCH_LATE_MS;

    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 1);
    lua_createtable(L, count, 0);
    for (int i = 0; i < count; i++) {
        int64_t left = least(until - hs_watch_clock_ns() / 1000000,
                             latest - hs_running_ms());

        push_answer(L, lookups, i, left > 0 ? (int)(left / (count - i)) : 0);
        lua_rawseti(L, -2, i + 1);
    }
    if (count > 0)
        hs_lookups_settle(lookups);
    return 1;
}

int l_open_lookups(lua_State *L)
{
    static const luaL_Reg functions[] = {
        {"list", l_list}, {"run", l_run}, {NULL, NULL}};

    luaL_newlib(L, functions);
    return 1;
}
