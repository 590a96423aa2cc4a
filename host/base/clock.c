/* clock.c: the two clocks. */
#include "base/clock.h"

#include <time.h>

static int64_t read_clock(clockid_t id)
{
    struct timespec now = {0};

    (void)clock_gettime(id, &now); /* fails only for an unknown id */
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t hs_now_ms(void)
{
    return read_clock(CLOCK_REALTIME);
}

int64_t hs_monotonic_ms(void)
{
    return read_clock(CLOCK_MONOTONIC);
}

int64_t hs_monotonic_us(void)
{
    struct timespec now = {0};

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}
