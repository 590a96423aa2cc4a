/* pieces.c: the head, then piece after piece. */
#include "server/answers/pieces.h"

#include <stdatomic.h>
#include <string.h>

#include "base/log.h"
#include "server/app.h"
#include "server/decide.h"

/* 0, or -1 if the client is gone or reads too slowly. */
static int send_piece(struct hs_request *request, const struct hs_reply *piece,
                      int chunked)
{
    if (piece->len == 0)
        return 0; /* an empty chunk would be the last */
    return chunked ? hs_wire_chunk(request, piece->body, piece->len)
                   : hs_wire_write(request, piece->body, piece->len);
}

static void cut(struct hs_request *request, const struct hs_script_error *err)
{
    request->close = 1;
    hs_app_log("answer_cut", err, request->id);
}

/* Everything after the head. 0 if all of it was sent; else -1. */
static int send_all(struct hs_request *request, struct hs_reply *piece,
                    int chunked)
{
    const struct hs_buf *more = &request->worker->more;
    struct hs_script_error err;

    while (send_piece(request, piece, chunked) == 0) {
        if (more->len == 0)
            return 0;
        request->continued = 1;
        if (hs_decide(request, piece, &err) != 0) {
            cut(request, &err);
            return -1;
        }
        if (piece->status != 200) {
            err = (struct hs_script_error){
                .code = "refused", .message = "a later piece was refused"};
            cut(request, &err);
            return -1;
        }
    }
    request->close = 1; /* the client has left */
    return -1;
}

static void stream_it(struct hs_request *request, struct hs_reply *first)
{
    struct hs_reply head = *first;
    int chunked = request->takes_chunks;

    head.streamed = 1;
    head.body = NULL;
    head.len = chunked ? HS_CHUNKED : HS_UNTIL_CLOSE;
    if (!chunked)
        request->close = 1;
    if (hs_reply_send(request, &head) != 0 || request->method == HS_HEAD)
        return;
    if (send_all(request, first, chunked) == 0 && chunked)
        (void)hs_wire_chunk(request, "", 0);
}

void hs_pieces_send(struct hs_request *request, struct hs_reply *first)
{
    struct hs_server *server = request->server;
    int most = (int)server->config->workers / 4;

    if (atomic_fetch_add(&server->streams, 1) < (most > 0 ? most : 1))
        stream_it(request, first);
    else
        hs_reply_error(request, 503, "busy",
                       "Too many exports and recordings are being sent at the "
                       "moment.",
                       "Retry-After: 2\r\n");
    atomic_fetch_sub(&server->streams, 1);
}
