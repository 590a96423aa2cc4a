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

#endif
