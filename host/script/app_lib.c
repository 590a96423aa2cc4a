/* app_lib.c: an app VM's standard libraries: what is left out, what is
 * replaced, and why. */
#include "script/app_lib.h"

#include <string.h>

#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>

#include "script/rule_vm/ordered.h"
#include "script/rule_vm/watchdog.h"

/* setmetatable() without __gc: hooks are off in a finalizer, so a loop there
 * couldn't be stopped. */
static int l_setmetatable(lua_State *L)
{
    int type = lua_type(L, 2);

    luaL_checktype(L, 1, LUA_TTABLE);
    luaL_argexpected(L, type == LUA_TNIL || type == LUA_TTABLE, 2,
                     "nil or table");
    if (luaL_getmetafield(L, 1, "__metatable") != LUA_TNIL)
        return luaL_error(L, "cannot change a protected metatable");
    if (type == LUA_TTABLE) {
        lua_pushliteral(L, "__gc");
        if (lua_rawget(L, 2) != LUA_TNIL)
            return luaL_error(L, "finalizers (__gc) are not available");
    }
    lua_settop(L, 2);
    lua_setmetatable(L, 1);
    return 1;
}

/* The message handler of xpcall around the user's own (the upvalue), which is
 * skipped when time is up: hooks are off in a handler that runs for the
 * watchdog's error, so a loop in it couldn't be stopped. */
static int l_handle(lua_State *L)
{
    const struct hs_watch *watch = hs_watch_top();

    if (!watch || !watch->tripped) {
        lua_pushvalue(L, lua_upvalueindex(1));
        lua_insert(L, 1);
        lua_call(L, lua_gettop(L) - 1, 1);
    }
    return 1;
}

static int l_finish_xpcall(lua_State *L, int status, lua_KContext below)
{
    if (status != LUA_OK && status != LUA_YIELD) {
        lua_pushboolean(L, 0);
        lua_pushvalue(L, -2);
        return 2;
    }
    return lua_gettop(L) - (int)below;
}

static int l_xpcall(lua_State *L)
{
    int arguments = lua_gettop(L) - 2;
    int status;

    luaL_checktype(L, 2, LUA_TFUNCTION);
    lua_pushvalue(L, 2);
    lua_pushcclosure(L, l_handle, 1);
    lua_replace(L, 2);
    lua_pushboolean(L, 1); /* the first result */
    lua_pushvalue(L, 1);
    lua_rotate(L, 3, 2); /* below the arguments */
    status = lua_pcallk(L, arguments, LUA_MULTRET, 2, 2, l_finish_xpcall);
    return l_finish_xpcall(L, status, 2);
}

/* collectgarbage("count" | "collect"): the other options would change the VM
 * for all later requests. */
static int l_collectgarbage(lua_State *L)
{
    const char *option = luaL_optstring(L, 1, "collect");

    if (strcmp(option, "count") == 0) {
        lua_pushnumber(L, lua_gc(L, LUA_GCCOUNT) +
                              lua_gc(L, LUA_GCCOUNTB) / 1024.0);
        return 1;
    }
    luaL_argcheck(L, strcmp(option, "collect") == 0, 1,
                  "only \"collect\" and \"count\" are available");
    lua_pushinteger(L, lua_gc(L, LUA_GCCOLLECT));
    return 1;
}

/* debug.getinfo(function): where it is defined, and how many parameters it has.
 * */
static int l_getinfo(lua_State *L)
{
    lua_Debug ar;

    luaL_checktype(L, 1, LUA_TFUNCTION);
    lua_pushvalue(L, 1);
    lua_getinfo(L, ">Su", &ar);
    lua_createtable(L, 0, 5);
    lua_pushinteger(L, ar.nparams);
    lua_setfield(L, -2, "nparams");
    lua_pushstring(L, ar.what);
    lua_setfield(L, -2, "what");
    lua_pushstring(L, ar.source[0] == '@' ? ar.source + 1 : ar.short_src);
    lua_setfield(L, -2, "short_src");
    lua_pushinteger(L, ar.linedefined);
    lua_setfield(L, -2, "linedefined");
    lua_pushinteger(L, ar.lastlinedefined);
    lua_setfield(L, -2, "lastlinedefined");
    return 1;
}

/* Run `co` with its `nargs` arguments, which are on L. Returns the number of
 * results, moved to L, or -1 with the error left on `co`. */
static int l_resume_with(lua_State *L, lua_State *co, int nargs)
{
    lua_State *before;
    int status, results = 0;

    luaL_argcheck(L, lua_checkstack(co, nargs + 1), 1, "too many arguments");
    lua_xmove(L, co, nargs);
    before = hs_watch_enter(co);
    status = lua_resume(co, L, nargs, &results);
    hs_watch_leave(L, before);
    if (status != LUA_OK && status != LUA_YIELD)
        return -1;
    if (!lua_checkstack(L, results + 1)) {
        lua_pop(co, results);
        return luaL_error(L, "too many results to resume");
    }
    lua_xmove(co, L, results);
    return results;
}

/* Close the pending variables of `co`; its error, if any, is at its top. */
static int reset(lua_State *L, lua_State *co)
{
    lua_State *before = hs_watch_enter(co);
    int status = lua_resetthread(co);

    hs_watch_leave(L, before);
    return status;
}

/* Move the error of `co` to L. A coroutine that died releases what it owned (a
 * cursor, a file) at once, not when it is collected. */
static void settle(lua_State *L, lua_State *co)
{
    if (lua_status(co) > LUA_YIELD) /* else it wasn't resumable */
        reset(L, co);
    lua_xmove(co, L, 1);
}

static lua_State *check_thread(lua_State *L)
{
    lua_State *co = lua_tothread(L, 1);

    luaL_argexpected(L, co, 1, "coroutine");
    return co;
}

/* coroutine.resume */
static int l_resume(lua_State *L)
{
    lua_State *co = check_thread(L);
    int results = l_resume_with(L, co, lua_gettop(L) - 1);

    if (results < 0) {
        lua_pushboolean(L, 0);
        settle(L, co);
        return 2;
    }
    lua_pushboolean(L, 1);
    lua_insert(L, -(results + 1));
    return results + 1;
}

/* The function that coroutine.wrap returns; the coroutine is its upvalue. */
static int l_wrapped(lua_State *L)
{
    lua_State *co = lua_tothread(L, lua_upvalueindex(1));
    int results = l_resume_with(L, co, lua_gettop(L));

    if (results >= 0)
        return results;
    settle(L, co);
    if (lua_type(L, -1) == LUA_TSTRING) {
        luaL_where(L, 1);
        lua_insert(L, -2);
        lua_concat(L, 2);
    }
    return lua_error(L);
}

/* coroutine.wrap */
static int l_wrap(lua_State *L)
{
    lua_State *co;

    luaL_checktype(L, 1, LUA_TFUNCTION);
    co = lua_newthread(L);
    lua_pushvalue(L, 1);
    lua_xmove(L, co, 1);
    lua_pushcclosure(L, l_wrapped, 1);
    return 1;
}

/* coroutine.close */
static int l_close(lua_State *L)
{
    lua_State *co = check_thread(L);
    lua_Debug ar;

    if (co == L || (lua_status(co) == LUA_OK && lua_getstack(co, 0, &ar)))
        return luaL_error(L, "cannot close a coroutine that runs");
    if (reset(L, co) == LUA_OK) {
        lua_pushboolean(L, 1);
        return 1;
    }
    lua_pushboolean(L, 0);
    lua_xmove(co, L, 1);
    return 2;
}

/* require does the rest: see app_vm.c. */
static const luaL_Reg libraries[] = {
    {LUA_GNAME, luaopen_base},
    {LUA_TABLIBNAME, luaopen_table},
    {LUA_STRLIBNAME, luaopen_string},
    {LUA_MATHLIBNAME, luaopen_math},
    {LUA_UTF8LIBNAME, luaopen_utf8},
    {LUA_COLIBNAME, luaopen_coroutine},
    {LUA_OSLIBNAME, luaopen_os},
    {LUA_DBLIBNAME, luaopen_debug},
    {NULL, NULL},
};

static const luaL_Reg base[] = {
    {"dofile", NULL},
    {"loadfile", NULL},
    {"collectgarbage", l_collectgarbage},
    {"setmetatable", l_setmetatable},
    {"xpcall", l_xpcall},
    {NULL, NULL},
};

static const luaL_Reg coroutine[] = {
    {"close", l_close},
    {"resume", l_resume},
    {"wrap", l_wrap},
    {NULL, NULL},
};

static const char *const clocks[] = {"clock", "date", "difftime", "time", NULL};
static const char *const tracing[] = {"traceback", NULL};

/* Put the functions into the library at the top; NULL removes one. */
static void l_replace(lua_State *L, const luaL_Reg *functions)
{
    for (; functions->name; functions++) {
        if (functions->func)
            lua_pushcfunction(L, functions->func);
        else
            lua_pushnil(L);
        lua_setfield(L, -2, functions->name);
    }
}

/* Keep only the named fields of the library `name`, in a new table, which stays
 * at the top. */
static void l_keep(lua_State *L, const char *name, const char *const *fields)
{
    lua_getglobal(L, name);
    lua_newtable(L);
    for (; *fields; fields++) {
        lua_getfield(L, -2, *fields);
        lua_setfield(L, -2, *fields);
    }
    lua_remove(L, -2);
    lua_pushvalue(L, -1);
    lua_setglobal(L, name);
    luaL_getsubtable(L, LUA_REGISTRYINDEX, LUA_LOADED_TABLE);
    lua_pushvalue(L, -2);
    lua_setfield(L, -2, name);
    lua_pop(L, 1);
}

void l_app_lib_open(lua_State *L, const struct hs_bounds *bounds)
{
    for (const luaL_Reg *library = libraries; library->name; library++) {
        luaL_requiref(L, library->name, library->func, 1);
        lua_pop(L, 1);
    }
    lua_pushglobaltable(L);
    l_replace(L, base);
    lua_pop(L, 1);

    lua_getglobal(L, LUA_COLIBNAME);
    l_replace(L, coroutine);
    lua_getglobal(L, LUA_STRLIBNAME);
    lua_pushnil(L);
    lua_setfield(L, -2, "dump");
    l_keep(L, LUA_OSLIBNAME, clocks);
    l_keep(L, LUA_DBLIBNAME, tracing);
    lua_pushcfunction(L, l_getinfo);
    lua_setfield(L, -2, "getinfo");
    lua_pop(L, 4);
    l_bounded_install(L, bounds);
    l_ordered_install(L, 0);
}

static int l_refuse_global(lua_State *L)
{
    const char *name = lua_type(L, 2) == LUA_TSTRING ? lua_tostring(L, 2) : "?";

    return luaL_error(L, "new global \"%s\": write \"local %s\"", name, name);
}

void l_app_lib_seal(lua_State *L)
{
    lua_pushglobaltable(L);
    lua_createtable(L, 0, 2);
    lua_pushcfunction(L, l_refuse_global);
    lua_setfield(L, -2, "__newindex");
    lua_pushliteral(L, "the globals are closed");
    lua_setfield(L, -2, "__metatable");
    lua_setmetatable(L, -2);
    lua_pop(L, 1);
}
