/* library_bounds_test.c: every function that a rule, a lookup or a route can
 * reach, with arguments nobody would choose: whatever it does, the time limit
 * ends it, and the next call finds a VM that works. The functions come from the
 * environments themselves. The limit begins when the arguments stand, so that
 * it never passes while they are made. */
#include <time.h>

#include "base/clock.h"
#include "rule_vm_support.h"
#include "script/bundle.h"
#include "script/rule_vm/watchdog.h"

#define LIMIT_MS 5
#define WAITS_MS 5000 /* for a lock or an answer, on a busy machine */
#define LOGIN_MS 1000 /* crypto.password_* is slow on purpose, and bounded */
#define MORE 16       /* tries of several values */
#define REST_TRIES 7  /* with 20 to 640 ms between them */

static char driver[1 << 15];

static void read_driver(int full, const char *end)
{
    FILE *in = fopen("spec/support/awkward.lua", "r");
    size_t len = (size_t)snprintf(driver, sizeof driver, "local FULL = %s\n",
                                  full ? "true" : "false");

    assert_non_null(in);
    len += fread(driver + len, 1, sizeof driver - len - 1, in);
    assert_true(feof(in));
    fclose(in);
    assert_true(len + strlen(end) < sizeof driver);
    memcpy(driver + len, end, strlen(end) + 1);
}

/* A run of the suite makes every third try of each function, with other values
 * for its neighbours; HS_AWKWARD=all makes them all. */
static int stride(void)
{
    return getenv("HS_AWKWARD") ? 1 : 3; /* NOLINT */
}

/* What a VM is asked, and what it says. */
struct ask {
    int which, try;
    char says[300]; /* result or message */
    char code[32];  /* "" when it returned */
    int64_t ms;     /* computed */
    int64_t waited; /* ms in which it didn't compute */
};

/* One kind of VM. */
struct kind {
    const char *name;
    int least; /* functions that it must have */
    void (*run)(void *ctx, struct ask *ask);
    void *ctx;
};

/* Milliseconds that this thread computed: another process is not its fault. */
static int64_t computed_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static int64_t entered_at; /* computed_ms() */

/* The function is called next: it has LIMIT_MS from now on. */
static int l_entered(lua_State *L)
{
    struct hs_watch shorter;

    for (struct hs_watch *watch = hs_watch_top(); watch; watch = watch->outer) {
        if (watch->deadline) {
            watch->until = hs_watch_clock_ns() + LIMIT_MS * 1000000LL;
            watch->deadline = hs_running_ns() + LIMIT_MS * 1000000LL;
        }
        watch->budget_ms = LIMIT_MS;
    }
    hs_watch_push(&shorter, L, LIMIT_MS - 1, NULL);
    hs_watch_pop(&shorter); /* makes the outer one's deadline known */
    entered_at = computed_ms();
    lua_pushboolean(L, 1);
    return 1;
}

static void ask(const struct kind *kind, struct ask *ask)
{
    int64_t began = hs_monotonic_ms(), computed = computed_ms();

    entered_at = computed;
    ask->says[0] = ask->code[0] = '\0';
    kind->run(kind->ctx, ask);
    ask->ms = computed_ms() - entered_at;
    ask->waited = hs_monotonic_ms() - began - (computed_ms() - computed);
}

/* What else uses the core makes its caches cold for a while. */
static void rest(int after)
{
    struct timespec time = {.tv_nsec = 10000000L << after};

    nanosleep(&time, NULL);
}

/* In time at one of a few tries, each after a longer rest: other processes and
 * the watchdog share the machine. A VM that ran out works again, made again or
 * not, before the next. */
static int64_t least_time(const struct kind *kind, struct ask *one,
                          int64_t allowed)
{
    int64_t least = INT64_MAX;

    for (int i = 0; i < REST_TRIES && least > allowed; i++) {
        if (i > 0)
            rest(i);
        ask(kind, one);
        least = one->ms < least ? one->ms : least;
        if (strcmp(one->code, "time") == 0 ||
            strcmp(one->code, "memory") == 0) {
            struct ask fresh = {.which = 0};

            ask(kind, &fresh);
        }
    }
    return least;
}

/* How many functions there are (try 0), or tries that each has (1). */
static int count_of(const struct kind *kind, int try)
{
    struct ask count = {.which = 0, .try = try};

    ask(kind, &count);
    if (count.code[0])
        fail_msg("%s: %s", kind->name, count.says);
    return atoi(count.says);
}

static void check_kind(const struct kind *kind)
{
    int count = count_of(kind, 0), late = 0, step = stride();
    int tries = count_of(kind, 1) + MORE;

    assert_true(count >= kind->least);
    for (int which = 1; which <= count; which++) {
        struct ask name = {.which = which};
        int64_t allowed;

        ask(kind, &name);
        if (name.code[0])
            fail_msg("%s %d: %s", kind->name, which, name.says);
        allowed = strstr(name.says, "crypto.password_") ? LOGIN_MS
                                                        : LIMIT_MS + LATE_MS;
        for (int try = 1 + which % step; try <= tries; try += step) {
            struct ask one = {.which = which, .try = try};
            int64_t ms = least_time(kind, &one, allowed);

            if (ms <= allowed && one.waited <= WAITS_MS)
                continue;
            late++;
            print_error("%s, %s, try %d: %d ms, and waited for %d (%s %s)\n",
                        kind->name, name.says, try, (int)ms, (int)one.waited,
                        one.code, one.says);
        }
    }
    assert_int_equal(count_of(kind, 0), count);
    assert_int_equal(late, 0);
}

/* ---- a rule VM ---- */

static void run_rule(void *ctx, struct ask *ask)
{
    struct world *world = ctx;
    struct outcome out;
    char input[80];

    snprintf(input, sizeof input, "{ which = %d, try = %d, entered = entered }",
             ask->which, ask->try);
    out = decide(world, input);
    if (!out.ok) {
        const char *told = strstr(out.message, "told:");

        snprintf(ask->code, sizeof ask->code, "%s", told ? "" : out.code);
        snprintf(ask->says, sizeof ask->says, "%.290s",
                 told ? told + 5 : out.message);
    }
}

/* The methods that lua/types/plan.lua names, as a Lua table of functions. Each
 * is called on one value of its type, in the table VALUES. */
static void add_methods(char *out, size_t size)
{
    FILE *in = fopen("lua/types/plan.lua", "r");
    size_t len = (size_t)snprintf(out, size, "local METHODS = {}\n");
    char line[400], type[32], name[32];
    int count = 0;

    assert_non_null(in);
    while (fgets(line, sizeof line, in)) {
        /* NOLINTNEXTLINE(cert-err34-c): words, no numbers */
        if (sscanf(line, "function %31[A-Za-z]:%31[a-z_](", type, name) != 2)
            continue;
        len += (size_t)snprintf(
            out + len, size - len,
            "assert(VALUES.%s, '%s')\n"
            "METHODS['%s:%s'] = function(...) return VALUES.%s:%s(...) end\n",
            type, type, type, name, type, name);
        assert_true(len < size);
        count++;
    }
    fclose(in);
    assert_true(count >= 7);
}

TEST_CASE(rules_are_bounded)
{
    static struct world world;
    static char end[8000];
    char methods[4000];
    const struct kind kind = {
        .name = "rules", .least = 80, .run = run_rule, .ctx = &world};

    add_methods(methods, sizeof methods);
    snprintf(end, sizeof end, "%s%s%s",
             "local VALUES = { Plan = ring('+13035550142'),\n"
             "  Hours = hours { zone = 'UTC', mon = '24h' },\n"
             "  Rota = rota { zone = 'UTC', every = 'week',\n"
             "    from = '2026-01-05 08:00', '+13035550142',\n"
             "    '+13035550177' } }\n",
             methods,
             "local run = driver { env = _ENV, methods = METHODS }\n"
             "return { { 'awkward', when = function(call)\n"
             "  if not call.which then return end\n"
             "  local told = run(call.which, call.try,\n"
             "    function() return call.entered end)\n"
             "  if told then error('told:' .. told, 0) end\n"
             "end, go = hangup() }, { 'else', go = hangup() } }");
    read_driver(0, end);
    open_world(&world, driver, ROOMY_MS);
    lua_register(hs_vm_state(world.app), "entered", l_entered);
    check_kind(&kind);
    expect_index(&world, "{}", 2);
    close_world(&world);
}

/* ---- an app VM, a lookup VM ---- */

struct app {
    struct hs_config config;
    struct hs_host host;
    struct hs_bundle *bundle;
    struct hs_vm *vm;
};

/* Load every module, then the driver. */
static int l_open_driver(lua_State *L)
{
    lua_getglobal(L, "package");
    lua_getfield(L, -1, "preload");
    for (lua_pushnil(L); lua_next(L, -2); lua_pop(L, 1)) {
        lua_getglobal(L, "require");
        lua_pushvalue(L, -3);
        lua_call(L, 1, 0);
    }
    lua_pushglobaltable(L);
    lua_pushliteral(L, "print"); /* nobody could read the report */
    lua_pushnil(L);
    lua_rawset(L, -3);
    if (luaL_loadbuffer(L, driver, strlen(driver), "=awkward") != LUA_OK)
        return lua_error(L);
    lua_call(L, 0, 1);
    lua_rawsetp(L, LUA_REGISTRYINDEX, driver);
    return 0;
}

static void open_app(struct app *app)
{
    struct hs_script_error err = {0};

    app->vm = hs_app_vm_new(app->bundle, &app->host, &err);
    if (!app->vm)
        fail_msg("%s", err.message);
    lua_pushcfunction(hs_vm_state(app->vm), l_open_driver);
    if (hs_vm_call(app->vm, 0, 0, 0, &err) != 0)
        fail_msg("%s", err.message);
}

static void run_app(void *ctx, struct ask *ask)
{
    struct app *app = ctx;
    struct hs_script_error err = {0};
    lua_State *L;

    if (!app->vm)
        open_app(app);
    L = hs_vm_state(app->vm);
    lua_settop(L, 0);
    lua_rawgetp(L, LUA_REGISTRYINDEX, driver);
    lua_pushinteger(L, ask->which);
    lua_pushinteger(L, ask->try);
    lua_pushcfunction(L, l_entered);
    if (hs_vm_call(app->vm, 3, 1, ROOMY_MS, &err) == 0) {
        copy_text(ask->says, sizeof ask->says, L, 1);
        return;
    }
    snprintf(ask->code, sizeof ask->code, "%s", err.code);
    snprintf(ask->says, sizeof ask->says, "%.290s", err.message);
    if (strcmp(err.code, "memory") == 0) {
        hs_vm_free(app->vm);
        app->vm = NULL;
    }
}

static void check_app(const char *name, int lookup)
{
    struct app app = {.host = {.lookup = lookup}};
    const struct kind kind = {
        .name = name, .least = 100, .run = run_app, .ctx = &app};
    struct hs_config *defaults;
    struct hs_script_error err = {0};
    struct hs_error unread;

    defaults = hs_config_load("/dev/null", &unread);
    assert_non_null(defaults);
    app.config = *defaults;
    app.config.lua = folder;
    app.host.config = &app.config;
    write_file(HS_RULE_FILE, "return {}", 9);
    app.bundle =
        hs_bundle_make(&(struct hs_bundle_from){.folder = folder}, &err);
    assert_non_null(app.bundle);
    read_driver(1, "return driver(_G)");
    check_kind(&kind);
    hs_vm_free(app.vm);
    hs_bundle_drop(app.bundle);
    hs_config_free(defaults);
}

TEST_CASE(lookups_are_bounded)
{
    check_app("lookups", 1);
}

TEST_CASE(applications_are_bounded)
{
    check_app("applications", 0);
}

int main(void)
{
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
