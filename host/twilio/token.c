/* token.c: making the access token of Twilio's Voice SDK. */
#include "twilio/token.h"

#include <inttypes.h>
#include <string.h>

#include "lib/jwt.h"

/* Is this a valid name for a browser? 1 to 256 letters, digits and underscores:
 * what all of Twilio's SDKs accept. */
static int identity_is_valid(const char *identity)
{
    size_t len = strspn(identity, "abcdefghijklmnopqrstuvwxyz"
                                  "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");

    return len >= 1 && len <= 256 && identity[len] == 0;
}

static int check(const struct hs_access_token *token, struct hs_error *err)
{
    const char *missing = NULL;

    if (!token->account_sid[0])
        missing = "twilio_account_sid";
    else if (!token->key_sid[0])
        missing = "twilio_api_key";
    else if (!token->key_secret[0])
        missing = "twilio_api_secret";
    else if (!token->app_sid[0])
        missing = "twilio_app_sid";
    if (missing)
        return hs_error_set(err, "not_configured", "%s is not set", missing);
    if (!identity_is_valid(token->identity))
        return hs_error_set(
            err, "invalid",
            "an identity has letters, digits and underscores only");
    if (token->ttl < 1 || token->ttl > HS_TOKEN_TTL_MAX)
        return hs_error_set(err, "invalid", "a token lives for 1 to %d seconds",
                            HS_TOKEN_TTL_MAX);
    return 0;
}

/* The claims, in the order of Twilio's own library. 0 or -1. */
static int add_claims(const struct hs_access_token *token, struct hs_buf *out)
{
    struct hs_buf jti = {0};
    int failed =
        hs_buf_printf(&jti, "%s-%" PRId64, token->key_sid, token->now) != 0 ||
        hs_buf_add_str(out, "{\"jti\":") != 0 ||
        hs_buf_add_json(out, jti.data, jti.len) != 0 ||
        hs_buf_add_str(out, ",\"grants\":{\"identity\":") != 0 ||
        hs_buf_add_json(out, token->identity, strlen(token->identity)) != 0 ||
        hs_buf_add_str(out, ",\"voice\":{\"incoming\":{\"allow\":true},"
                            "\"outgoing\":{\"application_sid\":") != 0 ||
        hs_buf_add_json(out, token->app_sid, strlen(token->app_sid)) != 0 ||
        /* No nbf: if our clock is ahead of Twilio's, it would be in the future.
         * */
        hs_buf_printf(out, "}}},\"iat\":%" PRId64 ",\"exp\":%" PRId64,
                      token->now, token->now + token->ttl) != 0 ||
        hs_buf_add_str(out, ",\"iss\":") != 0 ||
        hs_buf_add_json(out, token->key_sid, strlen(token->key_sid)) != 0 ||
        hs_buf_add_str(out, ",\"sub\":") != 0 ||
        hs_buf_add_json(out, token->account_sid, strlen(token->account_sid)) !=
            0 ||
        hs_buf_add(out, "}", 1) != 0;

    hs_buf_free(&jti);
    return failed ? -1 : 0;
}

/* The fields of the header besides alg and typ. 0 or -1. */
static int add_header(const struct hs_access_token *token, struct hs_buf *out)
{
    int failed = hs_buf_add_str(out, "\"cty\":\"twilio-fpa;v=1\"") != 0;

    if (!token->region || !token->region[0])
        return failed ? -1 : 0;
    failed |= hs_buf_add_str(out, ",\"twr\":") != 0 ||
              hs_buf_add_json(out, token->region, strlen(token->region)) != 0;
    return failed ? -1 : 0;
}

int hs_access_token_make(const struct hs_access_token *token,
                         struct hs_buf *out, struct hs_error *err)
{
    struct hs_buf claims = {0}, header = {0};
    struct hs_jwt_key *key = NULL;
    int result = -1;

    if (check(token, err) != 0)
        return -1;
    key = hs_jwt_key_new("HS256", token->key_secret, strlen(token->key_secret),
                         err);
    if (!key)
        return -1;
    if (add_claims(token, &claims) != 0 || add_header(token, &header) != 0)
        hs_no_memory(err);
    else
        result =
            hs_jwt_sign(key, header.data, claims.data, claims.len, out, err);
    hs_buf_free(&claims);
    hs_buf_free(&header);
    hs_jwt_key_free(key);
    return result;
}
