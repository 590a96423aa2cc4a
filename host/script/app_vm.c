/* app_vm.c: an app VM: libraries, native modules, and require from a bundle. */
#include <stdio.h>
#include <string.h>

#include <lauxlib.h>
#include <lua.h>

#include "base/nearest.h"
#include "lib/files/folder.h"
#include "script/app_lib.h"
#include "script/bind/binds.h"
#include "script/bundle.h"
#include "script/glue/glue.h"
#include "script/script_error.h"

#define APP_VM_BYTES (64u << 20)
#define LOOKUP_VM_BYTES (32u << 20)
#define LOADING "hs.loading"
#define BUNDLE "hs.bundle"

static const char loading_mark; /* package.loaded[name] while it loads */

static int is_loading(lua_State *L, int index)
{
    return lua_touserdata(L, index) == &loading_mark;
}

/* When a module raises, the mark must not stay. Upvalues of the userdata are
 * package.loaded and the name. */
static int l_end_loading(lua_State *L)
{
    lua_getiuservalue(L, 1, 1);
    lua_getiuservalue(L, 1, 2);
    lua_pushvalue(L, -1);
    lua_gettable(L, -3);
    if (is_loading(L, -1)) {
        lua_pop(L, 1);
        lua_pushnil(L);
        lua_settable(L, -3);
    }
    return 0;
}

/* Mark the module at stack index 1 as loading, until the caller ends. */
static void push_loading(lua_State *L)
{
    lua_newuserdatauv(L, 0, 2);
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_setiuservalue(L, -2, 1);
    lua_pushvalue(L, 1);
    lua_setiuservalue(L, -2, 2);
    luaL_setmetatable(L, LOADING);
    lua_toclose(L, -1);
    lua_pushvalue(L, 1);
    lua_pushlightuserdata(L, (void *)&loading_mark);
    lua_settable(L, lua_upvalueindex(1));
}

/* "models.calls" → "models/calls.lua". 0, or -1 when it is too long. */
static int file_of(const char *name, char *out, size_t size)
{
    int n = snprintf(out, size, "%s.lua", name);

    if (n < 0 || (size_t)n >= size)
        return -1;
    for (char *p = out; p < out + n - 4; p++) {
        if (*p == '.')
            *p = '/';
    }
    return 0;
}

/* Raise: the module is neither native nor in the folder. */
static int l_missing(lua_State *L, const struct hs_bundle *bundle,
                     const char *name, const char *file)
{
    struct hs_nearest nearest = {0};

    for (size_t i = 0; i < hs_bundle_files(bundle); i++)
        hs_nearest_offer(&nearest, file, hs_bundle_file_name(bundle, i));
    if (!nearest.name)
        return luaL_error(L, "module \"%s\" not found: there is no file %s",
                          name, file);
    return luaL_error(
        L, "module \"%s\" not found: there is no file %s; did you mean %s?",
        name, file, nearest.name);
}

/* Push the module's loader: from package.preload, or its file's chunk. */
static void push_loader(lua_State *L, const char *name)
{
    const struct hs_bundle *bundle = lua_touserdata(L, lua_upvalueindex(3));
    char file[HS_FOLDER_NAME_MAX + 1];

    lua_pushvalue(L, 1);
    if (lua_gettable(L, lua_upvalueindex(2)) != LUA_TNIL)
        return;
    lua_pop(L, 1);
    if (file_of(name, file, sizeof file) != 0)
        luaL_error(L, "module \"%s\" not found: the name is too long", name);
    if (l_bundle_push(L, bundle, file) == 0)
        return;
    l_missing(L, bundle, name, file);
}

/* require(name). Upvalues: package.loaded, package.preload, the bundle. */
static int l_require(lua_State *L)
{
    const char *name = luaL_checkstring(L, 1);

    lua_settop(L, 1);
    lua_pushvalue(L, 1);
    if (lua_gettable(L, lua_upvalueindex(1)) != LUA_TNIL) {
        if (is_loading(L, -1))
            return luaL_error(L,
                              "module \"%s\" requires itself, by itself or "
                              "through another",
                              name);
        return 1;
    }
    push_loading(L);
    push_loader(L, name);
    lua_pushvalue(L, 1);
    lua_call(L, 1, 1);
    if (lua_isnil(L, -1)) {
        lua_pop(L, 1);
        lua_pushboolean(L, 1);
    }
    lua_pushvalue(L, 1);
    lua_pushvalue(L, -2);
    lua_settable(L, lua_upvalueindex(1));
    return 1;
}

static void drop_bundle(void *bundle)
{
    hs_bundle_drop(bundle);
}

/* The VM's own reference, released with the VM. */
static void l_keep_bundle(lua_State *L, struct hs_bundle *bundle)
{
    void **cell = l_keep_under(L, BUNDLE, drop_bundle);

    hs_bundle_keep(bundle);
    *cell = bundle;
}

static void l_open_package(lua_State *L, struct hs_bundle *bundle)
{
    luaL_newmetatable(L, LOADING);
    lua_pushcfunction(L, l_end_loading);
    lua_setfield(L, -2, "__close");
    lua_pop(L, 1);

    lua_createtable(L, 0, 2);
    luaL_getsubtable(L, LUA_REGISTRYINDEX, LUA_LOADED_TABLE);
    luaL_getsubtable(L, LUA_REGISTRYINDEX, LUA_PRELOAD_TABLE);
    if (hs_host(L)->lookup)
        l_binds_preload_lookup(L);
    else
        l_binds_preload(L);
    lua_pushvalue(L, -1);
    lua_setfield(L, -4, "preload");
    lua_pushvalue(L, -2);
    lua_setfield(L, -4, "loaded");
    lua_pushlightuserdata(L, bundle);
    lua_pushcclosure(L, l_require, 3);
    lua_setglobal(L, "require");
    lua_pushvalue(L, -1);
    lua_setglobal(L, "package");
    luaL_getsubtable(L, LUA_REGISTRYINDEX, LUA_LOADED_TABLE);
    lua_insert(L, -2);
    lua_setfield(L, -2, "package");
    lua_pop(L, 1);
}

static int l_open(lua_State *L)
{
    struct hs_bundle *bundle = lua_touserdata(L, 1);

    l_keep_bundle(L, bundle);
    l_app_lib_open(L, hs_host(L)->lookup ? &hs_bounds_tight : &hs_bounds_roomy);
    l_open_package(L, bundle);
    l_app_lib_seal(L);
    return 0;
}

struct hs_vm *hs_app_vm_new(struct hs_bundle *bundle,
                            const struct hs_host *host,
                            struct hs_script_error *err)
{
    struct hs_vm *vm =
        hs_vm_new(host->lookup ? LOOKUP_VM_BYTES : APP_VM_BYTES, host);
    lua_State *L;

    if (!vm) {
        hs_script_error_set(err, "memory", "not enough memory");
        return NULL;
    }
    L = hs_vm_state(vm);
    lua_pushcfunction(L, l_open);
    lua_pushlightuserdata(L, bundle);
    if (hs_vm_call(vm, 1, 0, 0, err) == 0)
        return vm;
    hs_vm_free(vm);
    return NULL;
}
