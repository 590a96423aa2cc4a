/* clock.c: wall time, monotonic time, and time in which the process ran. */
#include "base/clock.h"

#include <stdatomic.h>
#include <time.h>

/* Of the last beat: written beside the one before, which readers may still be
 * at, and then made the one to read. */
static struct {
    _Atomic int64_t at;      /* monotonic ns, 0 = none */
    _Atomic int64_t skipped; /* ns that did not count until then */
} beats[2];
static _Atomic unsigned beat; /* beats[beat % 2] is the last one */

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

int64_t hs_running_ns(void)
{
    unsigned seen;
    int64_t at, skipped, now;

    do {
        seen = atomic_load(&beat);
        at = atomic_load(&beats[seen % 2].at);
        skipped = atomic_load(&beats[seen % 2].skipped);
        now = monotonic_ns();
    } while (atomic_load(&beat) != seen);
    if (at && now > at + HS_PAUSE_NS)
        now = at + HS_PAUSE_NS;
    return now - skipped;
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

static void set_beat(int64_t at, int64_t skipped)
{
    unsigned next = atomic_load(&beat) + 1;

    atomic_store(&beats[next % 2].at, at);
    atomic_store(&beats[next % 2].skipped, skipped);
    atomic_store(&beat, next);
}

void hs_clock_beat(void)
{
    unsigned last = atomic_load(&beat) % 2;
    int64_t at = atomic_load(&beats[last].at);
    int64_t skipped = atomic_load(&beats[last].skipped);
    int64_t now = monotonic_ns();

    if (at && now > at + HS_PAUSE_NS)
        skipped += now - at - HS_PAUSE_NS;
    set_beat(now, skipped);
}

void hs_clock_rest(void)
{
    set_beat(0, atomic_load(&beats[atomic_load(&beat) % 2].skipped));
}
