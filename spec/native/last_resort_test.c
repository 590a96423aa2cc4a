/* last_resort_test.c: what callers hear when Lua can't be asked, in the
 * language that is set. */

#include "server/answers/last_resort.h"
#include "test.h"

static void check_documents(const char *language, const char *attribute,
                            const char *goodbye)
{
    const struct hs_form nothing = {0};
    char *voicemail = hs_last_resort_new("https://a.example/?b&c", language);
    const char *documents[] = {
        voicemail, hs_last_resort_pick(NULL, language, &nothing, &nothing)};

    assert_ptr_equal(
        hs_last_resort_pick(voicemail, language, &nothing, &nothing),
        voicemail);
    assert_non_null(strstr(voicemail, "action=\"https://a.example/?b&amp;c/"));
    for (size_t i = 0; i < 2; i++) {
        assert_non_null(strstr(documents[i], goodbye));
        assert_non_null(strstr(documents[i], attribute));
        if (strcmp(goodbye, "Goodbye.") != 0) {
            assert_null(strstr(documents[i], "Goodbye"));
            assert_null(strstr(documents[i], "We are"));
            assert_null(strstr(documents[i], "<Say>"));
        }
    }
    free(voicemail);
}

TEST_CASE(every_language_is_spoken)
{
    check_documents("", "<Say>", "Goodbye.");
    check_documents("en-GB", "<Say>", "Goodbye.");
    check_documents("it-IT", "<Say>", "Goodbye.");
    check_documents("est", "<Say>", "Goodbye.");
    check_documents("es-MX", "<Say language=\"es-ES\">", "Adi&#243;s.");
    check_documents("ES", "<Say language=\"es-ES\">", "Adi&#243;s.");
    check_documents("fr-CA", "<Say language=\"fr-FR\">", "Au revoir.");
    check_documents("de-DE", "<Say language=\"de-DE\">", "Wiederh&#246;ren.");
}

static const char *pick(const char *step, const char *pin)
{
    struct hs_pair query[] = {
        {.name = "step",
         .value = step,
         .name_len = 4,
         .value_len = strlen(step)},
        {.name = "pin", .value = pin, .name_len = 3, .value_len = strlen(pin)}};
    struct hs_pair digits = {
        .name = "Digits", .value = "1", .name_len = 6, .value_len = 1};
    const struct hs_form asked = {.pairs = query, .count = 2};
    const struct hs_form params = {.pairs = &digits, .count = 1};

    return hs_last_resort_pick(NULL, "", &params, &asked);
}

/* A PIN can't be checked here, so nobody is put through to a phone that asks
 * for one; where 1 is enough, everybody is. */
TEST_CASE(nobody_takes_a_call_without_their_pin)
{
    const char *steps[] = {"screen", "screened"};

    for (size_t i = 0; i < 2; i++) {
        assert_null(strstr(pick(steps[i], ""), "<Hangup"));
        assert_non_null(strstr(pick(steps[i], "1"), "<Hangup"));
    }
}

int main(void)
{
    return cmocka_run_group_tests(tests, NULL, NULL);
}
