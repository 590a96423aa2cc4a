/* limiter.h: rate limits, counted across all threads.
 *
 * A bucket for each limit and subject (a user, an address) holds `per_minute`
 * and refills evenly: that many at once, and that many a minute. */
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
/* Count together with others: `take` asks them whether one is left and returns
 * the milliseconds to wait, 0, or -1 if they can't be asked: then each counts
 * for itself. Limits of more than HS_LIMIT_EXACT are shared out evenly among
 * the `hosts` instead. Before it is used. */
#define HS_LIMIT_EXACT 60
struct hs_limiter_others {
    void *ctx;
    int64_t (*take)(void *ctx, const char *name, int per_minute,
                    const char *subject, size_t len);
    int (*hosts)(void *ctx);
};
void hs_limiter_share(struct hs_limiter *limiter,
                      const struct hs_limiter_others *others);
/* Take one. 0 if one was left; else the milliseconds, at least 1, until the
 * next. `now_us` is a monotonic clock. Memory is fixed: beyond some ten
 * thousand subjects at a time, those that took least are forgotten first. Any
 * thread. */
int64_t hs_limiter_take(struct hs_limiter *limiter,
                        const struct hs_limit *limit, const char *subject,
                        size_t len, int64_t now_us);

#endif
