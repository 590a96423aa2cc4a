/* rest.h: Twilio's REST API (twilio-contract §4): one request, with the
 * retries that are safe. */
#ifndef HS_REST_H
#define HS_REST_H

#include <stddef.h>
#include <stdint.h>

#include "base/config/config.h"
#include "base/err.h"

/* Keeps connections and buffers between requests. One thread at a time. */
struct hs_rest;
/* `config` must outlive it. NULL when memory ran out. */
struct hs_rest *hs_rest_new(const struct hs_config *config);
void hs_rest_free(struct hs_rest *rest); /* NULL accepted */

/* One form or query parameter; a list repeats the name. */
struct hs_rest_param {
    const char *name;
    const char *value;
    size_t value_len;
};

struct hs_rest_request {
    const char *method; /* "GET", "POST" or "DELETE" */
    /* "IncomingPhoneNumbers", "Calls/CA…" (below our account, .json is added),
     * or a path from the root: "/2010-04-01/Accounts/{AC}.json" ({AC} becomes
     * our account's SID), a next_page_uri. */
    const char *path;
    const struct hs_rest_param *params; /* sent in the order given */
    size_t count;
    int timeout_ms; /* tries and waits together; 0 = twilio_timeout_ms */
};

/* Valid until the next request. */
struct hs_rest_answer {
    int status;       /* 0 if no answer came */
    const char *body; /* NUL-terminated; "" for 204 */
    size_t body_len;
    int retry_after;  /* seconds, of a 429; -1 if it gives none */
    const char *date; /* the answer's Date header, or NULL */
};

/* Send it. Returns 0 for a 2xx. Else -1 with `err`: "not_configured", "path"
 * (not a path of ours), a code of hs_fetch() ("connect" and "dns": it was not
 * processed; "timeout", "lost", "malformed", "too_large": a POST may have
 * been), or "twilio:21422" with Twilio's text ("twilio:503" when the answer
 * had no code); answer->status says what Twilio answered. 429 is tried up to
 * three times, unless it asks for a longer wait than there is time; a GET or
 * DELETE that couldn't connect is retried once. */
int hs_rest(struct hs_rest *rest, const struct hs_rest_request *request,
            struct hs_rest_answer *answer, struct hs_error *err);

struct hs_fetch_answer;
struct hs_rest_media {
    const char *recording_sid;
    const char *format; /* "wav" or "mp3" */
    const char *range;  /* the browser's Range header, or NULL */
    /* as in hs_fetch_request; non-zero gives "stopped" */
    int (*on_head)(void *ctx, const struct hs_fetch_answer *answer);
    int (*on_data)(void *ctx, const void *data, size_t len);
    void *ctx;
};
/* Stream a recording. Returns 0 once the stream is over (with any status, which
 * on_head got), -1 with `err` as above. */
int hs_rest_recording(struct hs_rest *rest, const struct hs_rest_media *media,
                      struct hs_error *err);

#endif
