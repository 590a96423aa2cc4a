/* routes.c: `hookswitch routes`: every HTTP route and where its handler is. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <lauxlib.h>
#include <lua.h>

#include "base/buf.h"
#include "commands/application.h"
#include "commands/commands.h"
#include "script/glue/glue.h"

#define BUDGET_MS 5000

/* Filled from Lua step by step: after a raise only the buffer is left. */
struct listing {
    struct hs_buf text;
    int json;
    int openapi;
    int count;
};

static const char *check_field(lua_State *L, const char *name)
{
    const char *text;

    lua_getfield(L, -1, name);
    text = lua_tostring(L, -1);
    if (!text)
        luaL_error(L, "a route has no %s", name);
    lua_pop(L, 1); /* kept alive by the route's table */
    return text;
}

static int add_text(struct hs_buf *out, const char *key, const char *text)
{
    if (hs_buf_printf(out, "\"%s\":", key) != 0)
        return -1;
    return hs_buf_add_json(out, text, strlen(text));
}

static int add_json(struct listing *listing, const char *const fields[5])
{
    static const char *const names[] = {"method", "path", "auth", "role",
                                        "where"};
    struct hs_buf *out = &listing->text;

    if (hs_buf_add_str(out, listing->count ? ",{" : "{") != 0)
        return -1;
    for (int i = 0; i < 5; i++) {
        if ((i > 0 && hs_buf_add_str(out, ",") != 0) ||
            add_text(out, names[i], fields[i]) != 0)
            return -1;
    }
    return hs_buf_add_str(out, "}");
}

/* The route table at the top of the stack. */
static void l_add_route(lua_State *L, struct listing *listing)
{
    const char *fields[5];
    int rc;

    luaL_checktype(L, -1, LUA_TTABLE);
    fields[0] = check_field(L, "method");
    fields[1] = check_field(L, "pattern");
    fields[2] = check_field(L, "auth");
    lua_getfield(L, -1, "role");
    fields[3] = luaL_optstring(L, -1, "");
    lua_pop(L, 1);
    fields[4] = check_field(L, "where");
    if (listing->json)
        rc = add_json(listing, fields);
    else
        rc = hs_buf_printf(&listing->text, "%-6s  %-44s  %-6s  %-6s  %s\n",
                           fields[0], fields[1], fields[2], fields[3],
                           fields[4]);
    if (rc != 0)
        luaL_error(L, "out of memory");
    listing->count++;
}

static int l_list(lua_State *L)
{
    struct listing *listing = lua_touserdata(L, 1);
    lua_Integer count;

    l_push_module(L, "hookswitch.router");
    lua_getfield(L, -1, "load");
    l_push_module(L, "app");
    lua_call(L, 1, 1);
    luaL_checktype(L, -1, LUA_TTABLE);
    count = luaL_len(L, -1);
    for (lua_Integer n = 1; n <= count; n++) {
        lua_geti(L, -1, n);
        l_add_route(L, listing);
        lua_pop(L, 1);
    }
    return 0;
}

/* require("routes.openapi").document() */
static int l_describe(lua_State *L)
{
    struct listing *listing = lua_touserdata(L, 1);
    size_t len;
    const char *text;

    (void)l_list(L); /* loads all of them */
    hs_buf_clear(&listing->text);
    l_push_module(L, "routes.openapi");
    lua_getfield(L, -1, "document");
    lua_call(L, 0, 1);
    text = luaL_checklstring(L, -1, &len);
    if (hs_buf_add(&listing->text, text, len) != 0)
        return luaL_error(L, "out of memory");
    return 0;
}

static int list(struct hs_vm *app, struct listing *listing,
                struct hs_script_error *err)
{
    lua_State *L = hs_vm_state(app);

    lua_pushcfunction(L, listing->openapi ? l_describe : l_list);
    lua_pushlightuserdata(L, listing);
    return hs_vm_call(app, 1, 0, BUDGET_MS, err);
}

int hs_run_routes(const struct hs_arguments *args, struct hs_config *config)
{
    int openapi = hs_option(args, "openapi") != NULL;
    struct hs_application application;
    struct listing listing = {.json = args->json, .openapi = openapi};
    struct hs_script_error broken;
    struct hs_error err;
    char text[1024];
    int code = HS_EXIT_OK;

    if (hs_application_open_trial(&application, config, &broken) == 0 &&
        list(application.vms.app, &listing, &broken) == 0) {
        if (openapi)
            (void)puts(listing.text.data ? listing.text.data : "");
        else if (args->json)
            (void)printf("{\"routes\":[%s]}\n",
                         listing.text.data ? listing.text.data : "");
        else
            (void)fputs(listing.text.data ? listing.text.data : "", stdout);
    } else {
        hs_application_explain(config, NULL, &broken, text, sizeof text);
        hs_error_set(&err, broken.code, "%s", text);
        code = hs_command_failed(args, &err);
    }
    hs_buf_free(&listing.text);
    hs_application_close(&application);
    return code;
}
