/* vm_test.c: the one way into Lua: errors, memory, time, nesting, threads. */
#include <pthread.h>

#include <lauxlib.h>
#include <lua.h>

#include "base/clock.h"
#include "script/app_lib.h"
#include "script/rule_vm/watchdog.h"
#include "script/vm.h"
#include "slow.h"
#include "test.h"

#define BUDGET_MS 60
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define LATE_MS 250
#else
#define LATE_MS 50
#endif

static struct hs_vm *open_vm(size_t cap)
{
    struct hs_host host = {0};
    struct hs_vm *vm = hs_vm_new(cap, &host);

    assert_non_null(vm);
    l_app_lib_open(hs_vm_state(vm), &hs_bounds_roomy);
    return vm;
}

/* Compile `text` as the file t.lua and leave it on the stack. */
static void push_chunk(struct hs_vm *vm, const char *text)
{
    assert_int_equal(
        luaL_loadbuffer(hs_vm_state(vm), text, strlen(text), "@t.lua"), LUA_OK);
}

static int run(struct hs_vm *vm, const char *text, int budget_ms,
               struct hs_script_error *err)
{
    push_chunk(vm, text);
    return hs_vm_call(vm, 0, 0, budget_ms, err);
}

TEST_CASE(results_and_arguments_pass)
{
    struct hs_vm *vm = open_vm(0);
    lua_State *L = hs_vm_state(vm);

    lua_pushliteral(L, "below");
    push_chunk(vm, "local a, b = ... return b, a, 3");
    lua_pushinteger(L, 1);
    lua_pushinteger(L, 2);
    assert_int_equal(hs_vm_call(vm, 2, 3, 0, NULL), 0);
    assert_int_equal(lua_gettop(L), 4);
    assert_int_equal(lua_tointeger(L, 2), 2);
    assert_int_equal(lua_tointeger(L, 3), 1);
    assert_int_equal(lua_tointeger(L, 4), 3);
    lua_settop(L, 1);
    assert_int_equal(run(vm, "error('x')", 0, NULL), -1);
    assert_int_equal(lua_gettop(L), 1);
    hs_vm_free(vm);
}

TEST_CASE(errors_are_described)
{
    static const struct {
        const char *text, *code, *message, *source;
        int line;
    } cases[] = {
        {"\nerror('boom')", "error", "boom", "t.lua", 2},
        {"local function f() error('mine', 2) end\n\nf()", "error", "mine",
         "t.lua", 3},
        {"error('no place', 0)", "error", "no place", "t.lua", 1},
        {"\n\nerror({code = 'busy', message = 'locked'})", "busy", "locked",
         "t.lua", 3},
        {"error(setmetatable({}, {__tostring = function() return 'T' end}))",
         "error", "T", "t.lua", 1},
        {"error({message = 'x.lua:7: from afar'})", "error", "from afar",
         "x.lua", 7},
        {"error()", "error", "nil", "t.lua", 1},
        {"error(42)", "error", "42", "t.lua", 1},
        {"local t; t.x = 1", "error",
         "attempt to index a nil value (local 't')", "t.lua", 1},
        {"(nil)()", "error", "attempt to call a nil value", "t.lua", 1},
        {"error('12: no file', 0)", "error", "12: no file", "t.lua", 1},
        {"error('a:b: no line', 0)", "error", "a:b: no line", "t.lua", 1},
        {"error(setmetatable({}, {__tostring = function() error('again') end"
         "}))",
         "error", "again", "t.lua", 1},
        {"error(setmetatable({}, {__tostring = function() return {} end}))",
         "error", "'__tostring' must return a string", "t.lua", 1},
    };
    struct hs_vm *vm = open_vm(0);

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct hs_script_error err;

        memset(&err, 'x', sizeof err);
        assert_int_equal(run(vm, cases[i].text, 0, &err), -1);
        assert_string_equal(err.code, cases[i].code);
        assert_string_equal(err.message, cases[i].message);
        assert_string_equal(err.source, cases[i].source);
        assert_int_equal(err.line, cases[i].line);
        assert_non_null(strstr(err.traceback, "t.lua:"));
    }
    hs_vm_free(vm);
}

TEST_CASE(a_traceback_names_functions)
{
    struct hs_vm *vm = open_vm(0);
    struct hs_script_error err;

    assert_int_equal(run(vm,
                         "local function inner() error('x') end\n"
                         "local function outer() inner() return 1 end\n"
                         "outer()",
                         0, &err),
                     -1);
    assert_string_equal(err.traceback, "[C]: in 'error'\n"
                                       "t.lua:1: in 'inner'\n"
                                       "t.lua:2: in 'outer'\n"
                                       "t.lua:3: in the file");
    hs_vm_free(vm);
}

TEST_CASE(long_texts_are_cut)
{
    struct hs_vm *vm = open_vm(0);
    struct hs_script_error err;

    assert_int_equal(run(vm, "error(('x'):rep(100000))", 0, &err), -1);
    assert_int_equal(strlen(err.message), sizeof err.message - 1);
    assert_int_equal(run(vm, "local function f() f() end f()", 0, &err), -1);
    assert_non_null(strstr(err.message, "stack overflow"));
    assert_int_equal(
        run(vm, "error({code = ('c'):rep(99), message = ('m'):rep(9999)})", 0,
            &err),
        -1);
    assert_int_equal(strlen(err.code), sizeof err.code - 1);
    hs_vm_free(vm);
}

TEST_CASE(memory_is_capped)
{
    static const char *const bombs[] = {
        "local t = {} for i = 1, 1e9 do t[i] = {} end",
        "local s = ('x'):rep(8000000)",
        "local s = 'x' while true do s = s .. s end",
        "local s = ('x'):rep(100000):gsub('x', ('y'):rep(10000))",
        "local t = {} while true do t[#t + 1] = ('x'):rep(1000) .. #t end",
        "local f f = function() local a, b, c = {}, {}, {} f() return a end "
        "f()",
        "string.rep('x', -1) local t = {} for i = 1, 1e7 do t[i] = i end",
        "error(setmetatable({}, {__tostring = function() return "
        "('x'):rep(8e6) end}))",
        "local t = {} pcall(function() for i = 1, 1e9 do t[i] = {} end end) "
        "error(setmetatable({}, {__tostring = function() return "
        "('x'):rep(1e6) .. 'y' end}))",
    };
    size_t cap = 4u << 20;
    struct hs_vm *vm = open_vm(cap);

    for (size_t i = 0; i < sizeof bombs / sizeof *bombs; i++) {
        struct hs_script_error err;

        assert_int_equal(run(vm, bombs[i], 5000, &err), -1);
        if (i != 5) /* that one may also overflow the stack */
            assert_string_equal(err.code, "memory");
        assert_true(hs_vm_bytes(vm) <= cap);
        /* It has its room back, also for a string that takes half of it. */
        assert_int_equal(
            run(vm, "assert(#('x'):rep(1000000) == 1000000)", 0, &err), 0);
    }
    hs_vm_free(vm);
}

/* Each must be stopped, whatever it does with the errors it is sent. */
static const char *const endless[] = {
    "while true do end",
    "for i = 1, math.huge do end",
    "local function f() return f() end f()",
    "while true do pcall(error) end",
    "while true do pcall(function() while true do end end) end",
    "local function f() pcall(f) while true do end end f()",
    "while true do pcall(pcall, pcall, error) end",
    "coroutine.wrap(function() while true do end end)()",
    "while true do pcall(coroutine.wrap(function() while true do end end)) end",
    "local co = coroutine.create(function() while true do coroutine.yield() "
    "end end) while true do coroutine.resume(co) end",
    "coroutine.wrap(function() coroutine.wrap(function() while true do "
    "pcall(error) end end)() end)()",
    "while true do coroutine.wrap(function() pcall(function() while true do "
    "end end) end)() end",
    "local function f() coroutine.wrap(f)() end while true do pcall(f) end",
    "xpcall(error, function() while true do end end)",
    "xpcall(function() while true do end end, function() while true do end "
    "end)",
    "while true do xpcall(error, function() error('again') end) end",
    "local h = function() while true do end end xpcall(function() xpcall("
    "function() while true do end end, h) end, h)",
    "error(setmetatable({}, {__tostring = function() while true do end end}))",
    "local t = setmetatable({}, {__tostring = function(t) return tostring(t) "
    "end}) while true do pcall(tostring, t) end",
    "while true do local s = ('x'):rep(1000000) end",
    "while true do pcall(string.rep, 'x', 1e7) end",
    "local t = {} for i = 1, 1e5 do t[i] = 'abc' end "
    "while true do table.concat(t) end",
    "table.sort({3, 2, 1}, function() while true do end end)",
    "('abc'):gsub('.', function() while true do end end)",
    "local x <close> = setmetatable({}, {__close = function() while true do "
    "end end})",
    "local co = coroutine.create(function() local x <close> = "
    "setmetatable({}, {__close = function() while true do end end}) "
    "coroutine.yield() end) coroutine.resume(co) coroutine.close(co)",
    "local f = coroutine.wrap(function() local x <close> = setmetatable({}, "
    "{__close = function() while true do end end}) error('x') end) f()",
    "load(function() while true do end end)",
    "local t = setmetatable({}, {__index = function(t, k) while true do end "
    "end}) return t.x",
    "local a = setmetatable({}, {__eq = function() while true do end end}) "
    "return a == setmetatable({}, getmetatable(a))",
    "for _ in function() return 1 end do end",
    "while true do local t = {} for i = 1, 1000 do t[i] = {} end end",
    "goto a ::a:: ::b:: goto b",
    "while true do load('return 1')() end",
    "local t = {} while true do t[#t + 1] = coroutine.create(print) "
    "if #t > 1000 then t = {} end end",
    "repeat until not pcall(coroutine.wrap(coroutine.yield))",
    /* Setting a hook takes as long as the stack is deep. */
    "local function f(n) if n == 0 then while true do end end "
    "return 1 + f(n - 1) end f(150000)",
};

static int64_t computed_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* How many ms it took to stop the script; fails when it ended otherwise. What
 * waits for a CPU may be late by HS_WATCH_LATE_MS, what computes may not. */
static int stop_it(struct hs_vm *vm, const char *script)
{
    int64_t start = hs_monotonic_ms(), computed = computed_ms();
    struct hs_script_error err;
    int rc = run(vm, script, BUDGET_MS, &err);
    int took = (int)(hs_monotonic_ms() - start) - when_busy(HS_WATCH_LATE_MS);

    computed = computed_ms() - computed;
    if (took < computed)
        took = (int)computed;

    if (rc == 0 || strcmp(err.code, "time") != 0)
        fail_msg("%d %s: %s: %s", rc, err.code, err.message, script);
    assert_string_equal(err.message, "time budget of 60 ms exceeded");
    if (strcmp(err.source, "t.lua") != 0 && !strstr(script, "load("))
        fail_msg("stopped in %s: %s", err.source, script);
    assert_true(err.line > 0);
    /* Nothing of it is left for the next call. */
    assert_int_equal(
        run(vm,
            "local n = 0 for i = 1, 1e5 do n = n + i end "
            "assert(coroutine.wrap(function() return n end)() == n)",
            1000, &err),
        0);
    return took;
}

TEST_CASE(time_is_bounded)
{
    struct hs_vm *vm = open_vm(64u << 20);

    for (size_t i = 0; i < sizeof endless / sizeof *endless; i++) {
        int took = stop_it(vm, endless[i]);

        /* Once more when the machine was busy with something else. */
        for (int again = 0; again < 3 && took > BUDGET_MS + lenient(LATE_MS);
             again++)
            took = stop_it(vm, endless[i]);
        if (took > BUDGET_MS + lenient(LATE_MS))
            fail_msg("%d ms: %s", took, endless[i]);
    }
    hs_vm_free(vm);
}

TEST_CASE(the_line_is_the_loops_own)
{
    struct hs_vm *vm = open_vm(0);
    struct hs_script_error err;

    assert_int_equal(run(vm,
                         "local function spin()\n  while true do end\nend\n"
                         "local ok = pcall(spin)\nlocal x = ok\nreturn x",
                         20, &err),
                     -1);
    assert_string_equal(err.code, "time");
    assert_int_equal(err.line, 2);
    assert_non_null(strstr(err.traceback, "t.lua:2: in "));
    assert_non_null(strstr(err.traceback, "t.lua:4: in the file"));
    hs_vm_free(vm);
}

TEST_CASE(finalizers_are_refused)
{
    struct hs_vm *vm = open_vm(0);
    struct hs_script_error err;

    assert_int_equal(
        run(vm, "setmetatable({}, {__gc = function() end})", 0, &err), -1);
    assert_string_equal(err.message, "finalizers (__gc) are not available");
    assert_int_equal(run(vm,
                         "local m = {} local t = setmetatable({}, m) "
                         "m.__gc = function() while true do end end t = nil "
                         "collectgarbage()",
                         100, &err),
                     0);
    hs_vm_free(vm);
}

/* nest(text, budget): runs text in another VM, as rules.decide does. */
static int l_nest(lua_State *L)
{
    struct hs_vm *vm = lua_touserdata(L, lua_upvalueindex(1));
    struct hs_script_error err;
    int rc =
        run(vm, luaL_checkstring(L, 1), (int)luaL_checkinteger(L, 2), &err);

    lua_pushstring(L, rc == 0 ? "ok" : err.code);
    return 1;
}

static struct hs_vm *open_nested(struct hs_vm *inner)
{
    struct hs_vm *vm = open_vm(0);

    lua_pushlightuserdata(hs_vm_state(vm), inner);
    lua_pushcclosure(hs_vm_state(vm), l_nest, 1);
    lua_setglobal(hs_vm_state(vm), "nest");
    return vm;
}

TEST_CASE(an_inner_call_ends_alone)
{
    struct hs_vm *inner = open_vm(0), *vm = open_nested(inner);
    struct hs_script_error err;

    assert_int_equal(
        run(vm,
            "assert(nest('while true do end', 30) == 'time')\n"
            "for i = 1, 1e6 do end\n"
            "assert(nest('error()', 30) == 'error')\n"
            "assert(coroutine.wrap(function() return nest('while true do end', "
            "30) end)() == 'time')\n"
            "assert(nest('return', 0) == 'ok')",
            2000, &err),
        0);
    hs_vm_free(vm);
    hs_vm_free(inner);
}

/* Each of many takes all it can get: together they stay within their bound, one
 * that is small has room anyway, and what they drew is put back. */
TEST_CASE(the_sum_of_all_states_is_bounded)
{
    enum { GREEDY = 12 };
    static const char *const fill =
        "kept = {} for i = 1, 40 do kept[i] = ('x'):rep(1000000) .. i end";
    struct hs_vm *vms[GREEDY];
    struct hs_vm *small = open_vm(64U << 20);
    struct hs_script_error err;
    size_t before = hs_vm_drawn();
    size_t sum = 0;
    int short_of = 0;

    for (int i = 0; i < GREEDY; i++) {
        vms[i] = open_vm(64U << 20);
        if (run(vms[i], fill, 0, &err) != 0) {
            assert_string_equal(err.code, "memory");
            short_of++;
        }
        sum += hs_vm_bytes(vms[i]);
        assert_in_range(hs_vm_drawn(), 0, HS_VM_DRAWN_MAX);
    }
    assert_in_range(short_of, 1, GREEDY - 3);
    assert_in_range(sum, 200U << 20, HS_VM_DRAWN_MAX + GREEDY * (8U << 20));
    assert_int_equal(
        run(small, "local t = {} for i = 1, 50000 do t[i] = {} end", 0, &err),
        0);
    assert_int_equal(run(vms[0], "kept = nil collectgarbage()", 0, &err), 0);
    assert_int_equal(run(small, fill, 0, &err), 0);
    for (int i = 0; i < GREEDY; i++)
        hs_vm_free(vms[i]);
    assert_int_equal(run(small, "kept = nil collectgarbage()", 0, &err), 0);
    assert_int_equal(hs_vm_drawn(), before);
    hs_vm_free(small);
    assert_int_equal(hs_vm_drawn(), before);
}

TEST_CASE(an_outer_budget_bounds_the_inner)
{
    static const char *const texts[] = {
        "while true do nest('while true do pcall(error) end', 10000) end",
        "while true do nest('while true do end', 0) end",
        "while true do nest('while true do end', 7) end",
        "while true do pcall(nest, 'return', 0) end",
        "coroutine.wrap(function() while true do nest('coroutine.wrap("
        "function() while true do end end)()', 9000) end end)()",
    };
    struct hs_vm *inner = open_vm(0), *vm = open_nested(inner);

    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct hs_script_error err;
        int64_t start = hs_monotonic_ms();

        assert_int_equal(run(vm, texts[i], BUDGET_MS, &err), -1);
        assert_string_equal(err.code, "time");
        assert_true(hs_monotonic_ms() - start <=
                    BUDGET_MS + lenient(4 * LATE_MS));
        assert_int_equal(run(inner, "for i = 1, 1e5 do end", 0, &err), 0);
    }
    hs_vm_free(vm);
    hs_vm_free(inner);
}

/* A thread's work: calls in time, then one that is late, several times. */
static void *work(void *seed)
{
    struct hs_vm *vm = open_vm(8u << 20);
    struct hs_script_error err;

    if ((uintptr_t)seed % 2)
        hs_watchdog_thread_start();
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < 2000; i++) {
            if (run(vm, "local x = 0 for i = 1, 50 do x = x + i end", 20000,
                    &err) != 0)
                return vm; /* a call in time was stopped */
        }
        if (run(vm, "while true do pcall(error) end", 10, &err) != -1 ||
            strcmp(err.code, "time") != 0)
            return vm; /* a late call was not stopped */
    }
    hs_vm_free(vm);
    if ((uintptr_t)seed % 3)
        hs_watchdog_thread_stop(); /* else the thread's end does it */
    return NULL;
}

TEST_CASE(threads_are_watched_apart)
{
    pthread_t threads[8];

    for (int round = 0; round < 3; round++) {
        for (uintptr_t i = 0; i < 8; i++)
            assert_int_equal(pthread_create(&threads[i], NULL, work, (void *)i),
                             0);
        for (int i = 0; i < 8; i++) {
            void *complaint;

            pthread_join(threads[i], &complaint);
            assert_null(complaint);
        }
    }
}

/* After a pause the ticker sleeps; the next budget must wake it. */
TEST_CASE(the_ticker_wakes_up)
{
    struct hs_vm *vm = open_vm(0);
    struct hs_script_error err;

    for (int i = 0; i < 3; i++) {
        struct timespec pause = {.tv_nsec = 300000000};

        nanosleep(&pause, NULL);
        assert_int_equal(run(vm, "while true do end", 20, &err), -1);
        assert_string_equal(err.code, "time");
    }
    hs_vm_free(vm);
    hs_watchdog_thread_stop();
    hs_watchdog_thread_stop();
}

int main(void)
{
    return cmocka_run_group_tests(tests, NULL, NULL);
}
