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

/* Nanoseconds on the clock that budgets of time are measured with: it stands
 * still while the whole process does (SIGSTOP, a frozen container), so that
 * what was under way is not late when it goes on. It knows by the beats of one
 * thread of the process: between two of them no more than HS_PAUSE_NS pass.
 * Without any it is the monotonic clock. Any thread; safe in a signal's
 * handler. */
int64_t hs_running_ns(void);
int64_t hs_running_ms(void);
#define HS_PAUSE_NS 100000000
/* The one thread that beats: now, and every few milliseconds from now on. Or
 * whoever wakes it. */
void hs_clock_beat(void);
/* It sleeps: no more beats until the next one. */
void hs_clock_rest(void);

#endif
