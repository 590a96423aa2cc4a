/* params.c: a Lua table of parameters, as C wants it. */
#include "script/glue/params.h"

#include <stdlib.h>
#include <string.h>

#include <lauxlib.h>

#define NAMES_MAX 256
#define VALUES_MAX 1024

struct names {
    const char *list[NAMES_MAX]; /* the table keeps them */
    size_t count;
};

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The table's names in order, and how many values there are. */
static size_t l_read_names(lua_State *L, int table, struct names *out)
{
    size_t values = 0;

    out->count = 0;
    for (lua_pushnil(L); lua_next(L, table); lua_pop(L, 1)) {
        const char *name;
        size_t len;

        if (lua_type(L, -2) != LUA_TSTRING)
            luaL_error(L, "a parameter's name has to be a string");
        name = lua_tolstring(L, -2, &len);
        if (strlen(name) != len || out->count == NAMES_MAX)
            luaL_error(L, "too many parameters, or a NUL in a name");
        out->list[out->count++] = name;
        values += lua_istable(L, -1) ? lua_rawlen(L, -1) : 1;
        if (values > VALUES_MAX)
            luaL_error(L, "more than %d parameters", VALUES_MAX);
    }
    qsort(out->list, out->count, sizeof *out->list, compare_names);
    return values;
}

/* Pop the value at the top; its text goes into `keep`. */
static void l_take_value(lua_State *L, int keep, const char *name,
                         struct hs_rest_param *out)
{
    lua_Integer whole;
    int exact;

    switch (lua_type(L, -1)) {
    case LUA_TBOOLEAN:
        lua_pushstring(L, lua_toboolean(L, -1) ? "true" : "false");
        lua_replace(L, -2);
        break;
    case LUA_TNUMBER:
        whole = lua_tointegerx(L, -1, &exact); /* 5.0 is 5 */
        if (exact) {
            lua_pushinteger(L, whole);
            lua_replace(L, -2);
        }
        break;
    case LUA_TSTRING:
        break;
    default:
        luaL_error(L, "the parameter \"%s\" cannot be a %s", name,
                   luaL_typename(L, -1));
    }
    out->name = name;
    out->value = lua_tolstring(L, -1, &out->value_len);
    lua_rawseti(L, keep, (lua_Integer)lua_rawlen(L, keep) + 1);
}

const struct hs_rest_param *l_params_push(lua_State *L, int index,
                                          size_t *count)
{
    int table = lua_absindex(L, index), keep;
    struct hs_rest_param *params;
    struct names names;
    size_t values, n = 0;

    *count = 0;
    lua_newtable(L); /* keeps the texts and the list */
    if (lua_isnil(L, table))
        return NULL;
    luaL_checktype(L, table, LUA_TTABLE);
    keep = lua_gettop(L);
    values = l_read_names(L, table, &names);
    params = lua_newuserdatauv(L, (values + 1) * sizeof *params, 0);
    lua_setfield(L, keep, "list");
    for (size_t i = 0; i < names.count; i++) {
        const char *name = names.list[i];
        size_t length = 1;
        int is_list;

        lua_pushstring(L, name);
        is_list = lua_rawget(L, table) == LUA_TTABLE;
        if (is_list)
            length = lua_rawlen(L, -1);
        for (size_t k = 1; k <= length && n < values; k++) {
            if (is_list)
                lua_rawgeti(L, -1, (lua_Integer)k);
            else
                lua_pushvalue(L, -1);
            l_take_value(L, keep, name, &params[n++]);
        }
        lua_pop(L, 1);
    }
    *count = n;
    return params;
}

void hs_params_push_form(lua_State *L, int index, struct hs_form *out)
{
    size_t count;
    const struct hs_rest_param *params = l_params_push(L, index, &count);
    struct hs_pair *pairs;

    if (count > HS_FORM_MAX)
        luaL_error(L, "a form has at most %d parameters", HS_FORM_MAX);
    pairs = lua_newuserdatauv(L, (count + 1) * sizeof *pairs, 0);
    lua_setfield(L, -2, "pairs");
    for (size_t i = 0; i < count; i++)
        pairs[i] = (struct hs_pair){
            .name = params[i].name,
            .value = params[i].value,
            .name_len = strlen(params[i].name),
            .value_len = params[i].value_len,
        };
    *out = (struct hs_form){.pairs = pairs, .count = count};
}
