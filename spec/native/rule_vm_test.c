/* rule_vm_test.c: what the rule VM accepts, sees, notes and returns. */
#include "rule_vm_support.h"
#include "slow.h"

/* ---- files that are refused ---- */

struct refused {
    const char *rules;
    int line;
    const char *code;
    const char *says;
};

static void check_refused(const struct refused *refused)
{
    int budget_ms = strcmp(refused->code, "time") == 0 ? BUDGET_MS : ROOMY_MS;
    struct hs_script_error err;
    struct world world;

    if (try_open(&world, refused->rules, budget_ms, &err) == 0)
        fail_msg("was accepted: %s", refused->rules);
    if (strcmp(err.source, HS_RULE_FILE) != 0 || err.line != refused->line ||
        strcmp(err.code, refused->code) != 0 ||
        !strstr(err.message, refused->says))
        fail_msg("%s\ngave %s:%d: %s: %s", refused->rules, err.source, err.line,
                 err.code, err.message);
}

TEST_CASE(files_with_a_mistake_are_refused)
{
    static const struct refused cases[] = {
        {"return {\n  { 'a', go = hangup() }\n  { 'b' } }", 3, "syntax",
         "'}' expected"},
        {"return {", 1, "syntax", "expected"},
        {"count = 0\nreturn {}", 1, "error", "not local"},
        {"while true do end", 1, "time", "time budget"},
        {"local t = {}\nfor i = 1, 1e9 do t[i] = { i } end", 2, "memory",
         "not enough memory: the rules need more than rule_memory_mb, 16 MB"},
        {"local s = ('x'):rep(50)\nlocal h = {}\nfor i = 1, 1e9 do\n"
         "  h = hours { zone = 'UTC', mon = ('1:00-2:00,'):rep(900) } end",
         4, "error", "overlap"},
        {"while true do\n  pcall(hours, { zone = 'UTC', mon = '1:00-2:00' })\n"
         "end",
         2, "time", "time budget"},
        {"local s = io.open('/etc/passwd')", 1, "error",
         "\"io\" isn't defined"},
        {"return { { 'a', go = ring('+13035550142'):on('bussy', hangup()) } }",
         1, "error", "unknown outcome \"bussy\""},
        {"return { { 'a',\n  go = ring('+13035550142', { seconds = 90 }) } }",
         1, "error", "60 is the limit"},
        {"local next_one = ('ab'):gmatch('.')\nreturn { { 'a',\n"
         "  when = function() return next_one() end, go = hangup() } }",
         3, "error",
         "\"next_one\" holds a function"
         " that isn't from this file"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        check_refused(&cases[i]);
}

/* ---- what a call is ---- */

TEST_CASE(reads_are_noted_and_nothing_else)
{
    struct world world;
    struct outcome out;

    open_world(
        &world,
        "return { { 'a', when = function(call)\n"
        "  local from, same = call.from, call.from\n"
        "  assert(from == '+1303' and same == from and call.at == 5)\n"
        "  assert(type(call) == 'table' and call.caller == call.caller)\n"
        "  assert(call.caller.name == 'Grace' and call.missing == nil)\n"
        "  assert(call.caller.tags[2] == 'vip' and #call.caller.tags == 2)\n"
        "  assert(call.lookups.job and call.line.busy == false)\n"
        "  assert(#call.empty == 0 and next(call.empty) == nil)\n"
        "  for _ in ipairs(call.empty) do error('not empty') end\n"
        "  assert(call.nothing == nil and call.ratio == 0.5)\n"
        "  return false end, go = hangup() } }",
        ROOMY_MS);
    out = decide(&world,
                 "{ from = '+1303', at = 5, unread = 'secret', ratio = 0.5,\n"
                 "caller = { name = 'Grace', tags = { 'old', 'vip' } },\n"
                 "lookups = { job = { crew = 1 } }, empty = {},\n"
                 "line = function() return { busy = false } end }");
    if (!out.ok)
        fail_msg("%s", out.message);
    assert_string_equal(
        out.reads, "{\"from\":\"+1303\",\"at\":5,\"caller.name\":\"Grace\","
                   "\"missing\":null,\"caller.tags\":[\"old\",\"vip\"],"
                   "\"line.busy\":false,\"nothing\":null,\"ratio\":0.5,"
                   "\"lookups.job\":{}}");
    close_world(&world);
}

/* The wall clock is made in the rule VM: what is noted is the moment. */
TEST_CASE(the_clock_of_a_call_reads_its_moment)
{
    struct world world;
    struct outcome out;

    open_world(&world,
               "return { { 'x', when = function(call)\n"
               "  return call.time.clock == '17:05' and call.time.weekday "
               "== 'thu' and call.time == call.time\n"
               "    and call:time_in('Europe/Berlin').hour == 1\n"
               "end, go = hangup() } }",
               ROOMY_MS);
    out = decide(&world, "{ at = 1795737900, number = { timezone = "
                         "'America/Denver', other = 1 } }");
    if (!out.ok)
        fail_msg("%s", out.message);
    assert_int_equal(out.index, 1);
    assert_string_equal(
        out.reads,
        "{\"number.timezone\":\"America/Denver\",\"at\":1795737900}");
    out = decide(&world, "{ at = 1795737900 }");
    assert_int_equal(out.index, 0);
    assert_string_equal(out.reads, "{\"at\":1795737900}");
    close_world(&world);
}

TEST_CASE(pairs_goes_through_a_record)
{
    struct world world;
    struct outcome out;

    open_world(&world,
               "return { { 'a', when = function(call)\n"
               "  local n, sum = 0, 0\n"
               "  for key, value in pairs(call.caller) do\n"
               "    n = n + 1\n"
               "    if key == 'prior' then sum = sum + value end\n"
               "    if key == 'more' then sum = sum + value.two end\n"
               "  end\n"
               "  assert(n == 3 and sum == 9 and next(call.caller))\n"
               "  assert(not pcall(next, call.caller, 'absent'))\n"
               "  assert(rawlen(call.caller) == 0)\n"
               "  return true end, go = hangup() } }",
               ROOMY_MS);
    out = decide(&world, "{ caller = { name = 'x', prior = function() return 7 "
                         "end, more = { two = 2 } } }");
    if (!out.ok)
        fail_msg("%s", out.message);
    assert_int_equal(out.index, 1);
    assert_non_null(strstr(out.reads, "\"caller.prior\":7"));
    close_world(&world);
}

TEST_CASE(reads_are_bounded)
{
    struct world world;
    struct outcome out;

    open_world(&world,
               "return { { 'a', when = function(call)\n"
               "  assert(#call.long == 100000)\n"
               "  for i = 1, 1000 do local _ = call['k' .. i] end\n"
               "  return false end, go = hangup() } }",
               ROOMY_MS);
    out = decide(&world, "{ long = ('\xc3\xa9'):rep(50000) }");
    if (!out.ok)
        fail_msg("%s", out.message);
    assert_in_range(strlen(out.reads), 3500, 4200);
    assert_non_null(strstr(out.reads, "\xc3\xa9\xe2\x80\xa6\","));
    assert_non_null(strstr(out.reads, "\"\xe2\x80\xa6truncated\":true}"));
    close_world(&world);
}

TEST_CASE(providers_may_fail)
{
    struct world world;
    struct outcome out;

    open_world(&world,
               "return { { 'a', when = function(call)\n"
               "  return call[call.what].x end, go = hangup() },\n"
               "  { 'b', when = function(call)\n"
               "    return not pcall(function() return call.bad end) end,\n"
               "    go = voicemail() } }",
               lenient(BUDGET_MS));
    out = decide(&world,
                 "{ what = 'bad', bad = function() error('no database') end }");
    assert_string_equal(out.code, "error");
    assert_non_null(strstr(out.message, "call.bad could not be read"));
    assert_non_null(strstr(out.message, "no database"));
    out = decide(&world,
                 "{ what = 'bad', bad = function() while true do end end }");
    assert_string_equal(out.code, "time");
    out = decide(&world, "{ what = 'bad', bad = function() return "
                         "rules.decide({}) end }");
    assert_non_null(strstr(out.message, "called by a provider"));
    out = decide(&world, "{ what = 'bad', bad = rules.list }");
    assert_non_null(strstr(out.message, "called by a provider"));
    out = decide(&world, "{ what = 'bad', bad = { x = "
                         "coroutine.create(error) } }");
    assert_non_null(strstr(out.message, "call.bad.x cannot be read"));
    out = decide(&world, "{ what = 'bad', bad = { function() end } }");
    assert_non_null(strstr(out.message, "not plain data"));
    expect_index(&world, "{ what = 'n', n = {}, bad = error }", 2);
    expect_index(&world, "{ what = 'n', n = { x = true } }", 1);
    close_world(&world);
}

/* ---- what is returned ---- */

TEST_CASE(static_plans_are_listed_once_and_dynamic_ones_copied)
{
    static const struct hs_live_rules accepted;
    struct hs_live_rules refused = {
        .refusal = {.file = "forwarding.lua", .line = 3, .message = "no"}};
    struct world world;

    open_world(&world,
               "return {\n"
               "  { 'written', when = function(call) return call.n == 1 end,\n"
               "    go = ring('+13035550142', { seconds = 25 }) },\n"
               "  { 'made', when = function(call) return call.n == 2 end,\n"
               "    go = function(call) return ring(call.crew) end },\n"
               "  { 'settings', when = function(call) return call.n == 3 end,\n"
               "    go = function() end },\n"
               "  examples = { { from = '+1', expect = 'voicemail' } },\n"
               "}",
               ROOMY_MS);
    hs_bundle_set_version(world.bundle, 7);
    run(&world,
        "local list = rules.list()\n"
        "assert(#list == 3 and list[1].name == 'written')\n"
        "assert(list[1].line == 2 and list[2].line == 4)\n"
        "assert(list[1].plan.steps[1].seconds == 25 and not list[2].plan)\n"
        "assert(list[1].plan.steps[1].next.otherwise == 2)\n"
        "local ok, index, plan, reads = rules.decide({ n = 1 })\n"
        "assert(ok == true and index == 1 and plan == nil)\n"
        "assert(reads == '{\"n\":1}')\n"
        "ok, index, plan = rules.decide({ n = 2, crew = '+13035550177' })\n"
        "assert(ok and index == 2 and plan.start == 1)\n"
        "assert(plan.steps[1].targets[1].phone == '+13035550177')\n"
        "assert(math.type(plan.steps[1].seconds) == 'integer')\n"
        "assert(not getmetatable(plan))\n"
        "ok, index, plan = rules.decide({ n = 3 })\n"
        "assert(ok and index == 3 and plan == nil)\n"
        "ok, index, plan = rules.decide({ n = 4 })\n"
        "assert(ok and index == nil and plan == nil)\n"
        "assert(rules.examples()[1].expect == 'voicemail')\n"
        "assert(rules.version() == 7 and rules.error() == nil)\n"
        "assert(not pcall(rules.decide, 5))",
        0);
    hs_live_rules_set(&refused);
    run(&world, "assert(rules.error() == 'forwarding.lua:3: no')", 0);
    hs_live_rules_set(&accepted);
    run(&world, "assert(rules.error() == nil)", 0);
    close_world(&world);
}

TEST_CASE(what_go_must_return)
{
    static const char *const wrong[] = {"5",
                                        "true",
                                        "'ring'",
                                        "{}",
                                        "{ start = 1, steps = {} }",
                                        "call",
                                        "call.list",
                                        "function() end",
                                        "hours { zone = 'UTC', mon = '24h' }"};
    struct world world;
    struct outcome out;

    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        char rules[400];

        snprintf(rules, sizeof rules,
                 "return {\n  { 'mine', go = function(call) return %s end } }",
                 wrong[i]);
        open_world(&world, rules, ROOMY_MS);
        out = decide(&world, "{ list = { 1 } }");
        assert_string_equal(out.code, "error");
        assert_non_null(
            strstr(out.message, "forwarding.lua:2: rule \"mine\": go must"));
        close_world(&world);
    }
    open_world(&world,
               "return { { 'mine', go = function(call)\n"
               "  return ring(call.crew, { seconds = 90 }) end } }",
               ROOMY_MS);
    out = decide(&world, "{ crew = '+13035550177' }");
    assert_non_null(strstr(out.message, "60 is the limit"));
    assert_non_null(strstr(out.message, "forwarding.lua:1: rule \"mine\""));
    out = decide(&world, "{ crew = '12' }");
    assert_non_null(strstr(out.message, "forwarding.lua:1: rule \"mine\""));
    close_world(&world);
}

/* They are read-only by then, which the words must not notice. */
TEST_CASE(tables_of_the_file_may_be_given_to_words)
{
    struct world world;

    open_world(&world,
               "local TEAM = { '+13035550142', user '7' }\n"
               "local HOW = { seconds = 10, confirm = false }\n"
               "local VOICE = { voice = 'alice' }\n"
               "local KEYS = { ring('+13035550177'), voicemail() }\n"
               "return { { 'a', go = function(call)\n"
               "  return say('Hello', VOICE):otherwise(menu('Press', KEYS,\n"
               "    { tries = 1 }):otherwise(ring(TEAM, HOW))) end } }",
               ROOMY_MS);
    run(&world,
        "local ok, _, plan = assert(rules.decide({}))\n"
        "local menu = plan.steps[plan.steps[1].next.otherwise]\n"
        "local team = plan.steps[menu.next.otherwise]\n"
        "assert(plan.steps[1].voice == 'alice' and menu.digits['2'])\n"
        "assert(team.seconds == 10 and team.confirm == false)\n"
        "assert(#team.targets == 2 and team.targets[2].user == '7')",
        0);
    close_world(&world);
}

/* With `everything`, what is looked for in vain is noted, too: by a word of the
 * language, and in a record without fields. */
TEST_CASE(everything_that_is_read_can_be_noted)
{
    struct world world;

    open_world(&world,
               "return { { 'a', when = function(call)\n"
               "  for _ in pairs(call.tags) do return true end\n"
               "  return false end, go = hangup() } }",
               ROOMY_MS);
    run(&world,
        "local _, _, _, reads = rules.decide({ tags = {} })\n"
        "assert(reads == '{}', reads)\n"
        "_, _, _, reads = rules.decide({ tags = {} }, true)\n"
        "assert(reads == '{\"tags\":{}}', reads)\n"
        "_, _, _, reads = rules.decide({ tags = { x = 1 } }, true)\n"
        "assert(reads == '{\"tags.x\":1}', reads)",
        0);
    close_world(&world);
}

/* Lua runs no handler then: the place is that of the last request. */
TEST_CASE(memory_that_runs_out_has_a_line)
{
    struct world world;
    struct outcome out;

    open_world(&world,
               "return { { 'greedy', when = function(call)\n"
               "  local t = {}\n"
               "  while true do\n"
               "    t[#t + 1] = ('x'):rep(9999) .. #t\n"
               "  end\n"
               "end, go = hangup() } }",
               ROOMY_MS);
    out = decide(&world, "{}");
    assert_string_equal(out.code, "memory");
    assert_non_null(strstr(out.message,
                           "forwarding.lua:4: rule \"greedy\": not "
                           "enough memory"));
    assert_non_null(strstr(out.message, "rule_memory_mb, 16 MB"));
    close_world(&world);
}

/* A copy is used again for the same plan, never for another one or for one of
 * other rules. */
TEST_CASE(a_plan_made_again_is_copied_once)
{
    struct world world;

    open_world(&world,
               "return { { 'made', go = function(call)\n"
               "  if call.menu then\n"
               "    return menu(call.menu, { ['1'] = ring(call.crew) })\n"
               "  end\n"
               "  return ring(call.crew):otherwise(voicemail())\n"
               "end } }",
               ROOMY_MS);
    run(&world,
        "local A, B = '+13035550177', '+13035550188'\n"
        "local function plan(rules, crew, menu)\n"
        "  return select(3, assert(rules.decide({ crew = crew, menu = menu "
        "})))\n"
        "end\n"
        "local function phone(p) return p.steps[1].targets[1].phone end\n"
        "local a, b = plan(rules, A), plan(rules, B)\n"
        "assert(phone(a) == A and phone(b) == B)\n"
        "assert(rawequal(a, plan(rules, A)) and rawequal(b, plan(rules, B)))\n"
        "assert(plan(rules, A, 'x').steps[1].text == 'x')\n"
        "assert(plan(rules, A, 'y').steps[1].text == 'y')\n"
        "local other <close> = assert(rules.open([[return {\n"
        "  { 'made', go = function(call) return ring('+13035550199') end }\n"
        "}]]))\n"
        "assert(phone(plan(other, A)) == '+13035550199')\n"
        "assert(rawequal(a, plan(rules, A)))\n"
        "a, b = nil, nil\n"
        "for i = 1, 3000 do\n"
        "  local crew = ('+1303555%04d'):format(i)\n"
        "  assert(phone(plan(rules, crew)) == crew)\n"
        "end\n"
        "assert(phone(plan(rules, B)) == B)",
        0);
    close_world(&world);
}

TEST_CASE(other_rules_are_tried_beside_the_live_ones)
{
    struct world world;

    open_world(&world, "return { { 'live', go = hangup() } }", ROOMY_MS);
    run(&world,
        "local other = assert(rules.open([[return {\n"
        "  { 'tried', when = function(call) return call.n == 1 end,\n"
        "    go = function() return voicemail() end },\n"
        "  examples = { { from = '+1', expect = 'voicemail' } } }]]))\n"
        "assert(other.list()[1].name == 'tried' and other.list()[1].line == "
        "2)\n"
        "assert(other.examples()[1].expect == 'voicemail')\n"
        "local ok, index, plan, reads = other.decide({ n = 1 })\n"
        "assert(ok and index == 1 and plan.steps[1].kind == 'voicemail')\n"
        "assert(reads == '{\"n\":1}' and not select(2, other.decide({})))\n"
        "assert(select(2, rules.decide({})) == 1)\n"
        "assert(rules.list()[1].name == 'live')\n"
        "other.close()\n"
        "other.close()\n"
        "assert(not pcall(other.decide, {}))\n"
        "assert(not pcall(other.list))",
        0);
    run(&world,
        "local other, message, code, at = rules.open('return {\\n  oops }')\n"
        "assert(other == nil and code == 'error', code)\n"
        "assert(at.file == 'forwarding.lua' and at.line == 2, at.line)\n"
        "assert(message == 'forwarding.lua:2: ' .. at.message, message)\n"
        "other, message, code, at = rules.open('return {')\n"
        "assert(other == nil and at.line == 1 and message)\n"
        "other, message, code = rules.open('while true do end')\n"
        "assert(other == nil and code == 'time', code)",
        0);
    run(&world,
        "local slow <close> = assert(rules.open([[return {\n"
        "  { 'never', go = function() while true do end end } }]]))\n"
        "local ok, message, code = slow.decide({})\n"
        "assert(ok == nil and code == 'time', code)\n"
        "assert(message:find('rule \"never\"', 1, true), message)\n"
        "assert(select(2, rules.decide({})) == 1)",
        0);
    close_world(&world);
}

TEST_CASE(without_rules_there_is_an_answer)
{
    struct hs_host host = {0};
    struct world world = {.app = hs_vm_new(0, &host)};

    l_app_lib_open(hs_vm_state(world.app), &hs_bounds_roomy);
    l_open_rules(hs_vm_state(world.app));
    lua_setglobal(hs_vm_state(world.app), "rules");
    run(&world,
        "local ok, message, code, reads = rules.decide({})\n"
        "assert(ok == nil and code == 'unavailable' and reads == '{}')\n"
        "assert(#rules.list() == 0 and rules.version() == 0)\n"
        "assert(not pcall(rules.open, 'return {}'))",
        0);
    hs_vm_free(world.app);
}

int main(void)
{
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
