/* order_test.c: a decision depends on the call alone. The same rules in many
 * VMs, whose tables have hash seeds and addresses of their own, and in many
 * processes: the same decisions. */
#include <sys/wait.h>

#include "rule_vm_support.h"

#define VMS 20
#define PROCESSES 20
#define DECISIONS 40
#define ROOM (1 << 16)

/* Rules that tell everything that an order could show, in tables made of the
 * call's number: a plan that says what was met first, last and in between. */
static const char rules[] =
    "local function generator(seed)\n"
    "  return function(n)\n"
    "    seed = (seed * 1103515245 + 12345) % 2147483648\n"
    "    return seed // 65536 % n + 1\n"
    "  end\n"
    "end\n"
    "local WORDS = { 'ann', 'bo', 'cy', 'Ann', '', 'a\\0b', 'a\\0', 'zz', 'é', "
    "'+13035550142',\n"
    "  ('long'):rep(30), ('long'):rep(30) .. 'er' }\n"
    "local function key(below)\n"
    "  local kind = below(6)\n"
    "  if kind == 1 then return below(12)\n"
    "  elseif kind == 2 then return -below(1000)\n"
    "  elseif kind == 3 then return below(1000) / 8 - 60\n"
    "  elseif kind == 4 then return below(2) == 1 end\n"
    "  return WORDS[below(#WORDS)] .. (below(2) == 1 and below(40) or '')\n"
    "end\n"
    "local function filled(seed)\n"
    "  local below, t = generator(seed), {}\n"
    "  for _ = 1, below(4) == 1 and 300 or below(40) do t[key(below)] = "
    "below(9) end\n"
    "  if below(3) == 1 then for k in pairs(t) do if below(3) == 1 then t[k] = "
    "nil end end end\n"
    "  return t\n"
    "end\n"
    "local function shown(k, v) return tostring(k):gsub('%%z', '0') .. '=' .. "
    "tostring(v) end\n"
    "local SEALED = {}\n"
    "for i = 1, 30 do SEALED[i] = filled(i) end\n"
    "local TEAM = { joe = '+13035550142', ana = '+13035550177', bob = "
    "'+13035550178' }\n"
    "local VIPS = contacts('vips.txt')\n"
    "local function walked(t, out)\n"
    "  for k, v in pairs(t) do out[#out + 1] = shown(k, v) end\n"
    "  for k, v in next, t do out[#out + 1] = shown(k, v) end\n"
    "  out[#out + 1] = tostring(next(t)) .. '#' .. #out\n"
    "end\n"
    "local function sum(text)\n"
    "  local h = 7\n"
    "  for i = 1, #text do h = (h * 31 + text:byte(i)) % 1000000007 end\n"
    "  return h\n"
    "end\n"
    "return { { 'all', go = function(call)\n"
    "  local out, t = {}, filled(call.n)\n"
    "  walked(t, out)\n"
    "  walked(SEALED[call.n % 30 + 1], out)\n"
    "  walked(TEAM, out)\n"
    "  for k in pairs(VIPS) do out[#out + 1] = k end\n"
    "  for k in pairs(call.caller) do out[#out + 1] = k end\n"
    "  for k in pairs(string) do out[#out + 1] = k end\n"
    "  for k in pairs(t) do t[k] = nil out[#out + 1] = tostring(k) end\n"
    "  out[#out + 1] = tostring(next(t)) .. tostring(t) .. tostring(walked)\n"
    "  local rows, below = {}, generator(call.n)\n"
    "  for i = 1, 150 do rows[i] = { below(3), i } end\n"
    "  table.sort(rows, function(a, b) return a[1] < b[1] end)\n"
    "  for _, row in ipairs(rows) do out[#out + 1] = row[2] end\n"
    "  table.sort(rows, function(a, b) return a[2] % 2 <= b[1] end)\n"
    "  for _, row in ipairs(rows) do out[#out + 1] = row[2] end\n"
    "  out[#out + 1] = select(2, pcall(error, {})) and ''\n"
    "  out[#out + 1] = string.format('%s %s', {}, pcall)\n"
    "  return say(select(2, next(TEAM)) .. ' ' .. sum(table.concat(out, "
    "';')))\n"
    "end } }";

/* All decisions of one VM as one text. */
static void decide_all(char *out)
{
    struct world world;
    lua_State *L;
    size_t len = 0;

    open_world(&world, rules, ROOMY_MS);
    L = hs_vm_state(world.app);
    for (int i = 0; i < DECISIONS; i++) {
        char chunk[400];

        snprintf(chunk, sizeof chunk,
                 "local ok, i, plan, reads = rules.decide({ n = %d, caller = { "
                 "zoe = 1, al = 2, [%d] = 3, ben = { 1 }, cid = 'x' } })\n"
                 "return tostring(ok) .. (ok and plan.steps[1].text or i)",
                 i, i + 1);
        run(&world, chunk, 1);
        len +=
            (size_t)snprintf(out + len, ROOM - len, "%s\n", lua_tostring(L, 1));
        assert_true(len < ROOM);
        if (i == 0)
            assert_non_null(strstr(out, "true+13035550177 "));
    }
    close_world(&world);
}

TEST_CASE(every_vm_decides_alike)
{
    static char first[ROOM], other[ROOM];

    write_file("vips.txt",
               "+13035550188 Grace\n+13035550101 Al\n+13035550199 Linus\n", 52);
    decide_all(first);
    for (int i = 1; i < VMS; i++) {
        decide_all(other);
        assert_string_equal(other, first);
    }
}

/* A process of its own has addresses of its own: run this program again. */
static void read_process(char *out)
{
    char self[300], word[] = "decide", *argv[] = {self, word, NULL};
    ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
    size_t len = 0;
    int pipes[2], status;
    pid_t pid;

    assert_true(n > 0);
    self[n] = '\0';
    assert_int_equal(pipe(pipes), 0);
    pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        dup2(pipes[1], STDOUT_FILENO);
        close(pipes[0]);
        execv(self, argv);
        _exit(127);
    }
    close(pipes[1]);
    while ((n = read(pipes[0], out + len, ROOM - len - 1)) > 0)
        len += (size_t)n;
    out[len] = '\0';
    close(pipes[0]);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
}

TEST_CASE(every_process_decides_alike)
{
    static char first[ROOM], other[ROOM];

    read_process(first);
    assert_non_null(strchr(first, '\n'));
    for (int i = 1; i < PROCESSES; i++) {
        read_process(other);
        assert_string_equal(other, first);
    }
}

TEST_CASE(keys_without_an_order_are_refused)
{
    struct world world;
    struct outcome out;

    open_world(&world,
               "local A, B = {}, {}\n"
               "local ONE, TWO = { [A] = 1 }, { [A] = 1, [B] = 2, x = 3 }\n"
               "return { { 'mine', go = function(call)\n"
               "  for k in pairs(ONE) do assert(k == A) end\n"
               "  assert(next(ONE) == A and TWO[B] == 2)\n"
               "  if call.each then for k in pairs(TWO) do return hangup() end "
               "end\n"
               "  if call.own then\n"
               "    local own = { [{}] = 1, [pcall] = 2 }\n"
               "    return next(own)\n"
               "  end\n"
               "end } }",
               ROOMY_MS);
    out = decide(&world, "{ each = true }");
    assert_false(out.ok);
    assert_non_null(strstr(out.message, "no fixed order"));
    assert_non_null(strstr(out.message, "forwarding.lua:6"));
    expect_index(&world, "{}", 1);
    out = decide(&world, "{ own = true }");
    assert_false(out.ok);
    assert_non_null(strstr(out.message, "forwarding.lua:9"));
    close_world(&world);
}

int main(int argc, char **argv)
{
    static char out[ROOM];

    if (argc > 1 && strcmp(argv[1], "decide") == 0) {
        if (make_folder(NULL) != 0)
            return 1;
        decide_all(out);
        fputs(out, stdout);
        return remove_folder(NULL);
    }
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
