/* marks.h: calls of which a report may be lost, noted until somebody looks them
 * up at Twilio. One set for the process; any thread may use it. */
#ifndef HS_MARKS_H
#define HS_MARKS_H

#include <stddef.h>

#define HS_MARK_MAX 64 /* bytes of a CallSid, as far as we believe it */

/* Note a call, once. What doesn't fit (more than 4096 calls, a longer or an
 * empty name) is only counted as one that was not noted. Never fails. */
void hs_marks_add(const char *call_sid, size_t len);
/* Take one of the calls: copied into `out` with a NUL. Returns its length, 0
 * when there is none. */
size_t hs_marks_take(char out[HS_MARK_MAX + 1]);
/* How many could not be noted since this was asked last. */
size_t hs_marks_missed(void);

#endif
