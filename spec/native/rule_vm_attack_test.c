/* rule_vm_attack_test.c: rules that attack the worker they run in. Whatever
 * they do, rules.decide answers in time, the memory comes back and the next
 * call is decided. */
#include <malloc.h>

#include "rule_vm_support.h"
#include "script/rule_vm/watchdog.h"
#include "slow.h"

/* ---- hostile rules ---- */

/* A rule whose `when` runs `body` when the call says so, and one behind it. */
#define RULE_FILE                                                              \
    "local LIST, KEYED = { 3, 1, 2 }, { a = { b = 1 } }\n"                     \
    "local PLAN, OPEN = hangup(), hours { zone = 'UTC', mon = '24h' }\n"       \
    "local VIPS = contacts('vips.txt')\n"                                      \
    "local function deep(n) return 1 + deep(n + 1) end\n"                      \
    "local function tail(n) return tail(n + 1) end\n"                          \
    "local function swallow() while true do pcall(swallow) end end\n"          \
    "return {\n"                                                               \
    "  { 'hostile', when = function(call)\n"                                   \
    "    if call.attack then\n"                                                \
    "      local keep = { LIST, KEYED, PLAN, OPEN, VIPS, deep, tail, "         \
    "swallow }\n"                                                              \
    "      %s\n"                                                               \
    "    end\n"                                                                \
    "  end, go = hangup() },\n"                                                \
    "  { 'fine', go = function(call)\n"                                        \
    "    return ring('+13035550142'):otherwise(voicemail()) end },\n"          \
    "}\n"

struct attack {
    const char *body;
    const char *code;
    const char *says; /* part of the message, NULL = any */
};

static void check_outcome(const struct attack *attack,
                          const struct outcome *out)
{
    if (out->ok || strcmp(out->code, attack->code) != 0 ||
        (attack->says && !strstr(out->message, attack->says)))
        fail_msg("%s\ngave %s: %s", attack->body, out->code, out->message);
    assert_non_null(strstr(out->message, "forwarding.lua:"));
    assert_non_null(strstr(out->message, "rule \"hostile\""));
    assert_memory_equal(out->reads, "{\"attack\":true", 14);
}

/* Every attack is made twice: the second call finds the VM of the first. */
static void check_attack(const struct attack *attack)
{
    int endless = strcmp(attack->code, "time") == 0;
    int timed = strcmp(attack->code, "memory") != 0;
    int64_t least = INT64_MAX;
    char rules[TEXT_SIZE];
    struct world world;
    size_t before, after;

    snprintf(rules, sizeof rules, RULE_FILE, attack->body);
    open_world(&world, rules, endless ? BUDGET_MS : ROOMY_MS);
    expect_index(&world, "{ attack = false }", 2);
    before = hs_vm_bytes(hs_rule_vm_vm(world.rules));
    for (int i = 0; i < 2 || (timed && least > BUDGET_MS + lenient(LATE_MS) +
                                                   when_busy(HS_WATCH_LATE_MS));
         i++) {
        struct outcome out = decide(&world, "{ attack = true }");

        if (i == TRIES)
            fail_msg("%s\ntook %d ms", attack->body, (int)least);
        check_outcome(attack, &out);
        least = out.ms < least ? out.ms : least;
        expect_index(&world, "{ attack = false }", 2);
        after = hs_vm_bytes(hs_rule_vm_vm(world.rules));
        if (after > 2 * before + (1 << 19))
            fail_msg("%s\nleft %zu bytes of %zu", attack->body, after, before);
    }
    close_world(&world);
}

#define CHECK_ALL(attacks)                                                     \
    for (size_t i = 0; i < sizeof(attacks) / sizeof *(attacks); i++)           \
    check_attack(&(attacks)[i])

TEST_CASE(endless_rules_are_stopped)
{
    static const struct attack attacks[] = {
        {"while true do end", "time", "time budget of 100 ms"},
        {"repeat local s = call.attack until not s", "time", NULL},
        {"::again:: goto again", "time", NULL},
        {"for _ = 1, math.maxinteger do end", "time", NULL},
        {"tail(1)", "time", NULL},
        {"while true do pcall(function() while true do end end) end", "time",
         NULL},
        {"pcall(pcall, swallow) while true do end", "time", NULL},
        {"swallow()", "time", NULL},
        {"while true do pcall(error) end", "time", NULL},
        {"while true do pcall(string.find, ('a'):rep(200), ('a*'):rep(20) .. "
         "'b') end",
         "time", NULL},
        {"table.sort({ 2, 1, 3 }, function() while true do end end)", "time",
         NULL},
        {"while true do table.sort({ 3, 1, 2 }, pcall) end", "time", NULL},
        {"(('a'):rep(1000)):gsub('.', function() while true do end end)",
         "time", NULL},
        {"while true do local t = table.concat({ ('x'):rep(2^19), "
         "('y'):rep(2^19) }) end",
         "time", NULL},
        {"local t = {} for i = 1, 2000 do t[i] = ('x'):rep(500) end\n"
         "while true do table.concat(t) end",
         "time", NULL},
        {"local s = ('x'):rep(2^20) s = s .. s .. s local t = {}\n"
         "for i = 1, 20000 do t[i] = s end table.sort(t)",
         "time", NULL},
        {"for k in pairs(call) do while true do end end", "time", NULL},
        {"local t = {} while true do pcall(function()\n"
         "for i = 1, 1e9 do t[#t + 1] = {} end end) end",
         "time", NULL},
        {"local t = {} while true do pcall(function()\n"
         "for i = 1, 1e9 do t[#t + 1] = ('x'):rep(9000 + i) end end) end",
         "time", NULL},
    };

    CHECK_ALL(attacks);
}

TEST_CASE(memory_bombs_are_stopped)
{
    static const struct attack attacks[] = {
        {"local t = {} for i = 1, 1e9 do t[i] = i end", "memory", NULL},
        {"local t = {} for i = 1, 1e9 do t[i] = { t } end", "memory", NULL},
        {"local s = 'x' while true do s = s .. s end", "memory", NULL},
        {"local s = ('x'):rep(2^10) while true do s = s:gsub('x$', s) .. s end",
         "error", "too costly"},
        {"local t = {} while true do t[#t + 1] = ('x'):rep(2^18 + #t) end",
         "memory", NULL},
        {"local t = { ('x'):rep(2^20) } while true do t = { table.concat(t), "
         "table.concat(t) } end",
         "memory", NULL},
        {"return deep(1)", "memory", NULL},
        {"local t = {} return select('#', table.unpack(t, 1, 1e6))", "error",
         "too many results"},
        {"local f = function(...) return ... end\n"
         "while true do keep[#keep + 1] = function() return keep, f end end",
         "memory", NULL},
    };

    CHECK_ALL(attacks);
}

TEST_CASE(work_in_c_is_bounded)
{
    static const struct attack attacks[] = {
        {"('a'):rep(28):find(('a-'):rep(12) .. 'b')", "error",
         "pattern too costly"},
        {"('a'):rep(200):match(('a*'):rep(30) .. 'b')", "error",
         "pattern too costly"},
        {"for _ in ('a'):rep(200):gmatch(('.-'):rep(30) .. 'b') do end",
         "error", "pattern too costly"},
        {"('a'):rep(200):gsub(('a?'):rep(60) .. ('a'):rep(60) .. 'b', '')",
         "error", "pattern too costly"},
        {"('('):rep(2^20):find('%b()')", "error", "pattern too costly"},
        {"('x'):find(('a'):rep(2^16))", "error", "hostile"}, /* plain: none */
        {"('x'):rep(1e9)", "error", "resulting string too large"},
        {"('x'):rep(1e18, 'y')", "error", "resulting string too large"},
        {"('').rep('', 1e18) error('done')", "error", "done"},
        {"('%s'):format(('x'):rep(2^20))", "error",
         "resulting string too large"},
        {"('%99.99f'):rep(4000):format(1e308)", "error", "format too long"},
        {"('%p'):format(call)", "error", "invalid conversion"},
        {"local t = {} for i = 0, 62 do t[1 << i] = 1 t[(1 << i) + 1] = 1 end\n"
         "table.insert(t, 1, 1)",
         "error", "the list is too long"},
        {"local t = {} for i = 0, 62 do t[1 << i] = 1 t[(1 << i) + 1] = 1 end "
         "table.remove(t, 1)",
         "error", "the list is too long"},
        {"local t = {} for i = 0, 62 do t[1 << i] = 1 t[(1 << i) + 1] = 1 end "
         "table.concat(t)",
         "error", "invalid value"},
        {"table.move({}, 1, 1e15 // 1 | 0, 2, {})", "error",
         "the list is too long"},
        {"table.move({}, math.mininteger, math.maxinteger, 2, {})", "error",
         "the list is too long"},
        {"local function f(s) return s:gsub('.', f) end f('x')", "error",
         "overflow"},
        {"local function f() return pcall(f) or error('x') end\n"
         "error(tostring(f()))",
         "error", NULL},
    };

    for (size_t i = 0; i < sizeof attacks / sizeof *attacks; i++) {
        if (strcmp(attacks[i].says ? attacks[i].says : "", "hostile") != 0)
            check_attack(&attacks[i]);
    }
}

TEST_CASE(everything_raised_is_reported)
{
    static const struct attack attacks[] = {
        {"error('no')", "error", "forwarding.lua:11: rule \"hostile\": no"},
        {"error('no', 0)", "error", "no"},
        {"error()", "error", "nil"},
        {"error({})", "error", NULL},
        {"error({ code = 'mine', message = 'so' })", "mine", "so"},
        {"error(call)", "error", NULL},
        {"error(LIST)", "error", NULL},
        {"error(error)", "error", NULL},
        {"error(('x'):rep(2^19))", "error", "xxx"},
        {"error('\\0\\255')", "error", NULL},
        {"local x = nil + 1", "error", "arithmetic on a nil value"},
        {"table.insert(5, 1)", "error",
         "forwarding.lua:11: rule \"hostile\": bad argument #1"},
        {"table.sort({ {}, {} })", "error",
         "forwarding.lua:11: rule \"hostile\": attempt to compare"},
        {"call.lookups.job = 1", "error", "index a nil value"},
        {"assert(false, { __tostring = 1 })", "error", NULL},
        {"return ring('nobody')", "error", "isn't a phone number"},
        {"PLAN:otherwise(PLAN)", "error", "never reached"},
        {"OPEN:open_at('noon')", "error", "needs a time"},
        {"call.x = 1", "error", "call is read-only"},
        {"call.attack = 1", "error", "call is read-only"},
        {"pcall(pcall, error, {}) error('after')", "error", "after"},
    };

    CHECK_ALL(attacks);
}

/* Names that must not be there, and ways around the environment (S18). */
TEST_CASE(nothing_of_the_host_is_in_reach)
{
    static const char *const names[] = {
        "_G",     "arg",      "collectgarbage", "coroutine",
        "debug",  "dofile",   "getmetatable",   "io",
        "load",   "loadfile", "loadstring",     "newproxy",
        "os",     "package",  "print",          "rawget",
        "rawset", "require",  "rules",          "setmetatable",
        "unpack", "warn",     "xpcall"};
    static const struct attack attacks[] = {
        {"('').dump(tail)", "error", "nil value"},
        {"string.dump(tail)", "error", "nil value"},
        {"math.random()", "error", "nil value"},
        {"table.x = 1", "error", "cannot be set"},
        {"string.rep = 1", "error", "cannot be set"},
        {"utf8.char = nil", "error", "cannot be set"},
        {"table.insert(string, 1)", "error", "cannot be set"},
        {"('').x.y = 1", "error", "nil value"},
        {"('').find = 1", "error", NULL},
        {"twiml.say = 1", "error", "cannot be changed"},
        {"keep[3].x = 1", "error", "a plan cannot be changed"},
        {"keep[3].on = 1", "error", "cannot be changed"},
        {"keep[4].zone = 1", "error", "cannot be changed"},
        {"keep[5]['+1'] = 1", "error", "by editing the file"},
        {"user('1').user = '2'", "error", "cannot be changed"},
        {"local e = _ENV e.x = 1", "error", "not local"},
        {"rawequal(_ENV, nil) for k in pairs(_ENV) do local e = _ENV e[k] = 1 "
         "end",
         "error", "not local"},
        {"local f, s = pairs(LIST) s[1] = 9", "error", "cannot be set"},
        {"local f = pairs(LIST) f(string).x.y = 1", "error", NULL},
        {"next(PLAN).x = 1", "error", NULL},
    };

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char body[100], says[100];

        snprintf(body, sizeof body, "%s()", names[i]);
        snprintf(says, sizeof says, "\"%s\" isn't defined", names[i]);
        check_attack(&(struct attack){body, "error", says});
    }
    CHECK_ALL(attacks);
}

TEST_CASE(what_a_call_changes_does_not_last)
{
    static const struct attack attacks[] = {
        {"LIST[1] = 9", "error", "cannot be set"},
        {"LIST[#LIST + 1] = 9", "error", "cannot be set"},
        {"keep[2].a = nil", "error", "cannot be set"},
        {"KEYED.a.b = 2", "error", "cannot be set"},
        {"local a = KEYED.a a.b = 2", "error", "cannot be set"},
        {"table.insert(LIST, 4)", "error", "cannot be set"},
        {"table.remove(LIST)", "error", "cannot be set"},
        {"table.sort(LIST)", "error", "cannot be set"},
        {"table.move({ 1 }, 1, 1, 1, LIST)", "error", "cannot be set"},
        {"for _, v in pairs(KEYED) do v.b = 2 end", "error", "cannot be set"},
        {"local v = select(2, next(KEYED)) v.b = 2", "error", "cannot be set"},
    };

    CHECK_ALL(attacks);
}

/* Garbage that a rule leaves call after call does not pile up, and a VM made
 * again does not leak. */
TEST_CASE(memory_stays_level)
{
    struct world world;
    struct mallinfo2 before, after;
    char rules[TEXT_SIZE];
    size_t most = 0;

    snprintf(rules, sizeof rules, RULE_FILE,
             "for i = 1, 20 do local s = ('x'):rep(200000 + i) end\n"
             "if call.loop then while true do end end");
    open_world(&world, rules, lenient(BUDGET_MS));
    for (int i = 0; i < 50; i++) {
        expect_index(&world, "{ attack = true }", 2);
        if (hs_vm_bytes(hs_rule_vm_vm(world.rules)) > most)
            most = hs_vm_bytes(hs_rule_vm_vm(world.rules));
    }
    assert_in_range(most, 0, 4 << 20);
    decide(&world, "{ attack = true, loop = true }");
    before = mallinfo2();
    for (int i = 0; i < 5; i++)
        decide(&world, "{ attack = true, loop = true }");
    after = mallinfo2();
    assert_in_range(after.uordblks, 0, before.uordblks + (1 << 20));
    close_world(&world);
}

int main(void)
{
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
