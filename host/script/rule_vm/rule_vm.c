/* rule_vm.c: the rule VM: forwarding.lua under limits, beside an app VM.
 *
 * What the rule file sees is decided in Lua (calls/rules/environment.lua): the
 * VM itself runs the trusted modules of calls/ with the language's safe
 * libraries, and forwarding.lua in an environment made by them. The file can't
 * reach anything outside that environment. All code gets the bounded libraries
 * and the ordered pairs and next. */
#include "script/rule_vm/rule_vm.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>

#include "script/bind/binds.h"
#include "script/glue/glue.h"
#include "script/rule_vm/bounded.h"
#include "script/rule_vm/ordered.h"
#include "script/rule_vm/rule_vm_internal.h"
#include "script/script_error.h"

#define MODULES "calls." /* modules for require, and */
#define PHRASES "phrases"
#define FILE_SIZE 128
#define EXPLAIN_BYTES (64u << 20) /* of memory, to report problems */
#define EXPLAIN_MS 3000
#define LOAD_BUDGETS                                                           \
    4 /* times a decision's budget: all workers may load at once */
#define SPARE_BYTES (1u << 18) /* garbage a VM keeps over twice its size */

/* ---- libraries ---- */

static void l_open_libraries(lua_State *L)
{
    static const luaL_Reg libraries[] = {{LUA_GNAME, luaopen_base},
                                         {LUA_STRLIBNAME, luaopen_string},
                                         {LUA_TABLIBNAME, luaopen_table},
                                         {LUA_MATHLIBNAME, luaopen_math},
                                         {LUA_UTF8LIBNAME, luaopen_utf8},
                                         {LUA_DBLIBNAME, luaopen_debug},
                                         {NULL, NULL}};
    static const char *const without[] = {"dofile", "loadfile",
                                          "collectgarbage", "print", "warn"};

    for (const luaL_Reg *library = libraries; library->func; library++) {
        luaL_requiref(L, library->name, library->func, 1);
        lua_pop(L, 1);
    }
    for (size_t i = 0; i < sizeof without / sizeof *without; i++) {
        lua_pushnil(L);
        lua_setglobal(L, without[i]);
    }
    l_bounded_install(L, &hs_bounds_tight);
}

/* "calls.plans.plan" → "calls/plans/plan.lua". */
static void l_module_file(lua_State *L, const char *name, char *out)
{
    if ((strncmp(name, MODULES, strlen(MODULES)) != 0 &&
         strcmp(name, PHRASES) != 0) ||
        strlen(name) + sizeof ".lua" > FILE_SIZE)
        luaL_error(L, "module \"%s\" is not for rules", name);
    snprintf(out, FILE_SIZE, "%s.lua", name);
    for (char *p = out; *p && p < out + strlen(name); p++) {
        if (*p == '.')
            *p = '/';
    }
}

/* require(name) of the trusted modules. Upvalues: the bundle, what is loaded.
 */
static int l_require(lua_State *L)
{
    const struct hs_bundle *bundle = lua_touserdata(L, lua_upvalueindex(1));
    const char *name = luaL_checkstring(L, 1);
    char file[FILE_SIZE];

    lua_settop(L, 1);
    lua_pushvalue(L, 1);
    if (lua_rawget(L, lua_upvalueindex(2)) != LUA_TNIL)
        return 1;
    l_module_file(L, name, file);
    if (l_bundle_push(L, bundle, file) != 0)
        return luaL_error(L, "module \"%s\" not found: there is no file %s",
                          name, file);
    lua_call(L, 0, 1);
    lua_pushvalue(L, 1);
    lua_pushvalue(L, -2);
    lua_rawset(L, lua_upvalueindex(2));
    return 1;
}

static void l_open_require(lua_State *L, struct hs_bundle *bundle)
{
    lua_pushlightuserdata(L, bundle);
    lua_newtable(L);
    l_open_tz(L);
    lua_setfield(L, -2, "tz");
    l_open_numbering(L);
    lua_setfield(L, -2, "numbering");
    l_open_spelling(L);
    lua_setfield(L, -2, "spelling");
    lua_pushcclosure(L, l_require, 2);
    lua_setglobal(L, "require");
}

/* ---- loading ---- */

static void push_options(lua_State *L, struct hs_bundle *bundle,
                         const struct hs_config *config)
{
    lua_createtable(L, 0, 4);
    l_bundle_push_reader(L, bundle);
    lua_setfield(L, -2, "data");
    lua_pushinteger(L, config->ring_limit_seconds);
    lua_setfield(L, -2, "ring_limit");
    lua_pushstring(L, config->timezone);
    lua_setfield(L, -2, "zone");
    lua_pushstring(L, config->country);
    lua_setfield(L, -2, "country");
}

static int l_take_ref(lua_State *L, const char *field, int type)
{
    if (lua_getfield(L, -1, field) != type)
        luaL_error(L, "calls.rules.ruleset: no %s", field);
    return luaL_ref(L, LUA_REGISTRYINDEX);
}

/* Names and lines, kept in C: they matter most when the VM is broken. */
static void l_take_names(lua_State *L, struct hs_rule_vm *rules)
{
    lua_rawgeti(L, LUA_REGISTRYINDEX, rules->list);
    rules->names = calloc(lua_rawlen(L, -1) + 1, sizeof *rules->names);
    if (!rules->names) {
        luaL_error(L, "not enough memory");
        return;
    }
    for (lua_Integer i = 1; lua_rawgeti(L, -1, i) == LUA_TTABLE; i++) {
        struct hs_rule_name *rule = &rules->names[rules->count];

        lua_getfield(L, -1, "line");
        lua_getfield(L, -2, "name");
        rule->line = (int)lua_tointeger(L, -2);
        rule->name = strdup(luaL_checkstring(L, -1));
        if (!rule->name)
            luaL_error(L, "not enough memory");
        rules->count++;
        lua_pop(L, 3);
    }
    lua_pop(L, 2);
}

/* The language and the trusted modules of the bundle. */
static void l_open_language(lua_State *L, struct hs_bundle *bundle)
{
    l_open_libraries(L);
    l_open_require(L, bundle);
    l_push_module(L, "calls.freeze"); /* keeps the library's own next */
    l_ordered_install(L, 1);
}

static int l_load(lua_State *L)
{
    struct hs_rule_vm *rules = lua_touserdata(L, 1);
    size_t len = rules->text_len;
    const char *source = rules->text;

    if (!source)
        source = hs_bundle_source(rules->bundle, HS_RULE_FILE, &len);
    if (!source)
        return luaL_error(L, "no such file: " HS_RULE_FILE
                             " (a folder, device or broken link isn't one)");
    l_open_language(L, rules->bundle);
    l_rule_call_open(L, &rules->call);
    l_push_module(L, "calls.rules.ruleset");
    rules->opening = 1;
    lua_getfield(L, -1, "open");
    lua_pushlstring(L, source, len);
    lua_pushliteral(L, HS_RULE_FILE);
    push_options(L, rules->bundle, rules->config);
    lua_pushboolean(L, rules->in_spite);
    lua_setfield(L, -2, "in_spite");
    lua_call(L, 3, 1);
    luaL_checktype(L, -1, LUA_TTABLE);
    rules->decide = l_take_ref(L, "decide", LUA_TFUNCTION);
    rules->list = l_take_ref(L, "list", LUA_TTABLE);
    rules->examples = l_take_ref(L, "examples", LUA_TTABLE);
    rules->calendar = l_take_ref(L, "calendar", LUA_TTABLE);
    rules->progress = l_take_ref(L, "progress", LUA_TTABLE);
    rules->functions = l_take_ref(L, "functions", LUA_TTABLE);
    rules->numbers = l_take_ref(L, "numbers", LUA_TTABLE);
    if (lua_getfield(L, -1, "fields") != LUA_TTABLE)
        luaL_error(L, "calls.rules.ruleset: no fields");
    l_rule_call_fields(L);
    l_take_names(L, rules);
    lua_settop(L, 0);
    lua_gc(L, LUA_GCCOLLECT);
    return 0;
}

static void unload(struct hs_rule_vm *rules)
{
    hs_vm_free(rules->vm);
    rules->vm = NULL;
    for (int i = 0; i < rules->count; i++)
        free(rules->names[i].name);
    free(rules->names);
    rules->names = NULL;
    rules->count = 0;
}

int hs_rule_vm_is_data(const char *name)
{
    size_t len = strlen(name);

    return len > 4 && strcmp(name + len - 4, ".txt") == 0;
}

/* An error that came up in a module is the rule file's doing: say at which line
 * of it, `line` when the traceback does not tell. What is wrong with a data
 * file has its place. */
static void place_in_file(struct hs_script_error *err, int line)
{
    const char *here = strstr(err->traceback, HS_RULE_FILE ":");

    if (strcmp(err->source, HS_RULE_FILE) == 0 ||
        hs_rule_vm_is_data(err->source))
        return;
    if (here)
        line = (int)strtol(here + sizeof HS_RULE_FILE, NULL, 10);
    snprintf(err->source, sizeof err->source, "%s", HS_RULE_FILE);
    err->line = line;
}

/* Name the setting if the rules hit its limit. */
static void explain_cap(const struct hs_rule_vm *rules,
                        struct hs_script_error *err)
{
    if (strcmp(err->code, "memory") == 0 && hs_vm_hit_cap(rules->vm))
        snprintf(err->message, sizeof err->message,
                 "not enough memory: the rules need more than rule_memory_mb, "
                 "%lld MB",
                 (long long)rules->config->rule_memory_mb);
}

static _Atomic lua_Integer loads;

int hs_rule_vm_ready(struct hs_rule_vm *rules, struct hs_script_error *err)
{
    const struct hs_config *config = rules->config;
    struct hs_host host = {.config = config, .trial = 1};
    lua_State *L;

    if (rules->vm)
        return 0;
    unload(rules);
    rules->vm = hs_vm_new((size_t)config->rule_memory_mb << 20, &host);
    if (!rules->vm) {
        hs_script_error_set(err, "memory", "not enough memory");
        return -1;
    }
    rules->opening = 0;
    L = hs_vm_state(rules->vm);
    lua_pushcfunction(L, l_load);
    lua_pushlightuserdata(L, rules);
    if (hs_vm_call(rules->vm, 1, 0, LOAD_BUDGETS * (int)config->rule_time_ms,
                   err) != 0) {
        explain_cap(rules, err);
        if (rules->opening)
            place_in_file(err, 0);
        unload(rules);
        return -1;
    }
    rules->loaded_bytes = hs_vm_bytes(rules->vm);
    rules->load = ++loads;
    return 0;
}

/* ---- a file that does not load ---- */

struct explained {
    struct hs_bundle *modules;
    const struct hs_config *config;
    const char *name, *text;
    size_t len;
    struct hs_explained *out;
};

/* problems.refused(name, text, options): a line for each problem, and what is
 * left of the text. */
static int l_explain(lua_State *L)
{
    struct explained *asked = lua_touserdata(L, 1);
    const char *lines, *rest;
    size_t len, rest_len = 0;

    l_open_language(L, asked->modules);
    l_push_module(L, "calls.rules.problems");
    lua_getfield(L, -1, "refused");
    lua_pushstring(L, asked->name);
    lua_pushlstring(L, asked->text, asked->len);
    push_options(L, asked->modules, asked->config);
    lua_call(L, 3, 2);
    lines = luaL_checklstring(L, -2, &len);
    rest = luaL_optlstring(L, -1, "", &rest_len);
    if (hs_buf_add(&asked->out->told, lines, len) != 0 ||
        hs_buf_add(&asked->out->rest, rest, rest_len) != 0)
        luaL_error(L, "not enough memory");
    return 0;
}

int hs_rule_file_explain(struct hs_bundle *modules, const char *name,
                         const char *text, size_t len,
                         const struct hs_config *config,
                         struct hs_explained *out)
{
    struct explained asked = {modules, config, name, text, len, out};
    struct hs_host host = {.config = config, .trial = 1};
    struct hs_vm *vm = hs_vm_new(EXPLAIN_BYTES, &host);
    struct hs_script_error err;
    int rc = -1;

    if (vm) {
        lua_pushcfunction(hs_vm_state(vm), l_explain);
        lua_pushlightuserdata(hs_vm_state(vm), &asked);
        rc = hs_vm_call(vm, 1, 0, EXPLAIN_MS, &err);
    }
    hs_vm_free(vm);
    return rc == 0 && out->told.len > 0 ? 0 : -1;
}

/* ---- after a decision ---- */

void hs_rule_vm_settle(struct hs_rule_vm *rules,
                       const struct hs_script_error *err)
{
    if (err &&
        (strcmp(err->code, "time") == 0 || strcmp(err->code, "memory") == 0)) {
        unload(rules);
        return;
    }
    if (hs_vm_bytes(rules->vm) > 2 * rules->loaded_bytes + SPARE_BYTES)
        lua_gc(hs_vm_state(rules->vm), LUA_GCCOLLECT);
}

/* The rule named by progress[1], or NULL. Allocates nothing. */
static const struct hs_rule_name *rule_at_work(struct hs_rule_vm *rules)
{
    lua_State *L = hs_vm_state(rules->vm);
    lua_Integer index = 0;

    if (lua_rawgeti(L, LUA_REGISTRYINDEX, rules->progress) == LUA_TTABLE) {
        lua_rawgeti(L, -1, 1);
        index = lua_tointeger(L, -1);
    }
    lua_settop(L, 0);
    return index >= 1 && index <= rules->count ? &rules->names[index - 1]
                                               : NULL;
}

void hs_rule_vm_blame(struct hs_rule_vm *rules, struct hs_script_error *err)
{
    const struct hs_rule_name *rule = rule_at_work(rules);
    char message[sizeof err->message];

    explain_cap(rules, err);
    if (!rule)
        return;
    place_in_file(err, rule->line);
    if (strncmp(err->message, "rule \"", 6) == 0)
        return; /* the rule file has named it */
    memcpy(message, err->message, sizeof message);
    snprintf(err->message, sizeof err->message, "rule \"%.200s\": %.300s",
             rule->name, message);
}

/* ---- life ---- */

struct hs_rule_vm *hs_rule_vm_new_with(struct hs_bundle *bundle,
                                       const char *text, size_t len,
                                       int in_spite,
                                       const struct hs_config *config,
                                       struct hs_script_error *err)
{
    struct hs_rule_vm *rules;

    if (text && len > HS_FOLDER_FILE_BYTES) {
        hs_script_error_set(err, "too_large", HS_FOLDER_TOO_LARGE);
        snprintf(err->source, sizeof err->source, "%s", HS_RULE_FILE);
        return NULL;
    }
    rules = calloc(1, sizeof *rules);
    if (rules) {
        hs_bundle_keep(bundle);
        rules->bundle = bundle;
        rules->config = config;
        rules->in_spite = in_spite;
        if (text)
            rules->text = malloc(len + 1);
    }
    if (!rules || (text && !rules->text)) {
        hs_script_error_set(err, "memory", "not enough memory");
        hs_rule_vm_free(rules);
        return NULL;
    }
    if (text) {
        memcpy(rules->text, text, len);
        rules->text_len = len;
    }
    if (hs_rule_vm_ready(rules, err) == 0)
        return rules;
    hs_rule_vm_free(rules);
    return NULL;
}

struct hs_rule_vm *hs_rule_vm_new(struct hs_bundle *bundle,
                                  const struct hs_config *config,
                                  struct hs_script_error *err)
{
    return hs_rule_vm_new_with(bundle, NULL, 0, 0, config, err);
}

void hs_rule_vm_free(struct hs_rule_vm *rules)
{
    if (!rules)
        return;
    unload(rules);
    hs_rule_call_free(&rules->call);
    hs_bundle_drop(rules->bundle);
    free(rules->text);
    free(rules);
}

struct hs_vm *hs_rule_vm_vm(struct hs_rule_vm *rules)
{
    return rules->vm;
}
