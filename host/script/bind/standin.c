/* standin.c: the Lua module standin: what the sandbox's stand-in for Twilio
 * needs besides the other modules. Outside the sandbox its functions raise.
 *
 * The stand-in talks to our own server, and this is the only way to reach it:
 * http refuses local addresses, and should. */
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <lauxlib.h>
#include <lua.h>

#include "base/config/credentials.h"
#include "base/metrics.h"
#include "lib/crypt.h"
#include "lib/fetch.h"
#include "script/bind/binds.h"
#include "script/bind/net.h"
#include "script/glue/glue.h"
#include "script/host.h"

#define FETCH "hs.standin.fetch"
#define SLOT "hs.standin.slot"
#define TIMEOUT_MS 15000 /* as long as Twilio waits for a webhook */
#define ANSWER_BYTES ((size_t)4 << 20)
#define HEADERS_MAX 16
#define URL_BYTES 4096
#define SLEEP_MAX_MS 25000

/* Calls being played. Each occupies a worker and needs another one to answer
 * it, so they must not use up all workers. */
static atomic_int playing;

static const struct hs_config *check_sandbox(lua_State *L)
{
    const struct hs_config *config = hs_host(L)->config;

    if (!config->sandbox)
        luaL_error(L, "standin exists in the sandbox only");
    return config;
}

static int same(const char *a, size_t a_len, const char *b)
{
    return *b && hs_equal(a, a_len, b, strlen(b));
}

/* standin.is_account(user, password): are these our account's credentials, its
 * own or an API key's? */
static int l_is_account(lua_State *L)
{
    const struct hs_config *config = check_sandbox(L);
    size_t user_len, password_len;
    const char *user = luaL_checklstring(L, 1, &user_len);
    const char *password = luaL_checklstring(L, 2, &password_len);
    struct hs_credentials keys = hs_credentials_now(config);
    int account = same(user, user_len, config->twilio_account_sid) &&
                  (same(password, password_len, keys.auth_token) ||
                   same(password, password_len, keys.auth_token_secondary));
    int key = same(user, user_len, keys.api_key) &&
              same(password, password_len, keys.api_secret);

    lua_pushboolean(L, account || key);
    return 1;
}

/* standin.sleep(ms): wait, as a slow server does. Returns false when the server
 * is stopping. */
static int l_sleep(lua_State *L)
{
    lua_Integer ms = luaL_checkinteger(L, 1);
    struct timespec left;
    int allowed;

    check_sandbox(L);
    luaL_argcheck(L, ms >= 0 && ms <= SLEEP_MAX_MS, 1, "0 to 25000");
    allowed = l_net_time(L, "standin.sleep", (int)ms);
    left.tv_sec = allowed / 1000;
    left.tv_nsec = (long)(allowed % 1000) * 1000000;
    while (clock_nanosleep(CLOCK_MONOTONIC, 0, &left, &left) != 0)
        continue;
    lua_pushboolean(L, hs_gauge_get(HS_G_DRAINING) == 0);
    return 1;
}

static int l_release(lua_State *L)
{
    int *held = lua_touserdata(L, 1);

    if (*held) {
        *held = 0;
        atomic_fetch_sub(&playing, 1);
    }
    return 0;
}

/* standin.slot(): room to play a call, to keep in a <close> variable; nil if
 * half the workers are already playing calls. */
static int l_slot(lua_State *L)
{
    const struct hs_config *config = check_sandbox(L);
    int *held = lua_newuserdatauv(L, sizeof *held, 0);

    *held = 0;
    if (luaL_newmetatable(L, SLOT)) {
        lua_pushcfunction(L, l_release);
        lua_setfield(L, -2, "__close");
        lua_pushcfunction(L, l_release);
        lua_setfield(L, -2, "__gc");
    }
    lua_setmetatable(L, -2);
    if (atomic_fetch_add(&playing, 1) < config->workers / 2) {
        *held = 1;
        return 1;
    }
    atomic_fetch_sub(&playing, 1);
    lua_pushnil(L);
    return 1;
}

/* The header lines at `arg` as libcurl wants them; the list stays on the stack
 * and keeps the strings. */
static const char *const *push_headers(lua_State *L, int arg)
{
    lua_Integer count = luaL_len(L, arg);
    const char **list;

    luaL_argcheck(L, count <= HEADERS_MAX, arg, "too many headers");
    list = lua_newuserdatauv(L, (HEADERS_MAX + 1) * sizeof *list, 0);
    for (lua_Integer i = 1; i <= count; i++) {
        if (lua_geti(L, arg, i) != LUA_TSTRING)
            luaL_argerror(L, arg, "a header is not a string");
        list[i - 1] = lua_tostring(L, -1);
        luaL_argcheck(L, !strpbrk(list[i - 1], "\r\n"), arg,
                      "a header has a line end");
        lua_pop(L, 1);
    }
    list[count] = NULL;
    return list;
}

/* The URL of a target ("/api/twilio/twiml?step=after") on our own server. */
static void check_url(lua_State *L, const char *target, char *out)
{
    const char *port = strrchr(hs_host(L)->config->listen, ':');
    int len;

    luaL_argcheck(L, *target == '/', 2, "begins with a slash");
    len = snprintf(out, URL_BYTES, "http://127.0.0.1%s%s", port ? port : "",
                   target);
    luaL_argcheck(L, len > 0 && len < URL_BYTES, 2, "too long");
}

/* standin.request(method, target, headers, body or nil): a request to our own
 * server. Its status, body and Content-Type; or nil, message, code. */
static int l_request(lua_State *L)
{
    struct hs_fetch_request request = {0};
    struct hs_fetch_answer answer;
    struct hs_error err = {0};
    char url[URL_BYTES];
    struct hs_fetch *fetch;

    check_sandbox(L);
    request.method = luaL_checkstring(L, 1);
    check_url(L, luaL_checkstring(L, 2), url);
    luaL_checktype(L, 3, LUA_TTABLE);
    request.body = luaL_optlstring(L, 4, NULL, &request.body_len);
    lua_settop(L, 4);
    request.url = url;
    request.headers = push_headers(L, 3);
    request.timeout_ms = l_net_time(L, "standin.request", TIMEOUT_MS);
    request.max_body = ANSWER_BYTES;
    fetch = l_net_fetch(L, FETCH, 0);
    if (hs_fetch(fetch, &request, &answer, &err) != 0)
        return l_fail(L, err.code, "%s", err.message);
    lua_pushinteger(L, answer.status);
    lua_pushlstring(L, answer.body, answer.body_len);
    lua_pushstring(L, hs_fetch_header(&answer, "content-type"));
    return 3;
}

static const luaL_Reg functions[] = {
    {"is_account", l_is_account}, {"sleep", l_sleep}, {"slot", l_slot},
    {"request", l_request},       {NULL, NULL},
};

int l_open_standin(lua_State *L)
{
    luaL_newlib(L, functions);
    return 1;
}
