/* bundle_test.c: the Lua folder, its bundle, and what an app VM may do. */
#include <pthread.h>
#include <stdatomic.h>
#include <sys/stat.h>
#include <unistd.h>

#include <lauxlib.h>
#include <lua.h>

#include "script/bundle.h"
#include "test.h"

static char folder[64];

static void put(const char *name, const char *data, size_t len)
{
    char path[512];
    FILE *file;

    snprintf(path, sizeof path, "%s/%s", folder, name);
    for (char *p = path + strlen(folder) + 1; (p = strchr(p, '/')); p++) {
        *p = '\0';
        mkdir(path, 0755);
        *p = '/';
    }
    file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(data, 1, len, file), len);
    assert_int_equal(fclose(file), 0);
}

static void put_text(const char *name, const char *text)
{
    put(name, text, strlen(text));
}

/* A new empty folder for each test. */
static int make_folder(void **state)
{
    (void)state;
    strcpy(folder, "/tmp/hookswitch-bundle-XXXXXX");
    return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
    char command[128];

    (void)state;
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    return system(command); /* NOLINT */
}

static struct hs_bundle *load(void)
{
    struct hs_script_error err;
    struct hs_bundle *bundle =
        hs_bundle_make(&(struct hs_bundle_from){.folder = folder}, &err);

    if (!bundle)
        fail_msg("%s: %s:%d: %s", err.code, err.source, err.line, err.message);
    return bundle;
}

static void refused(const char *code, const char *source, int line,
                    const char *message)
{
    struct hs_script_error err;

    assert_null(
        hs_bundle_make(&(struct hs_bundle_from){.folder = folder}, &err));
    assert_string_equal(err.code, code);
    assert_string_equal(err.source, source);
    assert_int_equal(err.line, line);
    if (!strstr(err.message, message))
        fail_msg("\"%s\" does not say \"%s\"", err.message, message);
}

TEST_WITH(our_files_are_read_in_order, make_folder, remove_folder)
{
    static const char *const expected[] = {"a.lua",
                                           "calls/deep/er/x.lua",
                                           "calls/rules/ruleset.lua",
                                           "forwarding.lua",
                                           "lookups/types/y.lua",
                                           "phrases.lua",
                                           /* the program's */ "vips.txt"};
    struct hs_bundle *bundle;
    const char *text;
    size_t len;

    put_text("forwarding.lua", "return {}");
    put_text("calls/rules/ruleset.lua", "\xef\xbb\xbfreturn 1");
    put_text("calls/deep/er/x.lua", "");
    put_text("a.lua", "local x <const> = 1");
    put_text("vips.txt", "+15550100 Grace\n");
    put_text("lookups/types/y.lua", "return nil");
    put_text("types/json.lua", "not lua at all");
    put_text(".hidden.lua", "not lua");
    put_text(".git/x.lua", "not lua");
    put_text("forwarding.lua~", "not lua");
    put_text("#forwarding.lua#", "not lua");
    put_text(".#forwarding.lua", "not lua");
    put_text(".forwarding.lua.swp", "not lua");
    put_text("forwarding.lua.swp", "not lua");
    put_text("4913", "not lua");
    put_text("README.md", "not lua");
    bundle = load();
    assert_int_equal(hs_bundle_files(bundle), 7);
    for (size_t i = 0; i < 7; i++)
        assert_string_equal(hs_bundle_file_name(bundle, i), expected[i]);
    text = hs_bundle_source(bundle, "calls/rules/ruleset.lua", &len);
    assert_string_equal(text, "return 1");
    assert_int_equal(len, 8);
    assert_null(hs_bundle_source(bundle, "calls", &len));
    assert_null(hs_bundle_source(bundle, "types/json.lua", &len));
    hs_bundle_set_version(bundle, 7);
    assert_int_equal(hs_bundle_version(bundle), 7);
    hs_bundle_drop(bundle);
    hs_bundle_drop(NULL);
}

/* The folder, with one text put in. */
static struct hs_bundle *load_with(const char *name, const char *text,
                                   size_t len, struct hs_script_error *err)
{
    const struct hs_bundle_text texts[] = {{name, text, len}, {NULL, NULL, 0}};

    return hs_bundle_make(
        &(struct hs_bundle_from){.folder = folder, .texts = texts}, err);
}

TEST_WITH(the_hash_is_of_names_and_texts, make_folder, remove_folder)
{
    struct hs_bundle *a, *b;
    struct hs_script_error err;
    size_t len;

    put_text("a.lua", "return 1");
    put_text("b.txt", "");
    a = load();
    b = load();
    assert_int_equal(strlen(hs_bundle_hash(a)), 64);
    assert_string_equal(hs_bundle_hash(a), hs_bundle_hash(b));
    hs_bundle_drop(b);
    b = load_with("a.lua", "return 2", 8, &err);
    assert_string_not_equal(hs_bundle_hash(a), hs_bundle_hash(b));
    assert_string_equal(hs_bundle_source(b, "a.lua", &len), "return 2");
    hs_bundle_drop(b);
    b = load_with("c.lua", "", 0, &err);
    assert_string_not_equal(hs_bundle_hash(a), hs_bundle_hash(b));
    assert_int_equal(hs_bundle_files(b), hs_bundle_files(a) + 1);
    hs_bundle_drop(b);
    b = load_with("a.lua", "return 1", 8, &err);
    assert_string_equal(hs_bundle_hash(a), hs_bundle_hash(b));
    hs_bundle_drop(b);
    hs_bundle_drop(a);
    assert_null(load_with("a.lua", "x x", 3, &err));
    assert_string_equal(err.source, "a.lua");
    assert_null(load_with("no:name.lua", "", 0, &err));
    assert_null(load_with("a.so", "", 0, &err));
}

TEST_WITH(mistakes_are_named, make_folder, remove_folder)
{
    char *large = calloc(1, (1u << 20) + 1);

    put_text("calls/rules/ruleset.lua", "local a\nlocal b = = 1\n");
    refused("syntax", "calls/rules/ruleset.lua", 2,
            "unexpected symbol near '='");
    put_text("calls/rules/ruleset.lua", "\x1bLua");
    refused("syntax", "calls/rules/ruleset.lua", 1, "binary chunk");
    put_text("calls/rules/ruleset.lua", "return '\xff'");
    refused("syntax", "calls/rules/ruleset.lua", 1, "UTF-8");
    put_text("calls/rules/ruleset.lua", "-- \xc3\xa4\r\n--\n-- \xe4\n");
    refused("syntax", "calls/rules/ruleset.lua", 3, "UTF-8");
    put_text("calls/rules/ruleset.lua", "");
    put("big.lua", large, (1u << 20) + 1);
    refused("too_large", "big.lua", 0, "1 MiB");
    put_text("big.lua", "");
    put_text("a:b.lua", "");
    refused("name", "a:b.lua", 0, "colon");
    free(large);
}

TEST_WITH(the_folder_is_bounded, make_folder, remove_folder)
{
    put_text("1/2/3/4/5/6/7/8/x.lua", "");
    hs_bundle_drop(load());
    put_text("1/2/3/4/5/6/7/8/9/x.lua", "");
    refused("too_many", "1/2/3/4/5/6/7/8/9", 0, "8 folders");
}

TEST_WITH(many_files_are_refused, make_folder, remove_folder)
{
    for (int i = 0; i < 1001; i++) {
        char name[32];

        snprintf(name, sizeof name, "m%d.lua", i);
        put_text(name, "");
    }
    {
        struct hs_script_error err;

        assert_null(
            hs_bundle_make(&(struct hs_bundle_from){.folder = folder}, &err));
        assert_string_equal(err.code, "too_many");
    }
}

TEST_WITH(a_missing_folder_is_named, make_folder, remove_folder)
{
    struct hs_script_error err;

    assert_null(hs_bundle_make(
        &(struct hs_bundle_from){.folder = "/nowhere/at/all"}, &err));
    assert_string_equal(err.code, "unreadable");
    assert_non_null(strstr(err.message, "/nowhere/at/all"));
}

static atomic_int writing;

/* Replaces the file by rename; every version is one letter, repeated. */
static void *replace(void *path)
{
    char next[128];

    snprintf(next, sizeof next, "%s/.next", folder);
    for (int i = 0; atomic_load(&writing); i++) {
        FILE *file = fopen(next, "w");

        fputs("--", file);
        for (int k = 0; k < 10000 + i % 7; k++)
            fputc('a' + i % 7, file);
        fclose(file);
        rename(next, path);
        usleep(i % 3 ? 500 : 30000);
    }
    return NULL;
}

TEST_WITH(a_file_under_change_is_read_whole, make_folder, remove_folder)
{
    char path[128];
    pthread_t thread;
    struct hs_script_error err;

    snprintf(path, sizeof path, "%s/a.lua", folder);
    put_text("a.lua", "--aaaa");
    atomic_store(&writing, 1);
    pthread_create(&thread, NULL, replace, path);
    for (int i = 0; i < 30; i++) {
        struct hs_bundle *bundle =
            hs_bundle_make(&(struct hs_bundle_from){.folder = folder}, &err);
        const char *text;
        size_t len;

        if (!bundle) {
            assert_string_equal(err.code, "changed");
            continue;
        }
        text = hs_bundle_source(bundle, "a.lua", &len);
        for (size_t k = 3; k < len; k++)
            assert_int_equal(text[k], text[2]);
        hs_bundle_drop(bundle);
    }
    atomic_store(&writing, 0);
    pthread_join(thread, NULL);
}

/* A file that is never as long as it is said to be. */
TEST_WITH(a_file_that_never_rests_is_refused, make_folder, remove_folder)
{
    char path[128];
    struct hs_script_error err;

    snprintf(path, sizeof path, "%s/a.lua", folder);
    assert_int_equal(symlink("/proc/self/status", path), 0);
    assert_null(
        hs_bundle_make(&(struct hs_bundle_from){.folder = folder}, &err));
    assert_string_equal(err.code, "changed");
}

static struct hs_bundle *load_after(const struct hs_bundle *before,
                                    const struct hs_bundle_text *texts)
{
    struct hs_script_error err;
    struct hs_bundle *bundle = hs_bundle_make(
        &(struct hs_bundle_from){
            .folder = folder, .texts = texts, .before = before},
        &err);

    if (!bundle)
        fail_msg("%s: %s", err.source, err.message);
    return bundle;
}

static void holds_text(const struct hs_bundle *bundle, const char *name,
                       const char *expected)
{
    size_t len;
    const char *text = hs_bundle_source(bundle, name, &len);

    assert_non_null(text);
    assert_string_equal(text, expected);
}

/* Unchanged files are taken over, changed ones never: not even with the same
 * size, nor those whose text wasn't the file's. */
TEST_WITH(a_bundle_takes_over_what_is_unchanged, make_folder, remove_folder)
{
    static const struct hs_bundle_text other[] = {
        {"routes/voice.lua", "return 9", 8}, {NULL, NULL, 0}};
    struct hs_bundle *first, *rules, *edited, *tried, *read, *more;

    put_text("forwarding.lua", "return 1");
    put_text("vips.txt", "+15550100 Grace");
    put_text("routes/voice.lua", "return 1");
    first = load();
    put_text("forwarding.lua", "return 2");
    put_text("vips.txt", "+15550101 Linus");
    rules = load_after(first, NULL);
    holds_text(rules, "forwarding.lua", "return 2");
    holds_text(rules, "vips.txt", "+15550101 Linus");
    holds_text(rules, "routes/voice.lua", "return 1");
    assert_true(hs_bundle_same_application(rules, first));
    put_text("routes/voice.lua", "return 2");
    edited = load_after(rules, NULL);
    holds_text(edited, "routes/voice.lua", "return 2");
    assert_false(hs_bundle_same_application(edited, rules));
    tried = load_after(edited, other);
    holds_text(tried, "routes/voice.lua", "return 9");
    read = load_after(tried, NULL);
    holds_text(read, "routes/voice.lua", "return 2");
    assert_false(hs_bundle_same_application(read, tried));
    put_text("routes/own.lua", "return 3");
    more = load_after(read, NULL);
    assert_false(hs_bundle_same_application(more, read));
    assert_false(hs_bundle_same_application(read, more));
    hs_bundle_drop(first);
    hs_bundle_drop(rules);
    hs_bundle_drop(edited);
    hs_bundle_drop(tried);
    hs_bundle_drop(read);
    hs_bundle_drop(more);
}

/* Also noticed: a change of the same size in the same tick of the clock. */
TEST_WITH(what_was_read_ahead_is_checked_afterwards, make_folder, remove_folder)
{
    struct hs_bundle *before, *ahead;
    struct hs_bundle_from from = {.folder = folder,
                                  .patience = HS_FOLDER_AHEAD};
    struct hs_script_error err;
    char path[128];
    FILE *file;

    put_text("routes/voice.lua", "return 1");
    put_text("vips.txt", "+15550100 Grace");
    before = load();
    from.before = before;
    assert_false(hs_bundle_is_still(NULL, &from));
    for (int i = 0; i < 8; i++) {
        const char *text = i % 2 ? "return 1" : "return 2";

        put_text("forwarding.lua", text);
        ahead = hs_bundle_make(&from, &err);
        assert_non_null(ahead);
        holds_text(ahead, "forwarding.lua", text);
        if (i >= 2)
            put_text("forwarding.lua", "return 3");
        assert_int_equal(hs_bundle_is_still(ahead, &from), i < 2);
        hs_bundle_drop(ahead);
    }
    ahead = hs_bundle_make(&from, &err);
    put_text("more.txt", "");
    assert_false(hs_bundle_is_still(ahead, &from));
    snprintf(path, sizeof path, "%s/more.txt", folder);
    assert_int_equal(unlink(path), 0);
    assert_true(hs_bundle_is_still(ahead, &from));
    snprintf(path, sizeof path, "%s/vips.txt", folder);
    assert_int_equal(unlink(path), 0);
    assert_false(hs_bundle_is_still(ahead, &from));
    hs_bundle_drop(ahead);
    snprintf(path, sizeof path, "%s/forwarding.lua", folder);
    file = fopen(path, "a");
    assert_non_null(file);
    assert_null(hs_bundle_make(&from, &err));
    assert_string_equal(err.code, "changed");
    fclose(file);
    hs_bundle_drop(before);
}

/* A team's text over the program's files of the bundle before: nothing is read
 * from disk, so what has changed there meanwhile doesn't matter. */
TEST_WITH(a_bundle_over_the_one_before_reads_no_disk, make_folder,
          remove_folder)
{
    static const struct hs_bundle_text rules[] = {
        {"forwarding.lua", "return 7", 8}, {NULL, NULL, 0}};
    struct hs_script_error err;
    struct hs_bundle *first, *second;

    put_text("forwarding.lua", "return 1");
    put_text("own.lua", "return 1");
    put_text("routes/voice.lua", "return 1");
    first = load();
    put_text("routes/voice.lua", "not lua");
    second = hs_bundle_make(&(struct hs_bundle_from){.base = HS_BASE_BEFORE,
                                                     .texts = rules,
                                                     .before = first},
                            &err);
    assert_non_null(second);
    assert_int_equal(hs_bundle_files(second), 3); /* and phrases.lua */
    holds_text(second, "forwarding.lua", "return 7");
    holds_text(second, "routes/voice.lua", "return 1");
    hs_bundle_drop(first);
    hs_bundle_drop(second);
}

static void is_the_same_version(void)
{
    static const struct hs_bundle_text theirs[] = {
        {"forwarding.lua", "return 1", 8}, {NULL, NULL, 0}};
    struct hs_script_error err;
    struct hs_bundle *own = load();
    struct hs_bundle *other = hs_bundle_make(
        &(struct hs_bundle_from){
            .base = HS_BASE_OTHERS, .folder = folder, .texts = theirs},
        &err);

    assert_non_null(other);
    assert_string_equal(hs_bundle_hash(own), hs_bundle_hash(other));
    hs_bundle_drop(own);
    hs_bundle_drop(other);
}

/* What another host sends is put together with this folder's program; it must
 * become the version that the folder makes at the next start. */
TEST_WITH(the_same_files_are_the_same_version, make_folder, remove_folder)
{
    put_text("forwarding.lua", "return 1");
    is_the_same_version();
    put_text("calls/rules/ruleset.lua", "return 2");
    is_the_same_version();
}

static struct hs_vm *open_app(void)
{
    struct hs_host host = {.trial = 1};
    struct hs_script_error err;
    struct hs_bundle *bundle = load();
    struct hs_vm *vm = hs_app_vm_new(bundle, &host, &err);

    hs_bundle_drop(bundle); /* the VM keeps it */
    if (!vm)
        fail_msg("%s: %s", err.code, err.message);
    return vm;
}

static int run(struct hs_vm *vm, const char *text, struct hs_script_error *err)
{
    assert_int_equal(
        luaL_loadbuffer(hs_vm_state(vm), text, strlen(text), "@t.lua"), LUA_OK);
    return hs_vm_call(vm, 0, 0, 1000, err);
}

static void holds(struct hs_vm *vm, const char *text)
{
    struct hs_script_error err;

    if (run(vm, text, &err) != 0)
        fail_msg("%s:%d: %s", err.source, err.line, err.message);
}

TEST_WITH(require_serves_the_bundle, make_folder, remove_folder)
{
    struct hs_vm *vm;
    struct hs_script_error err;

    put_text("models/calls.lua", "return { name = ... }");
    put_text("plain.lua", "counted = nil\nreturn nil");
    put_text("broken.lua", "local x\n\nerror('no luck')");
    put_text("outer.lua", "return require('broken')");
    put_text("one.lua", "return require('two')");
    put_text("two.lua", "return require('one')");
    put_text("json.lua", "error('the native module comes first')");
    put_text("data.txt", "1");
    vm = open_app();
    holds(vm, "local calls = require('models.calls')\n"
              "assert(calls.name == 'models.calls')\n"
              "assert(require('models.calls') == calls)\n"
              "assert(package.loaded['models.calls'] == calls)\n"
              "assert(require('json').encode(1) == '1')\n"
              "assert(require('string') == string)");
    for (int again = 0; again < 2; again++) {
        assert_int_equal(run(vm, "require('outer')", &err), -1);
        assert_string_equal(err.source, "broken.lua");
        assert_int_equal(err.line, 3);
        assert_string_equal(err.message, "no luck");
        assert_non_null(strstr(err.traceback, "outer.lua:1"));
    }
    assert_int_equal(run(vm, "\nrequire('model.calls')", &err), -1);
    assert_int_equal(err.line, 2);
    assert_string_equal(err.message,
                        "module \"model.calls\" not found: there is no file "
                        "model/calls.lua; did you mean models/calls.lua?");
    assert_int_equal(run(vm, "require('socket')", &err), -1);
    assert_string_equal(err.message, "module \"socket\" not found: there is "
                                     "no file socket.lua");
    assert_int_equal(run(vm, "require('one')", &err), -1);
    assert_string_equal(err.source, "two.lua");
    assert_non_null(strstr(err.message, "requires itself"));
    assert_int_equal(run(vm, "require('../../etc/passwd')", &err), -1);
    assert_int_equal(run(vm, "require('data.txt')", &err), -1);
    assert_int_equal(run(vm, "require(('x'):rep(500))", &err), -1);
    assert_int_equal(run(vm, "require()", &err), -1);
    hs_vm_free(vm);
}

TEST_WITH(a_new_global_is_refused, make_folder, remove_folder)
{
    struct hs_vm *vm;
    struct hs_script_error err;

    put_text("models/calls.lua", "\ncount = 1");
    vm = open_app();
    assert_int_equal(run(vm, "require('models.calls')", &err), -1);
    assert_string_equal(err.source, "models/calls.lua");
    assert_int_equal(err.line, 2);
    assert_string_equal(err.message,
                        "new global \"count\": write \"local count\"");
    holds(vm, "assert(count == nil)");
    hs_vm_free(vm);
}

TEST_WITH(dangerous_libraries_are_gone, make_folder, remove_folder)
{
    struct hs_vm *vm;

    put_text("app.lua", "");
    vm = open_app();
    holds(
        vm,
        "for _, name in ipairs { 'io', 'dofile', 'loadfile', 'loadstring' } "
        "do assert(_G[name] == nil, name) end\n"
        "local function only(t, names)\n"
        "  for k in pairs(t) do assert(names:find(k .. ' ', 1, true), k) end\n"
        "end\n"
        "only(os, 'clock date difftime time ')\n"
        "only(debug, 'traceback getinfo ')\n"
        "only(package, 'loaded preload ')\n"
        "assert(string.dump == nil and (''):rep(1) == '')\n"
        "for name, module in pairs(package.loaded) do\n"
        "  assert(name == '_G' or _G[name] == module, name)\n"
        "end\n"
        "assert(load('return 1')() == 1)\n"
        "assert(load('return 1', 'x', 'bt')() == 1)\n"
        "local f, why = load('\\27Lua', 'x', 'b')\n"
        "assert(not f and why:find('binary'))\n"
        "assert(load('return x', 'x', 't', { x = 5 })() == 5)\n"
        "assert(load(function() return nil end))\n"
        "assert(not pcall(load))\n"
        "assert(debug.getinfo(only).short_src == 't.lua')\n"
        "assert(debug.getinfo(only).linedefined == 2)\n"
        "assert(not pcall(debug.getinfo, 1))\n"
        "assert(collectgarbage('count') > 10)\n"
        "assert(collectgarbage() == 0)\n"
        "assert(not pcall(collectgarbage, 'stop'))\n"
        "assert(not pcall(setmetatable, _G, {}))\n"
        "assert(not pcall(setmetatable, 1, {}))\n"
        "assert(not pcall(setmetatable, {}))\n"
        "assert(getmetatable(setmetatable({}, nil)) == nil)");
    hs_vm_free(vm);
}

TEST_WITH(wrapped_functions_behave, make_folder, remove_folder)
{
    struct hs_vm *vm;

    put_text("app.lua", "");
    vm = open_app();
    holds(
        vm,
        "local function eq(a, b) if a ~= b then error(tostring(a) .. ' ~= ' "
        ".. tostring(b), 2) end end\n"
        "local co = coroutine.create(function(a, b)\n"
        "  local c = coroutine.yield(a + b)\n"
        "  local d, e = coroutine.yield(c * 2)\n"
        "  return d + e, 'end'\n"
        "end)\n"
        "local _, x = coroutine.resume(co, 1, 2) eq(x, 3)\n"
        "_, x = coroutine.resume(co, 5) eq(x, 10)\n"
        "local ok, y, z = coroutine.resume(co, 1, 1)\n"
        "eq(ok, true) eq(y, 2) eq(z, 'end')\n"
        "ok, x = coroutine.resume(co) eq(ok, false)\n"
        "eq(x, 'cannot resume dead coroutine')\n"
        "eq(coroutine.status(co), 'dead')\n"
        "ok, x = coroutine.resume(coroutine.create(function() error({}) end))"
        "\neq(ok, false) eq(type(x), 'table')\n"
        "local f = coroutine.wrap(function() coroutine.yield(1) "
        "error('oops') end)\n"
        "eq(f(), 1)\n"
        "ok, x = pcall(f) eq(ok, false)\n"
        "assert(x:find('oops'), x)\n"
        "ok, x = pcall(f) eq(ok, false)\n"
        "assert(x:find('dead'), x)\n"
        "local closed\n"
        "co = coroutine.create(function() local v <close> = setmetatable({}, "
        "{__close = function() closed = true end}) coroutine.yield() end)\n"
        "coroutine.resume(co) eq(coroutine.close(co), true) eq(closed, true)\n"
        "co = coroutine.create(function() local v <close> = setmetatable({}, "
        "{__close = function() error('late', 0) end}) coroutine.yield() end)"
        "\ncoroutine.resume(co)\n"
        "ok, x = coroutine.close(co) eq(ok, false) eq(x, 'late')\n"
        "eq(pcall(coroutine.close, coroutine.running()), false)\n"
        "eq(pcall(coroutine.resume, 1), false)\n"
        "ok, x = xpcall(function(a) error(a) end, function(e) return e .. "
        "'!' end, 'arg')\n"
        "eq(ok, false) assert(x:find('arg!$'), x)\n"
        "ok, x, y = xpcall(function(...) return ... end, print, 1, 2)\n"
        "eq(ok, true) eq(x, 1) eq(y, 2)\n"
        "local g = coroutine.wrap(function() return xpcall(function() "
        "coroutine.yield('in') error('out', 0) end, function(e) return e "
        "end) end)\n"
        "eq(g(), 'in') ok, x = g() eq(ok, false) eq(x, 'out')\n"
        "eq(pcall(xpcall, print), false)\n"
        "for a, b in coroutine.wrap(function() for i = 1, 3 do "
        "coroutine.yield(i, -i) end end) do eq(a, -b) end\n"
        "local many = coroutine.wrap(function() return table.unpack({}, 1, "
        "5000) end)\n"
        "eq(select('#', many()), 5000)");
    hs_vm_free(vm);
}

TEST_WITH(many_vms_share_a_bundle, make_folder, remove_folder)
{
    struct hs_vm *vms[64];

    put_text("app.lua", "return { 'x' }");
    vms[0] = open_app();
    for (int i = 1; i < 64; i++)
        vms[i] = open_app();
    for (int i = 0; i < 64; i++) {
        holds(vms[i], "assert(require('app')[1] == 'x')");
        assert_true(hs_vm_bytes(vms[i]) < 100000);
        hs_vm_free(vms[i]);
    }
}

int main(void)
{
    return cmocka_run_group_tests(tests, NULL, NULL);
}
