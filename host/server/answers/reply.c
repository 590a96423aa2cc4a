/* reply.c: answers, each sent with one write. */
#include "server/answers/reply.h"

#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/metrics.h"
#include "server/answers/last_resort.h"

#define HEAD_SIZE 64                /* of one line with a number */
#define ONE_WRITE_BYTES (64U << 10) /* a larger body isn't copied */
#define CLOSE_LINE "Connection: close\r\n"
#define POLICY                                                                 \
    "Content-Security-Policy: default-src 'none'; frame-ancestors 'none'\r\n"
#define SHORTAGE_SIZE 256
#define CACHE "Cache-Control: no-store\r\n"

char *hs_reply_fixed_headers(const struct hs_config *config)
{
    const char *always = "X-Content-Type-Options: nosniff\r\n"
                         "Referrer-Policy: no-referrer\r\n";
    const char *strict = "Strict-Transport-Security: max-age=31536000\r\n";
    int https = strncmp(config->server_url, "https://", 8) == 0;
    char *lines = NULL;

    if (asprintf(&lines, "%s%s", always, https ? strict : "") < 0)
        return NULL;
    return lines;
}

/* The Date header's value, updated once a second. */
static const char *date_text(struct hs_worker *worker)
{
    time_t now = time(NULL);
    struct tm tm;

    if (now != worker->date_at) {
        gmtime_r(&now, &tm);
        (void)strftime(worker->date, sizeof worker->date,
                       "%a, %d %b %Y %H:%M:%S GMT", &tm);
        worker->date_at = now;
    }
    return worker->date;
}

static int has_length(int status)
{
    return status >= 200 && status != 204 && status != 304;
}

/* The status line and the headers that vary. */
static int add_head(struct hs_request *request, const struct hs_reply *reply)
{
    struct hs_buf *out = &request->worker->out;
    const char *phrase = hs_wire_phrase(request, reply->status);
    char head[HEAD_SIZE];
    int len = snprintf(head, sizeof head, "HTTP/1.1 %d ", reply->status);

    if (hs_buf_add(out, head, (size_t)len) || hs_buf_add_str(out, phrase) ||
        hs_buf_add_str(out, "\r\nDate: ") ||
        hs_buf_add_str(out, date_text(request->worker)) ||
        hs_buf_add_str(out, "\r\nX-Request-Id: ") ||
        hs_buf_add_str(out, request->id) || hs_buf_add(out, "\r\n", 2))
        return -1;
    if (!has_length(reply->status))
        return 0;
    if (reply->streamed && reply->len == HS_UNTIL_CLOSE)
        len = 0;
    else if (reply->streamed && reply->len == HS_CHUNKED)
        len = snprintf(head, sizeof head, "Transfer-Encoding: chunked\r\n");
    else
        len =
            snprintf(head, sizeof head, "Content-Length: %zu\r\n", reply->len);
    if (hs_buf_add(out, head, (size_t)len) != 0)
        return -1;
    if (!reply->type)
        return 0;
    return hs_buf_add_str(out, "Content-Type: ") ||
           hs_buf_add_str(out, reply->type) || hs_buf_add(out, "\r\n", 2);
}

/* For a page of another origin named in the configuration. */
static int add_origin(struct hs_request *request)
{
    struct hs_buf *out = &request->worker->out;

    if (request->server->config->cors_origins[0] &&
        hs_buf_add_str(out, "Vary: Origin\r\n") != 0)
        return -1;
    if (!request->origin)
        return 0;
    return hs_buf_add_str(out, "Access-Control-Allow-Origin: ") ||
           hs_buf_add_str(out, request->origin) ||
           hs_buf_add_str(out, "\r\nAccess-Control-Expose-Headers: "
                               "X-Request-Id, Retry-After, "
                               "Idempotent-Replayed, ETag, Date\r\n");
}

static int build_head(struct hs_request *request, const struct hs_reply *reply)
{
    struct hs_buf *out = &request->worker->out;

    hs_buf_clear(out);
    return add_head(request, reply) ||
           hs_buf_add_str(out, request->server->fixed_headers) ||
           (!reply->own_policy && hs_buf_add_str(out, POLICY)) ||
           (!reply->own_cache && hs_buf_add_str(out, CACHE)) ||
           add_origin(request) ||
           (reply->headers && hs_buf_add_str(out, reply->headers)) ||
           (request->close && hs_buf_add_str(out, CLOSE_LINE)) ||
           hs_buf_add(out, "\r\n", 2);
}

/* In one write if the body is small and fits after the head. 0; -1 if the
 * client is gone; 1 if the head didn't fit.
 */
static int try_send(struct hs_request *request, const struct hs_reply *reply)
{
    struct hs_buf *out = &request->worker->out;
    int with_body = request->method != HS_HEAD && !reply->streamed &&
                    has_length(reply->status);
    size_t body = with_body ? reply->len : 0;

    if (build_head(request, reply) != 0)
        return 1;
    request->status = reply->status;
    if (body <= ONE_WRITE_BYTES && hs_buf_add(out, reply->body, body) == 0)
        body = 0;
    if (hs_wire_write(request, out->data, out->len) != 0 ||
        (body > 0 && hs_wire_write(request, reply->body, body) != 0))
        return -1;
    return 0;
}

/* `body` has room. */
static void make_shortage(struct hs_request *request, struct hs_reply *reply,
                          char *body, size_t size)
{
    const struct hs_worker *worker = request->worker;
    const struct hs_route *route = request->match.route;

    *reply = (struct hs_reply){.status = 503,
                               .type = "application/json; charset=utf-8",
                               .body = body,
                               .headers = "Retry-After: 2\r\n",
                               .stands = 1};
    if (route && route->voice) {
        reply->status = 200;
        reply->type = "text/xml; charset=utf-8";
        reply->headers = NULL;
        reply->body = hs_last_resort_pick(request->server->last_resort,
                                          request->server->config->language,
                                          &worker->params, &worker->query);
    } else if (route && route->auth == HS_AUTH_TWILIO) {
        reply->type = "text/plain; charset=utf-8";
        reply->body = "Not available.\n";
    } else {
        (void)snprintf(body, size,
                       "{\"error\":{\"code\":\"%s\",\"message\":\"%s\","
                       "\"request_id\":\"%s\"}}",
                       request->changed ? "outcome_unknown" : "out_of_memory",
                       request->changed
                           ? HS_OUTCOME_UNKNOWN
                           : "The server is out of memory at the moment; "
                             "please try again.",
                       request->id);
        if (request->changed)
            reply->headers = NULL;
    }
    reply->len = strlen(reply->body);
}

static int send_shortage(struct hs_request *request)
{
    static const char no_memory[] =
        "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n"
        "Cache-Control: no-store\r\n" CLOSE_LINE "\r\n";
    struct hs_reply reply;
    char body[SHORTAGE_SIZE];
    int rc;

    make_shortage(request, &reply, body, sizeof body);
    rc = try_send(request, &reply);
    if (rc <= 0)
        return rc;
    request->status = 503;
    request->close = 1;
    return hs_wire_write(request, no_memory, sizeof no_memory - 1);
}

int hs_request_ran_short(const struct hs_request *request)
{
    return hs_memory_misses() != request->misses;
}

int hs_reply_send(struct hs_request *request, const struct hs_reply *reply)
{
    int sent = 0;

    if (request->body_unread || atomic_load(&request->server->draining))
        request->close = 1;
    if (reply->stands || !hs_request_ran_short(request))
        sent = try_send(request, reply);
    else
        sent = 1;
    request->close |= sent < 0;
    if (sent == 1) {
        request->close |= send_shortage(request) != 0;
        hs_count(HS_C_SHORT_OF_MEMORY, 1);
    }
    hs_count(HS_C_REQUESTS, 1);
    return sent == 0 ? 0 : -1;
}

void hs_reply_shortage(struct hs_request *request)
{
    struct hs_reply reply = {.status = 503};

    hs_memory_missed();
    (void)hs_reply_send(request, &reply);
}

void hs_reply_error(struct hs_request *request, int status, const char *code,
                    const char *message, const char *headers)
{
    struct hs_buf body = {0};
    struct hs_reply reply = {.status = status,
                             .type = "application/json; charset=utf-8",
                             .headers = headers};

    if (hs_buf_printf(&body,
                      "{\"error\":{\"code\":\"%s\",\"message\":", code) ||
        hs_buf_add_json(&body, message, strlen(message)) ||
        hs_buf_printf(&body, ",\"request_id\":\"%s\"}}", request->id))
        hs_buf_clear(&body);
    reply.body = body.data;
    reply.len = body.len;
    hs_reply_send(request, &reply);
    hs_buf_free(&body);
}

void hs_reply_text(struct hs_request *request, int status, const char *text)
{
    struct hs_reply reply = {.status = status,
                             .type = "text/plain; charset=utf-8",
                             .body = text,
                             .len = strlen(text)};

    hs_reply_send(request, &reply);
}
