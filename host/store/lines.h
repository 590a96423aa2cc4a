/* lines.h: telephone legs that are being dialled or talk, counted by user.
 *
 * A leg is reserved before the <Dial> that rings it leaves, so that a fraud
 * limit holds however many webhooks arrive at once. It counts until its own
 * last report, the end of its <Dial>, the end of its call, or `until`, whatever
 * comes first: that bounds what a lost report can cost. Reports may come twice,
 * late and in any order. Any thread. Nothing here survives a restart: a user's
 * legs are then entered again from the call log. */
#ifndef HS_LINES_H
#define HS_LINES_H

#include <stddef.h>
#include <stdint.h>

#define HS_LINES_SID_MAX 64

enum hs_line_answer {
    HS_LINE_MEMORY = -1, /* out of memory: count it as full */
    HS_LINE_FULL,
    HS_LINE_RESERVED,
    HS_LINE_UNKNOWN /* the user's legs of before have not been entered yet */
};

struct hs_line {
    const char *user;
    const char *call;  /* the parent's CallSid */
    const char *phone; /* E.164 */
    int step;          /* of the plan: whose <Dial> rings it */
    int64_t now;       /* milliseconds, as all times here */
    int64_t until;     /* it is over by then in any case */
};

/* Reserve a leg unless the user has `most` already. The same leg again (call,
 * step, phone) is granted and counts once. */
enum hs_line_answer hs_lines_reserve(const struct hs_line *line, int most);
/* Enter a leg that the log or a report shows, whatever the limit; `child` is
 * its CallSid, or "" while none is known. One that is known already, or that
 * has ended, changes nothing. 0, or -1 out of memory. */
int hs_lines_enter(const struct hs_line *line, const char *child);
/* The user's legs of before are entered. 0, or -1 out of memory. */
int hs_lines_entered(const char *user);
/* A report of a leg of `call`. */
void hs_lines_report(const char *call, const char *child, const char *phone,
                     int final);
/* The <Dial> of a step has ended; with step < 0 the call. */
void hs_lines_end(const char *call, int step);
/* The user's legs that count. */
int hs_lines_count(const char *user, int64_t now);
struct hs_lines_call {
    char sid[HS_LINES_SID_MAX + 1];
    int foreign; /* entered, and nothing of it was reserved here */
};
/* Whether it is time to compare the user's legs with the log: at most once a
 * second. Then up to `size` calls with legs that count are copied to `out`;
 * returns how many. */
size_t hs_lines_review(const char *user, int64_t now, struct hs_lines_call *out,
                       size_t size);
/* Calls remembered, ended ones too. */
size_t hs_lines_calls(void);
/* Forget everything, at the end of the process or of a test. */
void hs_lines_clear(void);

#endif
