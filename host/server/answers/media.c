/* media.c: recordings, streamed through from Twilio. */
#include "server/answers/media.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "lib/fetch.h"
#include "twilio/rest.h"

#define NAME_SIZE 64
#define RANGE_SIZE 80

struct stream {
    struct hs_request *request;
    const struct hs_reply *reply;
    struct hs_buf headers; /* whole lines */
    int status;            /* Twilio's status */
    int sent;              /* our head was sent */
    int chunked;
    int gone; /* the client is gone */
};

/* How many bytes will come: HS_CHUNKED if Twilio doesn't say. */
static size_t length_of(const struct hs_fetch_answer *answer)
{
    const char *text = hs_fetch_header(answer, "content-length");
    char *end;
    unsigned long long length;

    if (!text || text[0] < '0' || text[0] > '9')
        return HS_CHUNKED;
    errno = 0;
    length = strtoull(text, &end, 10);
    return errno || *end || length >= HS_CHUNKED ? HS_CHUNKED : (size_t)length;
}

/* Is it like "bytes 0-99/1234"? It comes from outside and goes into a header.
 * */
static int is_content_range(const char *text)
{
    return strncmp(text, "bytes ", 6) == 0 && strlen(text) < RANGE_SIZE &&
           text[6 + strspn(text + 6, "0123456789-/*")] == '\0';
}

/* The reply's own header lines, and those for ranges. 0 or -1. */
static int make_headers(struct stream *stream,
                        const struct hs_fetch_answer *answer)
{
    const char *range = hs_fetch_header(answer, "content-range");
    const char *accepts = hs_fetch_header(answer, "accept-ranges");
    struct hs_buf *out = &stream->headers;
    int takes_ranges =
        answer->status != 200 || (accepts && strcmp(accepts, "bytes") == 0);

    if (stream->reply->headers &&
        hs_buf_add_str(out, stream->reply->headers) != 0)
        return -1;
    if (takes_ranges && hs_buf_add_str(out, "Accept-Ranges: bytes\r\n") != 0)
        return -1;
    if (answer->status == 200 || !range || !is_content_range(range))
        return 0;
    return hs_buf_printf(out, "Content-Range: %s\r\n", range);
}

/* Twilio's status and headers are in: send ours. Non-zero ends the fetch, if
 * this isn't a recording. */
static int begin(void *ctx, const struct hs_fetch_answer *answer)
{
    struct stream *stream = ctx;
    struct hs_reply head = *stream->reply;
    int is_head = stream->request->method == HS_HEAD;

    stream->status = answer->status;
    if (answer->status != 200 && answer->status != 206 && answer->status != 416)
        return -1;
    if (make_headers(stream, answer) != 0)
        return -1;
    head.status = answer->status;
    head.headers = stream->headers.len ? stream->headers.data : NULL;
    head.streamed = 1;
    head.body = NULL;
    head.len = length_of(answer);
    if (answer->status == 416) {
        head.type = NULL;
        head.len = 0;
    }
    stream->chunked = head.len == HS_CHUNKED;
    stream->sent = 1;
    stream->gone = hs_reply_send(stream->request, &head) != 0;
    return stream->gone || is_head || answer->status == 416;
}

/* One piece of the sound. */
static int pass_on(void *ctx, const void *data, size_t len)
{
    struct stream *stream = ctx;
    struct hs_request *request = stream->request;

    if (len == 0)
        return 0;
    stream->gone = (stream->chunked ? hs_wire_chunk(request, data, len)
                                    : hs_wire_write(request, data, len)) != 0;
    return stream->gone;
}

/* Before anything is sent: say why the recording can't be played. */
static void explain(struct stream *stream, const struct hs_error *err)
{
    struct hs_request *request = stream->request;

    if (stream->status == 404 || strcmp(err->code, "path") == 0)
        hs_reply_error(request, 404, "recording_not_found",
                       "Twilio has no such recording (any more).", NULL);
    else if (strcmp(err->code, "not_configured") == 0)
        hs_reply_error(request, 503, "twilio_not_configured", err->message,
                       NULL);
    else if (stream->status == 429)
        hs_reply_error(request, 503, "twilio_busy",
                       "Twilio takes no more requests at the moment.",
                       "Retry-After: 5\r\n");
    else
        hs_reply_error(request, 502, "twilio_failed",
                       stream->status ? "Twilio did not hand out the recording."
                                      : err->message,
                       NULL);
    hs_log(HS_LOG_WARN, "recording_failed", HS_S("request_id", request->id),
           HS_S("recording_sid", stream->reply->recording),
           HS_S("code", err->code), HS_I("http_status", stream->status));
}

/* End what was begun. A body cut short must not look complete. */
static void end(struct stream *stream, int failed, const struct hs_error *err)
{
    struct hs_request *request = stream->request;
    int complete =
        !failed || request->method == HS_HEAD || stream->status == 416;

    if (!complete) {
        request->close = 1;
        if (!stream->gone)
            hs_log(HS_LOG_WARN, "recording_cut",
                   HS_S("request_id", request->id),
                   HS_S("recording_sid", stream->reply->recording),
                   HS_S("code", err->code), HS_S("message", err->message));
    } else if (stream->chunked && request->method != HS_HEAD) {
        (void)hs_wire_chunk(request, "", 0);
    }
}

static struct hs_rest *rest_of(struct hs_worker *worker)
{
    if (!worker->rest)
        worker->rest = hs_rest_new(worker->server->config);
    return worker->rest;
}

static void stream_it(struct hs_request *request, const struct hs_reply *reply)
{
    struct stream stream = {.request = request, .reply = reply};
    struct hs_rest *rest = rest_of(request->worker);
    char name[NAME_SIZE];
    char *dot;
    struct hs_rest_media media = {.recording_sid = name,
                                  .range = hs_header(request, "Range"),
                                  .on_head = begin,
                                  .on_data = pass_on,
                                  .ctx = &stream};
    struct hs_error err = {.code = "path"};
    int failed = -1;

    (void)snprintf(name, sizeof name, "%s", reply->recording);
    dot = strchr(name, '.');
    if (!rest) {
        hs_no_memory(&err);
    } else if (dot) {
        *dot = '\0';
        media.format = dot + 1;
        failed = hs_rest_recording(rest, &media, &err);
    }
    if (stream.sent)
        end(&stream, failed, &err);
    else
        explain(&stream, &err);
    hs_buf_free(&stream.headers);
}

void hs_media_send(struct hs_request *request, const struct hs_reply *reply)
{
    struct hs_server *server = request->server;
    int most = (int)server->config->workers / 4;

    if (atomic_fetch_add(&server->streams, 1) < (most > 0 ? most : 1))
        stream_it(request, reply);
    else
        hs_reply_error(request, 503, "busy",
                       "Too many recordings are being played at the moment.",
                       "Retry-After: 2\r\n");
    atomic_fetch_sub(&server->streams, 1);
}
