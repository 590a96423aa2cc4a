/* run.c: `hookswitch run FILE.lua`: a script with the application's modules. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <lauxlib.h>
#include <lua.h>

#include "base/file.h"
#include "commands/application.h"
#include "commands/commands.h"

#define SCRIPT_MAX (4u << 20)

/* A script in memory, and its command line. */
struct script {
    const char *text;
    size_t len;
    const char *name;
    char **arguments;
    int count;
};

/* The first line may name an interpreter, as in a shell script. */
static void skip_interpreter(struct script *script)
{
    size_t line;

    if (script->len < 2 || memcmp(script->text, "#!", 2) != 0)
        return;
    line = strcspn(script->text, "\n");
    script->text += line;
    script->len -= line;
}

static int l_run(lua_State *L)
{
    const struct script *script = lua_touserdata(L, 1);

    lua_pushfstring(L, "@%s", script->name);
    if (luaL_loadbufferx(L, script->text, script->len, lua_tostring(L, -1),
                         "t") != LUA_OK)
        return lua_error(L);
    luaL_checkstack(L, script->count + 1, "too many arguments");
    for (int i = 0; i < script->count; i++)
        lua_pushstring(L, script->arguments[i]);
    lua_call(L, script->count, 0);
    return 0;
}

static int run(struct hs_vm *vm, struct script *script)
{
    struct hs_script_error err;
    char text[1024];
    lua_State *L = hs_vm_state(vm);

    skip_interpreter(script);
    lua_pushcfunction(L, l_run);
    lua_pushlightuserdata(L, script);
    if (hs_vm_call(vm, 1, 0, 0, &err) == 0)
        return HS_EXIT_OK;
    (void)fflush(stdout);
    hs_error_place(err.source[0] ? err.source : script->name, err.line,
                   err.message, text, sizeof text);
    (void)fprintf(stderr, "%s\n", text);
    if (err.traceback[0])
        (void)fprintf(stderr, "%s\n", err.traceback);
    return HS_EXIT_FAILED;
}

static int open_and_run(const struct hs_arguments *args,
                        const struct hs_config *config, struct script *script)
{
    struct hs_application application;
    struct hs_script_error broken;
    int code = HS_EXIT_FAILED;

    if (hs_application_open(&application, config, &broken) == 0) {
        code = run(application.vms.app, script);
    } else {
        struct hs_error err;
        char text[1024];

        hs_application_explain(config, NULL, &broken, text, sizeof text);
        hs_error_set(&err, broken.code, "%s", text);
        code = hs_command_failed(args, &err);
    }
    hs_application_close(&application);
    return code;
}

int hs_run_script(const struct hs_arguments *args, struct hs_config *config)
{
    struct script script = {.name = args->operands[0],
                            .arguments = args->operands + 1,
                            .count = args->operand_count - 1};
    struct hs_error err = {0};
    char *text = hs_file_read(script.name, SCRIPT_MAX, &script.len, &err);
    int code;

    if (!text)
        return hs_command_failed(args, &err);
    script.text = text;
    code = open_and_run(args, config, &script);
    free(text);
    return code;
}
