/* signature_test.c: Twilio's published example and every rule around it. */

#include "lib/crypt.h"
#include "test.h"
#include "twilio/signature.h"

#define TOKEN "12345"
#define SERVER "https://example.com"

/* A form out of name, value, name, value, …, NULL. */
struct test_form {
    struct hs_pair pairs[HS_FORM_MAX + 1];
    struct hs_form form;
};

static const struct hs_form *form_of(struct test_form *out,
                                     const char *const *text)
{
    memset(out, 0, sizeof *out);
    out->form.pairs = out->pairs;
    for (; text[0]; text += 2) {
        struct hs_pair *pair = &out->pairs[out->form.count++];

        pair->name = text[0];
        pair->name_len = strlen(text[0]);
        pair->value = text[1];
        pair->value_len = strlen(text[1]);
    }
    return &out->form;
}

static const char *const EXAMPLE[] = {
    "To",     "+18005551212", "CallSid", "CA1234567890ABCDE", "Digits", "1234",
    "Caller", "+14158675310", "From",    "+14158675310",      NULL,
};

/* Is `form`, sent to server_url + target, valid when signed as `signed_url`
 * and `signed_params` say? */
static int valid_when_signed(const char *server_url, const char *target,
                             const char *const *form, const char *signed_url,
                             const char *const *signed_params)
{
    struct hs_signer *twilio = hs_signer_new(TOKEN, "https://unused.example");
    struct hs_signer *ours = hs_signer_new(TOKEN, server_url);
    struct test_form sent, wanted;
    char signature[29];
    struct hs_signed_request request = {
        .target = target,
        .target_len = strlen(target),
        .form = form_of(&sent, form),
        .signature = signature,
    };
    int valid;

    assert_int_equal(hs_signature_make(twilio, signed_url,
                                       form_of(&wanted, signed_params),
                                       signature),
                     0);
    valid = hs_signature_valid(ours, &request);
    hs_signer_free(twilio);
    hs_signer_free(ours);
    return valid;
}

TEST_CASE(the_published_example)
{
    struct hs_signer *signer = hs_signer_new(TOKEN, SERVER);
    struct test_form form;
    char signature[29];
    struct hs_signed_request request = {
        .target = "/myapp.php?foo=1&bar=2",
        .target_len = 22,
        .form = form_of(&form, EXAMPLE),
        .signature = "L/OH5YylLD5NRKLltdqwSvS0BnU=",
    };

    assert_int_equal(hs_signature_make(signer, SERVER "/myapp.php?foo=1&bar=2",
                                       &form.form, signature),
                     0);
    assert_string_equal(signature, "L/OH5YylLD5NRKLltdqwSvS0BnU=");
    for (int i = 0; i < 3; i++)
        assert_int_equal(hs_signature_valid(signer, &request), 1);
    assert_int_equal(
        hs_signature_valid_url(signer, SERVER "/myapp.php?foo=1&bar=2",
                               strlen(SERVER "/myapp.php?foo=1&bar=2"),
                               &form.form, signature),
        1);
    hs_signer_free(signer);
}

TEST_CASE(a_wrong_signature_is_refused)
{
    static const char *const wrong[] = {
        "",
        "L/OH5YylLD5NRKLltdqwSvS0BnU",
        "L/OH5YylLD5NRKLltdqwSvS0BnU==",
        "l/OH5YylLD5NRKLltdqwSvS0BnU=",
        " L/OH5YylLD5NRKLltdqwSvS0BnU=",
        "AAAAAAAAAAAAAAAAAAAAAAAAAAA=",
        "0123456789012345678901234567",
        NULL,
    };
    struct hs_signer *signer = hs_signer_new(TOKEN, SERVER);
    struct test_form form;
    struct hs_signed_request request = {
        .target = "/myapp.php?foo=1&bar=2",
        .target_len = 22,
        .form = form_of(&form, EXAMPLE),
    };

    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        request.signature = wrong[i];
        assert_int_equal(hs_signature_valid(signer, &request), 0);
    }
    hs_signer_free(signer);
}

TEST_CASE(without_a_token_nothing_is_valid)
{
    /* HMAC with an empty key is easily made by anybody. */
    struct hs_signer *signer = hs_signer_new("", SERVER);
    struct hs_hmac *hmac = hs_hmac_new("SHA1", "", 0);
    unsigned char mac[64];
    char signature[29];
    size_t len;
    struct hs_signed_request request = {
        .target = "/a", .target_len = 2, .signature = signature};

    hs_hmac_begin(hmac);
    hs_hmac_add(hmac, SERVER "/a", strlen(SERVER "/a"));
    len = hs_hmac_end(hmac, mac);
    hs_base64_write(mac, len, signature);
    assert_int_equal(hs_signature_valid(signer, &request), 0);
    assert_int_equal(
        hs_signature_valid_url(signer, SERVER "/a", 21, NULL, signature), 0);
    assert_int_equal(hs_signature_make(signer, SERVER, NULL, signature), -1);
    hs_hmac_free(hmac);
    hs_signer_free(signer);
    hs_signer_free(NULL);
}

TEST_CASE(what_was_changed_on_the_way_is_refused)
{
    static const char *const a[] = {"A", "1", "B", "2", NULL};
    static const char *const changed[] = {"A", "1", "B", "3", NULL};
    static const char *const missing[] = {"A", "1", NULL};
    static const char *const added[] = {"A", "1", "B", "2", "C", "", NULL};

    assert_int_equal(valid_when_signed(SERVER, "/x", a, SERVER "/x", a), 1);
    assert_int_equal(valid_when_signed(SERVER, "/x", changed, SERVER "/x", a),
                     0);
    assert_int_equal(valid_when_signed(SERVER, "/x", missing, SERVER "/x", a),
                     0);
    assert_int_equal(valid_when_signed(SERVER, "/x", added, SERVER "/x", a), 0);
    assert_int_equal(valid_when_signed(SERVER, "/y", a, SERVER "/x", a), 0);
    assert_int_equal(valid_when_signed(SERVER, "/x/", a, SERVER "/x", a), 0);
    assert_int_equal(valid_when_signed(SERVER, "/x?", a, SERVER "/x", a), 0);
    assert_int_equal(valid_when_signed(SERVER, "/x?a=1", a, SERVER "/x", a), 0);
    assert_int_equal(
        valid_when_signed(SERVER, "/x?a=1&a=1", a, SERVER "/x?a=1", a), 0);
    assert_int_equal(
        valid_when_signed(SERVER, "/x", a, "http://example.com/x", a), 0);
    assert_int_equal(
        valid_when_signed(SERVER, "/x", a, "https://example.org/x", a), 0);
}

TEST_CASE(the_target_is_taken_verbatim)
{
    static const char *const none[] = {NULL};
    static const char *const targets[] = {
        "/a%20b",  "/a+b?c=%2F",         "//x//y",
        "/x?",     "/%7Euser?b=2&a=1&&", "/caf\xc3\xa9?q='\"",
        "/A/../b",
    };

    for (size_t i = 0; i < sizeof targets / sizeof *targets; i++) {
        char url[128] = SERVER;

        strcat(url, targets[i]);
        assert_int_equal(valid_when_signed(SERVER, targets[i], none, url, none),
                         1);
    }
    assert_int_equal(
        valid_when_signed(SERVER, "/a%2fb", none, SERVER "/a%2Fb", none), 0);
}

TEST_CASE(names_are_sorted_by_byte_and_alone)
{
    /* By the joined text "ReasonConferenceEndedx" would come first. */
    static const char *const wire[] = {
        "ReasonConferenceEnded", "x", "Reason", "zzz", "a", "1", "B", "2", NULL,
    };
    static const char *const url =
        SERVER "/xB2ReasonzzzReasonConferenceEndedxa1";
    static const char *const none[] = {NULL};

    /* No delimiters: a signed URL with everything appended is the same text. */
    assert_int_equal(valid_when_signed(SERVER, "/x", wire, url, none), 1);
}

TEST_CASE(repeated_values_count_once_and_sorted)
{
    static const char *const wire[] = {"To", "b", "To", "a", "To", "b", NULL};
    static const char *const none[] = {NULL};

    assert_int_equal(
        valid_when_signed(SERVER, "/x", wire, SERVER "/xToaTob", none), 1);
    assert_int_equal(
        valid_when_signed(SERVER, "/x", wire, SERVER "/xTobToaTob", none), 0);
}

TEST_CASE(empty_values_count)
{
    static const char *const wire[] = {"FromCity", "", "", "", NULL};
    static const char *const none[] = {NULL};

    assert_int_equal(
        valid_when_signed(SERVER, "/x", wire, SERVER "/xFromCity", none), 1);
    assert_int_equal(valid_when_signed(SERVER, "/x", wire, SERVER "/x", none),
                     0);
}

TEST_CASE(ports_may_come_and_go)
{
    static const struct {
        const char *server, *signed_url;
        int valid;
    } cases[] = {
        {"https://h.example", "https://h.example:443/x", 1},
        {"http://h.example", "http://h.example:80/x", 1},
        {"https://h.example", "https://h.example:80/x", 0},
        {"http://h.example", "http://h.example:443/x", 0},
        {"https://h.example:443", "https://h.example/x", 1},
        {"https://h.example:443", "https://h.example:443/x", 1},
        {"https://h.example:8443", "https://h.example:8443/x", 1},
        {"https://h.example:8443", "https://h.example/x", 1},
        {"https://h.example:8443", "https://h.example:443/x", 0},
        {"https://h.example", "https://h.example:8443/x", 0},
        {"https://u:p@h.example", "https://u:p@h.example/x", 1},
        {"https://u:p@h.example", "https://u:p@h.example:443/x", 1},
        {"https://u:p@h.example:9", "https://u:p@h.example/x", 1},
        {"https://u:p@h.example", "https://h.example/x", 0},
        {"https://h.example", "https://u:p@h.example/x", 0},
        {"https://[2001:db8::1]", "https://[2001:db8::1]/x", 1},
        {"https://[2001:db8::1]", "https://[2001:db8::1]:443/x", 1},
        {"https://[2001:db8::1]:9", "https://[2001:db8::1]/x", 1},
        {"https://H.Example", "https://H.Example/x", 1},
        {"https://H.Example", "https://h.example/x", 1},
        {"https://H.Example", "https://h.example:443/x", 1},
        {"https://H.Example:9", "https://h.example/x", 1},
        {"https://h.example", "https://H.Example/x", 0},
        {"https://U:P@H.example", "https://U:P@h.example/x", 1},
        {"https://U:P@H.example", "https://u:p@h.example/x", 0},
        {"https://h.example/", "https://h.example/x", 1},
        {"https://h.example/Pre", "https://h.example/Pre/x", 1},
        {"https://h.example/Pre/", "https://h.example:443/Pre/x", 1},
        {"https://h.example/Pre", "https://h.example/pre/x", 0},
        {"https://h.example/a:9", "https://h.example:443/a:9/x", 1},
    };
    static const char *const form[] = {"A", "1", NULL};

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int got = valid_when_signed(cases[i].server, "/x", form,
                                    cases[i].signed_url, form);

        if (got != cases[i].valid)
            fail_msg("%s signed as %s: %d", cases[i].server,
                     cases[i].signed_url, got);
    }
}

TEST_CASE(utf8_goes_in_as_it_is)
{
    static const char *const wire[] = {"FromCity",
                                       "M\xc3\xbcnchen \xf0\x9f\x93\x9e", NULL};
    static const char *const none[] = {NULL};

    assert_int_equal(
        valid_when_signed(SERVER, "/x", wire,
                          SERVER "/xFromCityM\xc3\xbcnchen \xf0\x9f\x93\x9e",
                          none),
        1);
}

static int json_valid(const char *query, const char *body)
{
    struct hs_signer *signer = hs_signer_new(TOKEN, SERVER);
    char signature[29], url[256] = SERVER;
    struct hs_signed_request request = {
        .target = query,
        .target_len = strlen(query),
        .body = body,
        .body_len = strlen(body),
        .is_json = 1,
        .signature = signature,
    };
    int valid;

    strcat(url, query);
    assert_int_equal(hs_signature_make(signer, url, NULL, signature), 0);
    valid = hs_signature_valid(signer, &request);
    hs_signer_free(signer);
    return valid;
}

#define HASH_ABC                                                               \
    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"

TEST_CASE(a_json_body_is_bound_by_its_hash)
{
    assert_int_equal(json_valid("/x?bodySHA256=" HASH_ABC, "abc"), 1);
    assert_int_equal(json_valid("/x?a=1&bodySHA256=" HASH_ABC "&b=2", "abc"),
                     1);
    assert_int_equal(json_valid("/x?bodySHA256=" HASH_ABC, "abd"), 0);
    assert_int_equal(json_valid("/x?bodySHA256=" HASH_ABC "0", "abc"), 0);
    assert_int_equal(json_valid("/x?bodysha256=" HASH_ABC, "abc"), 0);
    assert_int_equal(json_valid("/x?zbodySHA256=" HASH_ABC, "abc"), 0);
    assert_int_equal(json_valid("/x?bodySHA256=", "abc"), 0);
    assert_int_equal(json_valid("/x?bodySHA256", "abc"), 0);
    assert_int_equal(json_valid("/x?", "abc"), 0);
    assert_int_equal(json_valid("/x", "abc"), 0);
    assert_int_equal(json_valid("/bodySHA256=" HASH_ABC, "abc"), 0);
    /* The first one counts, as in Twilio's own library. */
    assert_int_equal(json_valid("/x?bodySHA256=00&bodySHA256=" HASH_ABC, "abc"),
                     0);
}

TEST_CASE(a_full_form_in_any_order)
{
    static char text[HS_FORM_MAX + 1][8];
    struct hs_signer *signer = hs_signer_new(TOKEN, SERVER);
    struct test_form form;
    char first[29], again[29];

    memset(&form, 0, sizeof form);
    form.form.pairs = form.pairs;
    for (size_t i = 0; i < HS_FORM_MAX; i++) {
        struct hs_pair *pair = &form.pairs[i];

        text[i][0] = (char)('a' + i % 16);
        text[i][1] = (char)('a' + i / 16);
        *pair = (struct hs_pair){text[i], text[i] + 1, 2, 1};
    }
    form.form.count = HS_FORM_MAX;
    assert_int_equal(hs_signature_make(signer, SERVER, &form.form, first), 0);
    for (size_t i = 0; i < HS_FORM_MAX / 2; i++) {
        struct hs_pair swap = form.pairs[i];

        form.pairs[i] = form.pairs[HS_FORM_MAX - 1 - i];
        form.pairs[HS_FORM_MAX - 1 - i] = swap;
    }
    assert_int_equal(hs_signature_make(signer, SERVER, &form.form, again), 0);
    assert_string_equal(first, again);
    form.form.count = HS_FORM_MAX + 1;
    form.pairs[HS_FORM_MAX] = form.pairs[0];
    assert_int_equal(hs_signature_make(signer, SERVER, &form.form, again), -1);
    hs_signer_free(signer);
}

int main(void)
{
    return cmocka_run_group_tests(tests, NULL, NULL);
}
