/* crypt_test.c: published vectors, and what must be refused. */

#include "lib/crypt.h"
#include "test.h"

static void hmac_hex(const char *digest, const void *key, size_t key_len,
                     const char *text, char *hex)
{
    struct hs_hmac *hmac = hs_hmac_new(digest, key, key_len);
    unsigned char mac[64];
    size_t len = 0;

    assert_non_null(hmac);
    /* The second round shows that a message leaves nothing behind. */
    for (int round = 0; round < 2; round++) {
        hs_hmac_begin(hmac);
        hs_hmac_add(hmac, text, 1);
        hs_hmac_add(hmac, text + 1, strlen(text) - 1);
        len = hs_hmac_end(hmac, mac);
        hs_hex(mac, len, hex);
    }
    hs_hmac_free(hmac);
}

TEST_CASE(hmac_reproduces_the_rfc_vectors)
{
    unsigned char long_key[131];
    char hex[129];

    hmac_hex("SHA1", "Jefe", 4, "what do ya want for nothing?", hex);
    assert_string_equal(hex, "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79");
    hmac_hex("SHA256", "Jefe", 4, "what do ya want for nothing?", hex);
    assert_string_equal(hex,
                        "5bdcc146bf60754e6a042426089575c75a003f089d2739839d"
                        "ec58b964ec3843");
    hmac_hex("SHA1", "", 0, "The quick brown fox", hex);
    assert_int_equal(strlen(hex), 40);
    /* RFC 4231, case 6: a key longer than a block. */
    memset(long_key, 0xaa, sizeof long_key);
    hmac_hex("SHA256", long_key, sizeof long_key,
             "Test Using Larger Than Block-Size Key - Hash Key First", hex);
    assert_string_equal(hex,
                        "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c51405"
                        "46040f0ee37f54");
}

TEST_CASE(an_abandoned_message_leaves_nothing_behind)
{
    struct hs_hmac *hmac = hs_hmac_new("SHA1", "k", 1);
    unsigned char mac[64];
    char hex[41];

    hs_hmac_begin(hmac);
    hs_hmac_add(hmac, "abandoned", 9);
    hs_hmac_begin(hmac);
    assert_int_equal(hs_hmac_end(hmac, mac), 20);
    hs_hex(mac, 20, hex);
    /* echo -n | openssl dgst -sha1 -hmac k */
    assert_string_equal(hex, "3a84a218ee6665209bb70e84525dd837645a1965");
    assert_null(hs_hmac_new("NOSUCH", "k", 1));
    hs_hmac_free(hmac);
    hs_hmac_free(NULL);
}

TEST_CASE(sha256_of_nothing_and_of_abc)
{
    unsigned char digest[32];
    char hex[65];

    hs_sha256(NULL, 0, digest);
    hs_hex(digest, 32, hex);
    assert_string_equal(hex, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934c"
                             "a495991b7852b855");
    hs_sha256("abc", 3, digest);
    hs_hex(digest, 32, hex);
    assert_string_equal(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9c"
                             "b410ff61f20015ad");
}

TEST_CASE(base64_reproduces_rfc_4648)
{
    static const char *const cases[][3] = {
        {"", "", ""},
        {"f", "Zg==", "Zg"},
        {"fo", "Zm8=", "Zm8"},
        {"foo", "Zm9v", "Zm9v"},
        {"foob", "Zm9vYg==", "Zm9vYg"},
        {"fooba", "Zm9vYmE=", "Zm9vYmE"},
        {"foobar", "Zm9vYmFy", "Zm9vYmFy"},
        {"\xff\xfe\xfb", "//77", "__77"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        for (int url = 0; url < 2; url++) {
            struct hs_buf text = {0}, back = {0};
            const char *wanted = cases[i][1 + url];

            assert_int_equal(
                hs_base64_encode(&text, cases[i][0], strlen(cases[i][0]), url),
                0);
            assert_int_equal(text.len, strlen(wanted));
            if (text.len > 0)
                assert_string_equal(text.data, wanted);
            assert_int_equal(
                hs_base64_decode(&back, wanted, strlen(wanted), url), 0);
            assert_int_equal(back.len, strlen(cases[i][0]));
            if (back.len > 0)
                assert_string_equal(back.data, cases[i][0]);
            hs_buf_free(&text);
            hs_buf_free(&back);
        }
    }
}

TEST_CASE(base64_round_trips_every_length)
{
    unsigned char data[1000];

    assert_int_equal(hs_random(data, sizeof data), 0);
    for (size_t len = 0; len <= sizeof data; len++) {
        struct hs_buf text = {0}, back = {0};
        char flat[4 * ((sizeof data + 2) / 3) + 1];

        assert_int_equal(hs_base64_encode(&text, data, len, (int)(len & 1)), 0);
        assert_int_equal(
            hs_base64_decode(&back, text.data, text.len, (int)(len & 1)), 0);
        assert_int_equal(back.len, len);
        if (len > 0)
            assert_memory_equal(back.data, data, len);
        hs_base64_write(data, len, flat);
        if (len > 0 && !(len & 1))
            assert_string_equal(flat, text.data);
        hs_buf_free(&text);
        hs_buf_free(&back);
    }
}

TEST_CASE(base64_refuses_all_but_the_one_spelling)
{
    static const struct {
        const char *text;
        int url;
    } cases[] = {
        {"Zg", 0},   {"Zg=", 0},      {"Zg===", 0},
        {"Zh==", 0}, {"Zm9=", 0},     {"Z", 1},
        {"Zh", 1},   {"Zm9", 1},      {"Zg==", 1},
        {"Zm 9", 0}, {"Zm9v\n", 0},   {"=", 0},
        {"====", 0}, {"Zm9v====", 0}, {"_-77", 0},
        {"/+77", 1}, {"Zg==Zg==", 0}, {"Zm9vZm9v\x80", 1},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct hs_buf out = {0};

        assert_int_equal(hs_buf_add_str(&out, "kept"), 0);
        assert_int_equal(hs_base64_decode(&out, cases[i].text,
                                          strlen(cases[i].text), cases[i].url),
                         -1);
        assert_string_equal(out.data, "kept");
        hs_buf_free(&out);
    }
    /* A NUL inside is a character like any other wrong one. */
    {
        struct hs_buf out = {0};

        assert_int_equal(hs_base64_decode(&out, "Zm\0v", 4, 0), -1);
        hs_buf_free(&out);
    }
}

TEST_CASE(equal_compares_lengths_first)
{
    assert_int_equal(hs_equal("abc", 3, "abc", 3), 1);
    assert_int_equal(hs_equal("abc", 3, "abd", 3), 0);
    assert_int_equal(hs_equal("abc", 3, "abcd", 4), 0);
    assert_int_equal(hs_equal("", 0, "", 0), 1);
    assert_int_equal(hs_equal(NULL, 0, NULL, 0), 1);
}

TEST_CASE(a_password_is_known_again)
{
    struct hs_buf stored = {0}, again = {0};
    struct hs_error err = {0};

    assert_int_equal(hs_password_hash(&stored, "correct horse", 13, &err), 0);
    assert_memory_equal(stored.data, "scrypt$15$8$1$", 14);
    assert_int_equal(hs_password_verify(stored.data, "correct horse", 13, &err),
                     1);
    assert_int_equal(hs_password_verify(stored.data, "correct horsf", 13, &err),
                     0);
    assert_int_equal(hs_password_verify(stored.data, "", 0, &err), 0);
    assert_int_equal(hs_password_hash(&again, "correct horse", 13, &err), 0);
    assert_string_not_equal(stored.data, again.data); /* another salt */
    hs_buf_free(&stored);
    hs_buf_free(&again);
}

TEST_CASE(an_unreadable_hash_is_an_error_not_a_mismatch)
{
    static const char *const cases[] = {
        "",
        "x",
        "scrypt$",
        "scrypt$15$8$1$",
        "scrypt$15$8$1$AAAAAAAAAAAAAAAAAAAAAA",
        "scrypt$15$8$1$AAAAAAAAAAAAAAAAAAAAAA$AAAA",
        "scrypt$15$8$2$AAAAAAAAAAAAAAAAAAAAAA$"
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "scrypt$25$8$1$AAAAAAAAAAAAAAAAAAAAAA$"
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "scrypt$19$8$1$AAAAAAAAAAAAAAAAAAAAAA$"
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "scrypt$15$8$1$$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct hs_error err = {0};

        assert_int_equal(hs_password_verify(cases[i], "p", 1, &err), -1);
        assert_string_equal(err.code, "crypt");
    }
}

int main(void)
{
    return cmocka_run_group_tests(tests, NULL, NULL);
}
