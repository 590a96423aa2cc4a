/* rule_vm_support.h: a folder of rules, a rule VM on it, and the app VM that
 * asks it. Included once by each test program. */
#ifndef SANDBOX_SUPPORT_H
#define SANDBOX_SUPPORT_H

#include <dirent.h>
#include <ftw.h>
#include <malloc.h>
#include <sys/stat.h>
#include <unistd.h>

#include <lauxlib.h>
#include <lua.h>

#include "base/clock.h"
#include "script/app_lib.h"
#include "script/bind/binds.h"
#include "script/live_rules.h"
#include "script/rule_vm/rule_vm.h"
#include "test.h"

#define BUDGET_MS 100
#define ROOMY_MS 5000 /* where time is not the point, on a busy machine too */
#define TRIES 4       /* a late answer counts when it is late every time */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define LATE_MS 400
#else
#define LATE_MS 50
#endif
#define TEXT_SIZE 4096

static char folder[] = "/tmp/hs_sandbox_XXXXXX";

/* A rule VM, and the app VM that asks it. */
struct world {
    struct hs_config config;
    struct hs_bundle *bundle;
    struct hs_rule_vm *rules;
    struct hs_vm *app;
};

/* What rules.decide returned. */
struct outcome {
    int ok;
    int index;          /* 0 = nil */
    char message[1024]; /* when not ok */
    char code[32];
    char reads[5000];
    int64_t ms;
};

/* ---- the folder ---- */

static void write_file(const char *name, const char *text, size_t len)
{
    char path[400];
    FILE *out;

    snprintf(path, sizeof path, "%s/%s", folder, name);
    out = fopen(path, "w");
    assert_non_null(out);
    assert_int_equal(fwrite(text, 1, len, out), len);
    assert_int_equal(fclose(out), 0);
}

static void copy_file(const char *from, const char *name)
{
    static char text[1 << 18];
    FILE *in = fopen(from, "r");
    size_t len;

    assert_non_null(in);
    len = fread(text, 1, sizeof text, in);
    fclose(in);
    write_file(name, text, len);
}

/* The trusted modules, room by room: `below` is "calls" or a folder in it. */
static int copy_modules(const char *below)
{
    char from[400], name[300];
    struct dirent *entry;
    DIR *dir;

    snprintf(from, sizeof from, "%s/%s", folder, below);
    if (mkdir(from, 0700) != 0)
        return -1;
    snprintf(from, sizeof from, "lua/%s", below);
    dir = opendir(from);
    while (dir && (entry = readdir(dir))) {
        snprintf(from, sizeof from, "lua/%s/%s", below, entry->d_name);
        snprintf(name, sizeof name, "%s/%s", below, entry->d_name);
        if (strstr(entry->d_name, ".lua"))
            copy_file(from, name);
        else if (entry->d_name[0] != '.' && copy_modules(name) != 0)
            return -1;
    }
    if (!dir)
        return -1;
    closedir(dir);
    return 0;
}

static int make_folder(void **state)
{
    (void)state;
    if (!mkdtemp(folder) || copy_modules("calls") != 0)
        return -1;
    write_file("vips.txt", "+13035550188 Grace\n", 19);
    return 0;
}

static int remove_entry(const char *path, const struct stat *what, int type,
                        struct FTW *where)
{
    (void)what;
    (void)type;
    (void)where;
    return remove(path);
}

static int remove_folder(void **state)
{
    (void)state;
    return nftw(folder, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}

/* ---- a world ---- */

/* Load `rules` as forwarding.lua. 0 or -1 and `err`. */
static int try_open(struct world *world, const char *rules, int budget_ms,
                    struct hs_script_error *err)
{
    memset(world, 0, sizeof *world);
    memset(err, 0, sizeof *err);
    world->config.rule_time_ms = budget_ms;
    world->config.rule_memory_mb = 16;
    world->config.ring_limit_seconds = 60;
    write_file(HS_RULE_FILE, rules, strlen(rules));
    world->bundle =
        hs_bundle_make(&(struct hs_bundle_from){.folder = folder}, err);
    if (!world->bundle)
        return -1;
    world->rules = hs_rule_vm_new(world->bundle, &world->config, err);
    if (world->rules)
        return 0;
    hs_bundle_drop(world->bundle);
    return -1;
}

static void open_world(struct world *world, const char *rules, int budget_ms)
{
    struct hs_script_error err;
    struct hs_host host = {0};

    if (try_open(world, rules, budget_ms, &err) != 0)
        fail_msg("%s:%d: %s", err.source, err.line, err.message);
    host.config = &world->config;
    host.rules = world->rules;
    world->app = hs_vm_new(0, &host);
    assert_non_null(world->app);
    l_app_lib_open(hs_vm_state(world->app), &hs_bounds_roomy);
    l_open_rules(hs_vm_state(world->app));
    lua_setglobal(hs_vm_state(world->app), "rules");
}

static void close_world(struct world *world)
{
    hs_vm_free(world->app);
    hs_rule_vm_free(world->rules);
    hs_bundle_drop(world->bundle);
}

static void copy_text(char *out, size_t size, lua_State *L, int index)
{
    snprintf(out, size, "%s",
             lua_isstring(L, index) ? lua_tostring(L, index) : "");
}

/* Run a chunk of the app VM. It leaves nres results. */
static void run(struct world *world, const char *chunk, int nres)
{
    lua_State *L = hs_vm_state(world->app);
    struct hs_script_error err;

    lua_settop(L, 0);
    if (luaL_loadstring(L, chunk) != LUA_OK)
        fail_msg("%s", lua_tostring(L, -1));
    if (hs_vm_call(world->app, 0, nres, 0, &err) != 0)
        fail_msg("line %d: %s", err.line, err.message);
}

/* Ask the rules about the input, a table constructor. */
static struct outcome decide(struct world *world, const char *input)
{
    lua_State *L = hs_vm_state(world->app);
    struct outcome out = {0};
    char chunk[TEXT_SIZE];
    int64_t start = hs_monotonic_ms();

    snprintf(chunk, sizeof chunk, "return rules.decide(%s)", input);
    run(world, chunk, 4);
    out.ms = hs_monotonic_ms() - start;
    out.ok = lua_toboolean(L, 1);
    out.index = out.ok ? (int)lua_tointeger(L, 2) : 0;
    if (!out.ok) {
        copy_text(out.message, sizeof out.message, L, 2);
        copy_text(out.code, sizeof out.code, L, 3);
    }
    copy_text(out.reads, sizeof out.reads, L, 4);
    lua_settop(L, 0);
    return out;
}

static void expect_index(struct world *world, const char *input, int index)
{
    struct outcome out = decide(world, input);

    /* On a busy machine a short decision may wait longer than it may take. */
    for (int i = 1; i < TRIES && strcmp(out.code, "time") == 0; i++)
        out = decide(world, input);
    if (!out.ok)
        fail_msg("%s: %s", out.code, out.message);
    assert_int_equal(out.index, index);
}

#endif
