/* last_resort_test.c: what callers hear when Lua can't be asked, in the
 * language that is set. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "server/last_resort.h"

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

static void every_language_is_spoken(void **state)
{
    (void)state;
    check_documents("", "<Say>", "Goodbye.");
    check_documents("en-GB", "<Say>", "Goodbye.");
    check_documents("it-IT", "<Say>", "Goodbye.");
    check_documents("est", "<Say>", "Goodbye.");
    check_documents("es-MX", "<Say language=\"es-ES\">", "Adi&#243;s.");
    check_documents("ES", "<Say language=\"es-ES\">", "Adi&#243;s.");
    check_documents("fr-CA", "<Say language=\"fr-FR\">", "Au revoir.");
    check_documents("de-DE", "<Say language=\"de-DE\">", "Wiederh&#246;ren.");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_language_is_spoken),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
