/* events.c: the Lua module events, over store/memory/feed. */
#include <string.h>

#include <lauxlib.h>
#include <lua.h>

#include "script/bind/binds.h"
#include "script/glue/use_json.h"
#include "store/memory/feed.h"

static const char *check_plain(lua_State *L, int arg)
{
    size_t len;
    const char *text = luaL_optlstring(L, arg, "", &len);

    luaL_argcheck(L, strlen(text) == len, arg, "there is a NUL in it");
    return text;
}

/* events.publish(user_id or nil, type, data): tell listeners, once the event's
 * cause is stored. */
static int l_publish(lua_State *L)
{
    const char *user = check_plain(L, 1);
    const char *type = check_plain(L, 2);
    const char *data;
    size_t len;

    luaL_checktype(L, 3, LUA_TTABLE);
    if (!hs_feed_is_wanted())
        return 0;
    hs_json_push_encoded(L, 3);
    data = lua_tolstring(L, -1, &len);
    luaL_argcheck(L, len <= HS_FEED_DATA_MAX, 3, "more than 4096 bytes");
    if (hs_feed_publish(user, type, data, len) != 0)
        return luaL_error(L, "events.publish: the type \"%s\" cannot be sent",
                          type);
    return 0;
}

/* events.last_id(): the stream's current position. */
static int l_last_id(lua_State *L)
{
    struct hs_buf id = {0};
    int failed = hs_feed_last_id(&id) != 0;

    if (!failed)
        lua_pushlstring(L, id.data, id.len);
    hs_buf_free(&id);
    return failed ? luaL_error(L, "not enough memory") : 1;
}

/* events.wanted(): whether a client listens, or did in the last minute. */
static int l_wanted(lua_State *L)
{
    lua_pushboolean(L, hs_feed_is_wanted());
    return 1;
}

/* events.hang_up(user_id, login or nil): end the streams of an ended login, or
 * all of the user's. */
static int l_hang_up(lua_State *L)
{
    luaL_checkstring(L, 1);
    if (hs_feed_hang_up(check_plain(L, 1), check_plain(L, 2)) != 0)
        return luaL_error(L, "not enough memory");
    return 0;
}

static const luaL_Reg functions[] = {
    {"publish", l_publish}, {"last_id", l_last_id}, {"wanted", l_wanted},
    {"hang_up", l_hang_up}, {NULL, NULL},
};

int l_open_events(lua_State *L)
{
    luaL_newlib(L, functions);
    return 1;
}
