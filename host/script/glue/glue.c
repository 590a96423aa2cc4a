/* glue.c: helpers that all bindings use. */
#include "script/glue/glue.h"

#include <stdarg.h>
#include <stdio.h>

#include <lauxlib.h>
#include <lua.h>

#define OWN "hs.own"

struct own {
    void *p;
    void (*release)(void *p);
};

static int l_own_release(lua_State *L)
{
    struct own *own = lua_touserdata(L, 1);

    if (own->p) {
        void *p = own->p;

        own->p = NULL;
        own->release(p);
    }
    return 0;
}

void l_push_module(lua_State *L, const char *name)
{
    lua_getglobal(L, "require");
    lua_pushstring(L, name);
    lua_call(L, 1, 1);
}

void l_glue_open(lua_State *L)
{
    if (luaL_newmetatable(L, OWN)) {
        lua_pushcfunction(L, l_own_release);
        lua_setfield(L, -2, "__close");
        lua_pushcfunction(L, l_own_release);
        lua_setfield(L, -2, "__gc");
        lua_pushliteral(L, "owned by a native module");
        lua_setfield(L, -2, "__metatable");
    }
    lua_pop(L, 1);
}

static struct own *push_own(lua_State *L, void (*release)(void *p))
{
    struct own *own = lua_newuserdatauv(L, sizeof *own, 0);

    own->p = NULL;
    own->release = release;
    luaL_setmetatable(L, OWN);
    return own;
}

void **l_own(lua_State *L, void (*release)(void *p))
{
    struct own *own = push_own(L, release);

    lua_toclose(L, -1);
    return &own->p;
}

void **l_keep_under(lua_State *L, const char *key, void (*release)(void *p))
{
    struct own *own = push_own(L, release);

    lua_setfield(L, LUA_REGISTRYINDEX, key);
    return &own->p;
}

void *l_kept_under(lua_State *L, const char *key)
{
    struct own *own = NULL;

    if (lua_getfield(L, LUA_REGISTRYINDEX, key) == LUA_TUSERDATA)
        own = lua_touserdata(L, -1);
    lua_pop(L, 1);
    return own ? own->p : NULL;
}

int l_fail(lua_State *L, const char *code, const char *fmt, ...)
{
    char message[512];
    va_list args;

    va_start(args, fmt);
    vsnprintf(message, sizeof message, fmt, args);
    va_end(args);
    lua_pushnil(L);
    lua_pushstring(L, message);
    lua_pushstring(L, code);
    return 3;
}

void l_weak_table(lua_State *L, const void *key, const char *mode)
{
    lua_newtable(L);
    lua_createtable(L, 0, 1);
    lua_pushstring(L, mode);
    lua_setfield(L, -2, "__mode");
    lua_setmetatable(L, -2);
    lua_rawsetp(L, LUA_REGISTRYINDEX, key);
}
