/* bus_text.h: the text in which hosts tell each other something.
 *
 *   HOST NUMBER          of the text, so that a lost one is noticed
 *   eTYPE<tab>USER<tab>DATA    an event
 *   hUSER<tab>LOGIN      a stream to end
 *   mBITS                settings have changed: kinds, 1 << enum hs_kind
 *   lWHAT USER CALL PHONE CHILD STEP FINAL UNTIL   a leg (memory/lines.h); tabs
 *   w                    someone listens here: repeated each second
 *   p                    nobody does
 *   g                    something was not told */
#ifndef HS_POSTGRES_BUS_TEXT_H
#define HS_POSTGRES_BUS_TEXT_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "store/memory/lines.h"

#define HS_NEWS_MAX 7900 /* bytes; NOTIFY takes 7,999 */
#define HS_NEWS_HOST 16  /* letters of a host's id */

/* One piece of a text. All point into it. */
struct hs_news {
    char what; /* the line's first letter */
    const char *type, *user, *data;
    size_t len; /* of data */
    unsigned kinds;
    struct hs_lines_news leg;
};

/* Append a line for an event or, with type "", a stream to end. 0, or -1: it
 * can't be told (a control character, out of memory). */
int hs_news_event(struct hs_buf *lines, const char *user, const char *type,
                  const char *data, size_t len);
/* The same for a leg. */
int hs_news_leg(struct hs_buf *lines, const struct hs_lines_news *leg);
/* Fill `text` with the head and as many lines as fit; returns how many bytes of
 * them, 0 when memory ran out. */
size_t hs_news_text(struct hs_buf *text, const char *host, uint64_t number,
                    const char *lines, size_t len);
/* Read the head of a text, which may be anyone's. Returns what follows, or NULL
 * when it isn't one. */
char *hs_news_head(char *text, char host[HS_NEWS_HOST + 1], uint64_t *number);
/* Read the line at `*at`, which is cut up, and move on. 1; 0 at the end; -1 for
 * one that isn't understood. */
int hs_news_next(char **at, struct hs_news *out);

#endif
