/* clock.h: wall time for what is stored, monotonic time for what is measured.
 */
#ifndef HS_CLOCK_H
#define HS_CLOCK_H

#include <stdint.h>

/* Milliseconds since 1970 UTC; may jump. Any thread. */
int64_t hs_now_ms(void);
/* Milliseconds on a clock that never jumps. Any thread. */
int64_t hs_monotonic_ms(void);
/* The same clock in microseconds, for the latency histogram. Any thread. */
int64_t hs_monotonic_us(void);

/* Nanoseconds on the clock for time budgets. It stops while the whole process
 * is stopped (SIGSTOP, a frozen container), so a pause makes nothing late. It
 * is driven by the beats of one thread: between two of them at most HS_PAUSE_NS
 * count. Without beats it is the monotonic clock. Any thread; safe in a signal
 * handler. */
int64_t hs_running_ns(void);
int64_t hs_running_ms(void);
#define HS_PAUSE_NS 100000000
/* A beat: called by one thread every few milliseconds, or by the thread that
 * wakes it. */
void hs_clock_beat(void);
/* The beating thread goes to sleep: no beats until it wakes. */
void hs_clock_rest(void);

#endif
