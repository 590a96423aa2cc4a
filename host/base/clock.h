/* clock.h: wall time for what is stored, monotonic time for what is measured.
 */
#ifndef HS_CLOCK_H
#define HS_CLOCK_H

#include <stdint.h>
#include <time.h>

/* Milliseconds since 1970 UTC; may jump. Any thread. */
int64_t hs_now_ms(void);
/* Milliseconds on a clock that never jumps: how old something is. Any thread.
 */
int64_t hs_monotonic_ms(void);
/* The same clock in microseconds, for the latency histogram. Any thread. */
int64_t hs_monotonic_us(void);

/* Nanoseconds on the clock for all that has a time limit: how long others may
 * take. It stops while the whole process is stopped (SIGSTOP, a frozen
 * container), so a pause makes nobody late. It is driven by the beats of one
 * thread: between two of them at most HS_PAUSE_NS count. Without beats it is
 * the monotonic clock. Any thread; safe in a signal handler. */
int64_t hs_running_ns(void);
int64_t hs_running_ms(void);
/* When CLOCK_MONOTONIC will be there if the process isn't stopped before. A
 * wait until then may end early: look at the running clock again. */
struct timespec hs_running_moment(int64_t running_ms);
#define HS_PAUSE_NS 100000000
/* A beat: called by one thread every few milliseconds. */
void hs_clock_beat(void);
/* The beating thread ends: no beats until another one begins. */
void hs_clock_rest(void);

#endif
