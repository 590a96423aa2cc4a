/* bounded_table.c: the table library with loops that can be stopped. A list can
 * claim 2^62 elements: its length may come from a metamethod. */
#include "script/rule_vm/bounded_table.h"

#include <stdint.h>

#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>

#include "script/rule_vm/merge_sort.h"
#include "script/rule_vm/watchdog.h"

#define RESULTS 100000 /* the most that unpack returns */

/* Raise if a function has more to do than upvalue 1 allows. */
static void check_count(lua_State *L, lua_Unsigned count, const char *name)
{
    if (count > (lua_Unsigned)lua_tointeger(L, lua_upvalueindex(1)))
        luaL_error(L, "table.%s: the list is too long", name);
}

static lua_Integer l_length(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    return luaL_len(L, 1);
}

/* Assign element `from` of the table at index 1 to `to`. */
static void l_shift(lua_State *L, lua_Integer from, lua_Integer to)
{
    l_watch_poll(L);
    lua_geti(L, 1, from);
    lua_seti(L, 1, to);
}

static int l_insert(lua_State *L)
{
    lua_Integer end = (lua_Integer)((lua_Unsigned)l_length(L) + 1);
    lua_Integer pos = end;

    if (lua_gettop(L) != 2 && lua_gettop(L) != 3)
        return luaL_error(L, "wrong number of arguments to 'insert'");
    if (lua_gettop(L) == 3) {
        pos = luaL_checkinteger(L, 2);
        luaL_argcheck(L, (lua_Unsigned)pos - 1u < (lua_Unsigned)end, 2,
                      "position out of bounds");
        check_count(L, (lua_Unsigned)(end - pos), "insert");
        for (lua_Integer i = end; i > pos; i--)
            l_shift(L, i - 1, i);
    }
    lua_seti(L, 1, pos);
    return 0;
}

static int l_remove(lua_State *L)
{
    lua_Integer size = l_length(L);
    lua_Integer pos = luaL_optinteger(L, 2, size);

    if (pos != size)
        luaL_argcheck(L, (lua_Unsigned)pos - 1u <= (lua_Unsigned)size, 2,
                      "position out of bounds");
    if (pos < size)
        check_count(L, (lua_Unsigned)size - (lua_Unsigned)pos, "remove");
    lua_geti(L, 1, pos);
    for (; pos < size; pos++)
        l_shift(L, pos + 1, pos);
    lua_pushnil(L);
    lua_seti(L, 1, pos);
    return 1;
}

static int l_move(lua_State *L)
{
    lua_Integer first = luaL_checkinteger(L, 2);
    lua_Integer last = luaL_checkinteger(L, 3);
    lua_Integer to = luaL_checkinteger(L, 4);
    int target = lua_isnoneornil(L, 5) ? 1 : 5;
    lua_Integer count;
    int upwards;

    luaL_checktype(L, 1, LUA_TTABLE);
    luaL_checktype(L, target, LUA_TTABLE);
    if (last >= first) {
        check_count(L, (lua_Unsigned)last - (lua_Unsigned)first, "move");
        luaL_argcheck(L, first > 0 || last < LUA_MAXINTEGER + first, 3,
                      "too many elements to move");
        count = last - first + 1;
        luaL_argcheck(L, to <= LUA_MAXINTEGER - count + 1, 4,
                      "destination wrap around");
        upwards = to > last || to <= first ||
                  (target != 1 && !lua_compare(L, 1, target, LUA_OPEQ));
        for (lua_Integer i = 0; i < count; i++) {
            lua_Integer at = upwards ? i : count - 1 - i;

            l_watch_poll(L);
            lua_geti(L, 1, first + at);
            lua_seti(L, target, to + at);
        }
    }
    lua_pushvalue(L, target);
    return 1;
}

static void l_add_element(lua_State *L, luaL_Buffer *out, lua_Integer i)
{
    l_watch_poll(L);
    lua_geti(L, 1, i);
    if (!lua_isstring(L, -1))
        luaL_error(L, "invalid value (at index %I) in table for 'concat'",
                   (LUAI_UACINT)i);
    luaL_addvalue(out);
}

static int l_concat(lua_State *L)
{
    lua_Integer last = l_length(L);
    size_t len;
    const char *separator = luaL_optlstring(L, 2, "", &len);
    lua_Integer i = luaL_optinteger(L, 3, 1);
    luaL_Buffer out;

    last = luaL_optinteger(L, 4, last);
    luaL_buffinit(L, &out);
    for (; i < last; i++) {
        l_add_element(L, &out, i);
        luaL_addlstring(&out, separator, len);
    }
    if (i == last)
        l_add_element(L, &out, i);
    luaL_pushresult(&out);
    return 1;
}

static int l_unpack(lua_State *L)
{
    lua_Integer first = luaL_optinteger(L, 2, 1);
    lua_Integer last =
        lua_isnoneornil(L, 3) ? luaL_len(L, 1) : luaL_checkinteger(L, 3);
    lua_Unsigned count;

    if (first > last)
        return 0;
    count = (lua_Unsigned)last - (lua_Unsigned)first + 1;
    if (count == 0 || count > RESULTS || !lua_checkstack(L, (int)count))
        return luaL_error(L, "too many results to unpack");
    for (lua_Unsigned i = 0; i < count; i++) {
        l_watch_poll(L);
        lua_geti(L, 1, (lua_Integer)((lua_Unsigned)first + i));
    }
    return (int)count;
}

/* Stack index 2 holds the comparison function or nil, 3 the elements. */
static int l_element_before(lua_State *L, void *unused, uint32_t a, uint32_t b)
{
    int compares = !lua_isnil(L, 2);
    int before;

    (void)unused;
    if (compares)
        lua_pushvalue(L, 2);
    lua_rawgeti(L, 3, (lua_Integer)a + 1);
    lua_rawgeti(L, 3, (lua_Integer)b + 1);
    if (!compares) {
        before = lua_compare(L, -2, -1, LUA_OPLT);
        lua_pop(L, 2);
        return before;
    }
    lua_call(L, 2, 1);
    before = lua_toboolean(L, -1);
    lua_pop(L, 1);
    return before;
}

/* The library's own sort picks pivots by the clock, so the order of equal
 * elements would depend on the time of day. This one is stable. */
static int l_sort(lua_State *L)
{
    lua_Integer n = l_length(L);
    uint32_t *order;

    if (n < 2)
        return 0;
    check_count(L, (lua_Unsigned)n, "sort");
    if (!lua_isnoneornil(L, 2))
        luaL_checktype(L, 2, LUA_TFUNCTION);
    lua_settop(L, 2);
    lua_newtable(L);
    for (lua_Integer i = 1; i <= n; i++) {
        l_watch_poll(L);
        lua_geti(L, 1, i);
        lua_rawseti(L, 3, i);
    }
    order = lua_newuserdatauv(L, (size_t)n * 2 * sizeof *order, 0);
    l_merge_sort(L, order, order + n, (uint32_t)n, l_element_before, NULL);
    for (lua_Integer i = 1; i <= n; i++) {
        l_watch_poll(L);
        lua_rawgeti(L, 3, (lua_Integer)order[i - 1] + 1);
        lua_seti(L, 1, i);
    }
    return 0;
}

void l_bounded_table_install(lua_State *L, const struct hs_bounds *bounds)
{
    static const luaL_Reg functions[] = {
        {"concat", l_concat}, {"insert", l_insert}, {"move", l_move},
        {"remove", l_remove}, {"sort", l_sort},     {"unpack", l_unpack},
        {NULL, NULL}};

    lua_getglobal(L, LUA_TABLIBNAME);
    lua_pushinteger(L, (lua_Integer)bounds->elements);
    luaL_setfuncs(L, functions, 1);
    lua_pop(L, 1);
}
