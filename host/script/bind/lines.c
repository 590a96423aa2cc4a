/* lines.c: the Lua module lines, over store/memory/lines. */
#include "store/memory/lines.h"

#include <lauxlib.h>
#include <lua.h>

#include "script/bind/binds.h"
#include "script/glue/glue.h"

#define REVIEWED 128 /* calls at a time */
#define LATEST_MS (1LL << 53)

static int check_step(lua_State *L, int index)
{
    lua_Integer step = luaL_checkinteger(L, index);

    luaL_argcheck(L, step >= 0 && step <= HS_LINES_STEP_MAX, index,
                  "not a step");
    return (int)step;
}

static int64_t check_time(lua_State *L, int index)
{
    lua_Integer at = luaL_checkinteger(L, index);

    luaL_argcheck(L, at >= 0 && at <= LATEST_MS, index, "not a time");
    return at;
}

/* user, call, step, phone, until, now: arguments 1 to 6. */
static struct hs_line check_line(lua_State *L)
{
    return (struct hs_line){
        .user = luaL_checkstring(L, 1),
        .call = luaL_checkstring(L, 2),
        .step = check_step(L, 3),
        .phone = luaL_checkstring(L, 4),
        .until = check_time(L, 5),
        .now = check_time(L, 6),
    };
}

/* lines.reserve(user, call, step, phone, until, now, most): "reserved", "full"
 * or "unknown". */
static int l_reserve(lua_State *L)
{
    struct hs_line line = check_line(L);
    lua_Integer most = luaL_checkinteger(L, 7);
    enum hs_line_answer answer;

    luaL_argcheck(L, most >= 0 && most <= INT_MAX, 7, "not a limit");
    answer = hs_lines_reserve(&line, (int)most);
    lua_pushstring(L, answer == HS_LINE_RESERVED  ? "reserved"
                      : answer == HS_LINE_UNKNOWN ? "unknown"
                                                  : "full");
    return 1;
}

/* lines.enter(user, call, step, phone, until, now, child) */
static int l_enter(lua_State *L)
{
    struct hs_line line = check_line(L);

    if (hs_lines_enter(&line, luaL_checkstring(L, 7)) != 0)
        return luaL_error(L, "not enough memory");
    return 0;
}

/* lines.misses() */
static int l_misses(lua_State *L)
{
    lua_pushinteger(L, (lua_Integer)hs_lines_misses());
    return 1;
}

/* lines.entered(user, misses) */
static int l_entered(lua_State *L)
{
    const char *user = luaL_checkstring(L, 1);

    if (hs_lines_entered(user, (uint64_t)luaL_checkinteger(L, 2)) != 0)
        return luaL_error(L, "not enough memory");
    return 0;
}

/* lines.report(call, child, phone, final) */
static int l_report(lua_State *L)
{
    hs_lines_report(luaL_checkstring(L, 1), luaL_checkstring(L, 2),
                    luaL_checkstring(L, 3), lua_toboolean(L, 4));
    return 0;
}

/* lines.ended(call, step?) */
static int l_ended(lua_State *L)
{
    hs_lines_end(luaL_checkstring(L, 1),
                 lua_isnoneornil(L, 2) ? -1 : check_step(L, 2));
    return 0;
}

/* lines.count(user, now) */
static int l_count(lua_State *L)
{
    lua_pushinteger(L,
                    hs_lines_count(luaL_checkstring(L, 1), check_time(L, 2)));
    return 1;
}

/* lines.review(user, now): { { sid, foreign } }, at most once a second. */
static int l_review(lua_State *L)
{
    struct hs_lines_call calls[REVIEWED];
    size_t count = hs_lines_review(luaL_checkstring(L, 1), check_time(L, 2),
                                   calls, REVIEWED);

    lua_createtable(L, (int)count, 0);
    for (size_t i = 0; i < count; i++) {
        lua_createtable(L, 2, 0);
        lua_pushstring(L, calls[i].sid);
        lua_rawseti(L, -2, 1);
        lua_pushboolean(L, calls[i].foreign);
        lua_rawseti(L, -2, 2);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    return 1;
}

static const luaL_Reg functions[] = {
    {"reserve", l_reserve}, {"enter", l_enter},   {"entered", l_entered},
    {"report", l_report},   {"ended", l_ended},   {"count", l_count},
    {"review", l_review},   {"misses", l_misses}, {NULL, NULL},
};

int l_open_lines(lua_State *L)
{
    luaL_newlib(L, functions);
    return 1;
}
