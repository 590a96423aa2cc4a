/* bind_net_test.c: the Lua modules twilio, http, jwt and crypto, with keys and
 * with servers, and with a memory that runs out at every single allocation. */
#include <signal.h>

#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>

#include "base/clock.h"
#include "lib/jwt.h"
#include "loopback.h"
#include "script/bind/binds.h"
#include "script/bind/net.h"
#include "script/glue/glue.h"
#include "script/vm.h"
#include "slow.h"
#include "test.h"
#include "twilio/signature.h"

#define AC "AC00000000000000000000000000000001"

static char none[] = "", account[] = AC, token[] = "12345", key[] = "SK1",
            secret[] = "a secret of more than thirty-two bytes", app[] = "AP1",
            algorithm[] = "HS256", server_url[] = "https://example.com",
            issuer[] = "us", audience[] = "app", base_url[64];

static struct hs_config config = {
    .twilio_account_sid = account,
    .twilio_auth_token = token,
    .twilio_api_key = key,
    .twilio_api_secret = secret,
    .twilio_app_sid = app,
    .twilio_api_base_url = base_url,
    .twilio_timeout_ms = 8000,
    .server_url = server_url,
    .sandbox = 1,
    .jwt_secret = secret,
    .jwt_algorithm = algorithm,
    .jwt_public_key_file = none,
    .jwt_issuer = none,
    .jwt_audience = none,
    .session_seconds = 3600,
    .token_seconds = 3600,
};
static struct hs_host host = {.config = &config};
static struct loopback web;
static struct hs_vm *vm;

/* Pages of a list, errors, an answer that is not JSON, a slow one. */
static int answer(struct loopback *server, int fd, const char *request)
{
    static const char root[] = "/2010-04-01/Accounts/" AC "/";
    const char *path = strstr(request, root);
    char body[512];

    path = path ? path + sizeof root - 1 : "";
    if (strncmp(path, "Calls.json?Page=1", 17) == 0)
        return loopback_reply(fd, "200 OK", "",
                              "{\"calls\":[{\"sid\":\"CA3\"}],"
                              "\"next_page_uri\":null}");
    if (strncmp(path, "Calls.json", 10) == 0) {
        (void)snprintf(body, sizeof body,
                       "{\"calls\":[{\"sid\":\"CA1\"},{\"sid\":\"CA2\"}],"
                       "\"next_page_uri\":\"%sCalls.json?Page=1\"}",
                       root);
        return loopback_reply(fd, "200 OK", "", body);
    }
    if (strncmp(path, "Endless.json", 12) == 0) {
        (void)snprintf(body, sizeof body,
                       "{\"calls\":[],\"next_page_uri\":\"%sEndless.json\"}",
                       root);
        return loopback_reply(fd, "200 OK", "", body);
    }
    if (strncmp(path, "Foreign.json", 12) == 0)
        return loopback_reply(fd, "200 OK", "",
                              "{\"calls\":[],\"next_page_uri\":"
                              "\"//evil.example/\"}");
    if (strncmp(path, "Taken.json", 10) == 0)
        return loopback_reply(fd, "400 Bad Request", "",
                              "{\"code\":21422,\"message\":\"taken\"}");
    if (strncmp(path, "Html.json", 9) == 0)
        return loopback_reply(fd, "200 OK", "", "<html>");
    if (strncmp(path, "Text.json", 9) == 0)
        return loopback_reply(fd, "200 OK", "", "\"text\"");
    if (strncmp(path, "Gone.json", 9) == 0)
        return loopback_reply(fd, "204 No Content", "", "");
    if (strncmp(path, "Slow.json", 9) == 0)
        return loopback_pause(server, 3000), 0;
    return loopback_reply(fd, "201 Created", "", "{\"sid\":\"PN1\",\"n\":5}");
}

/* Open the standard libraries and the modules under test. */
static int l_open(lua_State *L)
{
    static const luaL_Reg modules[] = {
        {"json", l_open_json}, {"crypto", l_open_crypto},
        {"jwt", l_open_jwt},   {"twilio", l_open_twilio},
        {"http", l_open_http}, {"tz", l_open_tz},
    };

    luaL_openlibs(L);
    for (size_t i = 0; i < sizeof modules / sizeof *modules; i++) {
        luaL_requiref(L, modules[i].name, modules[i].func, 1);
        lua_pop(L, 1);
    }
    return 0;
}

static int set_up(void **state)
{
    (void)state;
    vm = hs_vm_new(0, &host);
    assert_non_null(vm);
    lua_pushcfunction(hs_vm_state(vm), l_open);
    return hs_vm_call(vm, 0, 0, 0, NULL);
}

static int tear_down(void **state)
{
    (void)state;
    hs_vm_free(vm);
    return 0;
}

/* Run Lua text whose asserts must hold, within `budget_ms`. */
static void lua_within(const char *source, int budget_ms)
{
    static struct hs_script_error err;
    static const char helpers[] =
        "function raises(text, f, ...) "
        "  local ok, e = pcall(f, ...) "
        "  assert(not ok and tostring(e):find(text, 1, true), tostring(e)) end "
        "function fails(wanted, value, message, code, status) "
        "  assert(value == nil and code == wanted, tostring(code)) "
        "  assert(type(message) == 'string') return message, status end ";
    lua_State *L = hs_vm_state(vm);

    lua_pushstring(L, helpers);
    lua_pushstring(L, source);
    lua_concat(L, 2);
    assert_int_equal(luaL_loadstring(L, lua_tostring(L, -1)), LUA_OK);
    lua_remove(L, -2);
    if (hs_vm_call(vm, 0, 0, budget_ms, &err) != 0)
        fail_msg("line %d: %s: %s", err.line, err.code, err.message);
}

static void lua(const char *source)
{
    lua_within(source, 0);
}

/* First: nobody has connected yet. */
TEST_WITH(http_requests, set_up, tear_down)
{
    char source[2048];

    (void)snprintf(
        source, sizeof source,
        "for _, host in ipairs { '127.0.0.1', 'localhost', '127.1', '[::1]', "
        "  '169.254.169.254', '[::ffff:127.0.0.1]' } do\n"
        "  local message = fails('refused_address', http.request { "
        "    url = 'http://' .. host .. ':%d/', redirects = 3 })\n"
        "end\n"
        "fails('malformed', http.request { url = 'file:///etc/passwd' })\n"
        "fails('malformed', http.request { url = 'http://a\\0b/' })\n"
        "fails('dns', http.request { url = 'http://no-such.invalid/' })\n"
        "raises('needs a url', http.request, {})\n"
        "raises('no option \"metod\"', http.request, { metod = 'GET' })\n"
        "raises('no option', http.request, { 'http://x' })\n"
        "raises('no such method', http.request, { url = 'x', method = 'get' "
        "})\n"
        "raises('in seconds', http.request, { url = 'x', timeout = 800 })\n"
        "raises('in seconds', http.request, { url = 'x', timeout = 0/0 })\n"
        "raises('redirects', http.request, { url = 'x', redirects = 4 })\n"
        "raises('max_bytes', http.request, { url = 'x', max_bytes = 1e9 })\n"
        "raises('body', http.request, { url = 'x', body = {} })\n"
        "local function header(name, value)\n"
        "  return http.request, { url = 'x', headers = { [name] = value } }\n"
        "end\n"
        "raises('cannot be set', header('Host', 'x'))\n"
        "raises('cannot be set', header('content-length', '1'))\n"
        "raises('cannot be set', header('Transfer-Encoding', 'chunked'))\n"
        "raises('cannot be set', header('A b', 'x'))\n"
        "raises('cannot be set', header('A\\r\\nB', 'x'))\n"
        "raises('cannot be set', header('', 'x'))\n"
        "raises('cannot be set', header(1, 'x'))\n"
        "raises('control character', header('A', 'x\\r\\nB: y'))\n"
        "raises('control character', header('A', 'x\\0'))\n",
        web.port);
    lua(source);
    assert_int_equal(web.connections, 0);
}

TEST_WITH(signatures, set_up, tear_down)
{
    lua("local url = 'https://example.com/myapp.php?foo=1&bar=2'\n"
        "local form = { CallSid = 'CA1234567890ABCDE', Digits = 1234, "
        "  Caller = '+14158675310', From = '+14158675310', "
        "  To = { '+18005551212' } }\n"
        "local signed = 'L/OH5YylLD5NRKLltdqwSvS0BnU='\n"
        "assert(twilio.sign(url, form) == signed)\n"
        "assert(twilio.valid_signature(url, form, signed) == true)\n"
        "form.Digits = 1235\n"
        "assert(twilio.valid_signature(url, form, signed) == false)\n"
        "assert(twilio.valid_signature(url, form, nil) == false)\n"
        "form.Digits = 1234\n"
        "assert(twilio.valid_signature(url, form, signed .. '\\0') == false)\n"
        "assert(twilio.valid_signature(url .. '\\0', form, signed) == false)\n"
        "raises('NUL', twilio.sign, url .. '\\0', form)\n"
        "assert(twilio.valid_signature(url, nil, twilio.sign(url)))\n"
        "assert(twilio.valid_signature(url, { a = { 'y', 'x', 'y' } }, "
        "  twilio.sign(url .. 'axay')))\n"
        "assert(twilio.sign(url, { a = 5.0, b = true }) == "
        "  twilio.sign(url .. 'a5btrue'))\n"
        "raises('cannot be a table', twilio.sign, url, { a = { {} } })\n"
        "raises('cannot be a function', twilio.sign, url, { a = print })\n"
        "raises('has to be a string', twilio.sign, url, { 'a' })\n"
        "local many = {}\n"
        "for i = 1, 257 do many['p' .. i] = i end\n"
        "raises('parameters', twilio.sign, url, many)\n"
        "raises('parameters', twilio.sign, url, "
        "  { a = table.move(many, 1, 0, 1, {}), b = { table.unpack("
        "  (function() local t = {} for i = 1, 300 do t[i] = i end "
        "  return t end)()) } })\n");
    config.sandbox = 0;
    lua("raises('sandbox only', twilio.sign, 'https://x')");
    config.sandbox = 1;
}

TEST_WITH(access_tokens, set_up, tear_down)
{
    lua("local text = twilio.access_token { identity = 'user_42' }\n"
        "local parts = {}\n"
        "for part in text:gmatch('[^.]+') do parts[#parts + 1] = part end\n"
        "local header = json.decode(crypto.base64url_decode(parts[1]))\n"
        "assert(header.alg == 'HS256' and header.typ == 'JWT' and "
        "  header.cty == 'twilio-fpa;v=1')\n"
        "local claims = json.decode(crypto.base64url_decode(parts[2]))\n"
        "assert(claims.grants.identity == 'user_42')\n"
        "assert(claims.grants.voice.incoming.allow == true)\n"
        "assert(claims.grants.voice.outgoing.application_sid == 'AP1')\n"
        "assert(claims.exp - claims.iat == 3600 and claims.nbf == nil)\n"
        "assert(claims.jti == 'SK1-' .. claims.iat and claims.iss == 'SK1')\n"
        "assert(parts[3] == crypto.base64url(crypto.hmac_sha256("
        "  'a secret of more than thirty-two bytes', "
        "  parts[1] .. '.' .. parts[2])))\n"
        "raises('letters', twilio.access_token, { identity = 'a b' })\n"
        "raises('NUL', twilio.access_token, { identity = 'a\\0b' })\n"
        "raises('seconds', twilio.access_token, "
        "  { identity = 'a', ttl = 86401 })\n"
        "raises('string expected', twilio.access_token, {})\n");
    config.twilio_api_key = none;
    lua("fails('not_configured', twilio.access_token { identity = 'a' })");
    config.twilio_api_key = key;
}

TEST_WITH(rest_calls, set_up, tear_down)
{
    lua("local body, a, b, status = twilio.request('POST', "
        "  'IncomingPhoneNumbers', { PhoneNumber = '+15105550100', "
        "  VoiceEnabled = true, "
        "  StatusCallbackEvent = { 'initiated', 'completed' } })\n"
        "assert(body.sid == 'PN1' and math.type(body.n) == 'integer')\n"
        "assert(a == nil and b == nil and status == 201)\n");
    assert_true(loopback_saw(
        &web, "\r\n\r\nPhoneNumber=%2B15105550100&StatusCallbackEvent=initiated"
              "&StatusCallbackEvent=completed&VoiceEnabled=true"));
    lua("local message, status = "
        "  fails('twilio:21422', twilio.request('POST', 'Taken', {}))\n"
        "assert(status == 400 and message:find('21422: taken', 1, true))\n"
        "message, status = fails('malformed', twilio.request('GET', 'Html'))\n"
        "assert(status == 200)\n"
        "fails('malformed', twilio.request('GET', 'Text'))\n"
        "fails('path', twilio.request('GET', 'Calls/../x'))\n"
        "raises('NUL', twilio.request, 'GET', 'Calls\\0/x')\n"
        "local gone, _, _, code = twilio.request('DELETE', 'Gone')\n"
        "assert(next(gone) == nil and code == 204)\n"
        "raises('invalid option', twilio.request, 'PUT', 'Calls')\n"
        "raises('cannot be a table', twilio.request, 'GET', 'Calls', "
        "  { a = { {} } })\n");
    config.twilio_account_sid = none;
    lua("fails('not_configured', twilio.request('GET', 'Calls'))\n"
        "fails('not_configured', twilio.list('Calls', nil, 'calls'))\n");
    config.twilio_account_sid = account;
}

TEST_WITH(lists_go_through_all_pages, set_up, tear_down)
{
    lua("local list = twilio.list('Calls', { Status = 'busy' }, 'calls')\n"
        "assert(#list == 3 and list[3].sid == 'CA3')\n"
        "list = twilio.list('Calls', nil, 'calls', 2)\n"
        "assert(#list == 2 and list[2].sid == 'CA2')\n"
        "list = twilio.list('Calls', nil, 'calls', 1)\n"
        "assert(#list == 1)\n"
        "fails('malformed', twilio.list('Calls', nil, 'recordings'))\n"
        "fails('malformed', twilio.list('Endless', nil, 'calls'))\n"
        "fails('path', twilio.list('Foreign', nil, 'calls'))\n"
        "local message, status = fails('twilio:21422', "
        "  twilio.list('Taken', nil, 'calls'))\n"
        "assert(status == 400)\n");
    lua("local params = { To = 'x' }\n"
        "twilio.list('Calls', params, 'calls', 2)\n"
        "assert(params.PageSize == nil)\n");
    assert_true(loopback_saw(&web, "Calls.json?PageSize=2&To=x "));
    lua("twilio.list('Calls', { PageSize = 7 }, 'calls', 2)\n");
    assert_true(loopback_saw(&web, "Calls.json?PageSize=7 "));
}

TEST_WITH(a_request_ends_before_the_budget, set_up, tear_down)
{
    int64_t began = hs_monotonic_ms();

    /* It is told in time and can still act on it. */
    lua_within("fails('timeout', twilio.request('GET', 'Slow'))", 300);
    assert_in_range(hs_monotonic_ms() - began, 200, lenient(600));
}

TEST_WITH(nothing_reaches_the_network_in_a_trial, set_up, tear_down)
{
    hs_host(hs_vm_state(vm))->trial = 1;
    lua("local text = 'not available while loading'\n"
        "raises(text, twilio.request, 'GET', 'Calls')\n"
        "raises(text, twilio.list, 'Calls', nil, 'calls')\n"
        "raises(text, http.request, { url = 'http://example.com/' })\n");
    hs_host(hs_vm_state(vm))->trial = 0;
}

TEST_WITH(session_tokens, set_up, tear_down)
{
    config.jwt_issuer = issuer;
    config.jwt_audience = audience;
    lua("local claims = { sub = '42', n = 7 }\n"
        "local text = jwt.sign(claims, { key = 'session', expires = 60 })\n"
        "assert(claims.exp == nil)\n"
        "local got = jwt.verify(text, { key = 'session' })\n"
        "assert(got.sub == '42' and math.type(got.n) == 'integer')\n"
        "assert(got.iss == 'hookswitch-session' and got.aud == nil)\n"
        "assert(got.exp - got.iat == 60)\n"
        "local other = jwt.sign(claims, { key = 'api', expires = 60 })\n"
        "got = jwt.verify(other, { key = 'api' })\n"
        "assert(got.sub == '42' and got.iss == 'us' and got.aud == 'app')\n"
        "fails('wrong_issuer', jwt.verify(text, { key = 'api' }))\n"
        "fails('wrong_issuer', jwt.verify(other, { key = 'session' }))\n"
        "fails('bad_signature', jwt.verify(text:sub(1, -3) .. 'AA', "
        "  { key = 'session' }))\n"
        "fails('malformed', jwt.verify('', { key = 'session' }))\n"
        "fails('wrong_issuer', jwt.verify(jwt.sign({ iss = 'x' }, "
        "  { key = 'api' }), { key = 'api' }))\n"
        "raises('no such key', jwt.verify, text, { key = 'other' })\n"
        "raises('no such key', jwt.verify, text, {})\n"
        "raises('expires', jwt.sign, {}, { key = 'session', expires = 0 })\n"
        "raises('name has to be', jwt.sign, { 1 }, { key = 'session' })\n");
    config.jwt_issuer = config.jwt_audience = none;
}

TEST_WITH(without_keys, set_up, tear_down)
{
    const struct hs_jwt_key *before = host.session_key;
    struct hs_signer *signer = host.signer;

    tear_down(state);
    host.session_key = NULL;
    host.signer = NULL;
    config.jwt_secret = none;
    set_up(state);
    lua("raises('jwt_secret', jwt.sign, {}, { key = 'session' })\n"
        "raises('cannot be used', jwt.verify, '', { key = 'api' })\n"
        "raises('twilio_auth_token', twilio.valid_signature, 'x', nil, 'y')\n");
    host.session_key = before;
    host.signer = signer;
    config.jwt_secret = secret;
}

/* Fails the n-th allocation from now on, once. */
struct budget {
    long left;
};

static void *starve(void *ctx, void *ptr, size_t old, size_t size)
{
    struct budget *budget = ctx;

    (void)old;
    if (size == 0) {
        free(ptr);
        return NULL;
    }
    if ((!ptr || size > old) && budget->left-- == 0)
        return NULL;
    return realloc(ptr, size);
}

static int l_starved(lua_State *L)
{
    l_glue_open(L);
    l_host_set(L, &host);
    l_open(L);
    /* A line for each binding that holds something while Lua may raise. */
    if (luaL_dostring(
            L, "crypto.hmac_sha1('k', 'd') crypto.sha256('a', 'b') "
               "crypto.base64(('x'):rep(500)) crypto.base64url('x') "
               "crypto.base64_decode('Zm9v') crypto.base64url_decode('_') "
               "crypto.random(3) crypto.hex('x') "
               "local t = jwt.sign({ sub = '1' }, { key = 'session' }) "
               "jwt.verify(t, { key = 'api' }) jwt.verify('x', { key = 'api' })"
               "twilio.access_token { identity = 'a' } "
               "local s = twilio.sign('https://x/', { a = { 1, 2 }, b = 3 }) "
               "twilio.valid_signature('https://x/', { b = 3 }, s) "
               "twilio.request('POST', 'Numbers', { a = { 1, 2 } }) "
               "twilio.request('GET', 'Taken') "
               "twilio.list('Calls', nil, 'calls') "
               "http.request { url = 'http://127.0.0.1/', "
               "  headers = { A = 'b', C = '' } } "
               "tz.local_time('America/Denver', 0) tz.exists('Nowhere')") !=
        LUA_OK)
        lua_error(L);
    return 0;
}

TEST_CASE(no_allocation_that_fails_leaks)
{
    /* Opening the standard libraries is not ours to test: begin late. */
    for (long n = 0;; n++) {
        struct budget budget = {n};
        lua_State *L = lua_newstate(starve, &budget);
        int status;

        if (!L)
            continue;
        lua_pushcfunction(L, l_starved);
        status = lua_pcall(L, 0, 0, 0);
        if (status != LUA_OK && status != LUA_ERRMEM)
            fail_msg("allocation %ld: %s", n, lua_tostring(L, -1));
        lua_close(L);
        if (status == LUA_OK && budget.left >= 0) {
            assert_true(n > 300);
            break;
        }
    }
}

static int start(void **state)
{
    (void)state;
    (void)signal(SIGPIPE, SIG_IGN);
    if (loopback_start(&web, answer, 0) != 0)
        return -1;
    (void)snprintf(base_url, sizeof base_url, "http://127.0.0.1:%d", web.port);
    host.signer = hs_signer_new(token, server_url);
    host.session_key = hs_jwt_key_new("HS256", secret, strlen(secret), NULL);
    return host.signer && host.session_key ? 0 : -1;
}

static int end(void **state)
{
    (void)state;
    hs_signer_free(host.signer);
    hs_jwt_key_free((struct hs_jwt_key *)(uintptr_t)host.session_key);
    loopback_stop(&web);
    return 0;
}

int main(void)
{
    return cmocka_run_group_tests(tests, start, end);
}
