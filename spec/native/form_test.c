/* form_test.c: the urlencoded parser, on what Twilio sends and on what nobody
 * should. */

#include "base/buf.h"
#include "lib/form.h"
#include "test.h"

/* Parse and spell the pairs as [name|value] one after the other. */
static void parses_to(const char *data, size_t len, const char *expected)
{
    struct hs_form form = {0};
    struct hs_error err = {0};
    struct hs_buf seen = {0};
    char *exact = malloc(len ? len : 1); /* no NUL behind: ASan watches */

    memcpy(exact, data, len);
    assert_int_equal(hs_form_parse(&form, exact, len, &err), 0);
    assert_int_equal(hs_buf_add_str(&seen, ""), 0);
    for (size_t i = 0; i < form.count; i++) {
        const struct hs_pair *pair = &form.pairs[i];

        assert_int_equal(strlen(pair->name), pair->name_len);
        assert_int_equal(strlen(pair->value), pair->value_len);
        assert_int_equal(
            hs_buf_printf(&seen, "[%s|%s]", pair->name, pair->value), 0);
    }
    assert_string_equal(seen.data, expected);
    hs_buf_free(&seen);
    hs_form_free(&form);
    free(exact);
}

static void refused_as(const char *data, size_t len, const char *code)
{
    struct hs_form form = {0};
    struct hs_error err = {0};

    assert_int_equal(hs_form_parse(&form, data, len, &err), -1);
    assert_string_equal(err.code, code);
    assert_true(err.message[0] != 0);
    assert_int_equal(form.count, 0);
    assert_int_equal(hs_form_parse(&form, "a=1", 3, NULL), 0);
    assert_int_equal(form.count, 1);
    hs_form_free(&form);
}

TEST_CASE(pairs_are_read_in_order)
{
    static const char *const cases[][2] = {
        {"", ""},
        {"a=1", "[a|1]"},
        {"a=1&b=2&a=3", "[a|1][b|2][a|3]"},
        {"a", "[a|]"},
        {"a&b=2", "[a|][b|2]"},
        {"a=", "[a|]"},
        {"=1", "[|1]"},
        {"=", "[|]"},
        {"a=1&&b=2&", "[a|1][b|2]"},
        {"&&&", ""},
        {"a=b=c", "[a|b=c]"},
        {"a+b=c+d", "[a b|c d]"},
        {"a%20b=c%2Bd", "[a b|c+d]"},
        {"%26%3d=%3D%26", "[&=|=&]"},
        {"From=%2B13035550123&To=%2B13035550142",
         "[From|+13035550123][To|+13035550142]"},
        {"name=Zo%C3%AB", "[name|Zo\xC3\xAB]"},
        {"name=Zo\xC3\xAB", "[name|Zo\xC3\xAB]"},
        {"n%61me=%F0%9F%93%9E", "[name|\xF0\x9F\x93\x9E]"},
        {"a=%0A", "[a|\n]"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        parses_to(cases[i][0], strlen(cases[i][0]), cases[i][1]);
}

TEST_CASE(malformed_input_is_refused)
{
    static const char *const cases[] = {
        "a=%",
        "a=%4",
        "a=%4&b=1",
        "a=%zz",
        "a=%4g",
        "a=% 1",
        "%=1",
        "a%2=1",
        "a=1&b=%",
        "a=%00",
        "%00=1",
        "a=b%00c",
        "a=%ff",
        "a=\xff",
        "a=%C3",       /* half a character */
        "a=%C3&b=%AB", /* two halves do not meet over & */
        "a%C3=%AB",    /* nor over = */
        "a=%C0%AF",    /* an overlong slash */
        "a=%ED%A0%80", /* a surrogate */
        "a=%F4%90%80%80" /* over U+10FFFF */,
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        refused_as(cases[i], strlen(cases[i]), "malformed");
    refused_as("a=1\0&b=2", 8, "malformed");
    refused_as("\0", 1, "malformed");
    refused_as("a=1&\0=2", 7, "malformed");
}

/* As a webhook is read: nothing is refused, the bytes stay for the signature,
 * and what is read afterwards is text. */
TEST_CASE(malformed_text_is_kept_and_then_repaired)
{
    static const struct {
        const char *body;
        const char *raw;
        const char *repaired;
    } cases[] = {
        {"a=b", "b", "b"},
        {"a=%C3%AB", "\xc3\xab", "\xc3\xab"},
        {"a=%zz", "%zz", "%zz"},
        {"a=%4", "%4", "%4"},
        {"a=x%ffy", "x\xffy", "x\xef\xbf\xbdy"},
        {"a=%C3", "\xc3", "\xef\xbf\xbd"},
        {"a=%C0%AF", "\xc0\xaf", "\xef\xbf\xbd\xef\xbf\xbd"},
        {"a=\xe9t\xe9", "\xe9t\xe9", "\xef\xbf\xbdt\xef\xbf\xbd"},
    };
    struct hs_form form = {0};

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *body = cases[i].body;

        assert_int_equal(hs_form_parse_raw(&form, body, strlen(body), NULL), 0);
        assert_string_equal(form.pairs[0].value, cases[i].raw);
        assert_int_equal(hs_form_repair(&form), 0);
        assert_string_equal(form.pairs[0].name, "a");
        assert_string_equal(form.pairs[0].value, cases[i].repaired);
        assert_int_equal(form.pairs[0].value_len, strlen(cases[i].repaired));
    }
    assert_int_equal(hs_form_parse_raw(&form, "x=1&%00=a%00b&y=", 16, NULL), 0);
    assert_int_equal(form.pairs[1].value_len, 3);
    assert_int_equal(hs_form_repair(&form), 0);
    assert_int_equal(form.count, 3);
    assert_string_equal(form.pairs[1].name, "\xef\xbf\xbd");
    assert_string_equal(form.pairs[1].value, "a\xef\xbf\xbd"
                                             "b");
    assert_string_equal(form.pairs[2].name, "y");
    assert_string_equal(form.pairs[2].value, "");
    hs_form_free(&form);
}

TEST_CASE(the_number_of_pairs_is_limited)
{
    struct hs_buf body = {0};
    struct hs_form form = {0};
    struct hs_error err = {0};

    for (int i = 0; i < HS_FORM_MAX; i++)
        assert_int_equal(hs_buf_printf(&body, "p%d=%d&", i, i), 0);
    assert_int_equal(hs_form_parse(&form, body.data, body.len, &err), 0);
    assert_int_equal(form.count, HS_FORM_MAX);
    assert_string_equal(form.pairs[255].value, "255");
    assert_string_equal(form.pairs[0].name, "p0");
    assert_int_equal(hs_buf_add_str(&body, "one=more"), 0);
    assert_int_equal(hs_form_parse(&form, body.data, body.len, &err), -1);
    assert_string_equal(err.code, "too_many");
    hs_form_free(&form);
    hs_buf_free(&body);
}

TEST_CASE(memory_is_kept_from_parse_to_parse)
{
    const char *body = "CallSid=CA1&From=%2B1&To=%2B2&CallStatus=ringing";
    struct hs_form form = {0};
    const char *bytes;
    const struct hs_pair *pairs;

    assert_int_equal(hs_form_parse(&form, body, strlen(body), NULL), 0);
    bytes = form.bytes;
    pairs = form.pairs;
    for (int i = 0; i < 100; i++) {
        assert_int_equal(hs_form_parse(&form, body, strlen(body), NULL), 0);
        assert_int_equal(form.count, 4);
        assert_ptr_equal(form.bytes, bytes);
        assert_ptr_equal(form.pairs, pairs);
    }
    hs_form_free(&form);
    assert_null(form.bytes);
    hs_form_free(&form);
}

TEST_CASE(the_first_value_of_a_name_is_found)
{
    const char *body = "a=1&ab=2&a=3&=4";
    struct hs_form form = {0};
    const struct hs_pair *pair;

    assert_null(hs_form_find(&form, "a", 1));
    assert_int_equal(hs_form_parse(&form, body, strlen(body), NULL), 0);
    pair = hs_form_find(&form, "a", 1);
    assert_non_null(pair);
    assert_string_equal(pair->value, "1");
    pair = hs_form_find(&form, "ab", 2);
    assert_non_null(pair);
    assert_string_equal(pair->value, "2");
    assert_null(hs_form_find(&form, "A", 1));
    pair = hs_form_find(&form, "", 0);
    assert_non_null(pair);
    assert_string_equal(pair->value, "4");
    hs_form_free(&form);
}

TEST_CASE(every_byte_survives_its_escape)
{
    struct hs_form form = {0};

    for (unsigned int byte = 1; byte < 0x80; byte++) {
        char body[16];

        (void)snprintf(body, sizeof body, "k=%%%02x%%%02X", byte, byte);
        assert_int_equal(hs_form_parse(&form, body, strlen(body), NULL), 0);
        assert_int_equal(form.pairs[0].value_len, 2);
        assert_int_equal(form.pairs[0].value[0], byte);
        assert_int_equal(form.pairs[0].value[1], byte);
    }
    hs_form_free(&form);
}

TEST_CASE(a_large_body_is_read)
{
    size_t len = 1 << 20;
    char *body = malloc(len);
    struct hs_form form = {0};

    assert_non_null(body);
    memset(body, '+', len);
    body[1] = '=';
    assert_int_equal(hs_form_parse(&form, body, len, NULL), 0);
    assert_int_equal(form.count, 1);
    assert_int_equal(form.pairs[0].name_len, 1);
    assert_int_equal(form.pairs[0].value_len, len - 2);
    hs_form_free(&form);
    free(body);
}

int main(void)
{
    return cmocka_run_group_tests(tests, NULL, NULL);
}
