/* request.c: one request, from its header to its answer. */
#include "server/request.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/metrics.h"
#include "lib/files/places.h"
#include "server/access/auth.h"
#include "server/access/cors.h"
#include "server/access/heavy.h"
#include "server/access/limits.h"
#include "server/access/webhook.h"
#include "server/answers/events.h"
#include "server/answers/header_text.h"
#include "server/answers/health.h"
#include "server/answers/media.h"
#include "server/answers/pieces.h"
#include "server/answers/reply.h"
#include "server/answers/static.h"
#include "server/app.h"
#include "server/decide.h"
#include "server/release/release.h"
#include "server/worker.h"

#define KEEP_BYTES (64U << 10) /* of Lua's answer; more is given back */
/* The sandbox's stand-in for Twilio fails on demand: with this status (nginx's
 * for it) the connection ends without an answer. */
#define NO_ANSWER 444

static int64_t micros_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000000LL + now.tv_nsec / 1000;
}

/* ---- at the start ---- */

static void make_id(struct hs_request *request)
{
    struct hs_worker *worker = request->worker;

    snprintf(request->id, sizeof request->id, "%s%08x", worker->id_prefix,
             worker->id_next++);
}

void hs_request_begin(struct hs_worker *worker)
{
    struct hs_request *request = &worker->request;

    request->worker = worker;
    request->server = worker->server;
    request->started_us = micros_now();
    request->misses = hs_memory_misses();
    request->status = 0;
    request->close = 0;
    request->continued = 0;
    request->changed = 0;
    request->body = "";
    request->body_len = 0;
    request->origin = NULL;
    request->user[0] = '\0';
    request->login[0] = '\0';
    request->role = HS_ROLE_NONE;
    request->has_account = 0;
    request->role_assumed = 0;
    request->until = 0;
    request->match.route = NULL;
    request->match.count = 0;
    make_id(request);
}

/* ---- refusals ---- */

static void refuse_method(struct hs_request *request)
{
    char allow[64];
    char line[96];
    struct hs_reply reply = {.status = 204, .headers = line};

    hs_allow_text(request->match.allow, allow, sizeof allow);
    snprintf(line, sizeof line, "Allow: %s\r\n", allow);
    if (request->method == HS_OPTIONS)
        hs_reply_send(request, &reply);
    else
        hs_reply_error(request, 405, "method_not_allowed",
                       "This path doesn't support that method.", line);
}

/* A body that couldn't be read. */
static void refuse_body(struct hs_request *request, int status)
{
    static const struct {
        int status;
        const char *code, *message;
    } known[] = {
        {400, "malformed_body", "The body is not complete."},
        {408, "too_slow", "The body did not come in time."},
        {413, "too_large", "The body is too large."},
    };

    if (status == 503)
        hs_reply_shortage(request);

    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (known[i].status == status)
            hs_reply_error(request, status, known[i].code, known[i].message,
                           NULL);
    }
}

/* ---- the application ---- */

static void log_answer(const struct hs_request *request)
{
    const struct hs_route *route = request->match.route;
    int64_t micros = micros_now() - request->started_us;

    if (route && route->auth == HS_AUTH_TWILIO)
        hs_observe_request(micros);
    if (!hs_log_enabled(HS_LOG_DEBUG))
        return;
    hs_log(HS_LOG_DEBUG, "request", HS_S("request_id", request->id),
           HS_S("method", request->method_name), HS_S("path", request->path),
           HS_I("http_status", request->status), HS_I("micros", micros),
           HS_S("remote", request->client),
           HS_S("where", route ? route->where : NULL));
}

static void give_back(struct hs_buf *buf)
{
    if (buf->cap > KEEP_BYTES)
        hs_buf_free(buf);
}

/* Each query would wait, in the end with no worker left: for ever, as far as
 * anyone knows. */
static int database_is_silent(void)
{
    return hs_place_silent_ms(HS_PLACE_DATABASE) >= HS_PLACE_SILENT_MS;
}

static int decide(struct hs_request *request, struct hs_reply *reply,
                  struct hs_script_error *err)
{
    if (database_is_silent()) {
        *err = (struct hs_script_error){.code = "database",
                                        .message = HS_DATABASE_SILENT};
        return -1;
    }
    if (hs_decide(request, reply, err) != 0)
        return -1;
    return request->worker->batch.count > 0
               ? hs_decide_store(request, reply, err)
               : 0;
}

static void ask_application(struct hs_request *request)
{
    struct hs_worker *worker = request->worker;
    const struct hs_route *route = request->match.route;
    struct hs_script_error err;
    struct hs_reply reply = {0};
    int failed = decide(request, &reply, &err) != 0;

    if (!failed && reply.status == NO_ANSWER &&
        request->server->config->sandbox) {
        request->status = NO_ANSWER;
        request->close = 1;
    } else if (!failed && reply.recording) {
        hs_media_send(request, &reply);
    } else if (!failed && worker->more.len > 0) {
        hs_pieces_send(request, &reply);
    } else if (!failed) {
        (void)hs_reply_send(request, &reply);
    } else if (route->auth == HS_AUTH_TWILIO) {
        hs_app_log("webhook_failed", &err, request->id);
        hs_webhook_rescue(request);
    } else if (strcmp(err.code, "memory") == 0) {
        hs_app_log("request_failed", &err, request->id);
        hs_reply_shortage(request);
    } else if (request->changed) {
        hs_app_log("request_failed", &err, request->id);
        hs_reply_error(request, 503, "outcome_unknown", HS_OUTCOME_UNKNOWN,
                       NULL);
    } else {
        hs_app_log("request_failed", &err, request->id);
        hs_reply_error(request, strcmp(err.code, HS_NO_VM) == 0 ? 503 : 500,
                       "internal",
                       "Something went wrong on our side; the log has the "
                       "details.",
                       NULL);
    }
    give_back(&worker->answer);
}

static int parse_query(struct hs_request *request)
{
    const char *query = request->query;
    struct hs_buf *target = &request->worker->target;
    struct hs_error err;

    request->target = request->path;
    request->target_len = request->path_len;
    if (query) {
        hs_buf_clear(target);
        if (hs_buf_printf(target, "%s?%s", request->path, query) != 0)
            return -1;
        request->target = target->data;
        request->target_len = target->len;
    }
    return hs_form_parse(&request->worker->query, query ? query : "",
                         query ? strlen(query) : 0, &err);
}

static int takes_body(enum hs_method method)
{
    return method == HS_POST || method == HS_PUT || method == HS_PATCH ||
           method == HS_DELETE;
}

/* Body and query. 1; or 0 after a refusal. */
static int read_rest(struct hs_request *request)
{
    int status = 0;

    if (takes_body(request->match.route->method))
        status = hs_wire_body(request);
    if (status != 0) {
        refuse_body(request, status);
        return 0;
    }
    if (parse_query(request) == 0)
        return 1;
    if (hs_request_ran_short(request))
        hs_reply_shortage(request);
    else
        hs_reply_error(request, 400, "malformed_query",
                       "The query is not well-formed.", NULL);
    return 0;
}

static void answer_stream(struct hs_request *request)
{
    if (read_rest(request) && hs_auth_admit(request) &&
        hs_limits_admit(request) && hs_auth_role(request))
        hs_events_serve(request);
}

static void answer_route(struct hs_request *request)
{
    const struct hs_route *route = request->match.route;

    if (route->auth != HS_AUTH_TWILIO && database_is_silent()) {
        hs_reply_error(request, 503, "store_unavailable", HS_DATABASE_SILENT,
                       "Retry-After: 10\r\n");
        return;
    }
    if (route->stream) {
        answer_stream(request);
        return;
    }
    if ((route->auth == HS_AUTH_USER && !hs_auth_admit(request)) ||
        !hs_limits_admit(request) || !hs_auth_role(request) ||
        !read_rest(request))
        return;
    if ((route->auth == HS_AUTH_TWILIO && !hs_webhook_admit(request)) ||
        (route->heavy && !hs_heavy_enter(request)))
        return;
    ask_application(request);
    if (route->heavy)
        hs_heavy_leave(request);
}

void hs_request_answer(struct hs_request *request)
{
    struct hs_worker *worker = request->worker;

    request->origin = hs_cors_origin(request);
    hs_limits_client(request);
    if (hs_health_answer(request))
        return;
    hs_worker_refresh(worker);
    switch (hs_router_find(worker->release->router, request->method,
                           request->path, request->path_len, &request->match)) {
    case HS_FOUND:
        answer_route(request);
        break;
    case HS_BAD_PATH:
        hs_reply_error(request, 400, "malformed_path",
                       "The path is not well-formed.", NULL);
        break;
    case HS_NO_METHOD:
        if (!hs_cors_preflight(request))
            refuse_method(request);
        break;
    case HS_NO_PATH:
        if (!hs_static_answer(request))
            hs_reply_error(request, 404, "not_found", "Not found.", NULL);
        break;
    }
}

void hs_request_end(struct hs_request *request)
{
    log_answer(request);
    request->wire = NULL;
}
