/* jwt.c: JSON Web Tokens. The key says which algorithm counts; the token's own
 * header is only compared with it, and nothing in it (kid, jku, jwk, x5u) ever
 * chooses a key. The claims are looked at after the signature held. */
#include "lib/jwt.h"

#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/bio.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include "base/memory.h"
#include "lib/crypt.h"
#include "lib/jsonscan.h"

#define TOKEN_LIMIT 16384
#define FURTHEST_DATE 9007199254740992.0 /* 2^53 seconds */

enum algorithm { HS256, RS256, ES256 };
static const char *const names[] = {"HS256", "RS256", "ES256"};

struct hs_jwt_key {
    enum algorithm algorithm;
    struct hs_hmac *hmac;     /* HS256 */
    EVP_PKEY *public;         /* RS256, ES256 */
    struct hs_jwt_key *other; /* that also verifies, or NULL */
    /* Its replacement, or NULL. Earlier ones live as long as the key: other
     * threads may be verifying with them. */
    struct hs_jwt_key *_Atomic renewed;
    struct hs_jwt_key *earlier; /* of those */
};

/* OpenSSL would ask for the password of an encrypted PEM on the terminal. */
/* NOLINTNEXTLINE(readability-non-const-parameter): the type is OpenSSL's */
static int no_password(char *buf, int size, int rwflag, void *ctx)
{
    (void)buf;
    (void)size;
    (void)rwflag;
    (void)ctx;
    return -1;
}

static int is_p256(EVP_PKEY *key)
{
    char group[64];
    size_t len = 0;

    return EVP_PKEY_is_a(key, "EC") &&
           EVP_PKEY_get_group_name(key, group, sizeof group, &len) &&
           strcmp(group, "prime256v1") == 0;
}

static int read_public_key(struct hs_jwt_key *key, const char *pem, size_t len,
                           struct hs_error *err)
{
    BIO *bio = len <= TOKEN_LIMIT ? BIO_new_mem_buf(pem, (int)len) : NULL;
    int fits;

    if (bio)
        key->public = PEM_read_bio_PUBKEY(bio, NULL, no_password, NULL);
    BIO_free(bio);
    ERR_clear_error();
    if (!key->public)
        return hs_error_set(err, "bad_key", "%s needs a PEM public key",
                            names[key->algorithm]);
    fits = key->algorithm == RS256 ? EVP_PKEY_is_a(key->public, "RSA") &&
                                         EVP_PKEY_get_bits(key->public) >= 2048
                                   : is_p256(key->public);
    if (!fits)
        hs_error_set(err, "bad_key", "%s needs %s", names[key->algorithm],
                     key->algorithm == RS256 ? "an RSA key of 2048 bits or more"
                                             : "an EC key on the curve P-256");
    return fits ? 0 : -1;
}

static int read_secret(struct hs_jwt_key *key, const char *secret, size_t len,
                       struct hs_error *err)
{
    if (len == 0)
        return hs_error_set(err, "bad_key", "HS256 needs a secret");
    /* Anyone who can read a public key could sign with it. */
    if (memmem(secret, len, "-----BEGIN", 10))
        return hs_error_set(err, "bad_key",
                            "HS256 needs a secret, not a PEM key");
    key->hmac = hs_hmac_new("SHA256", secret, len);
    if (!key->hmac)
        hs_no_memory(err);
    return key->hmac ? 0 : -1;
}

struct hs_jwt_key *hs_jwt_key_new(const char *alg, const char *material,
                                  size_t len, struct hs_error *err)
{
    struct hs_jwt_key *key = calloc(1, sizeof *key);
    int found = 0;

    if (!key) {
        hs_no_memory(err);
        return NULL;
    }
    for (int i = HS256; i <= ES256 && !found; i++) {
        found = strcmp(alg, names[i]) == 0;
        key->algorithm = (enum algorithm)i;
    }
    if (!found)
        hs_error_set(err, "bad_key",
                     "no such algorithm \"%.16s\": use HS256, RS256 or ES256",
                     alg);
    else if ((key->algorithm == HS256
                  ? read_secret(key, material, len, err)
                  : read_public_key(key, material, len, err)) == 0)
        return key;
    hs_jwt_key_free(key);
    return NULL;
}

static void free_alone(struct hs_jwt_key *key)
{
    hs_hmac_free(key->hmac);
    EVP_PKEY_free(key->public);
    free(key);
}

void hs_jwt_key_free(struct hs_jwt_key *key)
{
    struct hs_jwt_key *next = key ? atomic_load(&key->renewed) : NULL;

    while (key) {
        if (key->other)
            free_alone(key->other);
        free_alone(key);
        key = next;
        next = key ? key->earlier : NULL;
    }
}

void hs_jwt_key_add(struct hs_jwt_key *key, struct hs_jwt_key *other)
{
    key->other = other;
}

void hs_jwt_key_renew(struct hs_jwt_key *key, struct hs_jwt_key *fresh)
{
    fresh->earlier = atomic_load(&key->renewed);
    atomic_store(&key->renewed, fresh);
}

static const struct hs_jwt_key *current(const struct hs_jwt_key *key)
{
    const struct hs_jwt_key *renewed = atomic_load(&key->renewed);

    return renewed ? renewed : key;
}

/* Refuse the token. The text is the same for every reason, so that it helps
 * nobody guess; the code is for our own log. */
static int refuse(struct hs_error *err, const char *code)
{
    return hs_error_set(err, code, "this token is not valid");
}

/* The three parts of a token; each decoded into one buffer of `decoded`. */
struct token {
    const char *text;
    size_t signed_len; /* header.claims */
    struct hs_buf header, claims, signature;
};

static void free_token(struct token *token)
{
    hs_buf_free(&token->header);
    hs_buf_free(&token->claims);
    hs_buf_free(&token->signature);
}

static int take_apart(struct token *out, const char *text, size_t len)
{
    const char *end = text + len;
    const char *first, *second;

    if (len > TOKEN_LIMIT)
        return -1;
    first = memchr(text, '.', len);
    second = first ? memchr(first + 1, '.', (size_t)(end - first - 1)) : NULL;
    if (!second)
        return -1;
    out->text = text;
    out->signed_len = (size_t)(second - text);
    /* A third dot isn't base64url, so the decoder refuses it. */
    if (hs_base64_decode(&out->header, text, (size_t)(first - text), 1) != 0 ||
        hs_base64_decode(&out->claims, first + 1, (size_t)(second - first - 1),
                         1) != 0 ||
        hs_base64_decode(&out->signature, second + 1,
                         (size_t)(end - second - 1), 1) != 0)
        return -1;
    return out->header.len > 0 && out->claims.len > 0 ? 0 : -1;
}

static int is_named(const char *name, size_t len, const char *wanted)
{
    return len == strlen(wanted) && memcmp(name, wanted, len) == 0;
}

struct header {
    const char *wanted; /* the key's algorithm */
    int right_alg;
    int critical; /* "crit": extensions that must be understood */
};

static int read_header_member(void *ctx, const char *name, size_t len,
                              const struct hs_json_value *value)
{
    struct header *header = ctx;

    if (is_named(name, len, "alg"))
        header->right_alg = hs_json_is(value, header->wanted);
    else if (is_named(name, len, "crit"))
        header->critical = 1;
    return 0;
}

/* One DER INTEGER out of 32 big-endian bytes. Returns its length; 0 for zero,
 * which isn't valid in a signature. */
static size_t der_integer(const unsigned char *number, unsigned char *out)
{
    size_t skip = 0, pad, len;

    while (skip < 32 && number[skip] == 0)
        skip++;
    if (skip == 32)
        return 0;
    pad = number[skip] >> 7;
    len = 32 - skip + pad;
    out[0] = 2;
    out[1] = (unsigned char)len;
    out[2] = 0;
    memcpy(out + 2 + pad, number + skip, 32 - skip);
    return 2 + len;
}

/* A JWT carries r and s as 64 raw bytes, OpenSSL wants SEQUENCE { r, s }.
 * Returns the length, or 0 if it isn't a signature. */
static size_t der_signature(const struct hs_buf *raw, unsigned char out[72])
{
    const unsigned char *bytes = (const unsigned char *)raw->data;
    size_t r, s;

    if (raw->len != 64)
        return 0;
    r = der_integer(bytes, out + 2);
    s = r ? der_integer(bytes + 32, out + 2 + r) : 0;
    if (s == 0)
        return 0;
    out[0] = 0x30;
    out[1] = (unsigned char)(r + s);
    return 2 + r + s;
}

static int public_key_agrees(const struct hs_jwt_key *key,
                             const struct token *token)
{
    const unsigned char *signature =
        (const unsigned char *)token->signature.data;
    size_t len = token->signature.len;
    unsigned char der[72];
    EVP_MD_CTX *ctx;
    int ok;

    if (key->algorithm == ES256) {
        len = der_signature(&token->signature, der);
        signature = der;
    }
    if (len == 0)
        return 0;
    ctx = EVP_MD_CTX_new();
    ok =
        ctx &&
        EVP_DigestVerifyInit(ctx, NULL, EVP_sha256(), NULL, key->public) == 1 &&
        EVP_DigestVerify(ctx, signature, len,
                         (const unsigned char *)token->text,
                         token->signed_len) == 1;
    EVP_MD_CTX_free(ctx);
    ERR_clear_error(); /* libcurl looks at the same queue */
    return ok;
}

static int signature_holds(const struct hs_jwt_key *key,
                           const struct token *token)
{
    unsigned char mac[HS_HMAC_MAX];
    size_t len;

    if (key->algorithm != HS256)
        return public_key_agrees(key, token);
    len = hs_hmac_of(key->hmac, token->text, token->signed_len, mac);
    return hs_equal(mac, len, token->signature.data, token->signature.len);
}

struct claims {
    const struct hs_jwt_checks *checks;
    int has_exp, has_nbf;
    double exp, nbf;
    int right_issuer, right_audience;
};

/* A NumericDate that whole seconds can hold exactly. 0 or -1. */
static int read_date(const struct hs_json_value *value, double *out)
{
    char text[40];
    char *end;

    if (value->type != HS_JSON_NUMBER || value->len >= sizeof text)
        return -1;
    memcpy(text, value->text, value->len);
    text[value->len] = 0;
    *out = strtod(text, &end);
    return *end == 0 && fabs(*out) <= FURTHEST_DATE ? 0 : -1;
}

/* "aud" is one string or a list of strings. 0, or -1 when it is neither. */
static int read_audience(const struct hs_json_value *value, const char *wanted,
                         int *found)
{
    struct hs_json_value element;
    size_t at = 0;

    if (value->type == HS_JSON_STRING) {
        *found = hs_json_is(value, wanted);
        return 0;
    }
    if (value->type != HS_JSON_ARRAY)
        return -1;
    while (hs_json_next(value, &at, &element)) {
        if (element.type != HS_JSON_STRING)
            return -1;
        if (hs_json_is(&element, wanted))
            *found = 1;
    }
    return 0;
}

static int read_claim(void *ctx, const char *name, size_t len,
                      const struct hs_json_value *value)
{
    struct claims *claims = ctx;
    double ignored;

    if (is_named(name, len, "exp")) {
        claims->has_exp = 1;
        return read_date(value, &claims->exp);
    }
    if (is_named(name, len, "nbf")) {
        claims->has_nbf = 1;
        return read_date(value, &claims->nbf);
    }
    if (is_named(name, len, "iat"))
        return read_date(value, &ignored);
    if (is_named(name, len, "iss"))
        claims->right_issuer = hs_json_is(value, claims->checks->issuer);
    else if (is_named(name, len, "aud"))
        return read_audience(value, claims->checks->audience,
                             &claims->right_audience);
    return 0;
}

/* The problem with verified claims: a code, or NULL. */
static const char *judge(const struct claims *claims)
{
    const struct hs_jwt_checks *checks = claims->checks;
    double now = (double)checks->now_seconds;
    double leeway = (double)checks->leeway_seconds;

    if (!claims->has_exp)
        return "malformed";
    if (now >= claims->exp + leeway)
        return "expired";
    if (claims->has_nbf && now < claims->nbf - leeway)
        return "not_yet";
    if (checks->issuer[0] && !claims->right_issuer)
        return "wrong_issuer";
    if (checks->audience[0] && !claims->right_audience)
        return "wrong_audience";
    return NULL;
}

/* Check all parts of a token: a code, or NULL. */
static const char *check(const struct hs_jwt_key *key,
                         const struct token *token,
                         const struct hs_jwt_checks *checks)
{
    struct header header = {.wanted = names[key->algorithm]};
    struct claims claims = {.checks = checks};

    if (hs_json_scan(token->header.data, token->header.len, read_header_member,
                     &header) != 0 ||
        header.critical)
        return "malformed";
    if (!header.right_alg)
        return "wrong_alg";
    if (!signature_holds(key, token))
        return "bad_signature";
    if (hs_json_scan(token->claims.data, token->claims.len, read_claim,
                     &claims) != 0)
        return "malformed";
    return judge(&claims);
}

int hs_jwt_verify(const struct hs_jwt_key *key, const char *token, size_t len,
                  const struct hs_jwt_checks *checks, struct hs_buf *claims,
                  struct hs_error *err)
{
    unsigned misses = hs_memory_misses();
    struct token parts = {0};
    const char *wrong = "malformed";

    key = current(key);
    if (take_apart(&parts, token, len) == 0) {
        wrong = check(key, &parts, checks);
        if (wrong && key->other && strcmp(wrong, "bad_signature") == 0)
            wrong = check(key->other, &parts, checks);
    }
    if (!wrong)
        (void)hs_buf_add(claims, parts.claims.data, parts.claims.len);
    free_token(&parts);
    if (hs_memory_misses() != misses)
        return hs_no_memory(err);
    return wrong ? refuse(err, wrong) : 0;
}

/* Append header.claims, without a signature. 0 or -1. */
static int add_unsigned(struct hs_buf *out, const char *header_extra,
                        const char *claims_json, size_t claims_len)
{
    struct hs_buf header = {0};
    int failed =
        hs_buf_printf(&header, "{\"alg\":\"HS256\",\"typ\":\"JWT\"%s%s}",
                      header_extra[0] ? "," : "", header_extra) != 0 ||
        hs_base64_encode(out, header.data, header.len, 1) != 0 ||
        hs_buf_add(out, ".", 1) != 0 ||
        hs_base64_encode(out, claims_json, claims_len, 1) != 0;

    hs_buf_free(&header);
    return failed ? -1 : 0;
}

int hs_jwt_sign(const struct hs_jwt_key *key, const char *header_extra,
                const char *claims_json, size_t claims_len, struct hs_buf *out,
                struct hs_error *err)
{
    size_t start = out->len, mac_len;
    unsigned char mac[HS_HMAC_MAX];

    key = current(key);
    if (key->algorithm != HS256)
        return hs_error_set(err, "wrong_alg", "only an HS256 key can sign");
    if (add_unsigned(out, header_extra, claims_json, claims_len) == 0) {
        mac_len =
            hs_hmac_of(key->hmac, out->data + start, out->len - start, mac);
        if (hs_buf_add(out, ".", 1) == 0 &&
            hs_base64_encode(out, mac, mac_len, 1) == 0)
            return 0;
    }
    out->len = start;
    if (out->data)
        out->data[start] = 0;
    return hs_no_memory(err);
}

struct wanted_claim {
    const char *name;
    struct hs_buf *out;
    int found;
};

static int take_claim(void *ctx, const char *name, size_t len,
                      const struct hs_json_value *value)
{
    struct wanted_claim *wanted = ctx;

    if (!is_named(name, len, wanted->name))
        return 0;
    if (value->type == HS_JSON_STRING)
        wanted->found = hs_json_string(value, wanted->out) == 0;
    else if (value->type == HS_JSON_NUMBER)
        wanted->found = hs_buf_add(wanted->out, value->text, value->len) == 0;
    return 0;
}

int hs_jwt_claim(const char *claims, size_t len, const char *name,
                 struct hs_buf *out)
{
    struct wanted_claim wanted = {.name = name, .out = out};

    return hs_json_scan(claims, len, take_claim, &wanted) == 0 && wanted.found;
}
