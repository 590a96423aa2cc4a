/* native.c: the native modules in a plain Lua, for busted. */
#include <stdlib.h>
#include <string.h>

#include <lauxlib.h>
#include <lua.h>

#include "lib/form.h"
#include "lib/jwt.h"
#include "script/bind/binds.h"
#include "script/glue/form_userdata.h"
#include "script/glue/glue.h"
#include "script/host.h"
#include "script/rule_vm/bounded.h"
#include "script/rule_vm/ordered.h"
#include "script/vm.h"
#include "store/store.h"
#include "twilio/signature.h"

#define NATIVE "hs.native" /* the module's table, in the registry */
#define PARSED "hs.native.form"

/* What require("native") keeps alive. */
struct native {
    struct hs_host host;
    struct hs_config *config;
    struct hs_store *store;
    struct hs_session *session;
    struct hs_signer *signer;
    struct hs_jwt_key *session_key;
};

static int l_native_gc(lua_State *L)
{
    struct native *native = lua_touserdata(L, 1);

    hs_jwt_key_free(native->session_key);
    hs_signer_free(native->signer);
    hs_session_free(native->session);
    hs_store_close(native->store);
    hs_config_free(native->config);
    memset(native, 0, sizeof *native);
    return 0;
}

/* 0, or -1 and `err`. */
static int open_database(struct native *native, const char *path,
                         struct hs_error *err)
{
    static const char *const hot[] = {NULL};

    if (hs_migrate(path, 0, NULL, err) != 0)
        return -1;
    native->store = hs_store_open(path, hot, err);
    if (!native->store)
        return -1;
    native->session = hs_session_new(native->store, err);
    return native->session ? 0 : -1;
}

/* Defaults and the environment; specs don't read the folder's app.conf. */
static int open_native(struct native *native, struct hs_error *err)
{
    const char *database = getenv("HS_TEST_DATABASE"); /* NOLINT */
    const struct hs_config *config;

    native->config = hs_config_load("/dev/null", err);
    config = native->config;
    if (!config)
        return -1;
    native->signer = hs_signer_open(config);
    if (config->jwt_secret[0])
        native->session_key = hs_jwt_key_new("HS256", config->jwt_secret,
                                             strlen(config->jwt_secret), err);
    if (database && open_database(native, database, err) != 0)
        return -1;
    native->host.config = config;
    native->host.session = native->session;
    native->host.signer = native->signer;
    native->host.session_key = native->session_key;
    return 0;
}

static int l_form_gc(lua_State *L)
{
    hs_form_free(lua_touserdata(L, 1));
    return 0;
}

/* The function that native.form returns: ends the request. */
static int l_finish(lua_State *L)
{
    hs_form_point(L, lua_upvalueindex(1), NULL);
    return 0;
}

/* native.form(text): the userdata that a request has as params or query, and a
 * function that ends the request; or nil, message, code. */
static int l_form(lua_State *L)
{
    size_t len;
    const char *text = luaL_checklstring(L, 1, &len);
    struct hs_form *form = lua_newuserdatauv(L, sizeof *form, 0);
    struct hs_error err;

    memset(form, 0, sizeof *form);
    luaL_setmetatable(L, PARSED);
    if (hs_form_parse(form, text, len, &err) != 0)
        return l_fail(L, err.code, "%s", err.message);
    l_form_push(L);
    hs_form_point(L, -1, form);
    lua_pushvalue(L, -1);
    lua_pushvalue(L, -3); /* the function keeps what was parsed */
    lua_pushcclosure(L, l_finish, 2);
    return 2;
}

/* Push { string=, table=, utf8=, load=, next=, pairs=, tonumber= } as the rule
 * VM has them; busted keeps its own. */
static void push_language(lua_State *L)
{
    static const char *const names[] = {"string", "table", "utf8",    "load",
                                        "next",   "pairs", "tonumber"};
    size_t count = sizeof names / sizeof *names;
    int stock = lua_gettop(L);

    for (size_t i = 0; i < count; i++) {
        if (lua_getglobal(L, names[i]) != LUA_TTABLE)
            continue;
        lua_newtable(L);
        for (lua_pushnil(L); lua_next(L, -3);) {
            lua_pushvalue(L, -2);
            lua_insert(L, -2);
            lua_settable(L, -4);
        }
        lua_setglobal(L, names[i]);
    }
    l_bounded_replace(L, &hs_bounds_tight);
    l_ordered_install(L, 0);
    lua_createtable(L, 0, (int)count);
    for (size_t i = 0; i < count; i++) {
        lua_getglobal(L, names[i]);
        lua_setfield(L, -2, names[i]);
        lua_pushvalue(L, stock + 1 + (int)i);
        lua_setglobal(L, names[i]);
    }
    lua_replace(L, stock + 1);
    lua_settop(L, stock + 1);
}

static void push_native(lua_State *L)
{
    struct native *native = lua_newuserdatauv(L, sizeof *native, 0);
    struct hs_error err = {0};

    memset(native, 0, sizeof *native);
    lua_createtable(L, 0, 1);
    lua_pushcfunction(L, l_native_gc);
    lua_setfield(L, -2, "__gc");
    lua_setmetatable(L, -2);
    luaL_ref(L, LUA_REGISTRYINDEX);
    if (open_native(native, &err) != 0)
        luaL_error(L, "native: %s", err.message);
    l_host_set(L, &native->host);
    l_glue_open(L);
    luaL_newmetatable(L, PARSED);
    lua_pushcfunction(L, l_form_gc);
    lua_setfield(L, -2, "__gc");
    lua_pop(L, 1);
    luaL_getsubtable(L, LUA_REGISTRYINDEX, LUA_PRELOAD_TABLE);
    l_binds_preload(L);
    lua_pop(L, 1);
    lua_createtable(L, 0, 2);
    lua_pushcfunction(L, l_form);
    lua_setfield(L, -2, "form");
    push_language(L);
    lua_setfield(L, -2, "language");
}

int luaopen_native(lua_State *L)
{
    if (lua_getfield(L, LUA_REGISTRYINDEX, NATIVE) != LUA_TNIL)
        return 1; /* a second spec file requires it */
    push_native(L);
    lua_pushvalue(L, -1);
    lua_setfield(L, LUA_REGISTRYINDEX, NATIVE);
    return 1;
}
