/* body.c: request bodies, limited in size and time.
 *
 * mg_read() waits; the supervisor limits that by shutting the socket's reading
 * side if a body isn't complete in time. mg_read() then returns as if the
 * client had closed the connection. */
#include <poll.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "server/civetweb/connection.h"
#include "server/wire.h"

#define CHUNK_STEP 4096
#define LINGER_BYTES (1024L * 1024)
#define LINGER_MS 500
#define KEEP_BYTES (64U << 10) /* a larger buffer is given back */

/* Room for `size` bytes and a NUL in the worker's buffer. */
static int make_room(struct hs_buf *body, size_t size)
{
    char *data;

    if (size + 1 <= body->cap)
        return 0;
    data = realloc(body->data, size + 1);
    if (!data)
        return -1;
    body->data = data;
    body->cap = size + 1;
    return 0;
}

/* Why mg_read() ended early: a timeout, ours or civetweb's, or the client
 * closed or sent garbage. civetweb's clock also runs while the process stands
 * still, so it is looked at, not ours. */
static int cut_status(const struct hs_request *request, int64_t began)
{
    int64_t took = hs_monotonic_ms() - began;

    return atomic_load(&request->wire->slot->was_cut) ||
                   took >= request->server->config->request_timeout_ms
               ? 408
               : 400;
}

static int read_known(struct hs_request *request, struct hs_buf *body,
                      size_t size)
{
    int64_t began = hs_monotonic_ms();

    if (make_room(body, size) != 0)
        return 503;
    while (body->len < size) {
        int got = mg_read(request->wire->conn, body->data + body->len,
                          size - body->len);

        if (got <= 0) /* a truncated body looks like a complete one */
            return cut_status(request, began);
        body->len += (size_t)got;
    }
    return 0;
}

static int read_chunked(struct hs_request *request, struct hs_buf *body,
                        size_t limit)
{
    int64_t began = hs_monotonic_ms();

    for (;;) {
        int got;

        if (make_room(body, body->len + CHUNK_STEP) != 0)
            return 503;
        got = mg_read(request->wire->conn, body->data + body->len, CHUNK_STEP);
        if (got < 0)
            return cut_status(request, began);
        if (got == 0)
            return 0;
        body->len += (size_t)got;
        if (body->len > limit)
            return 413;
    }
}

static size_t limit_of(const struct hs_request *request)
{
    size_t usual = (size_t)request->server->config->max_body_bytes;
    size_t own = request->match.route->body_bytes;

    return own > usual ? own : usual;
}

int hs_wire_body(struct hs_request *request)
{
    static const char go_on[] = "HTTP/1.1 100 Continue\r\n\r\n";
    long long announced = request->wire->info->content_length;
    size_t limit = limit_of(request);
    struct hs_buf *body = &request->worker->body;
    int status;

    if (!request->has_body)
        return 0;
    if (announced > (long long)limit)
        return 413;
    body->len = 0;
    if (body->cap > KEEP_BYTES)
        hs_buf_free(body);
    hs_slot_phase(request->wire->slot, HS_PHASE_BODY);
    if (hs_header(request, "Expect"))
        mg_write(request->wire->conn, go_on, sizeof go_on - 1);
    status = announced >= 0 ? read_known(request, body, (size_t)announced)
                            : read_chunked(request, body, limit);
    hs_slot_phase(request->wire->slot, HS_PHASE_WORK);
    if (status != 0)
        return status;
    body->data[body->len] = '\0';
    request->body = body->data;
    request->body_len = body->len;
    request->body_unread = 0;
    return 0;
}

void hs_body_discard(struct hs_request *request, int fd)
{
    int64_t until = hs_running_ms() + LINGER_MS;
    long left = LINGER_BYTES;
    char sink[4096];

    hs_slot_phase(request->wire->slot, HS_PHASE_LINGER);
    (void)shutdown(fd, SHUT_WR); /* the client needn't send the rest */
    while (left > 0) {
        struct pollfd more = {.fd = fd, .events = POLLIN};
        int64_t wait = until - hs_running_ms();
        ssize_t got;

        if (wait <= 0 || poll(&more, 1, (int)wait) != 1)
            break;
        got = recv(fd, sink, sizeof sink, MSG_DONTWAIT);
        if (got <= 0)
            break;
        left -= got;
    }
}

void hs_body_linger(struct hs_request *request)
{
    int64_t until = hs_running_ms() + LINGER_MS;
    long left = LINGER_BYTES;
    char sink[4096];

    hs_slot_phase(request->wire->slot, HS_PHASE_LINGER);
    while (left > 0 && hs_running_ms() < until) {
        int got = mg_read(request->wire->conn, sink, sizeof sink);

        if (got <= 0)
            break;
        left -= got;
    }
}
