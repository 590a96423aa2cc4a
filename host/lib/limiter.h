/* limiter.h: how often something may be done, counted for all threads.
 *
 * A bucket for each limit and subject (a user, an address) holds `per_minute`
 * and refills evenly: so many may come at once, and so many a minute after. */
#ifndef HS_LIMITER_H
#define HS_LIMITER_H

#include <stddef.h>
#include <stdint.h>

#define HS_LIMIT_NAME 24

struct hs_limit {
    char name[HS_LIMIT_NAME]; /* "" = no limit */
    int per_minute;
};

struct hs_limiter;

/* NULL when memory ran out or there is no randomness. */
struct hs_limiter *hs_limiter_new(void);
void hs_limiter_free(struct hs_limiter *limiter); /* NULL accepted */
/* Take one. 0 when there was one left; else the milliseconds, at least 1, until
 * there is one again. `now_us` is a monotonic clock. Its memory is fixed: with
 * more than some ten thousand subjects under way at the same time, those that
 * took least are forgotten first. Any thread. */
int64_t hs_limiter_take(struct hs_limiter *limiter,
                        const struct hs_limit *limit, const char *subject,
                        size_t len, int64_t now_us);

#endif
