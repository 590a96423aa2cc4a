/* twilio.c: the Lua module twilio. Scripts ask for a check, a token or a
 * REST call; they never see a key. */
#include <string.h>

#include <lauxlib.h>
#include <lua.h>

#include "base/clock.h"
#include "base/config/credentials.h"
#include "script/bind/binds.h"
#include "script/bind/net.h"
#include "script/glue/glue.h"
#include "script/glue/own_buf.h"
#include "script/glue/params.h"
#include "script/glue/use_json.h"
#include "script/host.h"
#include "twilio/rest.h"
#include "twilio/signature.h"
#include "twilio/token.h"

#define REST "hs.twilio.rest"
#define PAGES_MAX 1000
#define PAGE_SIZE 1000 /* Twilio's maximum */

/* A string argument without NULs, since C reads up to the first one. */
static const char *check_text(lua_State *L, int arg)
{
    size_t len;
    const char *text = luaL_checklstring(L, arg, &len);

    luaL_argcheck(L, strlen(text) == len, arg, "there is a NUL in it");
    return text;
}

static struct hs_signer *check_signer(lua_State *L)
{
    struct hs_signer *signer = hs_host(L)->signer;

    if (!signer || !hs_signer_follow(signer, hs_host(L)->config))
        luaL_error(L, "twilio: there is no signature without "
                      "twilio_auth_token");
    return signer;
}

/* twilio.valid_signature(url, params or nil, header or nil): boolean. */
static int l_valid_signature(lua_State *L)
{
    size_t len;
    const char *url = luaL_checklstring(L, 1, &len);
    size_t header_len = 0;
    const char *header = luaL_optlstring(L, 3, NULL, &header_len);
    struct hs_signer *signer = check_signer(L);
    struct hs_form form;
    int valid;

    lua_settop(L, 3);
    if (header && strlen(header) != header_len)
        header = NULL;
    hs_params_push_form(L, 2, &form);
    valid = hs_signature_valid_url(signer, url, len, &form, header);
    if (valid < 0)
        return luaL_error(L, "not enough memory");
    lua_pushboolean(L, valid);
    return 1;
}

/* twilio.sign(url, params or nil): the header, for the sandbox's stand-in. */
static int l_sign(lua_State *L)
{
    const char *url = check_text(L, 1);
    struct hs_signer *signer;
    struct hs_form form;
    char signature[29];

    if (!hs_host(L)->config->sandbox)
        return luaL_error(L, "twilio.sign exists in the sandbox only");
    signer = check_signer(L);
    lua_settop(L, 2);
    hs_params_push_form(L, 2, &form);
    if (hs_signature_make(signer, url, &form, signature) != 0)
        return luaL_error(L, "not enough memory");
    lua_pushstring(L, signature);
    return 1;
}

/* twilio.access_token{identity=, ttl=}: a token for a browser, or nil, message,
 * "not_configured". */
static int l_access_token(lua_State *L)
{
    const struct hs_config *config = hs_host(L)->config;
    struct hs_credentials keys = hs_credentials_now(config);
    struct hs_access_token token = {
        .account_sid = config->twilio_account_sid,
        .key_sid = keys.api_key,
        .key_secret = keys.api_secret,
        .region = config->twilio_region,
        .app_sid = config->twilio_app_sid,
        .now = hs_now_ms() / 1000,
    };
    struct hs_error err = {0};
    struct hs_buf *out;

    luaL_checktype(L, 1, LUA_TTABLE);
    lua_getfield(L, 1, "identity");
    token.identity = check_text(L, -1);
    lua_getfield(L, 1, "ttl");
    token.ttl = luaL_optinteger(L, -1, config->token_seconds);
    out = l_own_buf(L);
    if (hs_access_token_make(&token, out, &err) != 0) {
        if (strcmp(err.code, "not_configured") == 0)
            return l_fail(L, err.code, "%s", err.message);
        return luaL_error(L, "twilio.access_token: %s", err.message);
    }
    lua_pushlstring(L, out->data, out->len);
    return 1;
}

static void free_rest(void *rest)
{
    hs_rest_free(rest);
}

/* This VM's REST client, made on first use. */
static struct hs_rest *l_own_rest(lua_State *L)
{
    struct hs_rest *rest = l_kept_under(L, REST);
    void **cell;

    if (rest)
        return rest;
    cell = l_keep_under(L, REST, free_rest);
    *cell = hs_rest_new(hs_host(L)->config);
    if (!*cell)
        luaL_error(L, "not enough memory");
    return *cell;
}

/* nil, message, code and the status Twilio answered with, if it did. */
static int l_fail_by(lua_State *L, const struct hs_error *err, int status)
{
    l_fail(L, err->code, "%s", err->message);
    if (status > 0)
        lua_pushinteger(L, status);
    else
        lua_pushnil(L);
    return 4;
}

/* One request. Pushes the decoded body and returns 1, or pushes what fail()
 * pushes and returns 4, or 5 if a 429 says how many seconds to wait. */
static int l_send(lua_State *L, const struct hs_rest_request *wanted,
                  int *status)
{
    struct hs_rest *rest = l_own_rest(L);
    struct hs_rest_request out = *wanted;
    struct hs_rest_answer answer = {0};
    struct hs_error err = {0};
    int failed;

    if (out.timeout_ms <= 0 ||
        out.timeout_ms > hs_host(L)->config->twilio_timeout_ms)
        out.timeout_ms = (int)hs_host(L)->config->twilio_timeout_ms;
    out.timeout_ms = l_net_time(L, "twilio.request", out.timeout_ms);
    failed = hs_rest(rest, &out, &answer, &err) != 0;
    if (strcmp(out.method, "GET") != 0 && (!failed || answer.status == 0))
        hs_host(L)->changed = 1; /* without an answer, too, Twilio may have */
    if (failed) {
        l_fail_by(L, &err, answer.status);
        if (answer.retry_after < 0)
            return 4;
        lua_pushinteger(L, answer.retry_after);
        return 5;
    }
    *status = answer.status;
    if (answer.body_len == 0) { /* a deletion */
        lua_newtable(L);
        return 1;
    }
    if (hs_json_push_decoded(L, answer.body, answer.body_len)) {
        if (lua_istable(L, -1))
            return 1;
        lua_pop(L, 1);
    }
    hs_error_set(&err, "malformed", "Twilio's answer is not JSON");
    return l_fail_by(L, &err, answer.status);
}

static const char *check_method(lua_State *L, int arg)
{
    static const char *const known[] = {"GET", "POST", "DELETE", NULL};

    return known[luaL_checkoption(L, arg, NULL, known)];
}

/* twilio.request(method, path, params or nil, timeout_ms or nil): body, nil,
 * nil, status; or nil, message, code, status or nil, seconds to wait (of a 429
 * that says it). A path is
 * "IncomingPhoneNumbers" or "Calls/CA…", below the account, or begins with a
 * slash. The timeout can only shorten the configured one. */
static int l_request(lua_State *L)
{
    struct hs_rest_request wanted = {.method = check_method(L, 1),
                                     .path = check_text(L, 2)};
    lua_Integer timeout_ms = luaL_optinteger(L, 4, 0);
    int status = 0, results;

    luaL_argcheck(L, timeout_ms >= 0 && timeout_ms <= 60000, 4, "0 to 60000");
    wanted.timeout_ms = (int)timeout_ms;
    lua_settop(L, 3);
    wanted.params = l_params_push(L, 3, &wanted.count);
    results = l_send(L, &wanted, &status);
    if (results == 1) {
        lua_pushnil(L);
        lua_pushnil(L);
        lua_pushinteger(L, status);
        return 4;
    }
    return results;
}

/* twilio.date(): the Date header of any answer of Twilio's, or nil, message,
 * code. */
static int l_date(lua_State *L)
{
    static const struct hs_rest_request wanted = {
        .method = "GET", .path = "/2010-04-01/Accounts/{AC}.json"};
    struct hs_rest_request out = wanted;
    struct hs_rest *rest = l_own_rest(L);
    struct hs_rest_answer answer;
    struct hs_error err = {0};

    out.timeout_ms = l_net_time(L, "twilio.date",
                                (int)hs_host(L)->config->twilio_timeout_ms);
    if (hs_rest(rest, &out, &answer, &err) != 0 && !answer.date)
        return l_fail(L, err.code, "%s", err.message);
    if (!answer.date)
        return l_fail(L, "malformed", "Twilio's answer has no date");
    lua_pushstring(L, answer.date);
    return 1;
}

/* Move the elements of the page at the top, field `key`, into the list at
 * `into`, up to `limit`. Returns how many there are now; -1 when the page has
 * no such list. */
static lua_Integer l_take_page(lua_State *L, int into, const char *key,
                               lua_Integer limit)
{
    lua_Integer have = (lua_Integer)lua_rawlen(L, into), count;

    if (lua_getfield(L, -1, key) != LUA_TTABLE)
        return -1;
    count = (lua_Integer)lua_rawlen(L, -1);
    for (lua_Integer i = 1; i <= count && have < limit; i++) {
        lua_rawgeti(L, -1, i);
        lua_rawseti(L, into, ++have);
    }
    lua_pop(L, 1);
    return have;
}

/* Put the page's next_page_uri into slot `slot`; NULL after the last page. */
static const char *l_next_page(lua_State *L, int slot)
{
    if (lua_getfield(L, -1, "next_page_uri") != LUA_TSTRING) {
        lua_pop(L, 1);
        return NULL;
    }
    lua_replace(L, slot);
    return lua_tostring(L, slot);
}

/* Unless the caller sets PageSize: as many as wanted, if a page can hold them.
 * The table at `arg` is replaced by a copy. */
static void l_set_page_size(lua_State *L, int arg, lua_Integer limit)
{
    lua_newtable(L);
    if (!lua_isnil(L, arg)) {
        luaL_checktype(L, arg, LUA_TTABLE);
        for (lua_pushnil(L); lua_next(L, arg);) {
            lua_pushvalue(L, -2);
            lua_insert(L, -2);
            lua_settable(L, -4);
        }
    }
    if (lua_getfield(L, -1, "PageSize") == LUA_TNIL) {
        lua_pushinteger(L, limit < PAGE_SIZE ? limit : PAGE_SIZE);
        lua_setfield(L, -3, "PageSize");
    }
    lua_pop(L, 1);
    lua_replace(L, arg);
}

/* twilio.list(path, params or nil, key, limit or nil): the elements of `key`
 * ("calls", "incoming_phone_numbers") of all pages up to `limit`; or nil,
 * message, code, status. */
static int l_list(lua_State *L)
{
    struct hs_rest_request wanted = {.method = "GET", .path = check_text(L, 1)};
    const char *key = luaL_checkstring(L, 3);
    lua_Integer limit = luaL_optinteger(L, 4, LUA_MAXINTEGER);
    struct hs_error err = {0};
    lua_Integer have = 0;
    int list, status = 0;

    luaL_argcheck(L, limit > 0, 4, "at least 1");
    lua_settop(L, 4);
    l_set_page_size(L, 2, limit);
    wanted.params = l_params_push(L, 2, &wanted.count);
    lua_newtable(L);
    list = lua_gettop(L);
    for (int page = 0; wanted.path && have < limit; page++) {
        int results = l_send(L, &wanted, &status);

        if (results != 1)
            return results;
        have = l_take_page(L, list, key, limit);
        if (have < 0 || page == PAGES_MAX) {
            hs_error_set(&err, "malformed",
                         have < 0 ? "Twilio's answer has no list \"%.64s\""
                                  : "Twilio's list of \"%.64s\" has no end",
                         key);
            return l_fail_by(L, &err, status);
        }
        wanted.path = l_next_page(L, 1);
        wanted.count = 0; /* the next page's URI names them all */
        lua_settop(L, list);
    }
    return 1;
}

static const luaL_Reg functions[] = {
    {"valid_signature", l_valid_signature},
    {"sign", l_sign},
    {"access_token", l_access_token},
    {"request", l_request},
    {"date", l_date},
    {"list", l_list},
    {NULL, NULL},
};

int l_open_twilio(lua_State *L)
{
    luaL_newlib(L, functions);
    return 1;
}
