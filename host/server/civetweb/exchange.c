/* exchange.c: one request of a connection, from civetweb's header to the end of
 * its answer: request.c answers what the guard lets through, everything else is
 * refused here. */
#include <poll.h>
#include <stdatomic.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/metrics.h"
#include "server/answers/header_text.h"
#include "server/answers/reply.h"
#include "server/civetweb/arrivals.h"
#include "server/civetweb/connection.h"
#include "server/civetweb/guard.h"
#include "server/civetweb/sockets.h"
#include "server/request.h"

/* While others wait for a worker, a connection is ended after this many
 * requests, so that every client gets a turn. */
#define FAIR_REQUESTS 20
#define INCOMPLETE "Malformed message"
#define LATE_MS 100
#define ALLOW_ANY "Allow: GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS\r\n"

/* ---- the header ---- */

static struct hs_request *begin(struct hs_wire *wire,
                                struct mg_connection *conn)
{
    struct hs_request *request = &wire->worker->request;
    const struct mg_request_info *info = mg_get_request_info(conn);

    wire->conn = conn;
    wire->info = info;
    hs_request_begin(wire->worker);
    request->wire = wire;
    request->method_name = info->request_method;
    request->remote = request->client = info->remote_addr;
    return request;
}

/* Will or should civetweb end the connection? */
static int wants_close(const struct hs_request *request, int guard_says)
{
    struct hs_wire *wire = request->wire;
    const char *connection = hs_header(request, "Connection");
    struct hs_supervisor *supervisor = wire->listener->supervisor;

    if (guard_says || atomic_load(&request->server->draining) ||
        strcmp(wire->info->http_version, "1.1") != 0)
        return 1;
    if (connection && !hs_list_has(connection, "keep-alive"))
        return 1;
    if (request->has_body && wire->info->content_length < 0)
        return 1; /* chunked: civetweb doesn't skip trailers
                   */
    if (hs_supervisor_crowded(supervisor) && wire->served >= FAIR_REQUESTS)
        return 1;
    return !hs_slot_keep(supervisor, wire->slot);
}

/* Once the guard has let it through. */
static void read_head(struct hs_request *request, int guard_close)
{
    const struct mg_request_info *info = request->wire->info;

    request->method = hs_method_of(info->request_method);
    request->path = hs_guard_path(info->request_uri);
    request->path_len = strlen(request->path);
    request->query = info->query_string;
    request->takes_chunks = strcmp(info->http_version, "1.0") != 0;
    request->content_type = hs_header(request, "Content-Type");
    request->has_body =
        info->content_length > 0 || hs_header(request, "Transfer-Encoding");
    request->body_unread = request->has_body;
    request->close = wants_close(request, guard_close);
}

static void finish(struct hs_request *request)
{
    if (request->close)
        mg_disable_connection_keep_alive(request->wire->conn);
    if (request->body_unread)
        hs_body_linger(request);
    hs_request_end(request);
}

/* ---- refusals ---- */

/* The connection's own descriptor, or -1. */
static int socket_of(const struct hs_wire *wire,
                     const struct mg_request_info *info)
{
    return hs_socket_find(hs_peer_of(info->remote_addr, info->remote_port),
                          wire->worker->server->port);
}

/* Nothing in the request can be trusted. */
static void distrust(struct hs_request *request)
{
    request->method = HS_OTHER_METHOD;
    request->path = "";
    request->has_body = request->body_unread = 0;
}

static void refuse(struct hs_request *request, int status, const char *reason)
{
    static struct hs_log_gate gate;
    struct hs_reply reply = {.status = status};
    int64_t kept_back = 0;

    hs_count(HS_C_REFUSED_WIRE, 1);
    if (hs_log_gate_open(&gate, &kept_back))
        hs_log(HS_LOG_INFO, "request_refused", HS_S("request_id", request->id),
               HS_S("reason", reason), HS_I("http_status", status),
               HS_S("remote", request->client),
               HS_I("dropped_count", kept_back));
    request->close = 1;
    hs_reply_send(request, &reply);
}

/* Closing with unread bytes would lose the answer. */
static void linger(struct hs_request *request)
{
    const struct hs_wire *wire = request->wire;
    int fd = socket_of(wire, wire->info);

    if (fd >= 0 && (hs_socket_unread(fd) > 0 || wire->info->content_length > 0))
        hs_body_discard(request, fd);
}

/* civetweb reports malformed, oversized and late headers alike. A malformed one
 * is noticed at once; an oversized one has filled its buffer. */
static int meaning(const struct hs_wire *wire)
{
    int64_t age = hs_running_ms() - atomic_load(&wire->slot->since);
    int late = wire->served == 0 &&
               hs_arrivals_was_late(hs_peer_of(wire->info->remote_addr,
                                               wire->info->remote_port));

    if (late || age >= LATE_MS)
        return 408;
    if (wire->served > 0)
        return 400; /* its size can't be told apart from earlier ones' */
    return hs_socket_received(socket_of(wire, wire->info)) >= HS_HEADER_BYTES
               ? 431
               : 400;
}

/* Can civetweb send a short answer without waiting for the client? */
static int has_room(const struct hs_wire *wire,
                    const struct mg_request_info *info)
{
    struct pollfd client = {.fd = socket_of(wire, info), .events = POLLOUT};

    return client.fd >= 0 && poll(&client, 1, 0) == 1 &&
           client.revents == POLLOUT;
}

/* ---- what server.c calls ---- */

int hs_exchange(struct hs_wire *wire, struct mg_connection *conn)
{
    struct hs_request *request = begin(wire, conn);
    struct hs_verdict verdict;

    hs_slot_request(wire->slot, wire->info->remote_addr,
                    wire->info->remote_port);
    wire->served++;
    verdict = hs_guard_check(wire->info, wire->listener->guard_slack);
    if (verdict.status != 0) {
        distrust(request);
        refuse(request, verdict.status, verdict.reason);
        linger(request);
    } else {
        read_head(request, verdict.close);
        hs_request_answer(request);
    }
    finish(request);
    return request->status;
}

void hs_exchange_refused(struct hs_wire *wire, struct mg_connection *conn,
                         int status, const char *message)
{
    struct hs_request *request = begin(wire, conn);

    distrust(request);
    if (status == 411)
        status = 400; /* an invalid Content-Length */
    else if (strcmp(message, INCOMPLETE) == 0)
        status = meaning(wire);
    refuse(request, status, "parser");
    linger(request);
    finish(request);
}

void hs_exchange_unrouted(struct hs_wire *wire,
                          const struct mg_connection *conn)
{
    const struct mg_request_info *info = mg_get_request_info(conn);
    const char *target = info ? info->request_uri : NULL;
    int any = target && strcmp(target, "*") == 0;
    struct hs_reply reply = {.status = 204, .headers = ALLOW_ANY};
    struct hs_request *request;

    if (!target || info->local_uri || *target == '/' || !has_room(wire, info))
        return;
    request = begin(wire, (struct mg_connection *)conn);
    distrust(request);
    request->close = 1;
    if (any && strcmp(info->request_method, "OPTIONS") == 0)
        hs_reply_send(request, &reply);
    else
        refuse(request, any ? 400 : 421, "target");
    finish(request);
}
