/* feed.h: what has just happened, for clients that listen: a bounded list of
 * this process's events, shared by all threads.
 *
 * Nothing here survives a restart, and nothing depends on it: an event says
 * what to read again from the database. */
#ifndef HS_FEED_H
#define HS_FEED_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

#define HS_FEED_DATA_MAX 4096 /* bytes of one event's JSON */
#define HS_FEED_TYPE_MAX 32

/* Where this process's events go besides its own clients: the other hosts.
 * Called from any thread, without a lock of the feed. */
struct hs_feed_relay {
    void *ctx;
    int (*wanted)(void *ctx); /* does a client of another host listen? */
    void (*send)(void *ctx, const char *user, const char *type,
                 const char *data, size_t len); /* hang-up: type "", a login */
    void (*listening)(void *ctx);               /* a client of ours begins to */
};
/* Copied; NULL to disconnect, when no thread publishes any more. */
void hs_feed_connect(const struct hs_feed_relay *relay);
/* An event or a hang-up of another host. 0 or -1. */
int hs_feed_receive(const char *user, const char *type, const char *data,
                    size_t len);
/* Events of other hosts are lost: readers get "reset". */
void hs_feed_lose(void);
/* What readers may hear has changed: whoever serves them looks at once. */
void hs_feed_stir(void);
/* Has a client listened here within the last minute? */
int hs_feed_is_heard(void);

/* Publish an event: `data` is one line of JSON; `user` "" means all users. 0;
 * -1 if data or type are invalid or memory ran out. Not kept if no client has
 * listened for a minute. */
int hs_feed_publish(const char *user, const char *type, const char *data,
                    size_t len);
/* True if a client listens, or did within the last minute, on any host: check
 * before building an event. If false, it is counted as missed. */
int hs_feed_is_wanted(void);
/* End the streams of one of a user's logins, or of all of them if it is "". */
int hs_feed_hang_up(const char *user, const char *login);

struct hs_feed_reader {
    const char *user;  /* NULL: sees all users' events */
    const char *owner; /* the user whose stream it is, for hang_up */
    const char *login; /* "" = none */
    uint64_t at;       /* number of the last event seen */
};
enum hs_feed_found { HS_FEED_NOTHING, HS_FEED_EVENT, HS_FEED_HANG_UP };

/* Set a reader's start: after the event with the id `last_id`, or with the next
 * one if that is NULL. Appends the first event as server-sent text: "ready", or
 * "reset" if events in between are lost. 0 or -1. */
int hs_feed_begin(struct hs_feed_reader *reader, const char *last_id,
                  struct hs_buf *out);
/* Append the id of the newest event: a reader that starts after it later misses
 * nothing. 0 or -1. */
int hs_feed_last_id(struct hs_buf *out);
/* Append the next event for this reader; "reset" if it was too slow. */
enum hs_feed_found hs_feed_next(struct hs_feed_reader *reader,
                                struct hs_buf *out);

/* `fd` is an eventfd written to at every event, or -1. */
void hs_feed_wake(int fd);
/* Count listeners in (1) or out (-1). */
void hs_feed_listeners(int by);
/* Forget everything, at the end of the process or of a test. */
void hs_feed_clear(void);

#endif
