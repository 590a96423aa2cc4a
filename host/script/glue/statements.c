/* statements.c: lists of SQL statements from Lua. */
#include "script/glue/statements.h"

#include <math.h>
#include <stdlib.h>

#include <lauxlib.h>

#define STATEMENTS_MAX 1000

const char *hs_value_of(lua_State *L, int index, struct hs_value *out)
{
    *out = (struct hs_value){.type = HS_NULL};
    switch (lua_type(L, index)) {
    case LUA_TNIL:
        return NULL;
    case LUA_TBOOLEAN:
        out->type = HS_INTEGER;
        out->integer = lua_toboolean(L, index);
        return NULL;
    case LUA_TSTRING:
        out->type = HS_TEXT;
        out->bytes = lua_tolstring(L, index, &out->len);
        return NULL;
    case LUA_TNUMBER:
        if (lua_isinteger(L, index)) {
            out->type = HS_INTEGER;
            out->integer = lua_tointeger(L, index);
            return NULL;
        }
        out->type = HS_REAL;
        out->real = lua_tonumber(L, index);
        return isnan(out->real) ? "a number that is none (NaN)" : NULL;
    case LUA_TLIGHTUSERDATA:
        if (!lua_touserdata(L, index)) /* json.null */
            return NULL;
        break;
    default:
        break;
    }
    return luaL_typename(L, index);
}

/* ---- a list ---- */

/* The largest index of the list at the top of the stack, by looking at every
 * key: the list may hold nils, where the length operator could stop and drop
 * the values after them. 0 if it isn't a list. */
static lua_Integer largest_index(lua_State *L)
{
    lua_Integer largest = 0;

    for (lua_pushnil(L); lua_next(L, -2); lua_pop(L, 1)) {
        lua_Integer at = lua_isinteger(L, -2) ? lua_tointeger(L, -2) : 0;

        if (at < 1) {
            lua_pop(L, 2);
            return 0;
        }
        if (at > largest)
            largest = at;
    }
    return largest;
}

/* The length of the list at the top of the stack: table.pack's count, or its
 * largest index. */
static int check_length(lua_State *L, int statement)
{
    lua_Integer length;

    lua_pushliteral(L, "n");
    length = lua_rawget(L, -2) == LUA_TNUMBER ? lua_tointeger(L, -1) : -1;
    lua_pop(L, 1);
    if (length < 0)
        length = largest_index(L);
    if (length < 1 || length > 32767)
        luaL_error(L, "statement %d is not a list {sql, ...}", statement);
    return (int)length;
}

void l_statements_count(lua_State *L, int index, int *statements, int *values)
{
    lua_Unsigned count = lua_rawlen(L, index);

    if (count < 1 || count > STATEMENTS_MAX)
        luaL_error(L, "a batch has 1 to %d statements", STATEMENTS_MAX);
    *statements = (int)count;
    *values = 0;
    for (int i = 1; i <= *statements; i++) {
        if (lua_rawgeti(L, index, i) != LUA_TTABLE)
            luaL_error(L, "statement %d is not a list {sql, ...}", i);
        *values += check_length(L, i) - 1;
        lua_pop(L, 1);
    }
}

/* The list at the top of the stack as one statement; returns how many values it
 * has. A Lua list can't end in nil, so missing values are NULL. */
static int l_read_statement(lua_State *L, int number,
                            struct hs_statement *statement,
                            struct hs_value *values)
{
    int count = check_length(L, number) - 1;

    *statement =
        (struct hs_statement){.pad_nulls = 1, .values = values, .count = count};
    if (lua_rawgeti(L, -1, 1) != LUA_TSTRING)
        luaL_error(L, "statement %d does not begin with SQL", number);
    statement->sql = lua_tolstring(L, -1, &statement->sql_len);
    lua_pop(L, 1); /* the list holds it */
    for (int i = 0; i < count; i++) {
        const char *wrong;

        lua_rawgeti(L, -1, i + 2);
        wrong = hs_value_of(L, -1, &values[i]);
        if (wrong)
            luaL_error(L, "statement %d, value %d: cannot store %s", number,
                       i + 1, wrong);
        lua_pop(L, 1);
    }
    return count;
}

void l_statements_read(lua_State *L, int index, struct hs_statement *statements,
                       struct hs_value *values)
{
    int count = (int)lua_rawlen(L, index);
    int inserts; /* the number of the last one that always runs */

    lua_pushliteral(L, "unless_new");
    lua_rawget(L, index);
    inserts = (int)lua_tointeger(L, -1);
    lua_pop(L, 1);
    for (int i = 0; i < count; i++) {
        lua_rawgeti(L, index, i + 1);
        values += l_read_statement(L, i + 1, &statements[i], values);
        statements[i].unless_new = i >= inserts ? inserts : 0;
        lua_pop(L, 1);
    }
}

/* ---- a copy ---- */

/* Room for `count` elements. 0 or -1. */
static int reserve(void **array, size_t *room, size_t count, size_t size)
{
    void *grown;

    if (count <= *room)
        return 0;
    grown = realloc(*array, count * size);
    if (!grown)
        return -1;
    *array = grown;
    *room = count;
    return 0;
}

static int has_text(const struct hs_value *value)
{
    return value->type == HS_TEXT || value->type == HS_BLOB;
}

/* Append a text; -1 when memory ran out. */
static int add_text(struct hs_batch *batch, const char *text, size_t len)
{
    return hs_buf_add(&batch->texts, text, len);
}

/* Put all texts into the buffer, which may move, then point at them. */
static int own_texts(struct hs_batch *batch, int values)
{
    const char *at;

    hs_buf_clear(&batch->texts);
    for (int i = 0; i < batch->count; i++) {
        struct hs_statement *statement = &batch->statements[i];

        if (add_text(batch, statement->sql, statement->sql_len) != 0)
            return -1;
    }
    for (int i = 0; i < values; i++) {
        if (has_text(&batch->values[i]) &&
            add_text(batch, batch->values[i].bytes, batch->values[i].len) != 0)
            return -1;
    }
    at = batch->texts.data;
    for (int i = 0; i < batch->count; at += batch->statements[i++].sql_len)
        batch->statements[i].sql = at;
    for (int i = 0; i < values; i++) {
        if (!has_text(&batch->values[i]))
            continue;
        batch->values[i].bytes = at;
        at += batch->values[i].len;
    }
    return 0;
}

void l_batch_copy(lua_State *L, int index, struct hs_batch *batch)
{
    int count, values;

    batch->count = 0;
    l_statements_count(L, index, &count, &values);
    if (reserve((void **)&batch->statements, &batch->statements_room,
                (size_t)count, sizeof *batch->statements) != 0 ||
        reserve((void **)&batch->values, &batch->values_room,
                (size_t)values + 1, sizeof *batch->values) != 0)
        luaL_error(L, "not enough memory");
    l_statements_read(L, index, batch->statements, batch->values);
    batch->count = count;
    if (own_texts(batch, values) == 0)
        return;
    batch->count = 0;
    luaL_error(L, "not enough memory");
}

void hs_batch_free(struct hs_batch *batch)
{
    free(batch->statements);
    free(batch->values);
    hs_buf_free(&batch->texts);
    *batch = (struct hs_batch){0};
}
