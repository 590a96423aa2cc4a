/* form_userdata.c: form.Name, form:all(name), pairs(form). */
#include "script/glue/form_userdata.h"

#include <string.h>

#include <lauxlib.h>
#include <lua.h>

#define FORM "hs.form"

struct view {
    const struct hs_form *form; /* NULL outside a request */
};

static const struct hs_form *l_form_of(lua_State *L, const struct view *view)
{
    if (!view->form)
        luaL_error(L, "parameters can be read only during the request");
    return view->form;
}

static const struct hs_form *check_form(lua_State *L, int index)
{
    return l_form_of(L, luaL_checkudata(L, index, FORM));
}

/* form:all(name): every value of a name, in the order they were sent. */
static int l_all(lua_State *L)
{
    const struct hs_form *form = check_form(L, 1);
    size_t len;
    const char *name = luaL_checklstring(L, 2, &len);
    lua_Integer n = 0;

    lua_newtable(L);
    for (size_t i = 0; i < form->count; i++) {
        const struct hs_pair *pair = &form->pairs[i];

        if (pair->name_len != len || memcmp(pair->name, name, len) != 0)
            continue;
        lua_pushlstring(L, pair->value, pair->value_len);
        lua_rawseti(L, -2, ++n);
    }
    return 1;
}

/* form.Name: the first value, or nil. `all` is the method; to read a parameter
 * of that name, use form:all("all"). Only forms have this metatable, and Lua
 * code never gets hold of it. */
static int l_index(lua_State *L)
{
    const struct hs_form *form = l_form_of(L, lua_touserdata(L, 1));
    const struct hs_pair *pair;
    const char *name;
    size_t len;

    if (lua_type(L, 2) != LUA_TSTRING)
        return 0;
    name = lua_tolstring(L, 2, &len);
    if (len == 3 && memcmp(name, "all", 3) == 0) {
        lua_pushcfunction(L, l_all);
        return 1;
    }
    pair = hs_form_find(form, name, len);
    if (!pair)
        return 0;
    lua_pushlstring(L, pair->value, pair->value_len);
    return 1;
}

static int l_newindex(lua_State *L)
{
    return luaL_error(L, "parameters cannot be changed: copy what you need");
}

/* The iterator; its upvalues are the form and the index of the next pair. */
static int l_next(lua_State *L)
{
    const struct hs_form *form = check_form(L, lua_upvalueindex(1));
    size_t at = (size_t)lua_tointeger(L, lua_upvalueindex(2));

    if (at >= form->count)
        return 0;
    lua_pushinteger(L, (lua_Integer)at + 1);
    lua_replace(L, lua_upvalueindex(2));
    lua_pushlstring(L, form->pairs[at].name, form->pairs[at].name_len);
    lua_pushlstring(L, form->pairs[at].value, form->pairs[at].value_len);
    return 2;
}

/* pairs(form): name and value in the order they were sent; a name sent twice
 * comes twice. */
static int l_pairs(lua_State *L)
{
    check_form(L, 1);
    lua_settop(L, 1);
    lua_pushinteger(L, 0);
    lua_pushcclosure(L, l_next, 2);
    return 1;
}

static const luaL_Reg methods[] = {
    {"__index", l_index},
    {"__newindex", l_newindex},
    {"__pairs", l_pairs},
    {NULL, NULL},
};

void l_form_push(lua_State *L)
{
    struct view *view = lua_newuserdatauv(L, sizeof *view, 0);

    view->form = NULL;
    if (luaL_newmetatable(L, FORM)) {
        luaL_setfuncs(L, methods, 0);
        lua_pushliteral(L, "request parameters");
        lua_setfield(L, -2, "__metatable");
    }
    lua_setmetatable(L, -2);
}

void hs_form_point(lua_State *L, int index, const struct hs_form *form)
{
    struct view *view = lua_touserdata(L, index);

    view->form = form;
}
