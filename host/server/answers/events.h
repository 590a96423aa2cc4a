/* events.h: GET /api/twilio/events: server-sent events for the console.
 *
 * A listening client doesn't occupy a worker: its connection is taken over by
 * one thread that serves all of them from the feed (store/memory/feed.h). So
 * however many listen, there are workers for webhooks. */
#ifndef HS_EVENTS_H
#define HS_EVENTS_H

#include <stdint.h>

#include "server/state.h"

/* The most clients that may listen at the same time. */
#define HS_EVENTS_MAX 256

/* Start the thread; `server` has its accounts by then, and outlives it. NULL
 * and `err` ("thread", "memory"). With data_scope = team, events of all users
 * go to each of them. */
struct hs_events *hs_events_start(const struct hs_server *server,
                                  struct hs_error *err);
/* Answer the request. Afterwards the connection belongs to the events thread,
 * unless the request was refused. */
void hs_events_serve(struct hs_request *request);
/* Is this connection one of ours? For the supervisor; any thread. */
int hs_events_has(void *events, uint64_t peer);
/* End all connections and refuse new ones. */
void hs_events_end(struct hs_events *events);
void hs_events_free(struct hs_events *events); /* NULL accepted */

#endif
