/* reply.h: answers, each sent with one write. */
#ifndef HS_REPLY_H
#define HS_REPLY_H

#include <stddef.h>
#include <stdint.h>

#include "server/state.h"

struct hs_reply {
    int status;
    const char *type; /* Content-Type, or NULL */
    const char *body; /* not sent for HEAD, 204 and 304 */
    size_t len;
    const char *headers; /* further whole lines, or NULL */
    int own_cache;       /* headers include a Cache-Control */
    int own_policy;      /* headers include a Content-Security-Policy */
    /* "RE….mp3": the body is this recording, fetched from Twilio (media.c) */
    const char *recording;
    /* the caller sends `len` bytes, or chunks, or until the connection ends */
    int streamed;
    int stands; /* valid although memory ran short: see below */
};
#define HS_CHUNKED SIZE_MAX
#define HS_UNTIL_CLOSE (SIZE_MAX - 1)

/* Did an allocation fail since the request began? If so, no result since then
 * can be trusted. */
int hs_request_ran_short(const struct hs_request *request);
/* Send it with the headers of every answer, once per request. If memory ran
 * short since the request began, only a reply that `stands` is sent; any other
 * becomes a 503, or the last resort for a caller on the line. 0; -1 if it
 * wasn't sent for that reason, or the client is gone or reads too slowly. */
int hs_reply_send(struct hs_request *request, const struct hs_reply *reply);
/* {"error":{"code","message","request_id"}}; `headers` are further whole
 * lines, or NULL. */
void hs_reply_error(struct hs_request *request, int status, const char *code,
                    const char *message, const char *headers);
/* What a request is answered whose change may be stored. */
#define HS_OUTCOME_UNKNOWN                                                     \
    "It isn't known whether this change is stored. Look before you try "       \
    "again."
/* The 503 of a server that is out of memory, or the last resort; needs none. */
void hs_reply_shortage(struct hs_request *request);
/* One line of plain text, for Twilio's programs. */
void hs_reply_text(struct hs_request *request, int status, const char *text);
/* Build hs_server.fixed_headers. NULL when memory ran out; free() it. */
char *hs_reply_fixed_headers(const struct hs_config *config);

#endif
