/* retry_test.c: which refused files are tried again, and when. */
#include <stdio.h>
#include <time.h>

#include "script/trial.h"
#include "server/release/retry.h"
#include "test.h"

static struct hs_script_error failed(const char *code)
{
    struct hs_script_error err = {0};

    (void)snprintf(err.code, sizeof err.code, "%s", code);
    return err;
}

static void rest(int ms)
{
    struct timespec time = {.tv_sec = ms / 1000,
                            .tv_nsec = ms % 1000 * 1000000L};

    nanosleep(&time, NULL);
}

TEST_CASE(a_verdict_on_the_text_stays)
{
    const char *const codes[] = {"syntax", "example", "proof", "gate", "rule"};

    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
        struct hs_script_error err = failed(codes[i]);
        struct hs_retry retry = {0};

        hs_retry_plan(&retry, &err, 0);
        assert_false(retry.wanted);
        assert_false(hs_retry_is_due(&retry));
    }
}

TEST_CASE(a_fault_of_the_moment_is_tried_again_after_a_second)
{
    struct hs_script_error err = failed("io");
    struct hs_retry retry = {0};

    hs_retry_plan(&retry, &err, 60000);
    assert_true(retry.wanted);
    assert_false(hs_retry_is_due(&retry));
    rest(1100);
    assert_true(hs_retry_is_due(&retry));
    assert_false(hs_retry_is_due(&retry)); /* once a second */
}

TEST_CASE(what_took_too_long_waits_ten_times_as_long)
{
    const char *const codes[] = {"time", "abandoned"};

    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
        struct hs_script_error err = failed(codes[i]);
        struct hs_retry retry = {0};

        hs_retry_plan(&retry, &err, 200);
        rest(1100);
        assert_false(hs_retry_is_due(&retry));
        rest(1000);
        assert_true(hs_retry_is_due(&retry));
    }
}

TEST_CASE(what_is_live_is_not_tried_again)
{
    struct hs_script_error err = failed("io");
    struct hs_retry retry = {0};

    hs_retry_plan(&retry, &err, 0);
    hs_retry_plan(&retry, NULL, 0);
    rest(1100);
    assert_false(hs_retry_is_due(&retry));
}

int main(void)
{
    return cmocka_run_group_tests(tests, NULL, NULL);
}
