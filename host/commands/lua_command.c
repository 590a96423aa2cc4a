/* lua_command.c: verbs whose work is done in lua/commands/. */
#include "commands/lua_command.h"

#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <lauxlib.h>
#include <lua.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/log.h"
#include "commands/application.h"
#include "commands/commands.h"
#include "lib/files/author.h"
#include "script/glue/glue.h"
#include "script/trial.h"

#define COLUMNS 80 /* if the terminal's width isn't known */
#define PROGRESS_MS 100

/* One run; after a raise only the buffer is left, and the caller frees it. */
struct run {
    const struct hs_arguments *args;
    const struct hs_lua_fact *facts;
    int has_database;        /* of a read-only command */
    const char *no_database; /* why it can't be opened, or NULL */
    const char *rules_file;  /* used in place of the rule file, or NULL */
    int ok;
    struct hs_error refusal; /* code "" if there is none */
    struct hs_buf text;
    int64_t shown_at; /* when progress was shown last; 0: never */
};

static int shows_progress(const struct run *run)
{
    return !run->args->json && isatty(STDERR_FILENO);
}

/* progress(done, total): shows progress, on a terminal only. */
static int l_progress(lua_State *L)
{
    struct run *run = lua_touserdata(L, lua_upvalueindex(1));
    lua_Integer done = luaL_checkinteger(L, 1);
    lua_Integer total = luaL_checkinteger(L, 2);
    int64_t now = hs_monotonic_ms();

    if (!shows_progress(run) || now - run->shown_at < PROGRESS_MS)
        return 0;
    run->shown_at = now;
    (void)fprintf(stderr, "\r%lld of %lld\x1b[K", (long long)done,
                  (long long)total);
    return 0;
}

static void clear_progress(const struct run *run)
{
    if (run->shown_at)
        (void)fputs("\r\x1b[K", stderr);
}

static int columns(void)
{
    struct winsize size;

    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
        return size.ws_col;
    return COLUMNS;
}

/* What every command gets besides its own options. */
static void l_add_surroundings(lua_State *L, struct run *run)
{
    struct hs_author me;

    lua_pushlightuserdata(L, run);
    lua_pushcclosure(L, l_progress, 1);
    lua_setfield(L, -2, "progress");
    lua_pushinteger(L, columns());
    lua_setfield(L, -2, "columns");
    hs_author_user(getuid(), &me);
    lua_pushstring(L, me.name);
    lua_setfield(L, -2, "me");
}

/* The options of the command line as a table: texts, and true for switches. */
static void push_options(lua_State *L, struct run *run)
{
    const struct hs_arguments *args = run->args;
    const struct hs_verb *verb = args->verb;

    lua_newtable(L);
    for (int i = 0; i < HS_OPTIONS_OWN && verb->options[i].name; i++) {
        if (!args->values[i])
            continue;
        if (verb->options[i].argument)
            lua_pushstring(L, args->values[i]);
        else
            lua_pushboolean(L, 1);
        lua_setfield(L, -2, verb->options[i].name);
    }
    lua_pushstring(L, args->action); /* nil for NULL */
    lua_setfield(L, -2, "action");
    for (int i = 0; i < args->operand_count && i < 2 && verb->names[i]; i++) {
        lua_pushstring(L, args->operands[i]);
        lua_setfield(L, -2, verb->names[i]);
    }
    for (const struct hs_lua_fact *fact = run->facts; fact && fact->name;
         fact++) {
        lua_pushstring(L, fact->text); /* nil for NULL */
        lua_setfield(L, -2, fact->name);
    }
    lua_pushboolean(L, run->has_database);
    lua_setfield(L, -2, "database");
    lua_pushstring(L, run->no_database); /* nil for NULL */
    lua_setfield(L, -2, "no_database");
    l_add_surroundings(L, run);
}

/* The result's text at the top of the stack, for people or as JSON. */
static void push_text(lua_State *L, int result, const struct run *run,
                      int options)
{
    if (!run->args->json) {
        lua_getfield(L, result, "text");
        return;
    }
    l_push_module(L, "commands.shared.output");
    lua_getfield(L, -1, "text");
    lua_pushstring(L, run->args->verb->module);
    lua_getfield(L, options, "action");
    lua_getfield(L, result, "value");
    lua_call(L, 3, 1);
}

/* The result may be {error = {code =, message =}} instead: the command failed.
 * */
static int l_take_refusal(lua_State *L, int result, struct hs_error *out)
{
    if (lua_getfield(L, result, "error") != LUA_TTABLE)
        return 0;
    lua_getfield(L, -1, "code");
    lua_getfield(L, -2, "message");
    hs_error_set(out, luaL_checkstring(L, -2), "%s", luaL_checkstring(L, -1));
    return 1;
}

static int l_run(lua_State *L)
{
    struct run *run = lua_touserdata(L, 1);
    size_t len;
    const char *text;
    int result, options;

    push_options(L, run);
    options = lua_gettop(L);
    l_push_module(L, run->args->verb->module);
    lua_getfield(L, -1, "run");
    lua_pushvalue(L, options);
    lua_pushinteger(L, hs_now_ms());
    lua_call(L, 2, 1);
    luaL_checktype(L, -1, LUA_TTABLE);
    result = lua_gettop(L);
    if (l_take_refusal(L, result, &run->refusal))
        return 0;
    lua_getfield(L, result, "ok");
    run->ok = lua_toboolean(L, -1);
    push_text(L, result, run, options);
    text = luaL_checklstring(L, -1, &len);
    if (hs_buf_add(&run->text, text, len) != 0)
        return luaL_error(L, "out of memory");
    return 0;
}

static int call(struct hs_application *application, struct run *run,
                struct hs_script_error *err)
{
    lua_State *L = hs_vm_state(application->vms.app);

    lua_pushcfunction(L, l_run);
    lua_pushlightuserdata(L, run);
    return hs_vm_call(application->vms.app, 1, 0, 0, err);
}

/* Call the module when the application has opened, say what came of it, and
 * close the application. The exit value. */
static int finish(struct hs_application *application, int opened,
                  struct run *run, struct hs_script_error *broken)
{
    const struct hs_arguments *args = run->args;
    struct hs_error err;
    char text[1024];
    int code = HS_EXIT_FAILED, done = -1;

    if (opened == 0)
        done = call(application, run, broken);
    clear_progress(run);
    if (done != 0) {
        hs_application_explain(application->config, run->rules_file, broken,
                               text, sizeof text);
        hs_error_set(&err, broken->code, "%s", text);
        code = hs_command_failed(args, &err);
        if (opened != 0 && !hs_trial_is_verdict(broken))
            code = HS_EXIT_AGAIN;
    } else if (run->refusal.code[0]) {
        code = hs_command_failed(args, &run->refusal);
        if (strcmp(run->refusal.code, "usage") == 0)
            code = HS_EXIT_USAGE;
        else if (strcmp(run->refusal.code, HS_TRIAL_NOT_CHECKED) == 0)
            code = HS_EXIT_AGAIN;
    } else {
        (void)printf("%s\n", run->text.data ? run->text.data : "");
        code = run->ok ? HS_EXIT_OK : HS_EXIT_FAILED;
    }
    hs_buf_free(&run->text);
    hs_application_close(application);
    return code;
}

int hs_lua_command(const struct hs_arguments *args,
                   const struct hs_config *config,
                   const struct hs_lua_fact *facts)
{
    struct hs_application application;
    struct run run = {.args = args, .facts = facts};
    struct hs_script_error broken = {0};

    /* Failures are in the result; only serious log lines are shown. */
    hs_log_open(HS_LOG_ERROR, -1);
    return finish(&application,
                  hs_application_open(&application, config, &broken), &run,
                  &broken);
}

int hs_lua_command_regardless(const struct hs_arguments *args,
                              const struct hs_config *config,
                              const struct hs_lua_fact *facts)
{
    struct hs_application application;
    struct run run = {.args = args, .facts = facts};
    struct hs_script_error broken = {0}, why;
    int opened;

    hs_log_open(HS_LOG_ERROR, -1);
    opened = hs_application_open(&application, config, &broken);
    if (opened != 0 && !application.server.store) {
        why = broken;
        run.no_database = why.message;
        hs_application_close(&application);
        opened = hs_application_open_built_in(&application, config, &broken);
    }
    return finish(&application, opened, &run, &broken);
}

int hs_lua_verb(const struct hs_arguments *args, struct hs_config *config)
{
    return hs_lua_command(args, config, NULL);
}

int hs_lua_command_read_only(const struct hs_arguments *args,
                             const struct hs_config *config,
                             const struct hs_lua_fact *facts,
                             const struct hs_tried_rules *rules)
{
    struct hs_application application;
    struct run run = {.args = args, .facts = facts, .rules_file = rules->file};
    struct hs_script_error broken = {0};
    int opened;

    hs_log_open(HS_LOG_ERROR, -1);
    opened = hs_application_open_read_only(
        &application, config, rules->text,
        rules->text ? strlen(rules->text) : 0, &broken);
    run.has_database = application.server.store != NULL;
    return finish(&application, opened, &run, &broken);
}
