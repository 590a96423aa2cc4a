/* connection.h: a worker's connection and its listener, as civetweb sees them;
 * for the files of this folder. */
#ifndef HS_CONNECTION_H
#define HS_CONNECTION_H

#include <civetweb.h>

#include "server/civetweb/supervisor.h"
#include "server/state.h"

struct hs_listener {
    struct mg_context *context;
    struct hs_supervisor *supervisor;
    int guard_slack;
    _Atomic int workers_made;
    _Atomic int in_flight;
};

/* State of one civetweb thread. */
struct hs_wire {
    struct hs_worker *worker;
    struct hs_listener *listener;
    struct hs_slot *slot;
    struct mg_connection *conn;         /* of the request under way */
    const struct mg_request_info *info; /* its header */
    int served;                         /* requests on this connection */
    int at_work; /* between begin_request and end_request */
    int refused; /* the parser refused this connection's last request */
};

/* exchange.c: begin_request. Answers any request; returns the status. */
int hs_exchange(struct hs_wire *wire, struct mg_connection *conn);
/* Answer what civetweb itself refused. */
void hs_exchange_refused(struct hs_wire *wire, struct mg_connection *conn,
                         int status, const char *message);
/* A connection is about to end: answer its last request if civetweb didn't
 * route it, as it silently does for `*` and for absolute targets with another
 * port. Doesn't wait: civetweb's lock is held. */
void hs_exchange_unrouted(struct hs_wire *wire,
                          const struct mg_connection *conn);
/* body.c: after the answer, discard for a moment what the client still sends,
 * because closing with unread bytes would reset the connection and lose the
 * answer. */
void hs_body_linger(struct hs_request *request);
/* The same after a request that can't be trusted: civetweb doesn't know where
 * its body is, so the bytes of its socket `fd` are discarded. */
void hs_body_discard(struct hs_request *request, int fd);

#endif
