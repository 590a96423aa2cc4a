/* clock.c: wall time, monotonic time, and time in which the process ran. */
#include "base/clock.h"

#include <stdatomic.h>
#include <time.h>

static _Atomic int64_t beat;    /* monotonic ns of the last one, 0 = none */
static _Atomic int64_t skipped; /* ns that did not count */

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

static int64_t monotonic_ns(void)
{
    struct timespec now = {0};

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* The beat is read first and written last: a reader between the two sees too
 * little time, never too much. */
int64_t hs_running_ns(void)
{
    int64_t last = atomic_load(&beat);
    int64_t now = monotonic_ns();

    if (last && now > last + HS_PAUSE_NS)
        now = last + HS_PAUSE_NS;
    return now - atomic_load(&skipped);
}

int64_t hs_running_ms(void)
{
    return hs_running_ns() / 1000000;
}

struct timespec hs_running_moment(int64_t running_ms)
{
    int64_t left = running_ms * 1000000 - hs_running_ns();
    int64_t at = monotonic_ns() + (left > 0 ? left : 0);

    return (struct timespec){.tv_sec = at / 1000000000,
                             .tv_nsec = at % 1000000000};
}

void hs_clock_beat(void)
{
    int64_t last = atomic_load(&beat);
    int64_t now = monotonic_ns();

    if (last && now > last + HS_PAUSE_NS)
        atomic_fetch_add(&skipped, now - last - HS_PAUSE_NS);
    atomic_store(&beat, now);
}

void hs_clock_rest(void)
{
    atomic_store(&beat, 0);
}
