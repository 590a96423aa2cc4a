/* crypto.c: the Lua module crypto, over lib/crypt. Byte strings in, byte
 * strings out; everything raises but decoding text from outside. */
#include <string.h>

#include <lauxlib.h>
#include <lua.h>

#include "lib/crypt.h"
#include "script/bind/binds.h"
#include "script/glue/glue.h"
#include "script/glue/own_buf.h"
#include "script/host.h"

#define RANDOM_MAX 65536
#define PASSWORD_MAX 1024

static void release_hmac(void *hmac)
{
    hs_hmac_free(hmac);
}

static int l_hmac(lua_State *L, const char *digest)
{
    size_t key_len, len;
    const char *key = luaL_checklstring(L, 1, &key_len);
    const char *data = luaL_checklstring(L, 2, &len);
    void **hmac = l_own(L, release_hmac);
    unsigned char mac[HS_HMAC_MAX];

    *hmac = hs_hmac_new(digest, key, key_len);
    if (!*hmac)
        return luaL_error(L, "not enough memory");
    len = hs_hmac_of(*hmac, data, len, mac);
    lua_pushlstring(L, (const char *)mac, len);
    return 1;
}

/* crypto.hmac_sha1(key, data): 20 bytes. */
static int l_hmac_sha1(lua_State *L)
{
    return l_hmac(L, "SHA1");
}

/* crypto.hmac_sha256(key, data): 32 bytes. */
static int l_hmac_sha256(lua_State *L)
{
    return l_hmac(L, "SHA256");
}

/* crypto.sha256(part, ...): one digest over all parts, in order. */
static int l_sha256(lua_State *L)
{
    int parts = lua_gettop(L);
    unsigned char digest[32];
    const char *all;
    size_t len;

    luaL_argcheck(L, parts > 0, 1, "needs at least one string");
    for (int i = 1; i <= parts; i++)
        luaL_checkstring(L, i);
    lua_concat(L, parts);
    all = lua_tolstring(L, 1, &len);
    hs_sha256(all, len, digest);
    lua_pushlstring(L, (const char *)digest, sizeof digest);
    return 1;
}

/* crypto.equal(a, b): in constant time. */
static int l_equal(lua_State *L)
{
    size_t a_len, b_len;
    const char *a = luaL_checklstring(L, 1, &a_len);
    const char *b = luaL_checklstring(L, 2, &b_len);

    lua_pushboolean(L, hs_equal(a, a_len, b, b_len));
    return 1;
}

/* crypto.random(n): n unpredictable bytes. */
static int l_random(lua_State *L)
{
    lua_Integer n = luaL_checkinteger(L, 1);
    luaL_Buffer buffer;
    char *bytes;

    luaL_argcheck(L, n >= 0 && n <= RANDOM_MAX, 1, "0 to 65536 bytes");
    bytes = luaL_buffinitsize(L, &buffer, (size_t)n);
    if (hs_random(bytes, (size_t)n) != 0)
        return luaL_error(L, "OpenSSL has no random bytes");
    luaL_pushresultsize(&buffer, (size_t)n);
    return 1;
}

/* crypto.hex(bytes): two lower-case digits a byte. */
static int l_hex(lua_State *L)
{
    size_t len;
    const char *bytes = luaL_checklstring(L, 1, &len);
    luaL_Buffer buffer;
    char *text = luaL_buffinitsize(L, &buffer, 2 * len + 1);

    hs_hex((const unsigned char *)bytes, len, text);
    luaL_pushresultsize(&buffer, 2 * len);
    return 1;
}

static int l_encode(lua_State *L, int url)
{
    size_t len;
    const char *bytes = luaL_checklstring(L, 1, &len);
    struct hs_buf *text = l_own_buf(L);

    if (hs_base64_encode(text, bytes, len, url) != 0)
        return luaL_error(L, "not enough memory");
    lua_pushlstring(L, text->data ? text->data : "", text->len);
    return 1;
}

/* crypto.base64(bytes): the plain alphabet, padded. */
static int l_base64(lua_State *L)
{
    return l_encode(L, 0);
}

/* crypto.base64url(bytes): the URL alphabet, not padded. */
static int l_base64url(lua_State *L)
{
    return l_encode(L, 1);
}

static int l_decode(lua_State *L, int url)
{
    size_t len;
    const char *text = luaL_checklstring(L, 1, &len);
    struct hs_buf *bytes = l_own_buf(L);

    if (hs_base64_decode(bytes, text, len, url) != 0)
        return l_fail(L, "malformed", "this is not base64");
    lua_pushlstring(L, bytes->data ? bytes->data : "", bytes->len);
    return 1;
}

/* crypto.base64_decode(text): the bytes, or nil, message, "malformed". */
static int l_base64_decode(lua_State *L)
{
    return l_decode(L, 0);
}

/* crypto.base64url_decode(text): the same. */
static int l_base64url_decode(lua_State *L)
{
    return l_decode(L, 1);
}

/* A password argument, bounded: scrypt would take a gigabyte, and the time for
 * it. */
static const char *check_password(lua_State *L, int arg, size_t *len)
{
    const char *password = luaL_checklstring(L, arg, len);

    luaL_argcheck(L, *len <= PASSWORD_MAX, arg,
                  "a password has at most 1024 bytes");
    return password;
}

/* Others are using it: not the caller's mistake. */
static int l_fail_by(lua_State *L, const struct hs_error *err)
{
    if (strcmp(err->code, "busy") == 0)
        return l_fail(L, err->code, "%s", err->message);
    return luaL_error(L, "%s", err->message);
}

/* crypto.password_hash(password): text to store, or nil, message, "busy". Takes
 * a fifth of a second. */
static int l_password_hash(lua_State *L)
{
    size_t len;
    const char *password = check_password(L, 1, &len);
    struct hs_buf *stored = l_own_buf(L);
    struct hs_error err = {0};

    if (hs_password_hash(stored, password, len, &err) != 0)
        return l_fail_by(L, &err);
    lua_pushlstring(L, stored->data, stored->len);
    return 1;
}

/* crypto.password_verify(stored, password): boolean, or the same. */
static int l_password_verify(lua_State *L)
{
    size_t len;
    const char *stored = luaL_checkstring(L, 1);
    const char *password = check_password(L, 2, &len);
    struct hs_error err = {0};
    int same = hs_password_verify(stored, password, len, &err);

    if (same < 0)
        return l_fail_by(L, &err);
    lua_pushboolean(L, same);
    return 1;
}

static const luaL_Reg functions[] = {
    {"hmac_sha1", l_hmac_sha1},
    {"hmac_sha256", l_hmac_sha256},
    {"sha256", l_sha256},
    {"equal", l_equal},
    {"random", l_random},
    {"hex", l_hex},
    {"base64", l_base64},
    {"base64url", l_base64url},
    {"base64_decode", l_base64_decode},
    {"base64url_decode", l_base64url_decode},
    {NULL, NULL},
};

/* Lookups have neither time for these nor passwords. */
static const luaL_Reg of_logins[] = {
    {"password_hash", l_password_hash},
    {"password_verify", l_password_verify},
    {NULL, NULL},
};

int l_open_crypto(lua_State *L)
{
    luaL_newlib(L, functions);
    if (!hs_host(L)->lookup)
        luaL_setfuncs(L, of_logins, 0);
    return 1;
}
