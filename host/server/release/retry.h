/* retry.h: when files that weren't accepted are tried again although none of
 * them has changed. */
#ifndef HS_RETRY_H
#define HS_RETRY_H

#include <stdint.h>

struct hs_script_error;

struct hs_retry {
    int wanted; /* what they failed for may be over soon */
    int slow;   /* ... and a try takes long */
    int64_t at; /* not before, hs_monotonic_ms() */
};

/* They were tried, which took `took_ms` and ended with `err`, NULL if they are
 * live. */
void hs_retry_plan(struct hs_retry *retry, const struct hs_script_error *err,
                   int64_t took_ms);
/* Is it time to try again? */
int hs_retry_is_due(struct hs_retry *retry);

#endif
