/* plain_copy.c: plain data from one Lua state to another of the same thread. */
#include "script/glue/plain_copy.h"

#include <lauxlib.h>
#include <lua.h>

/* Keys are strings or integers: JSON has no other keys. */
static int is_key(lua_State *from, int index)
{
    return lua_type(from, index) == LUA_TSTRING || lua_isinteger(from, index);
}

static const char *l_copy_string(lua_State *from, int index, lua_State *to,
                                 struct hs_plain_limits *left)
{
    size_t len;
    const char *text = lua_tolstring(from, index, &len);

    if (len > left->bytes)
        return "too much text";
    left->bytes -= len;
    lua_pushlstring(to, text, len);
    return NULL;
}

static const char *l_copy_table(lua_State *from, int index, lua_State *to,
                                struct hs_plain_limits *left)
{
    const char *wrong = NULL;

    if (left->depth-- <= 0)
        return "nested too deeply";
    if (!lua_checkstack(from, 3))
        return "not enough memory";
    luaL_checkstack(to, 3, NULL);
    lua_createtable(to, (int)(lua_rawlen(from, index) & 0xff), 0);
    lua_pushnil(from);
    while (!wrong && lua_next(from, index)) {
        int value = lua_gettop(from);

        if (left->entries-- <= 0)
            return "too many entries";
        if (!is_key(from, value - 1))
            return "a key that is neither text nor a whole number";
        wrong = l_plain_copy(from, value - 1, to, left);
        if (!wrong)
            wrong = l_plain_copy(from, value, to, left);
        if (!wrong) {
            lua_rawset(to, -3);
            lua_pop(from, 1);
        }
    }
    left->depth++;
    return wrong;
}

const char *l_plain_copy(lua_State *from, int index, lua_State *to,
                         struct hs_plain_limits *left)
{
    switch (lua_type(from, index)) {
    case LUA_TNIL:
        lua_pushnil(to);
        return NULL;
    case LUA_TBOOLEAN:
        lua_pushboolean(to, lua_toboolean(from, index));
        return NULL;
    case LUA_TNUMBER:
        if (lua_isinteger(from, index))
            lua_pushinteger(to, lua_tointeger(from, index));
        else
            lua_pushnumber(to, lua_tonumber(from, index));
        return NULL;
    case LUA_TSTRING:
        return l_copy_string(from, index, to, left);
    case LUA_TTABLE:
        return l_copy_table(from, lua_absindex(from, index), to, left);
    case LUA_TLIGHTUSERDATA:
        if (!lua_touserdata(from, index)) { /* JSON's null */
            lua_pushnil(to);
            return NULL;
        }
        return "a light userdata";
    default:
        return "a value that is not plain data";
    }
}
