/* http.c: the Lua module http: requests to URLs that scripts choose. Only
 * public addresses, no redirects unless asked for, a limit on everything. */
#include <string.h>
#include <strings.h>

#include <lauxlib.h>
#include <lua.h>

#include "lib/fetch.h"
#include "script/bind/binds.h"
#include "script/bind/net.h"
#include "script/glue/glue.h"
#include "script/host.h"
#include "script/rule_vm/watchdog.h"

#define FETCH "hs.http.fetch"
/* Connections of their own: another request must not find one into a private
 * network. */
#define FETCH_TRUSTED "hs.http.fetch.trusted"
#define TIMEOUT_SECONDS 5
#define TIMEOUT_MAX_SECONDS 30
#define BODY_BYTES (1024 * 1024)
#define BODY_MAX_BYTES (4 * 1024 * 1024)
#define REDIRECTS_MAX 3
#define HEADERS_MAX 32
/* Time left for Lua to handle "timeout" before it is stopped itself. */
#define MARGIN_MS 10

int l_net_time(lua_State *L, const char *who, int wanted)
{
    int64_t left;

    if (hs_host(L)->trial)
        return luaL_error(L, "%s is not available while loading", who);
    left = hs_watch_left_ns() / 1000000 - MARGIN_MS;
    if (left < 1)
        return 1;
    return left < wanted ? (int)left : wanted;
}

static void free_fetch(void *fetch)
{
    hs_fetch_free(fetch);
}

struct hs_fetch *l_net_fetch(lua_State *L, const char *key, int public_only)
{
    struct hs_fetch *fetch = l_kept_under(L, key);
    void **cell;

    if (fetch)
        return fetch;
    cell = l_keep_under(L, key, free_fetch);
    *cell = hs_fetch_new(public_only);
    if (!*cell)
        luaL_error(L, "not enough memory");
    return *cell;
}

/* A misspelled option would otherwise mean a request without a limit. */
static void check_options(lua_State *L)
{
    static const char *const known[] = {"url",       "method",      "headers",
                                        "body",      "timeout",     "redirects",
                                        "max_bytes", "lookup_hosts"};

    for (lua_pushnil(L); lua_next(L, 1); lua_pop(L, 1)) {
        const char *name =
            lua_type(L, -2) == LUA_TSTRING ? lua_tostring(L, -2) : "?";
        int found = 0;

        for (size_t i = 0; i < sizeof known / sizeof *known; i++)
            found |= strcmp(name, known[i]) == 0;
        if (!found)
            luaL_error(L, "http.request has no option \"%s\"", name);
    }
}

/* An integer option of the table at 1. */
static int l_integer_option(lua_State *L, const char *name, int fallback,
                            int most)
{
    lua_Integer value = fallback;
    int exact = 1;

    if (lua_getfield(L, 1, name) != LUA_TNIL)
        value = lua_tointegerx(L, -1, &exact);
    lua_pop(L, 1);
    if (!exact || value < 0 || value > most)
        luaL_error(L, "http.request: %s is an integer from 0 to %d", name,
                   most);
    return (int)value;
}

/* May it go to lookup_hosts? Lookups always may. */
static int l_is_trusted(lua_State *L)
{
    int wanted;

    lua_getfield(L, 1, "lookup_hosts");
    wanted = lua_toboolean(L, -1);
    lua_pop(L, 1);
    return wanted || hs_host(L)->lookup;
}

static int l_timeout_option(lua_State *L)
{
    lua_Number seconds = TIMEOUT_SECONDS;
    int is_number = 1;

    if (lua_getfield(L, 1, "timeout") != LUA_TNIL)
        seconds = lua_tonumberx(L, -1, &is_number);
    lua_pop(L, 1);
    if (!is_number || !(seconds > 0 && seconds <= TIMEOUT_MAX_SECONDS))
        luaL_error(L, "http.request: timeout is in seconds, at most %d",
                   TIMEOUT_MAX_SECONDS);
    return (int)(seconds * 1000) + 1;
}

/* The string option `name`, which stays in the table; NULL when absent. */
static const char *l_text_option(lua_State *L, const char *name, size_t *len)
{
    const char *text = NULL;

    if (lua_getfield(L, 1, name) != LUA_TNIL) {
        if (lua_type(L, -1) != LUA_TSTRING)
            luaL_error(L, "http.request: %s has to be a string", name);
        text = lua_tolstring(L, -1, len);
    }
    lua_pop(L, 1);
    return text;
}

static const char *check_method(lua_State *L)
{
    static const char *const known[] = {"GET",   "HEAD",   "POST",   "PUT",
                                        "PATCH", "DELETE", "OPTIONS"};
    size_t len;
    const char *given = l_text_option(L, "method", &len);

    if (!given)
        return known[0];
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (strcmp(given, known[i]) == 0)
            return known[i];
    }
    luaL_error(L, "http.request: no such method \"%s\"", given);
    return NULL;
}

/* Scripts may not set headers that decide where a message begins, ends or goes.
 * */
static int is_ours(const char *name)
{
    static const char *const ours[] = {
        "host",       "content-length", "transfer-encoding",
        "connection", "expect",         "upgrade",
        "te",         "trailer",
    };

    for (size_t i = 0; i < sizeof ours / sizeof *ours; i++) {
        if (strcasecmp(name, ours[i]) == 0)
            return 1;
    }
    return 0;
}

static int is_token(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)text[i];

        if (c <= ' ' || c >= 0x7F || strchr("()<>@,;:\\\"/[]?={}", c))
            return 0;
    }
    return len > 0;
}

static int is_value(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)text[i];

        if ((c < ' ' && c != '\t') || c == 0x7F)
            return 0;
    }
    return 1;
}

/* Push "Name: value" for the pair at the top of the stack; raises if it would
 * smuggle something. */
static const char *push_line(lua_State *L)
{
    size_t name_len = 0, len = 0;
    const char *name = NULL, *value;

    if (lua_type(L, -2) == LUA_TSTRING)
        name = lua_tolstring(L, -2, &name_len);
    if (!name || !is_token(name, name_len) || is_ours(name))
        luaL_error(L, "http.request: the header \"%s\" cannot be set",
                   name ? name : "?");
    value = luaL_tolstring(L, -1, &len);
    if (!is_value(value, len))
        luaL_error(L, "http.request: the header \"%s\" has a control character",
                   name);
    /* libcurl's way of writing a header without a value */
    if (len == 0)
        lua_pushfstring(L, "%s;", name);
    else
        lua_pushfstring(L, "%s: %s", name, value);
    lua_remove(L, -2);
    return lua_tostring(L, -1);
}

/* The headers as libcurl wants them, or NULL. The list and its strings stay on
 * the stack, in two slots. */
static const char *const *push_headers(lua_State *L)
{
    const char **list;
    int count = 0, options;

    lua_newtable(L); /* keeps the lines */
    list = lua_newuserdatauv(L, (HEADERS_MAX + 1) * sizeof *list, 0);
    if (lua_getfield(L, 1, "headers") == LUA_TNIL) {
        lua_pop(L, 1);
        return NULL;
    }
    options = lua_gettop(L);
    luaL_argcheck(L, lua_istable(L, options), 1, "headers is a table");
    for (lua_pushnil(L); lua_next(L, options); lua_pop(L, 1)) {
        if (count == HEADERS_MAX)
            luaL_error(L, "http.request: at most %d headers", HEADERS_MAX);
        list[count++] = push_line(L);
        lua_rawseti(L, options - 2, count);
    }
    list[count] = NULL;
    lua_pop(L, 1);
    return list;
}

/* Set headers[name] at the top; a repeated one is joined, as HTTP allows. */
static void l_set_header(lua_State *L, const struct hs_fetch_header *header)
{
    if (lua_getfield(L, -1, header->name) == LUA_TSTRING) {
        lua_pushfstring(L, ", %s", header->value);
        lua_concat(L, 2);
    } else {
        lua_pop(L, 1);
        lua_pushstring(L, header->value);
    }
    lua_setfield(L, -2, header->name);
}

static void push_answer(lua_State *L, const struct hs_fetch_answer *answer)
{
    lua_createtable(L, 0, 3);
    lua_pushinteger(L, answer->status);
    lua_setfield(L, -2, "status");
    lua_pushlstring(L, answer->body, answer->body_len);
    lua_setfield(L, -2, "body");
    lua_createtable(L, 0, (int)answer->header_count);
    for (size_t i = 0; i < answer->header_count; i++)
        l_set_header(L, &answer->headers[i]);
    lua_setfield(L, -2, "headers");
}

/* http.request{url=, method=, headers=, body=, timeout=, redirects=,
 * max_bytes=, lookup_hosts=}: {status, headers, body}, or nil, message, code.
 */
static int l_request(lua_State *L)
{
    struct hs_fetch_request request = {0};
    struct hs_fetch_answer answer;
    struct hs_error err = {0};
    struct hs_fetch *fetch;
    size_t len;
    int trusted;

    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 1);
    check_options(L);
    trusted = l_is_trusted(L);
    request.url = l_text_option(L, "url", &len);
    if (!request.url)
        return luaL_error(L, "http.request needs a url");
    if (strlen(request.url) != len)
        return l_fail(L, "malformed", "the url has a NUL in it");
    request.method = check_method(L);
    request.body = l_text_option(L, "body", &request.body_len);
    request.max_body =
        (size_t)l_integer_option(L, "max_bytes", BODY_BYTES, BODY_MAX_BYTES);
    request.redirects = l_integer_option(L, "redirects", 0, REDIRECTS_MAX);
    request.timeout_ms = l_timeout_option(L);
    request.headers = push_headers(L);
    fetch = l_net_fetch(L, trusted ? FETCH_TRUSTED : FETCH, 1);
    if (trusted)
        hs_fetch_trust(fetch, hs_host(L)->config->lookup_hosts);
    request.timeout_ms = l_net_time(L, "http.request", request.timeout_ms);
    request.connect_timeout_ms = request.timeout_ms;
    if (hs_fetch(fetch, &request, &answer, &err) != 0)
        return l_fail(L, err.code, "%s", err.message);
    push_answer(L, &answer);
    return 1;
}

static const luaL_Reg functions[] = {
    {"request", l_request},
    {NULL, NULL},
};

int l_open_http(lua_State *L)
{
    luaL_newlib(L, functions);
    return 1;
}
