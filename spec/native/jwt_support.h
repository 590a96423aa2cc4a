/* jwt_support.h: keys, and tokens as an attacker would make them. */
#ifndef JWT_SUPPORT_H
#define JWT_SUPPORT_H

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include "lib/crypt.h"
#include "lib/jwt.h"
#include "test.h"

#define SECRET "a secret of more than thirty-two bytes"
#define NOW 1795316400
#define HS "{\"alg\":\"HS256\",\"typ\":\"JWT\"}"
#define GOOD "{\"sub\":\"42\",\"exp\":1795320000}"

static const struct hs_jwt_checks plain = {"", "", NOW, 0};
static EVP_PKEY *rsa, *ec;
static char rsa_pem[2048], ec_pem[2048];

static inline void to_pem(EVP_PKEY *key, char *out, size_t size)
{
    BIO *bio = BIO_new(BIO_s_mem());
    int len;

    assert_int_equal(PEM_write_bio_PUBKEY(bio, key), 1);
    len = BIO_read(bio, out, (int)size - 1);
    assert_true(len > 0);
    out[len] = 0;
    BIO_free(bio);
}

static inline int make_keys(void **state)
{
    (void)state;
    rsa = EVP_RSA_gen(2048);
    ec = EVP_EC_gen("P-256");
    to_pem(rsa, rsa_pem, sizeof rsa_pem);
    to_pem(ec, ec_pem, sizeof ec_pem);
    return rsa && ec ? 0 : -1;
}

static inline int drop_keys(void **state)
{
    (void)state;
    EVP_PKEY_free(rsa);
    EVP_PKEY_free(ec);
    return 0;
}

static inline struct hs_jwt_key *key_of(const char *alg, const char *material)
{
    struct hs_error err = {0};
    struct hs_jwt_key *key =
        hs_jwt_key_new(alg, material, strlen(material), &err);

    if (!key)
        fail_msg("%s: %s", alg, err.message);
    return key;
}

/* header.claims in base64url, without a signature. */
static inline void begin_token(struct hs_buf *out, const char *header,
                               const char *claims, size_t claims_len)
{
    hs_buf_clear(out);
    assert_int_equal(hs_base64_encode(out, header, strlen(header), 1), 0);
    assert_int_equal(hs_buf_add(out, ".", 1), 0);
    assert_int_equal(hs_base64_encode(out, claims, claims_len, 1), 0);
}

static inline void end_token(struct hs_buf *out, const void *signature,
                             size_t len)
{
    assert_int_equal(hs_buf_add(out, ".", 1), 0);
    assert_int_equal(hs_base64_encode(out, signature, len, 1), 0);
}

/* Sign with HMAC and any secret. */
static inline void hmac_token(struct hs_buf *out, const char *header,
                              const char *claims, const char *secret)
{
    struct hs_hmac *hmac = hs_hmac_new("SHA256", secret, strlen(secret));
    unsigned char mac[64];
    size_t len = 0;

    begin_token(out, header, claims, strlen(claims));
    hs_hmac_begin(hmac);
    hs_hmac_add(hmac, out->data, out->len);
    len = hs_hmac_end(hmac, mac);
    end_token(out, mac, len);
    hs_hmac_free(hmac);
}

/* Sign with a private key; an EC signature becomes r and s. */
static inline void key_token(struct hs_buf *out, const char *header,
                             const char *claims, EVP_PKEY *key, int raw)
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    unsigned char signature[512];
    size_t len = sizeof signature;

    begin_token(out, header, claims, strlen(claims));
    assert_int_equal(EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, key), 1);
    assert_int_equal(EVP_DigestSign(ctx, signature, &len,
                                    (unsigned char *)out->data, out->len),
                     1);
    EVP_MD_CTX_free(ctx);
    if (raw) {
        const unsigned char *at = signature;
        ECDSA_SIG *both = d2i_ECDSA_SIG(NULL, &at, (long)len);

        assert_non_null(both);
        assert_int_equal(BN_bn2binpad(ECDSA_SIG_get0_r(both), signature, 32),
                         32);
        assert_int_equal(
            BN_bn2binpad(ECDSA_SIG_get0_s(both), signature + 32, 32), 32);
        ECDSA_SIG_free(both);
        len = 64;
    }
    end_token(out, signature, len);
}

/* "" when accepted, else the code. */
static inline const char *verdict(const struct hs_jwt_key *key,
                                  const struct hs_buf *token,
                                  const struct hs_jwt_checks *checks)
{
    static struct hs_error err;
    struct hs_buf claims = {0};
    int result;

    memset(&err, 0, sizeof err);
    result = hs_jwt_verify(key, token->data, token->len, checks, &claims, &err);
    if (result == 0)
        assert_true(claims.len > 0);
    else
        assert_string_equal(err.message, "this token is not valid");
    hs_buf_free(&claims);
    return err.code;
}

/* Claims signed well with our secret. */
static inline const char *claims_verdict(const char *claims,
                                         const struct hs_jwt_checks *checks)
{
    struct hs_jwt_key *key = key_of("HS256", SECRET);
    struct hs_buf token = {0};
    const char *code;

    hmac_token(&token, HS, claims, SECRET);
    code = verdict(key, &token, checks);
    hs_buf_free(&token);
    hs_jwt_key_free(key);
    return code;
}

#endif
