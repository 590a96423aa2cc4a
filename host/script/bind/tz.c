/* tz.c: the Lua module tz, over lib/tz/tz. A zone that does not exist is
 * nil, message, "unknown_zone": names come from people. Needs no host, so the
 * rule VM can have it too. */
#include "lib/tz/tz.h"

#include <math.h>
#include <string.h>

#include <lauxlib.h>
#include <lua.h>

#include "lib/tz/windows.h"
#include "script/bind/binds.h"
#include "script/glue/glue.h"

/* Seconds since 1970; fractions are cut off. */
static int64_t check_epoch(lua_State *L, int arg)
{
    lua_Number seconds;
    lua_Integer whole;

    if (lua_isinteger(L, arg))
        return lua_tointeger(L, arg);
    seconds = floor(luaL_checknumber(L, arg));
    if (!lua_numbertointeger(seconds, &whole))
        return luaL_argerror(L, arg, "seconds since 1970 expected");
    return whole;
}

/* The zone named by argument 1, or NULL and `err`. */
static const struct hs_zone *l_find_zone(lua_State *L, struct hs_error *err)
{
    size_t len;
    const char *name = luaL_checklstring(L, 1, &len);

    /* A name with a NUL in it isn't the text before the NUL. */
    return hs_zone_get(strlen(name) == len ? name : "", err);
}

/* What the clocks of the zone in argument 1 show at the time in argument 2; -1
 * and `err`. */
static int l_read_local(lua_State *L, struct hs_local_time *local,
                        struct hs_error *err)
{
    int64_t epoch = check_epoch(L, 2);
    const struct hs_zone *zone = l_find_zone(L, err);

    if (!zone)
        return -1;
    hs_zone_local(zone, epoch, local);
    return 0;
}

static int l_fail_by(lua_State *L, const struct hs_error *err)
{
    return l_fail(L, err->code, "%s", err->message);
}

static void l_set_integer(lua_State *L, const char *name, lua_Integer value)
{
    lua_pushinteger(L, value);
    lua_setfield(L, -2, name);
}

/* tz.local_time(zone, epoch): what the zone's clocks show. */
static int l_local_time(lua_State *L)
{
    struct hs_error err = {0};
    struct hs_local_time local;

    if (l_read_local(L, &local, &err) != 0)
        return l_fail_by(L, &err);
    lua_createtable(L, 0, 10);
    l_set_integer(L, "year", local.year);
    l_set_integer(L, "month", local.month);
    l_set_integer(L, "day", local.day);
    l_set_integer(L, "hour", local.hour);
    l_set_integer(L, "min", local.minute);
    l_set_integer(L, "sec", local.second);
    l_set_integer(L, "weekday", local.weekday);
    l_set_integer(L, "offset", local.offset_seconds);
    lua_pushboolean(L, local.is_dst);
    lua_setfield(L, -2, "dst");
    lua_pushstring(L, local.abbreviation);
    lua_setfield(L, -2, "abbr");
    return 1;
}

/* tz.wall(zone, epoch): year, month, day, hour, minute, weekday, without a
 * table: rules ask thousands of times. */
static int l_wall(lua_State *L)
{
    struct hs_error err = {0};
    struct hs_local_time local;

    if (l_read_local(L, &local, &err) != 0)
        return l_fail_by(L, &err);
    lua_pushinteger(L, local.year);
    lua_pushinteger(L, local.month);
    lua_pushinteger(L, local.day);
    lua_pushinteger(L, local.hour);
    lua_pushinteger(L, local.minute);
    lua_pushinteger(L, local.weekday);
    return 6;
}

/* An integer field of the table at 2; `missing` < 0 means it must be there. */
static int check_field(lua_State *L, const char *name, int missing)
{
    lua_Integer value;
    int exact;

    if (lua_getfield(L, 2, name) == LUA_TNIL && missing >= 0) {
        lua_pop(L, 1);
        return missing;
    }
    value = lua_tointegerx(L, -1, &exact);
    lua_pop(L, 1);
    /* Wide enough for carrying over, narrow enough that no sum overflows. */
    if (!exact || value < -1000000000 || value > 1000000000)
        luaL_error(L, "tz.instant: \"%s\" has to be an integer", name);
    return (int)value;
}

/* tz.instant(zone, {year=, month=, day=, hour=, min=, sec=}): seconds since
 * 1970, and "normal", "gap" or "overlap". */
static int l_instant(lua_State *L)
{
    static const char *const kinds[] = {"normal", "gap", "overlap"};
    struct hs_error err = {0};
    struct hs_local_time local = {0};
    const struct hs_zone *zone;
    int kind;

    luaL_checktype(L, 2, LUA_TTABLE);
    local.year = check_field(L, "year", -1);
    local.month = check_field(L, "month", -1);
    local.day = check_field(L, "day", -1);
    local.hour = check_field(L, "hour", 0);
    local.minute = check_field(L, "min", 0);
    local.second = check_field(L, "sec", 0);
    zone = l_find_zone(L, &err);
    if (!zone)
        return l_fail_by(L, &err);
    lua_pushinteger(L, hs_zone_instant(zone, &local, &kind));
    lua_pushstring(L, kinds[kind]);
    return 2;
}

/* tz.next_change(zone, epoch): when the zone's offset changes next, or nil
 * when it never does. */
static int l_next_change(lua_State *L)
{
    struct hs_error err = {0};
    int64_t epoch = check_epoch(L, 2);
    const struct hs_zone *zone = l_find_zone(L, &err);
    int64_t next;

    if (!zone)
        return l_fail_by(L, &err);
    next = hs_zone_next_change(zone, epoch);
    if (next == INT64_MAX)
        lua_pushnil(L);
    else
        lua_pushinteger(L, next);
    return 1;
}

/* tz.exists(zone): true, or nil, message (with the nearest name), code. */
static int l_exists(lua_State *L)
{
    struct hs_error err = {0};

    if (!l_find_zone(L, &err))
        return l_fail_by(L, &err);
    lua_pushboolean(L, 1);
    return 1;
}

#define FARTHEST INT64_C(100000000000)

/* An integer small enough that no year or count of days overflows. */
static lua_Integer check_small(lua_State *L, int arg)
{
    lua_Integer value = luaL_checkinteger(L, arg);

    luaL_argcheck(L, value >= -FARTHEST && value <= FARTHEST, arg,
                  "too far from 1970");
    return value;
}

/* tz.day_number(year, month, day): days since 1970-01-01. */
static int l_day_number(lua_State *L)
{
    lua_pushinteger(L, hs_day_number(check_small(L, 1), check_small(L, 2),
                                     check_small(L, 3)));
    return 1;
}

/* tz.date(number): year, month, day. */
static int l_date(lua_State *L)
{
    struct hs_local_time date;

    hs_day_date(check_small(L, 1), &date);
    lua_pushinteger(L, date.year);
    lua_pushinteger(L, date.month);
    lua_pushinteger(L, date.day);
    return 3;
}

/* tz.of_windows("W. Europe Standard Time") -> "Europe/Berlin", or nil */
static int l_of_windows(lua_State *L)
{
    size_t len;
    const char *name = luaL_checklstring(L, 1, &len);

    lua_pushstring(L, strlen(name) == len ? hs_windows_zone_iana(name) : NULL);
    return 1;
}

static const luaL_Reg functions[] = {
    {"local_time", l_local_time},
    {"wall", l_wall},
    {"instant", l_instant},
    {"next_change", l_next_change},
    {"exists", l_exists},
    {"of_windows", l_of_windows},
    {"day_number", l_day_number},
    {"date", l_date},
    {NULL, NULL},
};

int l_open_tz(lua_State *L)
{
    luaL_newlib(L, functions);
    return 1;
}
