/* lost_reports.h: calls whose reports may be lost, noted until they are looked
 * up at Twilio. One set for the process; any thread may use it. */
#ifndef HS_LOST_REPORTS_H
#define HS_LOST_REPORTS_H

#include <stddef.h>

#define HS_LOST_REPORT_MAX 64 /* longest CallSid we accept, in bytes */

/* Note a call, once. What doesn't fit (more than 4096 calls, a longer or empty
 * name) is only counted. Never fails. */
void hs_lost_reports_add(const char *call_sid, size_t len);
/* Take one of the calls: copied into `out` with a NUL. Returns its length, 0 if
 * there is none. */
size_t hs_lost_reports_take(char out[HS_LOST_REPORT_MAX + 1]);
/* How many couldn't be noted since the last call. */
size_t hs_lost_reports_missed(void);

#endif
