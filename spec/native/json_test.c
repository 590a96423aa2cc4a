/* json_test.c: json against hostile bytes, deep and large values, and chance.
 */

#include <lauxlib.h>
#include <lua.h>

#include "script/app_lib.h"
#include "script/bind/binds.h"
#include "script/vm.h"
#include "test.h"

static struct hs_vm *vm;
static lua_State *L;

static int l_open(lua_State *state)
{
    l_app_lib_open(state, &hs_bounds_roomy);
    luaL_requiref(state, "json", l_open_json, 1);
    return 0;
}

static int start(void **state)
{
    struct hs_host host = {0};

    (void)state;
    vm = hs_vm_new(64u << 20, &host);
    L = hs_vm_state(vm);
    lua_pushcfunction(L, l_open);
    return hs_vm_call(vm, 0, 0, 0, NULL);
}

static int stop(void **state)
{
    (void)state;
    hs_vm_free(vm);
    return 0;
}

/* Run a chunk with one string argument; it must not raise. */
static void run(const char *chunk, const char *text, size_t len)
{
    struct hs_script_error err;

    assert_int_equal(luaL_loadstring(L, chunk), LUA_OK);
    lua_pushlstring(L, text, len);
    if (hs_vm_call(vm, 1, 0, 0, &err) != 0)
        fail_msg("%s (line %d) for %.60s", err.message, err.line, text);
}

TEST_CASE(bad_text_is_malformed)
{
    static const struct {
        const char *text;
        size_t len;
    } cases[] = {
#define BYTES(s) {s, sizeof(s) - 1}
        BYTES(""),
        BYTES(" "),
        BYTES("nul"),
        BYTES("NaN"),
        BYTES("-NaN"),
        BYTES("nan"),
        BYTES("Infinity"),
        BYTES("-Infinity"),
        BYTES("inf"),
        BYTES("0x10"),
        BYTES("01"),
        BYTES("-"),
        BYTES("+1"),
        BYTES(".5"),
        BYTES("1e"),
        BYTES("1e999"),
        BYTES("[1e999]"),
        BYTES("{\"a\":-1e999}"),
        BYTES("[1,]"),
        BYTES("[,1]"),
        BYTES("{\"a\":}"),
        BYTES("{a:1}"),
        BYTES("{\"a\" 1}"),
        BYTES("'a'"),
        BYTES("\"a"),
        BYTES("\"\\x\""),
        BYTES("\"\\u12\""),
        BYTES("\"\\ud800\""),
        BYTES("[1] 2"),
        BYTES("{}{}"),
        BYTES("\xef\xbb\xbf{}"),
        BYTES("\"\xff\""),
        BYTES("\"\xc0\x80\""),
        BYTES("\"\xed\xa0\x80\""),
        BYTES("\"\xf4\x90\x80\x80\""),
        BYTES("\"\xe2\x82\""),
        BYTES("\0"),
        BYTES("[\0]"),
        BYTES("1\0"),
        BYTES("// 1"),
        BYTES("[1 2]"),
        BYTES("\"\n\""),
        BYTES("\"a\tb\""),
#undef BYTES
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        run("local v, message, code = json.decode(...)\n"
            "assert(v == nil, tostring(v))\n"
            "assert(type(message) == 'string' and #message > 0)\n"
            "assert(code == 'malformed')",
            cases[i].text, cases[i].len);
}

static char *repeat(const char *text, size_t times, size_t *len)
{
    size_t one = strlen(text);
    char *all = malloc(one * times + 1);

    assert_non_null(all);
    for (size_t i = 0; i < times; i++)
        memcpy(all + i * one, text, one);
    all[one * times] = '\0';
    *len = one * times;
    return all;
}

TEST_CASE(depth_and_size_are_bounded)
{
    static const char refused[] =
        "local v, message, code = json.decode(...)\n"
        "assert(v == nil and message and code == 'malformed')";
    static const size_t depths[] = {33, 34, 1000, 1000000};
    size_t len;
    char *text;

    for (size_t i = 0; i < sizeof depths / sizeof *depths; i++) {
        text = repeat("[", depths[i], &len);
        run(refused, text, len);
        free(text);
        text = repeat("{\"a\":", depths[i] < 100000 ? depths[i] : 100000, &len);
        run(refused, text, len);
        free(text);
    }
    text = repeat(" ", (4u << 20) + 1, &len);
    text[0] = '1';
    run(refused, text, len);
    run("assert(json.decode(...) == 1)", text, len - 1);
    free(text);
    run("local deep = json.decode(...)\n"
        "assert(json.encode(deep) == ...)\n"
        "assert(not pcall(json.encode, {deep}))",
        "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[7]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]",
        65);
}

TEST_CASE(the_encoder_survives_its_errors)
{
    run("local loop = {} loop.loop = loop\n"
        "local twice = 'xxxxxxxxxxxxxxxx' for _ = 1, 25 do twice = {twice, "
        "twice} end\n"
        "local bad = { loop, twice, {0/0}, {print}, {a = 1, 2}, {[3] = 1}, "
        "{[1.5] = 1}, {[true] = 1}, {a = '\\xff'}, {['\\xff'] = 1}, "
        "coroutine.create(print), io or print, {1, 2, nil, 4, [9] = 1} }\n"
        "for i, value in ipairs(bad) do\n"
        "  local ok, message = pcall(json.encode, value)\n"
        "  assert(not ok and message:find('json.encode: ', 1, true), i)\n"
        "  assert(json.encode({ok = i}) == '{\"ok\":' .. i .. '}')\n"
        "end\n"
        "assert(not pcall(json.encode))\n"
        "assert(not pcall(json.decode))\n"
        "assert(not pcall(json.decode, {}))\n"
        "assert(not pcall(json.array, 1))",
        "", 0);
}

TEST_CASE(large_values_pass)
{
    run("local t = {} for i = 1, 20000 do t['k' .. i] = i end\n"
        "local text = json.encode(t)\n"
        "local back = json.decode(text)\n"
        "for k, v in pairs(t) do assert(back[k] == v) end\n"
        "assert(json.encode(back) == text)\n"
        "local list = {} for i = 1, 50000 do list[i] = i % 7 end\n"
        "assert(#json.decode(json.encode(list)) == 50000)\n"
        "local long = ('\\\"\\n\\0\\u{20ac}x'):rep(20000)\n"
        "assert(json.decode(json.encode(long)) == long)",
        "", 0);
}

/* Values made by chance survive encode and decode, and the text does not
 * depend on the order in which a table was filled. */
TEST_CASE(random_values_round_trip)
{
    static const char chunk[] =
        "math.randomseed(20260101)\n"
        "local r = math.random\n"
        "local CHARS = {'a', 'Z', '0', '\\\"', '\\\\', '\\n', '\\0', "
        "'\\u{e9}', '\\u{20ac}', '\\u{1f600}', '/', '\\x7f'}\n"
        "local function text()\n"
        "  local t = {} for i = 1, r(0, 12) do t[i] = CHARS[r(#CHARS)] end\n"
        "  return table.concat(t)\n"
        "end\n"
        "local function value(depth)\n"
        "  local kind = r(depth > 3 and 6 or 9)\n"
        "  if kind == 1 then return text() end\n"
        "  if kind == 2 then return r(-2^53 // 1 | 0, 2^53 // 1 | 0) end\n"
        "  if kind == 3 then return r() * 10.0 ^ r(-300, 300) end\n"
        "  if kind == 4 then return r(2) == 1 end\n"
        "  if kind == 5 then return json.null end\n"
        "  if kind == 6 then return r(-99, 99) end\n"
        "  local t = {}\n"
        "  if kind == 7 then for i = 1, r(9) do t[i] = value(depth + 1) end\n"
        "  else for _ = 1, r(30) do t[text() .. r(99)] = value(depth + 1) end "
        "end\n"
        "  return t\n"
        "end\n"
        "local function same(a, b)\n"
        "  if type(a) ~= 'table' then return a == b and (math.type(a) "
        "~= 'integer' or math.type(b) == 'integer') end\n"
        "  for k, v in pairs(a) do if not same(v, b[k]) then return false end "
        "end\n"
        "  for k in pairs(b) do if a[k] == nil then return false end end\n"
        "  return true\n"
        "end\n"
        "for _ = 1, 1500 do\n"
        "  local v = value(0)\n"
        "  local text = json.encode(v)\n"
        "  local back = json.decode(text)\n"
        "  assert(same(v, back), text)\n"
        "  assert(json.encode(back) == text, text)\n"
        "end";

    run(chunk, "", 0);
}

int main(void)
{
    return cmocka_run_group_tests(tests, start, stop);
}
