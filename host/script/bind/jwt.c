/* jwt.c: the Lua module jwt. Lua names keys and never sees them: "session"
 * signs and verifies our own tokens, "api" is the configured key of the host
 * application. */
#include "lib/jwt.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <lauxlib.h>
#include <lua.h>

#include "base/clock.h"
#include "script/bind/binds.h"
#include "script/glue/glue.h"
#include "script/glue/own_buf.h"
#include "script/glue/use_json.h"
#include "script/host.h"

#define API_KEY "hs.jwt.api"
#define LEEWAY_SECONDS 30
#define EXPIRES_MAX 315360000 /* ten years */

static void free_key(void *key)
{
    hs_jwt_key_free(key);
}

/* The host application's key, made on first use. */
static const struct hs_jwt_key *l_api_key(lua_State *L)
{
    const struct hs_config *config = hs_host(L)->config;
    const char *alg = config->jwt_algorithm;
    const char *text = config->jwt_public_keys ? config->jwt_public_keys : "";
    struct hs_error err = {0};
    void **cell;

    if (l_kept_under(L, API_KEY))
        return l_kept_under(L, API_KEY);
    if (strcmp(alg, "HS256") == 0)
        text = config->jwt_secret;
    cell = l_keep_under(L, API_KEY, free_key);
    *cell = hs_jwt_key_new(alg, text, strlen(text), &err);
    if (!*cell)
        luaL_error(L, "jwt: the key \"api\" cannot be used: %s", err.message);
    return *cell;
}

/* The key named in the options at `arg`. */
static const struct hs_jwt_key *check_key(lua_State *L, int arg)
{
    const char *name;

    luaL_checktype(L, arg, LUA_TTABLE);
    lua_getfield(L, arg, "key");
    name = lua_tostring(L, -1);
    if (name && strcmp(name, "api") == 0)
        return l_api_key(L);
    if (!name || strcmp(name, "session") != 0)
        luaL_error(L, "jwt: no such key: use \"session\" or \"api\"");
    if (!hs_host(L)->session_key)
        luaL_error(L, "jwt: there is no key \"session\": jwt_secret is not "
                      "set");
    return hs_host(L)->session_key;
}

/* Set a claim of the table at the top, unless it is there already or `value` is
 * empty. */
static void l_default_claim(lua_State *L, const char *name, const char *value)
{
    int missing = lua_getfield(L, -1, name) == LUA_TNIL;

    lua_pop(L, 1);
    if (missing && value[0]) {
        lua_pushstring(L, value);
        lua_setfield(L, -2, name);
    }
}

/* Push a copy of the claims at 1 with iat, exp, and the issuer and audience
 * that verifying requires. */
static void push_claims(lua_State *L, const struct hs_jwt_key *key,
                        int64_t expires)
{
    const struct hs_config *config = hs_host(L)->config;
    int64_t now = hs_now_ms() / 1000;

    lua_newtable(L);
    for (lua_pushnil(L); lua_next(L, 1);) {
        if (lua_type(L, -2) != LUA_TSTRING)
            luaL_error(L, "jwt.sign: a claim's name has to be a string");
        lua_pushvalue(L, -2);
        lua_insert(L, -2);
        lua_settable(L, -4);
    }
    lua_pushinteger(L, now);
    lua_setfield(L, -2, "iat");
    lua_pushinteger(L, now + expires);
    lua_setfield(L, -2, "exp");
    if (key == hs_host(L)->session_key) {
        lua_pushliteral(L, HS_JWT_SESSION_ISSUER);
        lua_setfield(L, -2, "iss");
        return;
    }
    l_default_claim(L, "iss", config->jwt_issuer);
    l_default_claim(L, "aud", config->jwt_audience);
}

/* jwt.sign(claims, {key = "session" | "api", expires = seconds}): the token. */
static int l_sign(lua_State *L)
{
    struct hs_error err = {0};
    const struct hs_jwt_key *key;
    const char *claims;
    struct hs_buf *token;
    lua_Integer expires;
    size_t len;

    luaL_checktype(L, 1, LUA_TTABLE);
    key = check_key(L, 2);
    lua_getfield(L, 2, "expires");
    expires = luaL_optinteger(L, -1, hs_host(L)->config->session_seconds);
    luaL_argcheck(L, expires > 0 && expires <= EXPIRES_MAX, 2,
                  "expires: seconds, more than 0");
    push_claims(L, key, expires);
    hs_json_push_encoded(L, -1);
    claims = lua_tolstring(L, -1, &len);
    token = l_own_buf(L);
    if (hs_jwt_sign(key, "", claims, len, token, &err) != 0)
        return luaL_error(L, "jwt.sign: %s", err.message);
    lua_pushlstring(L, token->data, token->len);
    return 1;
}

/* jwt.verify(token, {key = "session" | "api"}): the claims, or nil, message,
 * code. The message is the same for every reason. */
static int l_verify(lua_State *L)
{
    const struct hs_config *config = hs_host(L)->config;
    struct hs_jwt_checks checks = {config->jwt_issuer, config->jwt_audience,
                                   hs_now_ms() / 1000, LEEWAY_SECONDS};
    struct hs_error err = {0};
    size_t len;
    const char *token = luaL_checklstring(L, 1, &len);
    const struct hs_jwt_key *key = check_key(L, 2);
    struct hs_buf *claims = l_own_buf(L);

    if (key == hs_host(L)->session_key) {
        checks.issuer = HS_JWT_SESSION_ISSUER;
        checks.audience = "";
    }
    if (hs_jwt_verify(key, token, len, &checks, claims, &err) != 0)
        return l_fail(L, err.code, "%s", err.message);
    if (!hs_json_push_decoded(L, claims->data, claims->len))
        return l_fail(L, "malformed", "this token is not valid");
    return 1;
}

static const luaL_Reg functions[] = {
    {"sign", l_sign},
    {"verify", l_verify},
    {NULL, NULL},
};

int l_open_jwt(lua_State *L)
{
    luaL_newlib(L, functions);
    return 1;
}
