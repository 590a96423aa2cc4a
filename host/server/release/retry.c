/* retry.c: when files are tried again. */
#include "server/release/retry.h"

#include <string.h>

#include "base/clock.h"
#include "script/trial.h"
#include "server/release/release.h"

#define AGAIN_MS 1000
#define PAUSE 10 /* times as long as a try that ran out of time */

/* An endless loop, or a machine that is too busy: nobody can tell. */
static int ran_out_of_time(const struct hs_script_error *err)
{
    return strcmp(err->code, "time") == 0 ||
           strcmp(err->code, "abandoned") == 0;
}

void hs_retry_plan(struct hs_retry *retry, const struct hs_script_error *err,
                   int64_t took_ms)
{
    int64_t pause = AGAIN_MS;

    *retry = (struct hs_retry){.slow = err && ran_out_of_time(err)};
    if (!err)
        return;
    retry->wanted = retry->slow || !hs_trial_is_verdict(err) ||
                    strcmp(err->code, "unreadable") == 0;
    if (retry->slow && PAUSE * took_ms > pause)
        pause = PAUSE * took_ms;
    retry->at = hs_monotonic_ms() + pause;
}

int hs_retry_is_due(struct hs_retry *retry)
{
    int64_t now = hs_monotonic_ms();

    /* A try that never ends is enough. */
    if (!retry->wanted || now < retry->at ||
        (retry->slow && hs_release_left_behind() > 0))
        return 0;
    retry->at = now + AGAIN_MS;
    return 1;
}
