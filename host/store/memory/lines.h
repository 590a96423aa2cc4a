/* lines.h: telephone legs that ring or talk, counted per user.
 *
 * A leg is reserved before the <Dial> that rings it is sent, so that a fraud
 * limit holds however many webhooks arrive at once. It counts until its own
 * last report, the end of its <Dial>, the end of its call, or `until`,
 * whichever comes first: that bounds the cost of a lost report. Reports may
 * come twice, late and in any order. Any thread. Nothing here survives a
 * restart: a user's legs are then entered again from the call log.
 *
 * Several hosts tell each other what they count, so each counts all of it. */
#ifndef HS_LINES_H
#define HS_LINES_H

#include <stddef.h>
#include <stdint.h>

#define HS_LINES_SID_MAX 64
#define HS_LINES_STEP_MAX 0x7fff

enum hs_line_answer {
    HS_LINE_MEMORY = -1, /* out of memory: count it as full */
    HS_LINE_FULL,
    HS_LINE_RESERVED,
    HS_LINE_UNKNOWN /* the user's earlier legs haven't been entered yet */
};

struct hs_line {
    const char *user;
    const char *call;  /* the parent's CallSid */
    const char *phone; /* E.164 */
    int step;      /* of the plan, to HS_LINES_STEP_MAX: its <Dial> rings it */
    int64_t now;   /* milliseconds, as all times here */
    int64_t until; /* it is over by then at the latest */
};

/* Reserve a leg unless the user already has `most`. The same leg again (call,
 * step, phone) is granted and counted once. */
enum hs_line_answer hs_lines_reserve(const struct hs_line *line, int most);
/* Enter a leg from the log or a report, whatever the limit; `child` is its
 * CallSid, or "" if not known yet. A leg that is known already, or has ended,
 * changes nothing. 0, or -1 out of memory. */
int hs_lines_enter(const struct hs_line *line, const char *child);
/* How often something was not heard: before the log is read. */
uint64_t hs_lines_misses(void);
/* The user's earlier legs have been entered, as the log had them when there
 * were so many misses: with more by now, they are to be entered again. 0, or -1
 * out of memory. */
int hs_lines_entered(const char *user, uint64_t misses);
/* A report of a leg of `call`. */
void hs_lines_report(const char *call, const char *child, const char *phone,
                     int final);
/* The <Dial> of a step has ended; with step < 0 the whole call. */
void hs_lines_end(const char *call, int step);
/* How many of the user's legs count. */
int hs_lines_count(const char *user, int64_t now);
struct hs_lines_call {
    char sid[HS_LINES_SID_MAX + 1];
    int foreign; /* only entered: no leg was reserved here */
};
/* Calls to compare with the log, at most once a second: copies up to `size` of
 * the user's calls with legs that count to `out`; returns how many. */
size_t hs_lines_review(const char *user, int64_t now, struct hs_lines_call *out,
                       size_t size);
/* Calls remembered, including ended ones. */
size_t hs_lines_calls(void);

/* What has been counted here, for other hosts. */
struct hs_lines_news {
    char what; /* r reserved, e entered, t told of in a report, d done */
    const char *user, *call, *phone, *child; /* "" where there is none */
    int step, final;
    int64_t until;
};
/* Called after each change, without a lock; NULL to disconnect. Set while no
 * other thread is here. */
void hs_lines_connect(void (*tell)(void *ctx, const struct hs_lines_news *news),
                      void *ctx);
/* Count what another host has counted, at `now`. */
void hs_lines_hear(const struct hs_lines_news *news, int64_t now);
/* Something was not heard: all users' legs are to be entered again. */
void hs_lines_miss(void);
/* Forget everything, at the end of the process or of a test. */
void hs_lines_clear(void);

#endif
