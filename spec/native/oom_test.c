/* oom_test.c: memory that runs out at any allocation of any binding.
 *
 * Each script runs with its first allocation failing, then its second, and so
 * on until it gets through. It may end in an error, never in a crash, and the
 * leak check at the end of the process says whether anything was left. */
#include <fcntl.h>
#include <unistd.h>

#include <lauxlib.h>
#include <lua.h>

#include "base/log.h"
#include "lib/form.h"
#include "lib/jwt.h"
#include "lib/limiter.h"
#include "script/app_lib.h"
#include "script/bind/binds.h"
#include "script/glue/form_userdata.h"
#include "script/rule_vm/rule_vm.h"
#include "script/rule_vm/watchdog.h"
#include "script/vm.h"
#include "store/memory/feed.h"
#include "store/memory/recent.h"
#include "store/store.h"
#include "test.h"
#include "twilio/signature.h"

#define MANY 20000 /* no script needs so many allocations */

static struct {
    char folder[64];
    char database[96];
    struct hs_config *config;
    struct hs_store *store;
    struct hs_session *session;
    struct hs_signer *signer;
    struct hs_jwt_key *key;
    struct hs_limiter *limiter;
    struct hs_bundle *bundle;
    struct hs_rule_vm *rules;
    struct hs_form form;
} fixture;

/* The allocator of a VM, with one failure in front of it. */
struct failing {
    lua_Alloc alloc;
    void *ud;
    long left; /* allocations until the one that fails; < 0: none does */
};

static void *fail_one(void *ud, void *ptr, size_t old, size_t size)
{
    struct failing *failing = ud;

    if (size > 0 && (!ptr || size > old) && failing->left >= 0) {
        if (failing->left == 0)
            return NULL; /* and again, after Lua's emergency collection */
        failing->left--;
    }
    return failing->alloc(failing->ud, ptr, old, size);
}

static const luaL_Reg MODULES[] = {
    {"config", l_open_config},   {"crypto", l_open_crypto},
    {"db", l_open_db},           {"events", l_open_events},
    {"http", l_open_http},       {"json", l_open_json},
    {"jwt", l_open_jwt},         {"limiter", l_open_limiter},
    {"log", l_open_log},         {"recent", l_open_recent},
    {"lookups", l_open_lookups}, {"rules", l_open_rules},
    {"sources", l_open_sources}, {"standin", l_open_standin},
    {"twilio", l_open_twilio},   {"spelling", l_open_spelling},
    {"tz", l_open_tz},           {NULL, NULL},
};

/* Everything an app VM is made of, then the script. */
static int l_whole(lua_State *L)
{
    const char *script = lua_touserdata(L, 1);

    l_app_lib_open(L, &hs_bounds_roomy);
    for (const luaL_Reg *module = MODULES; module->name; module++) {
        if (!strstr(script, module->name))
            continue; /* only what it needs, which is quicker */
        luaL_requiref(L, module->name, module->func, 1);
        lua_pop(L, 1);
    }
    l_form_push(L);
    hs_form_point(L, -1, &fixture.form);
    lua_setglobal(L, "params");
    l_app_lib_seal(L);
    if (luaL_loadbuffer(L, script, strlen(script), "@script") != LUA_OK)
        return lua_error(L);
    lua_call(L, 0, 0);
    return 0;
}

/* Run with the allocation number n failing. 0 when the script got through. */
static int attempt(const char *script, long n, struct hs_script_error *err)
{
    struct hs_host host = {.config = fixture.config,
                           .session = fixture.session,
                           .signer = fixture.signer,
                           .rules = fixture.rules,
                           .session_key = fixture.key,
                           .limiter = fixture.limiter};
    struct hs_vm *vm = hs_vm_new(0, &host);
    struct failing failing = {.left = n};
    lua_State *L;
    int rc;

    assert_non_null(vm);
    L = hs_vm_state(vm);
    failing.alloc = lua_getallocf(L, &failing.ud);
    lua_setallocf(L, fail_one, &failing);
    lua_pushcfunction(L, l_whole);
    lua_pushlightuserdata(L, (void *)(uintptr_t)script);
    rc = hs_vm_call(vm, 1, 0, 0, err);
    assert_int_equal(lua_gettop(L), 0);
    lua_setallocf(L, failing.alloc, failing.ud);
    hs_vm_free(vm);
    assert_false(hs_session_in_transaction(fixture.session));
    return rc;
}

static const struct {
    const char *name, *script;
} scripts[] = {
    {"libraries",
     "local co = coroutine.wrap(function(...) local x <close> = setmetatable("
     "{}, {__close = function() end}) coroutine.yield(...) error('x') end)\n"
     "co(1, 2, 3)\n"
     "local ok = pcall(co) assert(not ok)\n"
     "local _, e = xpcall(function() error({code = 'c', message = 'm'}) end, "
     "function(m) return m end)\n"
     "assert(e.code == 'c')\n"
     "assert(load('return 1')() == 1)\n"
     "local t = coroutine.create(function() coroutine.yield() end)\n"
     "coroutine.resume(t) coroutine.close(t)\n"
     "debug.getinfo(print) collectgarbage()"},
    {"json",
     "local t = json.array { 1, 'a', true, json.null, 1.5, { b = { c = {} }, a "
     "= 'z' } }\n"
     "local text = json.encode(t)\n"
     "assert(json.encode(json.decode(text)) == text)\n"
     "assert(not json.decode('{'))\n"
     "assert(not json.decode('\\xff'))\n"
     "local many = {} for i = 1, 200 do many['key' .. i] = ('x'):rep(i) end\n"
     "assert(json.decode(json.encode(many)).key7)\n"
     "if json.encode(t) ~= text then error('not stable') end"},
    {"config", "assert(config.get('timezone') == 'UTC')\n"
               "assert(config.get('workers') == 64)\n"
               "assert(config.is_set('twilio_auth_token'))\n"
               "assert(config.get('company') == nil)\n"
               "assert(not pcall(config.get, 'nothing'))"},
    {"log",
     "log.info('event', { status = 1, path = 'x', message = ('y'):rep(5000), "
     "number = 1.5, count = {} })\n"
     "log.error('plain')"},
    {"recent", "assert(recent.put('CA1', ('x'):rep(1000)))\n"
               "assert(#recent.get('CA1') == 1000)\n"
               "assert(recent.get('CA2') == nil)\n"
               "assert(not recent.put('CA1', ('x'):rep(40000)))"},
    {"limiter", "local limit = { name = 'oom', per_minute = 100000 }\n"
                "assert(limiter.take(limit, 'ana'))\n"
                "local once = { name = 'once', per_minute = 1 }\n"
                "limiter.take(once, 'ana')\n"
                "local ok, message, code, seconds = limiter.take(once, 'ana')\n"
                "assert(not ok and code == 'limited' and seconds > 50)\n"
                "assert(not pcall(limiter.take, {}, 'ana'))"},
    {"events",
     "assert(events.wanted())\n"
     "events.publish('ana', 'call', { call_sid = 'CA1', text = ('x'):rep(900) "
     "})\n"
     "events.publish(nil, 'rules', {})\n"
     "events.hang_up('ana', '1')\n"
     "events.hang_up('ana')\n"
     "assert(not pcall(events.publish, 'ana', 'No', {}))\n"
     "-- with json"},
    {"form",
     "assert(params.From == '+13035550123')\n"
     "assert(#params:all('Tag') == 2)\n"
     "local n = 0 for name, value in pairs(params) do n = n + #name + #value "
     "end\n"
     "assert(n > 10)\n"
     "assert(not pcall(function() params.x = 1 end))"},
    {"tz", "assert(tz.exists('America/Denver'))\n"
           "assert(not tz.exists('America/Denverr'))\n"
           "local t = tz.local_time('America/Denver', 1772352000)\n"
           "assert(tz.instant('America/Denver', t) == 1772352000)\n"
           "assert(tz.next_change('America/Denver', 1772352000))\n"
           "assert(tz.day_number(tz.date(20000)) == 20000)"},
    {"spelling", "assert(spelling.distance('lisetn', 'Listen') == 1)"},
    {"crypto",
     "assert(#crypto.hmac_sha1('k', 'd') == 20)\n"
     "assert(#crypto.hmac_sha256('k', 'd') == 32)\n"
     "assert(crypto.hex(crypto.sha256('a', 'b')):sub(1, 4) == 'fb8e')\n"
     "assert(crypto.equal('a', 'a'))\n"
     "assert(#crypto.random(9) == 9)\n"
     "local text = crypto.base64(('x'):rep(1000))\n"
     "assert(#crypto.base64_decode(text) == 1000)\n"
     "assert(crypto.base64url_decode(crypto.base64url('\\255\\254')) == "
     "'\\255\\254')\n"
     "assert(not crypto.base64_decode('*'))"},
    {"jwt",
     "local token = jwt.sign({ sub = '42', list = { 1 } }, { key = 'session', "
     "expires = 60 })\n"
     "assert(jwt.verify(token, { key = 'session' }).sub == '42')\n"
     "assert(not jwt.verify(token .. 'x', { key = 'session' }))\n"
     "local other = jwt.sign({ sub = '1' }, { key = 'api', expires = 60 })\n"
     "assert(jwt.verify(other, { key = 'api' }).sub == '1')\n"
     "assert(not pcall(jwt.sign, {}, { key = 'none' }))\n"
     "-- with json"},
    {"twilio",
     "assert(twilio.valid_signature('https://x.example/', { a = '1', b = '2' "
     "}, 'no') == false)\n"
     "local token = twilio.access_token { identity = 'user_42', ttl = 60 }\n"
     "assert(#token > 100)\n"
     "local body, message = twilio.request('GET', 'Calls', { Page = '1' })\n"
     "assert(body == nil and #message > 0)\n"
     "assert(not twilio.list('Calls', nil, 'calls', 5))\n"
     "-- with json"},
    {"http",
     "local answer, message, code = http.request { url = "
     "'http://127.0.0.1:9/', headers = { ['X-A'] = '1', ['X-B'] = '' }, "
     "timeout = 0.5 }\n"
     "assert(answer == nil and code == 'refused_address', code)\n"
     "assert(not pcall(http.request, { url = 'http://x.example/', headers = { "
     "Host = 'y' } }))\n"
     "assert(not http.request { url = 'ftp://x.example/' })"},
    {"standin",
     "local held <close> = standin.slot()\n"
     "assert(held)\n"
     "assert(standin.is_account('x', 'y') == false)\n"
     "standin.sleep(0)\n"
     "local status, message = standin.request('POST', '/x', { 'X-A: 1', "
     "'X-B: 2' }, 'body')\n"
     "assert(status == nil and #message > 0)\n"
     "assert(not pcall(standin.request, 'GET', 'x', {}))\n"
     "assert(not pcall(standin.request, 'GET', '/x', { 'a\\r\\nb' }))"},
    {"db",
     "local id = db:one('INSERT INTO user_phone_numbers(user_id, twilio_sid, "
     "phone_number) VALUES(?, ?, ?) RETURNING id', '1', 'PN' .. math.random("
     "1 << 60), '+1' .. math.random(1 << 40)).id\n"
     "assert(math.type(id) == 'integer')\n"
     "assert(#db:query('SELECT * FROM user_phone_numbers LIMIT 20') > 0)\n"
     "assert(db:one('SELECT 1 AS one, NULL AS none, ? AS text', 'x').text == "
     "'x')\n"
     "local changes = db:exec('DELETE FROM user_phone_numbers WHERE id = ?', "
     "id)\n"
     "assert(changes == 1)\n"
     "assert(db:batch { { 'DELETE FROM user_phone_numbers WHERE id = ?', id }, "
     "{ 'DELETE FROM user_phone_numbers WHERE twilio_sid = ?', 'none' } })\n"
     "assert(db:transaction(function() db:exec('DELETE FROM "
     "user_phone_numbers WHERE id = ?', id) return 7 end) == 7)\n"
     "local ok, err = pcall(db.transaction, db, function() error('undone') "
     "end)\n"
     "assert(not ok)\n"
     "ok, err = pcall(db.query, db, 'SELECT nothing FROM nowhere')\n"
     "assert(not ok and err.code == 'sql')\n"
     "assert(db:generation() >= 0)"},
    {"rules",
     "local ok, index, plan, reads = rules.decide({ from = '+13035550123', to "
     "= '+13035550142', at = 1772352000, lookups = {}, caller = { tags = {} "
     "}, line = { busy = false }, number = { id = 1 }, forwarding = {}, owner "
     "= { id = '1' }, later = function() return 1 end })\n"
     "assert(ok, index)\n"
     "assert(type(rules.list()) == 'table')\n"
     "assert(type(rules.examples()) == 'table')\n"
     "assert(rules.version() and rules.error() == nil)"},
    {"rules", "local other, _, code = rules.open(\"return { { 'a', go = "
              "hangup() } }\")\n"
              "assert(other or code ~= 'memory', 'not enough memory')\n"
              "local ok, index = other.decide({})\n"
              "assert(ok and index == 1, index)\n"
              "assert(#other.list() == 1 and #other.examples() == 0)\n"
              "other.close()"},
    {"lookups", "assert(#lookups.list() == 0)\n"
                "assert(#lookups.run({ from = '+1' }) == 0)"},
    {"sources",
     "assert(#sources.files() > 0 and sources.text('forwarding.lua'))\n"
     "assert(not sources.text('nothing.lua'))\n"
     "assert(sources.live().version >= 0 and not sources.live().error)\n"
     "local text, message, code = sources.saved('nothing.lua')\n"
     "assert(text == nil and code == 'missing', message)\n"
     "assert(not pcall(sources.save, { ['app.lua'] = '' }))\n"
     "assert(not pcall(sources.saved, '../forwarding.lua'))"},
};

TEST_CASE(every_allocation_may_fail)
{
    for (size_t i = 0; i < sizeof scripts / sizeof *scripts; i++) {
        struct hs_script_error err;
        long n = 0;

        if (attempt(scripts[i].script, -1, &err) != 0)
            fail_msg("%s, with memory: %s (line %d)", scripts[i].name,
                     err.message, err.line);
        while (attempt(scripts[i].script, n, &err) != 0) {
            if (++n > MANY)
                fail_msg("%s never gets through", scripts[i].name);
        }
        print_message("           %s: %ld allocations\n", scripts[i].name, n);
        assert_true(n > 10);
    }
}

/* A VM that is made while memory runs out. */
TEST_CASE(making_a_vm_may_fail)
{
    struct hs_host host = {.config = fixture.config};
    struct hs_vm *vm = NULL;
    size_t cap = 256;

    for (; !vm; cap += 64)
        vm = hs_vm_new(cap, &host);
    assert_true(cap > 1024 && cap < 64 << 10);
    hs_vm_free(vm);
}

static int open_fixture(void **state)
{
    static const char *const hot[] = {NULL};
    static const char body[] = "From=%2B13035550123&Tag=a&Tag=b";
    struct hs_script_error broken;
    struct hs_error err = {0};

    (void)state;
    hs_log_open(HS_LOG_INFO, open("/dev/null", O_WRONLY | O_CLOEXEC));
    setenv("TWILIO_ACCOUNT_SID", "AC00000000000000000000000000000001", 1);
    setenv("TWILIO_AUTH_TOKEN", "00000000000000000000000000000002", 1);
    setenv("TWILIO_API_KEY", "SK00000000000000000000000000000003", 1);
    setenv("TWILIO_API_SECRET", "00000000000000000000000000000004", 1);
    setenv("TWILIO_APP_SID", "AP00000000000000000000000000000005", 1);
    setenv("TWILIO_API_BASE_URL", "http://127.0.0.1:9", 1);
    setenv("HOOKSWITCH_LISTEN", "127.0.0.1:9", 1);
    setenv("JWT_SECRET", "a secret of the specs, long enough", 1);
    unsetenv("HOOKSWITCH_TIMEZONE");
    strcpy(fixture.folder, "/tmp/hookswitch-oom-XXXXXX");
    if (!mkdtemp(fixture.folder))
        return -1;
    snprintf(fixture.database, sizeof fixture.database, "%s/test.db",
             fixture.folder);
    fixture.config = hs_config_load("/dev/null", &err);
    if (fixture.config)
        fixture.config->sandbox = 1; /* for the module standin */
    if (fixture.config && hs_migrate(fixture.database, 0, NULL, &err) == 0)
        fixture.store = hs_store_open(fixture.database, hot, &err);
    if (fixture.store)
        fixture.session = hs_session_new(fixture.store, &err);
    fixture.signer =
        hs_signer_new("00000000000000000000000000000002", "https://x.example");
    hs_feed_listeners(1);
    fixture.limiter = hs_limiter_new();
    fixture.key =
        hs_jwt_key_new("HS256", "0123456789012345678901234567890123", 34, &err);
    fixture.bundle =
        hs_bundle_make(&(struct hs_bundle_from){.folder = "lua"}, &broken);
    if (fixture.bundle && fixture.config)
        fixture.rules = hs_rule_vm_new(fixture.bundle, fixture.config, &broken);
    if (hs_form_parse(&fixture.form, body, sizeof body - 1, &err) == 0 &&
        fixture.session && fixture.signer && fixture.key && fixture.limiter &&
        fixture.rules)
        return 0;
    print_error("%s %s\n", err.message, fixture.rules ? "" : broken.message);
    return -1;
}

static int close_fixture(void **state)
{
    char command[128];

    (void)state;
    hs_rule_vm_free(fixture.rules);
    hs_bundle_drop(fixture.bundle);
    hs_session_free(fixture.session);
    hs_store_close(fixture.store);
    hs_jwt_key_free(fixture.key);
    hs_limiter_free(fixture.limiter);
    hs_signer_free(fixture.signer);
    hs_form_free(&fixture.form);
    hs_config_free(fixture.config);
    hs_feed_clear();
    hs_recent_clear();
    hs_watchdog_thread_stop();
    snprintf(command, sizeof command, "rm -rf '%s'", fixture.folder);
    return system(command); /* NOLINT */
}

int main(void)
{
    return cmocka_run_group_tests(tests, open_fixture, close_fixture);
}
