/* ordered.c: pairs gathers and sorts the keys once per traversal. next has no
 * state: it looks for the least key after the given one, in a small table by a
 * scan, in a large one with a sorted list kept as long as the table lives. */
#include "script/rule_vm/ordered.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

#include <lauxlib.h>
#include <lua.h>

#include "script/glue/glue.h"
#include "script/rule_vm/merge_sort.h"
#include "script/rule_vm/watchdog.h"

#define SMALL 32 /* keys sorted on the C stack */
#define FEW 8    /* keys that next scans each time */

enum kind { INDEX, NUMBER, TEXT, TRUTH, OTHER };

/* One key as it is compared. The table keeps its text alive. */
struct key {
    enum kind kind;
    int whole; /* of a number: `integer` holds it, not `real` */
    union {
        lua_Integer integer;
        lua_Number real;
        const char *text;
        const void *address;
    };
    size_t len;
};

/* A table's keys. The first ones are read, and stay on the stack if there are
 * no more than those. */
struct census {
    size_t count, others;
    int is_list; /* 1, 2, … count, met in this order */
    struct key first[SMALL];
};

/* Registry: { [table] = its keys in order }, and whether keys without an order
 * are refused. */
static const char lists_key, strict_key;

static struct key read_key(lua_State *L, int index)
{
    struct key key = {.kind = OTHER};

    switch (lua_type(L, index)) {
    case LUA_TNUMBER:
        key.whole = lua_isinteger(L, index);
        if (key.whole)
            key.integer = lua_tointeger(L, index);
        else
            key.real = lua_tonumber(L, index);
        key.kind = key.whole && key.integer > 0 ? INDEX : NUMBER;
        break;
    case LUA_TSTRING:
        key.kind = TEXT;
        key.text = lua_tolstring(L, index, &key.len);
        break;
    case LUA_TBOOLEAN:
        key.kind = TRUTH;
        key.integer = lua_toboolean(L, index);
        break;
    default:
        key.address = lua_topointer(L, index);
    }
    return key;
}

/* A float key in the range of integers has a fraction. */
static int number_before(const struct key *a, const struct key *b)
{
    if (a->whole && b->whole)
        return a->integer < b->integer;
    if (!a->whole && !b->whole)
        return a->real < b->real;
    if (a->whole)
        return b->real >= 0x1p63 || (b->real >= -0x1p63 &&
                                     a->integer <= (lua_Integer)floor(b->real));
    return a->real < -0x1p63 ||
           (a->real < 0x1p63 && (lua_Integer)floor(a->real) < b->integer);
}

static int key_before(const struct key *a, const struct key *b)
{
    int difference;

    if (a->kind != b->kind)
        return a->kind < b->kind;
    switch (a->kind) {
    case NUMBER:
        return number_before(a, b);
    case TEXT:
        difference =
            memcmp(a->text, b->text, a->len < b->len ? a->len : b->len);
        return difference < 0 || (difference == 0 && a->len < b->len);
    case OTHER:
        return (uintptr_t)a->address < (uintptr_t)b->address;
    default:
        return a->integer < b->integer;
    }
}

static int l_before(lua_State *L, void *ctx, uint32_t a, uint32_t b)
{
    const struct key *keys = ctx;

    (void)L;
    return key_before(&keys[a], &keys[b]);
}

static void l_refuse_others(lua_State *L, size_t others)
{
    if (others < 2)
        return;
    if (lua_rawgetp(L, LUA_REGISTRYINDEX, &strict_key) != LUA_TNIL)
        luaL_error(L, "this table has tables or functions as keys, which have "
                      "no fixed order: use a list, or text as keys");
    lua_pop(L, 1);
}

/* Count the key at the top, which stays. */
static void count_key(lua_State *L, struct census *census)
{
    int type = lua_type(L, -1);

    census->count++;
    census->is_list = census->is_list && lua_isinteger(L, -1) &&
                      (lua_Unsigned)lua_tointeger(L, -1) == census->count;
    census->others +=
        type != LUA_TNUMBER && type != LUA_TSTRING && type != LUA_TBOOLEAN;
}

static void l_take_census(lua_State *L, int index, struct census *census)
{
    int base = lua_gettop(L);

    census->count = census->others = 0;
    census->is_list = 1;
    luaL_checkstack(L, SMALL + 4, NULL);
    for (lua_pushnil(L); lua_next(L, index);) {
        lua_pop(L, 1);
        count_key(L, census);
        if (census->count > SMALL) {
            l_watch_poll(L);
            continue;
        }
        census->first[census->count - 1] = read_key(L, -1);
        lua_pushvalue(L, -1);
    }
    if (census->is_list || census->count > SMALL)
        lua_settop(L, base);
    l_refuse_others(L, census->others);
    luaL_argcheck(L, census->count < INT32_MAX, 1, "table too large");
}

/* Reorder the list at the top so that element i goes where `order` says i, one
 * cycle of exchanges after the other. */
static void l_permute(lua_State *L, uint32_t *order, uint32_t n)
{
    for (uint32_t start = 0; start < n; start++) {
        uint32_t at = start;

        if (order[at] == start)
            continue;
        lua_rawgeti(L, -1, start + 1);
        while (order[at] != start) {
            uint32_t from = order[at];

            lua_rawgeti(L, -2, from + 1);
            lua_rawseti(L, -3, at + 1);
            order[at] = at;
            at = from;
        }
        lua_rawseti(L, -2, at + 1);
        order[at] = at;
    }
}

/* Push a list of the keys that the census left on the stack, and remove them.
 */
static void push_few(lua_State *L, struct census *census)
{
    int n = (int)census->count, base = lua_gettop(L) - n;
    uint32_t order[2 * SMALL];

    l_merge_sort(L, order, order + n, (uint32_t)n, l_before, census->first);
    lua_createtable(L, n, 0);
    for (int i = 0; i < n; i++) {
        lua_pushvalue(L, base + 1 + (int)order[i]);
        lua_rawseti(L, -2, i + 1);
    }
    lua_insert(L, base + 1);
    lua_settop(L, base + 1);
}

/* Push a list of the `n` keys of the table. */
static void push_many(lua_State *L, int index, uint32_t n)
{
    struct key *keys =
        lua_newuserdatauv(L, n * (sizeof *keys + 2 * sizeof(uint32_t)), 0);
    uint32_t *order = (uint32_t *)(keys + n), i = 0;

    lua_createtable(L, (int)n, 0);
    for (lua_pushnil(L); lua_next(L, index); i++) {
        lua_pop(L, 1);
        keys[i] = read_key(L, -1);
        lua_pushvalue(L, -1);
        lua_rawseti(L, -3, i + 1);
    }
    l_merge_sort(L, order, order + n, n, l_before, keys);
    l_permute(L, order, n);
    lua_remove(L, -2);
}

void l_ordered_keys(lua_State *L, int index)
{
    struct census census;

    index = lua_absindex(L, index);
    l_take_census(L, index, &census);
    if (census.is_list || census.count > SMALL)
        push_many(L, index, (uint32_t)census.count);
    else
        push_few(L, &census);
}

/* ---- next ---- */

/* Push the least key after `after` (NULL: the first), or nothing. Returns 1, or
 * 0, or -1 if the table is too large to search each time.
 */
static int push_least(lua_State *L, int index, const struct key *after)
{
    struct key least = {.kind = OTHER};
    size_t seen = 0, others = 0;
    int found = 0;

    lua_pushnil(L); /* what is found */
    for (lua_pushnil(L); lua_next(L, index);) {
        struct key key;

        l_watch_poll(L);
        lua_pop(L, 1);
        if (after && ++seen > FEW) {
            lua_pop(L, 2);
            return -1;
        }
        key = read_key(L, -1);
        others += key.kind == OTHER;
        if ((after && !key_before(after, &key)) ||
            (found && !key_before(&key, &least)))
            continue;
        found = 1;
        least = key;
        lua_pushvalue(L, -1);
        lua_replace(L, -3);
    }
    if (found && least.kind == OTHER)
        l_refuse_others(L, others);
    if (!found)
        lua_pop(L, 1);
    return found;
}

/* Push the table's list of keys from the start of the traversal, or nil. */
static int push_list(lua_State *L, int index)
{
    int type;

    lua_rawgetp(L, LUA_REGISTRYINDEX, &lists_key);
    lua_pushvalue(L, index);
    type = lua_rawget(L, -2);
    lua_remove(L, -2);
    return type != LUA_TNIL;
}

static void l_make_list(lua_State *L, int index)
{
    lua_rawgetp(L, LUA_REGISTRYINDEX, &lists_key);
    lua_pushvalue(L, index);
    l_ordered_keys(L, index);
    lua_rawset(L, -3);
    lua_pop(L, 1);
}

/* A new traversal: the list of an earlier one may be out of date. */
static void l_forget_list(lua_State *L, int index)
{
    lua_rawgetp(L, LUA_REGISTRYINDEX, &lists_key);
    lua_pushvalue(L, index);
    lua_pushnil(L);
    lua_rawset(L, -3);
    lua_pop(L, 1);
}

/* Push the first key in the list after `after` that the table still has. */
static int push_listed(lua_State *L, int index, const struct key *after)
{
    lua_Unsigned low = 1, high;

    if (!push_list(L, index)) {
        lua_pop(L, 1);
        l_make_list(L, index);
        push_list(L, index);
    }
    high = lua_rawlen(L, -1) + 1;
    while (low < high) {
        lua_Unsigned middle = low + (high - low) / 2;
        struct key key;

        lua_rawgeti(L, -1, (lua_Integer)middle);
        key = read_key(L, -1);
        lua_pop(L, 1);
        if (key_before(after, &key))
            high = middle;
        else
            low = middle + 1;
    }
    for (;; low++) {
        l_watch_poll(L);
        if (lua_rawgeti(L, -1, (lua_Integer)low) == LUA_TNIL) {
            lua_pop(L, 2);
            return 0;
        }
        lua_pushvalue(L, -1);
        if (lua_rawget(L, index) != LUA_TNIL)
            break;
        lua_pop(L, 2);
    }
    lua_pop(L, 1);
    lua_remove(L, -2);
    return 1;
}

/* With the key at the top: push the next one. */
static int push_following(lua_State *L, int index)
{
    struct key after = read_key(L, -1);
    int found, listed;

    if (lua_isnil(L, -1)) {
        l_forget_list(L, index);
        if (lua_rawgeti(L, index, 1) != LUA_TNIL) {
            lua_pop(L, 1);
            lua_pushinteger(L, 1);
            return 1;
        }
        lua_pop(L, 1);
        return push_least(L, index, NULL);
    }
    if (after.kind == INDEX && after.integer < LUA_MAXINTEGER) {
        if (lua_rawgeti(L, index, after.integer + 1) != LUA_TNIL) {
            lua_pop(L, 1);
            lua_pushinteger(L, after.integer + 1);
            return 1;
        }
        lua_pop(L, 1);
    }
    listed = push_list(L, index);
    lua_pop(L, 1);
    found = listed ? -1 : push_least(L, index, &after);
    return found >= 0 ? found : push_listed(L, index, &after);
}

int l_ordered_next(lua_State *L, int index)
{
    index = lua_absindex(L, index);
    luaL_checkstack(L, 6, NULL);
    if (!push_following(L, index)) {
        lua_pop(L, 1);
        return 0;
    }
    lua_remove(L, -2);
    lua_pushvalue(L, -1);
    lua_rawget(L, index);
    return 1;
}

static int l_next(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 2);
    if (luaL_getmetafield(L, 1, "__pairs") != LUA_TNIL) {
        lua_pushvalue(L, 1);
        lua_call(L, 1, 2); /* step, state */
        lua_pushvalue(L, 2);
        lua_call(L, 2, 2);
        return 2;
    }
    if (l_ordered_next(L, 1))
        return 2;
    lua_pushnil(L);
    return 1;
}

/* ---- pairs ---- */

/* The iterator of a list. Upvalue: how long it was. */
static int l_step_list(lua_State *L)
{
    lua_Integer at = lua_tointeger(L, 2);
    lua_Integer count = lua_tointeger(L, lua_upvalueindex(1));

    luaL_checktype(L, 1, LUA_TTABLE);
    while (at++ < count) {
        lua_pushinteger(L, at);
        if (lua_rawgeti(L, 1, at) != LUA_TNIL)
            return 2;
        lua_pop(L, 2); /* cleared meanwhile */
        l_watch_poll(L);
    }
    lua_pushnil(L);
    return 1;
}

/* The iterator of another table. Upvalues: its keys, and which came last. */
static int l_step(lua_State *L)
{
    lua_Integer at = lua_tointeger(L, lua_upvalueindex(2));

    luaL_checktype(L, 1, LUA_TTABLE);
    while (lua_rawgeti(L, lua_upvalueindex(1), ++at) != LUA_TNIL) {
        lua_pushvalue(L, -1);
        if (lua_rawget(L, 1) != LUA_TNIL) {
            lua_pushinteger(L, at);
            lua_replace(L, lua_upvalueindex(2));
            return 2;
        }
        lua_pop(L, 2); /* cleared meanwhile */
        l_watch_poll(L);
    }
    return 1;
}

static int l_three(lua_State *L, int status, lua_KContext unused)
{
    (void)L;
    (void)status;
    (void)unused;
    return 3;
}

static int l_pairs(lua_State *L)
{
    struct census census;

    luaL_checkany(L, 1);
    if (luaL_getmetafield(L, 1, "__pairs") != LUA_TNIL) {
        lua_pushvalue(L, 1);
        lua_callk(L, 1, 3, 0, l_three);
        return 3;
    }
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 1);
    l_take_census(L, 1, &census);
    if (census.is_list) {
        lua_pushinteger(L, (lua_Integer)census.count);
        lua_pushcclosure(L, l_step_list, 1);
    } else {
        if (census.count > SMALL)
            push_many(L, 1, (uint32_t)census.count);
        else
            push_few(L, &census);
        lua_pushinteger(L, 0);
        lua_pushcclosure(L, l_step, 2);
    }
    lua_pushvalue(L, 1);
    lua_pushnil(L);
    return 3;
}

void l_ordered_install(lua_State *L, int strict)
{
    l_weak_table(L, &lists_key, "k");
    if (strict) {
        lua_pushboolean(L, 1);
        lua_rawsetp(L, LUA_REGISTRYINDEX, &strict_key);
    }
    lua_pushcfunction(L, l_pairs);
    lua_setglobal(L, "pairs");
    lua_pushcfunction(L, l_next);
    lua_setglobal(L, "next");
}
