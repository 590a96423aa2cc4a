/* busy_test.c: what a busy machine does to a time budget. This thread shares
 * one CPU with threads that take all of it. */
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <time.h>

#include <lauxlib.h>
#include <lua.h>

#include "base/clock.h"
#include "script/app_lib.h"
#include "script/rule_vm/watchdog.h"
#include "script/vm.h"
#include "slow.h"
#include "test.h"

#define BUDGET_MS 60
#define WORK_MS 40 /* of CPU, within the budget */
#define FEW 4      /* threads beside this one: a fifth of the CPU */
#define MANY 60    /* ... less than it needs before HS_WATCH_LATE_MS */
#define PATIENCE_MS 60000
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SLACK_MS 2000
#else
#define SLACK_MS 500
#endif

static _Atomic int quit;

static void *take_cpu(void *unused)
{
    while (!atomic_load(&quit))
        continue;
    return unused;
}

static int64_t cpu_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* works(ms): true until this thread has used so much CPU since the last
 * works(0). */
static int l_works(lua_State *L)
{
    static int64_t since;
    lua_Integer ms = lua_tointeger(L, 1);

    if (ms == 0)
        since = cpu_ms();
    lua_pushboolean(L, cpu_ms() - since < ms);
    return 1;
}

static int l_sleep(lua_State *L)
{
    lua_Integer ms = lua_tointeger(L, 1);
    struct timespec left = {.tv_sec = ms / 1000,
                            .tv_nsec = ms % 1000 * 1000000};

    while (clock_nanosleep(CLOCK_MONOTONIC, 0, &left, &left) != 0)
        continue;
    return 0;
}

/* nest(text, budget): runs text as an inner call, as rules.decide does. */
static int l_nest(lua_State *L)
{
    struct hs_script_error err;
    lua_State *inner = lua_newthread(L);

    if (luaL_loadstring(inner, lua_tostring(L, 1)) != LUA_OK ||
        hs_vm_call_on(inner, 0, 0, (int)lua_tointeger(L, 2), &err) != 0)
        return luaL_error(L, "inner: %s", err.code);
    return 0;
}

static struct hs_vm *vm;

static int start(void **state)
{
    static const luaL_Reg functions[] = {
        {"works", l_works}, {"sleep", l_sleep}, {"nest", l_nest}, {NULL, NULL}};
    struct hs_host host = {0};
    lua_State *L;
    cpu_set_t one;

    (void)state;
    CPU_ZERO(&one);
    CPU_SET(sched_getcpu(), &one);
    vm = hs_vm_new(0, &host);
    if (!vm || pthread_setaffinity_np(pthread_self(), sizeof one, &one) != 0)
        return -1;
    L = hs_vm_state(vm);
    l_app_lib_open(L, &hs_bounds_roomy);
    lua_pushglobaltable(L);
    luaL_setfuncs(L, functions, 0);
    lua_pop(L, 1);
    return 0;
}

static int end(void **state)
{
    (void)state;
    hs_vm_free(vm);
    hs_watchdog_thread_stop();
    return 0;
}

struct ran {
    char code[32];
    int64_t ms, cpu_ms;
};

/* Run `text` beside so many threads on the same CPU. */
static struct ran run(const char *text, int budget_ms, int others)
{
    pthread_t threads[MANY];
    struct hs_script_error err = {0};
    struct ran ran = {{0}, hs_monotonic_ms(), cpu_ms()};

    atomic_store(&quit, 0);
    for (int i = 0; i < others; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, take_cpu, NULL), 0);
    assert_int_equal(luaL_loadstring(hs_vm_state(vm), text), LUA_OK);
    (void)hs_vm_call(vm, 0, 0, budget_ms, &err);
    ran.ms = hs_monotonic_ms() - ran.ms;
    ran.cpu_ms = cpu_ms() - ran.cpu_ms;
    atomic_store(&quit, 1);
    for (int i = 0; i < others; i++)
        pthread_join(threads[i], NULL);
    memcpy(ran.code, err.code, sizeof ran.code);
    return ran;
}

/* Waiting for a CPU isn't counted, whatever the script does with its time. */
TEST_CASE(a_call_in_time_is_not_cut_off)
{
    static const char *const texts[] = {
        "works(0) while works(40) do end",
        "works(0) while works(40) do pcall(error) end",
        "works(0) coroutine.wrap(function() while works(40) do end end)()",
        "works(0) while works(40) do ('x'):rep(1e4):find('y') end",
        "works(0) while works(40) do local t = {} for i = 1, 200 do t[i] = -i "
        "end table.sort(t) end",
        "nest('works(0) while works(40) do end', 60)",
        "nest('works(0) while works(40) do end', 0)",
    };

    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct ran ran = run(texts[i], BUDGET_MS, FEW);

        /* The rest of the machine may take still more of the CPU. */
        if (ran.code[0] && ran.ms < BUDGET_MS + HS_WATCH_LATE_MS)
            fail_msg("%s: %s after %lld ms, %lld ms of them on a CPU", texts[i],
                     ran.code, (long long)ran.ms, (long long)ran.cpu_ms);
        if (ran.ms < BUDGET_MS + WORK_MS)
            fail_msg("nobody took the CPU: %lld ms", (long long)ran.ms);
    }
}

TEST_CASE(endless_work_ends)
{
    static const char *const texts[] = {
        "while true do end",
        "while true do pcall(error) end",
        "coroutine.wrap(function() while true do end end)()",
        "nest('while true do end', 0)",
        "nest('while true do end', 30000)",
        "while true do pcall(nest, 'while true do end', 5) end",
    };
    static const int others[] = {0, FEW, MANY};

    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        for (size_t n = 0; n < sizeof others / sizeof *others; n++) {
            int late = others[n] ? HS_WATCH_LATE_MS : 0;
            struct ran ran = run(texts[i], BUDGET_MS, others[n]);

            if (strcmp(ran.code, "time") != 0 ||
                ran.ms > BUDGET_MS + late + lenient(SLACK_MS) ||
                ran.cpu_ms > BUDGET_MS + lenient(SLACK_MS))
                fail_msg("%s beside %d: \"%s\" after %lld ms, CPU %lld ms",
                         texts[i], others[n], ran.code, (long long)ran.ms,
                         (long long)ran.cpu_ms);
        }
    }
}

/* Where nobody waits on the phone, a busy machine stops only what has used up
 * its budget. */
TEST_CASE(patience_waits_for_a_cpu)
{
    struct ran ran;

    assert_int_equal(hs_watch_be_patient(PATIENCE_MS), 0);
    ran = run("works(0) while works(40) do end", BUDGET_MS, MANY);
    assert_string_equal(ran.code, "");
    assert_true(ran.ms > BUDGET_MS + HS_WATCH_LATE_MS);
    ran = run("while true do end", BUDGET_MS, MANY);
    assert_string_equal(ran.code, "time");
    assert_in_range(ran.cpu_ms, BUDGET_MS / 2, BUDGET_MS + lenient(SLACK_MS));
    assert_int_equal(hs_watch_be_patient(0), PATIENCE_MS);
    ran = run("works(0) while works(40) do end", BUDGET_MS, MANY);
    assert_string_equal(ran.code, "time");
}

/* What the outer call has waited for a CPU gives an inner one no more time. */
TEST_CASE(an_inner_call_has_its_own_budget)
{
    struct ran ran;

    hs_watch_be_patient(PATIENCE_MS);
    ran = run("works(0) while works(300) do end nest('while true do end', 20)",
              PATIENCE_MS, FEW);
    hs_watch_be_patient(0);
    assert_string_equal(ran.code, "error");
    assert_in_range(ran.cpu_ms, 310, 320 + lenient(SLACK_MS));
}

/* What waits for something else is late as before, also on a busy machine. */
TEST_CASE(other_waiting_counts)
{
    static const char *const texts[] = {
        "sleep(100) while true do works(40) end",
        "for i = 1, 100 do sleep(5) end",
        "nest('for i = 1, 100 do sleep(5) end', 30000)",
    };

    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct ran ran = run(texts[i], BUDGET_MS, FEW);

        if (!ran.code[0] || ran.cpu_ms > BUDGET_MS / 2)
            fail_msg("%s: \"%s\" after %lld ms, CPU %lld ms", texts[i],
                     ran.code, (long long)ran.ms, (long long)ran.cpu_ms);
    }
}

int main(void)
{
    return cmocka_run_group_tests(tests, start, end);
}
