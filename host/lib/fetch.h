/* fetch.h: HTTP requests to other servers (libcurl), with a limit on
 * everything. An answer counts as an answer whatever its status; only not
 * getting one is a failure. */
#ifndef HS_FETCH_H
#define HS_FETCH_H

#include <stddef.h>

#include "base/err.h"

/* Keeps connections open between requests. One thread at a time. */
struct hs_fetch;
/* public_only = 1 for URLs that users or scripts choose: once resolved, an
 * address in a private, local or special network is refused. It can't be
 * changed later, because connections are reused. NULL when memory ran out. */
struct hs_fetch *hs_fetch_new(int public_only);
void hs_fetch_free(struct hs_fetch *fetch); /* NULL accepted */

struct hs_fetch_header {
    const char *name, *value; /* name in lower case */
};
/* Valid until the next request of the same hs_fetch. */
struct hs_fetch_answer {
    int status;
    const struct hs_fetch_header *headers; /* in wire order */
    size_t header_count;
    const char *body; /* NUL-terminated; empty when on_data took it */
    size_t body_len;
    int retry_after; /* seconds, from Retry-After; -1 without */
};

struct hs_fetch_request {
    const char *method;         /* "GET", "HEAD", "POST", "PUT", "PATCH", … */
    const char *url;            /* http or https */
    const char *const *headers; /* "Name: value" …, NULL; or NULL */
    const void *body;           /* NULL: none */
    size_t body_len;
    const char *user, *password; /* Basic; NULL: none */
    int timeout_ms;              /* total, redirects included; 0 = 10 s */
    int connect_timeout_ms;      /* 0 = 3 s */
    int stall_seconds; /* give up after this long without data; 0 = never */
    size_t max_body;   /* 0 = 4 MiB */
    /* How many redirects a GET or HEAD follows; never from https to http.
     * Another origin gets neither our credentials nor our headers. A 3xx that
     * isn't followed is the answer. */
    int redirects;
    /* Streaming: on_head (may be NULL) gets status and headers, on_data each
     * piece of the body as it comes. Returning non-zero ends the request
     * ("stopped"). */
    int (*on_head)(void *ctx, const struct hs_fetch_answer *answer);
    int (*on_data)(void *ctx, const void *data, size_t len);
    void *ctx;
};

/* Send it and wait. Returns 0 with the answer, or -1 with code "timeout",
 * "dns", "connect" (never reached it, so it was not processed), "lost" (the
 * connection ended early: it may have been), "tls", "too_large",
 * "refused_address", "malformed", "stopped" or "memory". A POST or PATCH is
 * never sent twice. */
int hs_fetch(struct hs_fetch *fetch, const struct hs_fetch_request *request,
             struct hs_fetch_answer *answer, struct hs_error *err);
/* First value of a header (lower-case name), or NULL. */
const char *hs_fetch_header(const struct hs_fetch_answer *answer,
                            const char *name);

/* With public_only: hosts that are allowed in a private network anyway, "HOST"
 * or "HOST:PORT" separated by spaces. Not copied; NULL or "": none. */
void hs_fetch_trust(struct hs_fetch *fetch, const char *hosts);

struct sockaddr;
/* Is this an address of the public internet? fetch_address.c */
int hs_address_is_public(const struct sockaddr *address);

#endif
