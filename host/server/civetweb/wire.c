/* wire.c: what the rest of the server asks of a connection: server/wire.h. */
#include "server/wire.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "server/civetweb/connection.h"
#include "server/civetweb/sockets.h"

const char *hs_header(const struct hs_request *request, const char *name)
{
    return mg_get_header(request->wire->conn, name);
}

int hs_header_at(const struct hs_request *request, int at,
                 struct hs_header *out)
{
    const struct mg_request_info *info = request->wire->info;

    if (at >= info->num_headers)
        return 0;
    out->name = info->http_headers[at].name;
    out->value = info->http_headers[at].value;
    return 1;
}

const char *hs_wire_phrase(const struct hs_request *request, int status)
{
    return mg_get_response_code_text(request->wire->conn, status);
}

int hs_wire_write(struct hs_request *request, const void *data, size_t len)
{
    struct hs_wire *wire = request->wire;
    int sent;

    hs_slot_phase(wire->slot, HS_PHASE_WRITE);
    sent = mg_write(wire->conn, data, len);
    hs_slot_phase(wire->slot, HS_PHASE_WORK);
    return sent == (int)len ? 0 : -1;
}

int hs_wire_chunk(struct hs_request *request, const void *data, size_t len)
{
    struct hs_wire *wire = request->wire;
    int sent;

    hs_slot_phase(wire->slot, HS_PHASE_WRITE);
    sent = mg_send_chunk(wire->conn, data, (unsigned)len);
    hs_slot_phase(wire->slot, HS_PHASE_WORK);
    return sent > 0 ? 0 : -1;
}

/* ---- taking the socket ---- */

uint64_t hs_wire_peer(const struct hs_request *request)
{
    const struct mg_request_info *info = request->wire->info;

    return hs_peer_of(info->remote_addr, info->remote_port);
}

/* civetweb closes the descriptor it knows. So leave it a socket under that
 * number whose other end is closed, and continue with a copy of the client's.
 * */
int hs_wire_take(struct hs_request *request)
{
    int fd = hs_socket_find(hs_wire_peer(request), request->server->port);
    int ours = fd < 0 ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, 0);
    int pair[2];
    int failed;

    if (ours < 0)
        return -1;
    failed = socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0;
    if (!failed) {
        failed = dup3(pair[0], fd, O_CLOEXEC) < 0;
        (void)close(pair[0]);
        (void)close(pair[1]);
    }
    if (failed) {
        (void)close(ours);
        return -1;
    }
    return ours;
}
