/* recent.c: the Lua module recent: recent calls and lost reports, in memory. */
#include "store/memory/recent.h"

#include <stdlib.h>

#include <lauxlib.h>
#include <lua.h>

#include "script/bind/binds.h"
#include "script/glue/glue.h"
#include "store/memory/lost_reports.h"

typedef int store_fn(const char *key, size_t key_len, const char *text,
                     size_t len);

static int l_store(lua_State *L, store_fn *store)
{
    size_t key_len, len;
    const char *key = luaL_checklstring(L, 1, &key_len);
    const char *text = luaL_checklstring(L, 2, &len);

    luaL_argcheck(L, key_len <= HS_RECENT_KEY_MAX, 1,
                  "a key has at most 128 bytes");
    if (store(key, key_len, text, len) == 0) {
        lua_pushboolean(L, 1);
        return 1;
    }
    if (len > HS_RECENT_TEXT_MAX)
        return l_fail(L, "too_large", "the text is larger than 32 KiB");
    return l_fail(L, "memory", "not enough memory");
}

/* recent.put(key, text): true, or nil, message, code. */
static int l_put(lua_State *L)
{
    return l_store(L, hs_recent_put);
}

/* recent.keep(key, text): the same. */
static int l_keep(lua_State *L)
{
    return l_store(L, hs_recent_keep);
}

/* recent.get(key): the text, or nil. */
static int l_get(lua_State *L)
{
    size_t key_len;
    const char *key = luaL_checklstring(L, 1, &key_len);
    void **owned = l_own(L, free);
    char *text = NULL;
    size_t len;
    int found = hs_recent_get(key, key_len, &text, &len);

    *owned = text;
    if (found < 0)
        return luaL_error(L, "not enough memory");
    if (found == 0)
        return 0;
    lua_pushlstring(L, text, len);
    return 1;
}

/* recent.mark(call_sid) */
static int l_mark(lua_State *L)
{
    size_t len;
    const char *call_sid = luaL_checklstring(L, 1, &len);

    hs_lost_reports_add(call_sid, len);
    return 0;
}

/* recent.take_mark(): a call_sid, or nil and how many couldn't be noted. */
static int l_take_mark(lua_State *L)
{
    char call_sid[HS_LOST_REPORT_MAX + 1];
    size_t len = hs_lost_reports_take(call_sid);

    if (len > 0) {
        lua_pushlstring(L, call_sid, len);
        return 1;
    }
    lua_pushnil(L);
    lua_pushinteger(L, (lua_Integer)hs_lost_reports_missed());
    return 2;
}

static const luaL_Reg functions[] = {
    {"put", l_put},   {"keep", l_keep},           {"get", l_get},
    {"mark", l_mark}, {"take_mark", l_take_mark}, {NULL, NULL},
};

int l_open_recent(lua_State *L)
{
    luaL_newlib(L, functions);
    return 1;
}
