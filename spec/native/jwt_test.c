/* jwt_test.c: good tokens are accepted; the corpus of attacks is not. */
#include "jwt_support.h"
#include "twilio/token.h"

TEST_CASE(good_tokens_of_each_algorithm)
{
    struct hs_jwt_key *hs = key_of("HS256", SECRET);
    struct hs_jwt_key *rs = key_of("RS256", rsa_pem);
    struct hs_jwt_key *es = key_of("ES256", ec_pem);
    struct hs_buf token = {0};

    hmac_token(&token, HS, GOOD, SECRET);
    assert_string_equal(verdict(hs, &token, &plain), "");
    key_token(&token, "{\"alg\":\"RS256\"}", GOOD, rsa, 0);
    assert_string_equal(verdict(rs, &token, &plain), "");
    /* r and s have leading zeros now and then, and high bits half the time. */
    for (int i = 0; i < 600; i++) {
        key_token(&token, "{\"alg\":\"ES256\"}", GOOD, ec, 1);
        assert_string_equal(verdict(es, &token, &plain), "");
    }
    hs_buf_free(&token);
    hs_jwt_key_free(hs);
    hs_jwt_key_free(rs);
    hs_jwt_key_free(es);
}

TEST_CASE(what_we_sign_we_accept)
{
    struct hs_jwt_key *key = key_of("HS256", SECRET);
    struct hs_jwt_key *rs = key_of("RS256", rsa_pem);
    struct hs_buf token = {0}, claims = {0}, value = {0};
    struct hs_error err = {0};
    const char *text = "{\"sub\":\"a\\u00e9b\",\"n\":12.5,\"exp\":1795320000}";

    assert_int_equal(
        hs_jwt_sign(key, "\"cty\":\"x\"", text, strlen(text), &token, &err), 0);
    assert_memory_equal(
        token.data, "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCIsImN0eSI6IngifQ.", 51);
    assert_int_equal(
        hs_jwt_verify(key, token.data, token.len, &plain, &claims, &err), 0);
    assert_string_equal(claims.data, text);
    assert_int_equal(hs_jwt_claim(claims.data, claims.len, "sub", &value), 1);
    assert_string_equal(value.data, "a\xc3\xa9"
                                    "b");
    hs_buf_clear(&value);
    assert_int_equal(hs_jwt_claim(claims.data, claims.len, "n", &value), 1);
    assert_string_equal(value.data, "12.5");
    assert_int_equal(hs_jwt_claim(claims.data, claims.len, "id", &value), 0);
    assert_int_equal(hs_jwt_sign(rs, "", text, strlen(text), &token, &err), -1);
    assert_string_equal(err.code, "wrong_alg");
    hs_buf_free(&token);
    hs_buf_free(&claims);
    hs_buf_free(&value);
    hs_jwt_key_free(key);
    hs_jwt_key_free(rs);
}

/* RFC 7515, appendix A.1. */
TEST_CASE(a_token_made_elsewhere)
{
    static const char secret[] =
        "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcg"
        "UuTwjAzZr1Z9CAow";
    struct hs_jwt_checks checks = {"joe", "", 1300819379, 0};
    struct hs_buf token = {0}, bytes = {0};
    struct hs_jwt_key *key;

    assert_int_equal(hs_base64_decode(&bytes, secret, strlen(secret), 1), 0);
    key = hs_jwt_key_new("HS256", bytes.data, bytes.len, NULL);
    assert_non_null(key);
    assert_int_equal(
        hs_buf_add_str(
            &token,
            "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9."
            "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFt"
            "cGxlLmNvbS9pc19yb290Ijp0cnVlfQ."
            "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"),
        0);
    assert_string_equal(verdict(key, &token, &checks), "");
    checks.now_seconds++;
    assert_string_equal(verdict(key, &token, &checks), "expired");
    /* Two bits of the last character are in no byte: one spelling only. */
    token.data[token.len - 1] = 'l';
    assert_string_equal(verdict(key, &token, &checks), "malformed");
    token.data[token.len - 1] = 'g';
    assert_string_equal(verdict(key, &token, &checks), "bad_signature");
    hs_buf_free(&token);
    hs_buf_free(&bytes);
    hs_jwt_key_free(key);
}

TEST_CASE(no_algorithm_but_the_keys_own)
{
    static const char *const headers[] = {
        "{\"alg\":\"none\"}",
        "{\"alg\":\"None\"}",
        "{\"alg\":\"nOnE\"}",
        "{\"alg\":\"NONE\"}",
        "{\"alg\":\"\"}",
        "{\"alg\":null}",
        "{\"alg\":[\"HS256\"]}",
        "{\"alg\":\"HS256 \"}",
        "{\"alg\":\"hs256\"}",
        "{\"alg\":\"HS384\"}",
        "{\"alg\":\"HS256\\u0000\"}",
        "{\"alg\":\"RS256\"}",
        "{\"alg\":\"ES256\"}",
        "{}",
        "{\"ALG\":\"HS256\"}",
        "{\"typ\":\"JWT\"}",
    };
    struct hs_jwt_key *keys[] = {key_of("HS256", SECRET),
                                 key_of("RS256", rsa_pem),
                                 key_of("ES256", ec_pem)};
    struct hs_buf token = {0};

    for (size_t i = 0; i < sizeof headers / sizeof *headers; i++) {
        /* signed well for HS256, then not signed at all */
        hmac_token(&token, headers[i], GOOD, SECRET);
        if (i < 11 || i > 12)
            assert_string_equal(verdict(keys[0], &token, &plain), "wrong_alg");
        for (size_t k = 0; k < 3; k++) {
            assert_string_not_equal(verdict(keys[k], &token, &plain), "");
            begin_token(&token, headers[i], GOOD, strlen(GOOD));
            assert_string_not_equal(verdict(keys[k], &token, &plain), "");
            end_token(&token, "", 0);
            assert_string_not_equal(verdict(keys[k], &token, &plain), "");
        }
    }
    hs_buf_free(&token);
    for (size_t k = 0; k < 3; k++)
        hs_jwt_key_free(keys[k]);
}

TEST_CASE(a_public_key_is_no_secret)
{
    struct hs_jwt_key *rs = key_of("RS256", rsa_pem);
    struct hs_jwt_key *es = key_of("ES256", ec_pem);
    struct hs_buf token = {0};
    struct hs_error err = {0};

    hmac_token(&token, HS, GOOD, rsa_pem);
    assert_string_equal(verdict(rs, &token, &plain), "wrong_alg");
    hmac_token(&token, "{\"alg\":\"RS256\"}", GOOD, rsa_pem);
    assert_string_equal(verdict(rs, &token, &plain), "bad_signature");
    hmac_token(&token, HS, GOOD, ec_pem);
    assert_string_equal(verdict(es, &token, &plain), "wrong_alg");
    /* Nor can a configuration make it one by mistake. */
    assert_null(hs_jwt_key_new("HS256", rsa_pem, strlen(rsa_pem), &err));
    assert_string_equal(err.code, "bad_key");
    hs_buf_free(&token);
    hs_jwt_key_free(rs);
    hs_jwt_key_free(es);
}

TEST_CASE(the_header_chooses_no_key)
{
    static const char *const extras[] = {
        "\"kid\":\"../../../../dev/null\"",
        "\"kid\":\"x' UNION SELECT 'k\"",
        "\"kid\":\"http://127.0.0.1/k\"",
        "\"jku\":\"https://attacker.example/jwks.json\"",
        "\"x5u\":\"https://attacker.example/cert.pem\"",
        "\"jwk\":{\"kty\":\"oct\",\"k\":\"YXR0YWNrZXI\"}",
        "\"x5c\":[\"MIIB\"]",
    };
    struct hs_jwt_key *key = key_of("HS256", SECRET);
    struct hs_buf token = {0};

    for (size_t i = 0; i < sizeof extras / sizeof *extras; i++) {
        char header[128];

        (void)snprintf(header, sizeof header, "{\"alg\":\"HS256\",%s}",
                       extras[i]);
        hmac_token(&token, header, GOOD, "attacker");
        assert_string_equal(verdict(key, &token, &plain), "bad_signature");
        hmac_token(&token, header, GOOD, "");
        assert_string_equal(verdict(key, &token, &plain), "bad_signature");
        /* They are ignored, not refused: hosts that rotate keys send kid. */
        hmac_token(&token, header, GOOD, SECRET);
        assert_string_equal(verdict(key, &token, &plain), "");
    }
    hmac_token(&token, "{\"alg\":\"HS256\",\"crit\":[\"b64\"],\"b64\":false}",
               GOOD, SECRET);
    assert_string_equal(verdict(key, &token, &plain), "malformed");
    hmac_token(&token, "{\"alg\":\"none\",\"alg\":\"HS256\"}", GOOD, SECRET);
    assert_string_equal(verdict(key, &token, &plain), "malformed");
    hs_buf_free(&token);
    hs_jwt_key_free(key);
}

TEST_CASE(bad_ecdsa_signatures)
{
    struct hs_jwt_key *es = key_of("ES256", ec_pem);
    struct hs_buf token = {0};
    unsigned char bytes[65];

    for (size_t i = 0; i < 6; i++) {
        begin_token(&token, "{\"alg\":\"ES256\"}", GOOD, strlen(GOOD));
        memset(bytes, i == 2 ? 0xFF : 0, sizeof bytes);
        if (i == 1)
            bytes[31] = 1; /* r = 1, s = 0 */
        if (i == 3)
            bytes[63] = 1; /* r = 0, s = 1 */
        end_token(&token, bytes, i == 4 ? 65 : i == 5 ? 63 : 64);
        assert_string_equal(verdict(es, &token, &plain), "bad_signature");
    }
    /* OpenSSL's own form is not the JWT's. */
    key_token(&token, "{\"alg\":\"ES256\"}", GOOD, ec, 0);
    assert_string_equal(verdict(es, &token, &plain), "bad_signature");
    key_token(&token, "{\"alg\":\"ES256\"}", GOOD, rsa, 0);
    assert_string_equal(verdict(es, &token, &plain), "bad_signature");
    hs_buf_free(&token);
    hs_jwt_key_free(es);
}

TEST_CASE(every_changed_byte_is_noticed)
{
    struct hs_jwt_key *key = key_of("HS256", SECRET);
    struct hs_buf token = {0};

    hmac_token(&token, HS, GOOD, SECRET);
    for (size_t i = 0; i < token.len; i++) {
        char before = token.data[i];

        for (int c = 0; c < 256; c++) {
            token.data[i] = (char)c;
            if ((char)c != before)
                assert_string_not_equal(verdict(key, &token, &plain), "");
        }
        token.data[i] = before;
    }
    for (; token.len > 0; token.len--) {
        struct hs_buf cut = {token.data, token.len - 1, token.cap};

        assert_string_not_equal(verdict(key, &cut, &plain), "");
    }
    hs_buf_free(&token);
    hs_jwt_key_free(key);
}

TEST_CASE(texts_that_are_no_tokens)
{
    static const char *const bad[] = {
        "",
        ".",
        "..",
        "...",
        "a",
        "a.b",
        "a.b.c",
        "a.b.c.d",
        "eyJ9..",
        "e30.e30.",
        "e30.e30",
        " e30.e30.AAAA",
        "e30.e30.AAAA=",
        "e30=.e30.AAAA",
        "e3 0.e30.AAAA",
        "e30.e30.AA+A",
        "e30.e30.AA/A",
        "bnVsbA.bnVsbA.AAAA",
        "W10.W10.AAAA",
        "IiI.IiI.AAAA",
    };
    struct hs_jwt_key *key = key_of("HS256", SECRET);
    struct hs_buf huge = {0};

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct hs_buf token = {0};
        const char *code;

        assert_int_equal(hs_buf_add_str(&token, bad[i]), 0);
        code = verdict(key, &token, &plain);
        if (strcmp(code, "malformed") != 0 && strcmp(code, "wrong_alg") != 0)
            fail_msg("\"%s\": %s", bad[i], code);
        hs_buf_free(&token);
    }
    for (int i = 0; i < 100000; i++)
        assert_int_equal(hs_buf_add(&huge, i % 1000 ? "A" : ".", 1), 0);
    assert_string_equal(verdict(key, &huge, &plain), "malformed");
    hs_buf_free(&huge);
    hs_jwt_key_free(key);
}

/* Verified by the key of now and its other one, signed by the first; nothing of
 * an earlier one is left. */
TEST_CASE(a_key_that_is_renewed)
{
    static const char *const secrets[] = {"first", "second", "third"};
    struct hs_jwt_key *key = key_of("HS256", secrets[0]);
    struct hs_jwt_key *fresh = key_of("HS256", secrets[1]);
    struct hs_buf token = {0};
    struct hs_error err = {0};

    hs_jwt_key_add(fresh, key_of("HS256", secrets[0]));
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < 3; i++) {
            int fits = round == 0 ? i == 0 : round == 1 ? i < 2 : i == 2;

            hmac_token(&token, HS, GOOD, secrets[i]);
            assert_string_equal(verdict(key, &token, &plain),
                                fits ? "" : "bad_signature");
        }
        hs_buf_clear(&token);
        assert_int_equal(hs_jwt_sign(key, "", GOOD, strlen(GOOD), &token, &err),
                         0);
        assert_string_equal(verdict(key, &token, &plain), "");
        if (round == 0)
            hs_jwt_key_renew(key, fresh);
        else if (round == 1)
            hs_jwt_key_renew(key, key_of("HS256", secrets[2]));
    }
    hs_buf_free(&token);
    hs_jwt_key_free(key);
}

TEST_CASE(keys_that_are_refused)
{
    static const struct {
        const char *alg, *material;
    } cases[] = {
        {"HS256", ""},
        {"none", SECRET},
        {"HS512", SECRET},
        {"", SECRET},
        {"RS256", SECRET},
        {"ES256", SECRET},
        {"RS256", ""},
        {"RS256", ec_pem},
        {"ES256", rsa_pem},
        {"RS256", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----"},
    };
    EVP_PKEY *small = EVP_RSA_gen(1024), *other = EVP_EC_gen("P-384");
    char pem[2048];
    struct hs_error err = {0};

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_null(hs_jwt_key_new(cases[i].alg, cases[i].material,
                                   strlen(cases[i].material), &err));
        assert_string_equal(err.code, "bad_key");
    }
    to_pem(small, pem, sizeof pem);
    assert_null(hs_jwt_key_new("RS256", pem, strlen(pem), &err));
    to_pem(other, pem, sizeof pem);
    assert_null(hs_jwt_key_new("ES256", pem, strlen(pem), &err));
    EVP_PKEY_free(small);
    EVP_PKEY_free(other);
    hs_jwt_key_free(NULL);
}

TEST_CASE(the_access_token_of_the_voice_sdk)
{
    struct hs_access_token token = {
        .account_sid = "AC00000000000000000000000000000001",
        .key_sid = "SK00000000000000000000000000000002",
        .key_secret = SECRET,
        .app_sid = "AP00000000000000000000000000000003",
        .identity = "user_42",
        .now = NOW,
        .ttl = 3600,
    };
    struct hs_jwt_key *key = key_of("HS256", SECRET);
    struct hs_buf out = {0}, claims = {0};
    struct hs_error err = {0};
    static const char header[] =
        "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCIsImN0eSI6InR3aWxpby1mcGE7dj0xIn0.";

    assert_int_equal(hs_access_token_make(&token, &out, &err), 0);
    assert_memory_equal(out.data, header, sizeof header - 1);
    assert_int_equal(
        hs_jwt_verify(key, out.data, out.len, &plain, &claims, &err), 0);
    assert_string_equal(
        claims.data,
        "{\"jti\":\"SK00000000000000000000000000000002-1795316400\","
        "\"grants\":{\"identity\":\"user_42\",\"voice\":{\"incoming\":"
        "{\"allow\":true},\"outgoing\":{\"application_sid\":"
        "\"AP00000000000000000000000000000003\"}}},"
        "\"iat\":1795316400,\"exp\":1795320000,"
        "\"iss\":\"SK00000000000000000000000000000002\","
        "\"sub\":\"AC00000000000000000000000000000001\"}");
    token.ttl = HS_TOKEN_TTL_MAX + 1;
    assert_int_equal(hs_access_token_make(&token, &out, &err), -1);
    assert_string_equal(err.code, "invalid");
    token.ttl = 60;
    token.identity = "no spaces";
    assert_int_equal(hs_access_token_make(&token, &out, &err), -1);
    assert_string_equal(err.code, "invalid");
    token.identity = "";
    assert_int_equal(hs_access_token_make(&token, &out, &err), -1);
    token.identity = "user_42";
    token.app_sid = "";
    assert_int_equal(hs_access_token_make(&token, &out, &err), -1);
    assert_string_equal(err.code, "not_configured");
    assert_string_equal(err.message, "twilio_app_sid is not set");
    hs_buf_free(&out);
    hs_buf_free(&claims);
    hs_jwt_key_free(key);
}

int main(void)
{
    return cmocka_run_group_tests(tests, make_keys, drop_keys);
}
