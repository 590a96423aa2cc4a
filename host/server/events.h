/* events.h: GET /api/twilio/events: server-sent events for the console.
 *
 * A client that listens costs no worker: its connection is taken away from the
 * worker, and one thread serves all of them from the feed (store/feed.h). So
 * however many listen, webhooks find a worker. */
#ifndef HS_EVENTS_H
#define HS_EVENTS_H

#include <stdint.h>

#include "server/worker.h"

/* Clients that may listen at the same time, at most. */
#define HS_EVENTS_MAX 256

/* Start the thread. NULL and `err` ("thread", "memory"). `everybody`: events of
 * all users go to each of them (data_scope = team). `most` clients are taken,
 * HS_EVENTS_MAX or fewer. */
struct hs_events *hs_events_start(int everybody, int most,
                                  struct hs_error *err);
/* Answer the request; when it returns, the connection is no longer the
 * worker's, unless it was refused. */
void hs_events_serve(struct hs_request *request);
/* Is this connection one of ours? For the supervisor; any thread. */
int hs_events_has(void *events, uint64_t peer);
/* End all connections; whoever comes now is refused. */
void hs_events_end(struct hs_events *events);
void hs_events_free(struct hs_events *events); /* NULL accepted */

#endif
