/* connection.h: a worker's connection and the listener it came from, as
 * civetweb has them; for the files of this folder. */
#ifndef HS_CONNECTION_H
#define HS_CONNECTION_H

#include <civetweb.h>

#include "server/civetweb/supervisor.h"
#include "server/worker.h"

struct hs_listener {
    struct mg_context *context;
    struct hs_supervisor *supervisor;
    int guard_slack;
    _Atomic int workers_made;
    _Atomic int in_flight;
};

/* What one thread of civetweb's owns. */
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

/* exchange.c: begin_request. Answers the request, whatever it is; returns the
 * status. */
int hs_exchange(struct hs_wire *wire, struct mg_connection *conn);
/* Answer what civetweb itself refused. */
void hs_exchange_refused(struct hs_wire *wire, struct mg_connection *conn,
                         int status, const char *message);
/* A connection is about to end: answer its last request when civetweb has not
 * routed it at all, which it does without a word for `*` and for absolute
 * targets of another port. Waits for nobody: civetweb's lock is held. */
void hs_exchange_unrouted(struct hs_wire *wire,
                          const struct mg_connection *conn);
/* body.c: after the answer, swallow what the client still sends, for a moment,
 * because closing over unread bytes would reset the connection and lose the
 * answer. */
void hs_body_linger(struct hs_request *request);

#endif
