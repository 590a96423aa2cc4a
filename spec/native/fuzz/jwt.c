/* jwt.c: any bytes as a token, its header, its claims, and as base64. */
#include "lib/jwt.h"

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/crypt.h"
#include "lib/jsonscan.h"

#define SECRET "a secret of more than thirty-two bytes"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Walk into every array and string, as the JWT code does. */
static int visit(void *ctx, const char *name, size_t name_len,
                 const struct hs_json_value *value)
{
    struct hs_buf *scratch = ctx;
    struct hs_json_value element;
    size_t at = 0;

    if (name[name_len] != 0)
        abort();
    if (value->type == HS_JSON_STRING && hs_json_string(value, scratch) != 0)
        abort();
    if (value->type == HS_JSON_ARRAY) {
        while (hs_json_next(value, &at, &element))
            (void)hs_json_is(&element, "x");
        if (at > value->len)
            abort();
    }
    return 0;
}

static void round_trip(const char *text, size_t len)
{
    for (int url = 0; url < 2; url++) {
        struct hs_buf bytes = {0}, again = {0};

        if (hs_base64_decode(&bytes, text, len, url) == 0) {
            /* One text per value: what decodes is what encoding gives. */
            if (hs_base64_encode(&again, bytes.data, bytes.len, url) != 0 ||
                again.len != len || (len && memcmp(again.data, text, len) != 0))
                abort();
        }
        hs_buf_free(&bytes);
        hs_buf_free(&again);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct hs_jwt_checks checks = {"us", "app", 1795316400, 30};
    static struct hs_jwt_key *key;
    const char *text = (const char *)data;
    struct hs_buf out = {0}, token = {0}, claims = {0};

    if (!key)
        key = hs_jwt_key_new("HS256", SECRET, strlen(SECRET), NULL);
    if (hs_jwt_verify(key, text, size, &checks, &out, NULL) == 0)
        abort(); /* nobody but us can sign */
    /* And as claims that were signed well. */
    if (hs_jwt_sign(key, "", text, size, &token, NULL) != 0)
        abort();
    if (hs_jwt_verify(key, token.data, token.len, &checks, &claims, NULL) == 0)
        (void)hs_jwt_claim(claims.data, claims.len, "sub", &out);
    (void)hs_json_scan(text, size, visit, &out);
    round_trip(text, size);
    hs_buf_free(&out);
    hs_buf_free(&token);
    hs_buf_free(&claims);
    return 0;
}
