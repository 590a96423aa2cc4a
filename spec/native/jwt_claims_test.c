/* jwt_claims_test.c: what a token that is signed well may say. */
#include "jwt_support.h"
#include "lib/jsonscan.h"

TEST_CASE(the_clock_decides)
{
    static const struct {
        const char *claims;
        int64_t leeway;
        const char *code;
    } cases[] = {
        {"{\"exp\":1795316401}", 0, ""},
        {"{\"exp\":1795316400}", 0, "expired"},
        {"{\"exp\":1795316400.5}", 0, ""},
        {"{\"exp\":1.7953164e9}", 0, "expired"},
        {"{\"exp\":1.8e9}", 0, ""},
        {"{\"exp\":1795316371}", 30, ""},
        {"{\"exp\":1795316370}", 30, "expired"},
        {"{\"exp\":0}", 0, "expired"},
        {"{\"exp\":-1}", 0, "expired"},
        {"{}", 0, "malformed"},
        {"{\"sub\":\"42\"}", 0, "malformed"},
        {"{\"exp\":\"1795320000\"}", 0, "malformed"},
        {"{\"exp\":null}", 0, "malformed"},
        {"{\"exp\":true}", 0, "malformed"},
        {"{\"exp\":[1795320000]}", 0, "malformed"},
        {"{\"exp\":1e999}", 0, "malformed"},
        {"{\"exp\":Infinity}", 0, "malformed"},
        {"{\"exp\":0x6B0}", 0, "malformed"},
        {"{\"exp\":17953200000000000000000000000000000000000000}", 0,
         "malformed"},
        {"{\"Exp\":1795320000}", 0, "malformed"},
        {"{\"exp\":1795320000,\"nbf\":1795316400}", 0, ""},
        {"{\"exp\":1795320000,\"nbf\":1795316401}", 0, "not_yet"},
        {"{\"exp\":1795320000,\"nbf\":1795316430}", 30, ""},
        {"{\"exp\":1795320000,\"nbf\":1795316431}", 30, "not_yet"},
        {"{\"exp\":1795320000,\"nbf\":\"0\"}", 0, "malformed"},
        {"{\"exp\":1795320000,\"iat\":\"0\"}", 0, "malformed"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct hs_jwt_checks checks = plain;
        const char *code;

        checks.leeway_seconds = cases[i].leeway;
        code = claims_verdict(cases[i].claims, &checks);
        if (strcmp(code, cases[i].code) != 0)
            fail_msg("%s: \"%s\"", cases[i].claims, code);
    }
}

TEST_CASE(issuer_and_audience)
{
    static const struct {
        const char *claims, *issuer, *audience, *code;
    } cases[] = {
        {"{\"exp\":1795320000}", "", "", ""},
        {"{\"exp\":1795320000,\"iss\":1,\"aud\":\"x\"}", "", "", ""},
        {"{\"exp\":1795320000}", "us", "", "wrong_issuer"},
        {"{\"exp\":1795320000,\"iss\":\"them\"}", "us", "", "wrong_issuer"},
        {"{\"exp\":1795320000,\"iss\":[\"us\"]}", "us", "", "wrong_issuer"},
        {"{\"exp\":1795320000,\"iss\":\"us\"}", "us", "", ""},
        {"{\"exp\":1795320000,\"iss\":\"\\u0075s\"}", "us", "", ""},
        {"{\"exp\":1795320000,\"iss\":\"us\\u0000\"}", "us", "",
         "wrong_issuer"},
        {"{\"exp\":1795320000}", "", "app", "wrong_audience"},
        {"{\"exp\":1795320000,\"aud\":\"app\"}", "", "app", ""},
        {"{\"exp\":1795320000,\"aud\":\"apps\"}", "", "app", "wrong_audience"},
        {"{\"exp\":1795320000,\"aud\":[]}", "", "app", "wrong_audience"},
        {"{\"exp\":1795320000,\"aud\":[\"x\",\"app\"]}", "", "app", ""},
        {"{\"exp\":1795320000,\"aud\":[ \"x\" , \"y\" ]}", "", "app",
         "wrong_audience"},
        {"{\"exp\":1795320000,\"aud\":[[\"app\"]]}", "", "app", "malformed"},
        {"{\"exp\":1795320000,\"aud\":{\"app\":1}}", "", "app", "malformed"},
        {"{\"exp\":1795320000,\"aud\":1}", "", "app", "malformed"},
        {"{\"exp\":1,\"iss\":\"them\"}", "us", "app", "expired"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct hs_jwt_checks checks = {cases[i].issuer, cases[i].audience, NOW,
                                       0};
        const char *code = claims_verdict(cases[i].claims, &checks);

        if (strcmp(code, cases[i].code) != 0)
            fail_msg("%s: \"%s\"", cases[i].claims, code);
    }
}

TEST_CASE(claims_that_are_not_exact_json)
{
    static const char *const bad[] = {
        "{\"exp\":1795320000,\"sub\":\"1\",\"sub\":\"2\"}",
        "{\"exp\":1,\"exp\":1795320000}",
        "{\"exp\":1795320000,\"ex\\u0070\":1795320000}",
        "{\"exp\":1795320000,}",
        "{\"exp\":1795320000",
        "{\"exp\":1795320000}}",
        "{\"exp\":1795320000} x",
        "{\"exp\":1795320000}{}",
        "[{\"exp\":1795320000}]",
        "{'exp':1795320000}",
        "{exp:1795320000}",
        "{\"exp\":1795320000,\"a\":\"\x01\"}",
        "{\"exp\":1795320000,\"a\":\"\xff\"}",
        "{\"exp\":1795320000,\"a\":\"\xed\xa0\x80\"}",
        "{\"exp\":1795320000,\"a\":\"\\ud800\"}",
        "{\"exp\":1795320000,\"a\":\"\\udc00\\ud800\"}",
        "{\"exp\":1795320000,\"a\":\"\\x\"}",
        "{\"exp\":1795320000,\"a\":\"\\u12g4\"}",
        "{\"exp\":1795320000,\"a\":01}",
        "{\"exp\":1795320000,\"a\":+1}",
        "{\"exp\":1795320000,\"a\":.5}",
        "{\"exp\":1795320000,\"a\":1.}",
        "{\"exp\":1795320000,\"a\":1e}",
        "{\"exp\":1795320000,\"a\":-}",
        "{\"exp\":1795320000,\"a\":NaN}",
        "{\"exp\":1795320000,\"a\":[1,]}",
        "{\"exp\":1795320000,\"a\":[1 2]}",
        "{\"exp\":1795320000,\"a\":{\"b\"}}",
        "{\"exp\":1795320000,\"a\":{\"b\":1]}",
        "{\"exp\":1795320000 /* no */}",
        "\xef\xbb\xbf{\"exp\":1795320000}",
        "{\"exp\":1795320000,\"a\":[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[",
        "",
        " ",
    };
    static const char *const good[] = {
        " { \"exp\" : 1795320000 , \"a\" : [ ] , \"b\" : { } }\n",
        "{\"exp\":1795320000,\"a\":\"\\ud83d\\udcde\\n\\\"\\/\"}",
        "{\"exp\":1795320000,\"a\":[1,-0.5e+3,true,false,null,{\"b\":[{}]}]}",
        "{\"\":1,\"exp\":1795320000}",
    };

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        if (strcmp(claims_verdict(bad[i], &plain), "malformed") != 0)
            fail_msg("%s", bad[i]);
    }
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        if (strcmp(claims_verdict(good[i], &plain), "") != 0)
            fail_msg("%s", good[i]);
    }
}

TEST_CASE(bounds_of_the_scanner)
{
    char text[HS_JSON_MEMBERS * 8 + 64];

    for (int depth = HS_JSON_DEPTH - 1; depth <= HS_JSON_DEPTH + 1; depth++) {
        size_t len = (size_t)sprintf(text, "{\"a\":");

        memset(text + len, '[', (size_t)depth);
        memset(text + len + depth, ']', (size_t)depth);
        text[len + 2 * (size_t)depth] = '}';
        assert_int_equal(
            hs_json_scan(text, len + 2 * (size_t)depth + 1, NULL, NULL),
            depth <= HS_JSON_DEPTH ? 0 : -1);
    }
    for (int members = HS_JSON_MEMBERS - 1; members <= HS_JSON_MEMBERS + 1;
         members++) {
        size_t len = 0;

        for (int i = 0; i < members; i++)
            len += (size_t)sprintf(text + len, "%c\"%d\":1", i ? ',' : '{', i);
        text[len++] = '}';
        assert_int_equal(hs_json_scan(text, len, NULL, NULL),
                         members <= HS_JSON_MEMBERS ? 0 : -1);
    }
}

int main(void)
{
    return cmocka_run_group_tests(tests, make_keys, drop_keys);
}
