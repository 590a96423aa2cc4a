/* health.c: /healthz (is it alive), /readyz (can it answer calls), /metrics,
 * and /refusals (refused webhooks, for `hookswitch doctor`). */
#include "server/answers/health.h"

#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "base/config/credentials.h"
#include "base/metrics.h"
#include "base/version.h"
#include "lib/crypt.h"
#include "lib/files/places.h"
#include "script/live_rules.h"
#include "server/access/refusals.h"
#include "server/answers/reply.h"
#include "server/release/author_watch.h"
#include "server/release/folder_watch.h"
#include "server/release/reload.h"
#include "store/near/near.h"
#include "store/store.h"

#define JSON "application/json; charset=utf-8"
#define STRICT "strict"
#define WAITS_LONG_MS 60000 /* longer than it takes after an outage */

static void send_buffer(struct hs_request *request, int status,
                        const char *type, struct hs_buf *body, int failed)
{
    struct hs_reply reply = {
        .status = status, .type = type, .body = body->data, .len = body->len};

    if (failed)
        hs_reply_error(request, 503, "busy", "The server is out of memory.",
                       NULL);
    else
        hs_reply_send(request, &reply);
    hs_buf_free(body);
}

static void answer_health(struct hs_request *request)
{
    struct hs_server *server = request->server;
    long long seconds = (hs_now_ms() - server->started_at) / 1000;
    struct hs_buf body = {0};
    int failed = hs_buf_printf(&body,
                               "{\"status\":\"ok\",\"version\":\"" HS_VERSION
                               "\",\"uptime_seconds\":%lld,\"rules\":",
                               seconds) ||
                 hs_reload_describe(server->reload, &body) ||
                 hs_buf_add_str(&body, "}");

    send_buffer(request, 200, JSON, &body, failed);
}

/* Append one reason; `*count` tells whether it needs a comma. */
static int add_reason(struct hs_buf *body, int *count, const char *code,
                      const char *message)
{
    if (hs_buf_printf(body, "%s{\"code\":\"%s\",\"message\":",
                      (*count)++ ? "," : "", code) != 0)
        return -1;
    return hs_buf_add_json(body, message, strlen(message)) ||
           hs_buf_add_str(body, "}");
}

/* What waits for the database. */
static int add_spool(struct hs_buf *body, const struct hs_near_state *state)
{
    return hs_buf_printf(
        body, ",\"spool\":{\"batches\":%lld,\"bytes\":%lld,\"limit\":%lld}",
        (long long)state->batches, (long long)state->bytes,
        (long long)state->limit);
}

/* Calls are answered, and what they store isn't where it belongs. */
static int add_near_warnings(struct hs_buf *body, int *count,
                             const struct hs_near_state *state)
{
    int64_t waits =
        state->waiting_since ? hs_now_ms() - state->waiting_since : 0;
    char text[200];
    int failed = 0;

    if (waits > WAITS_LONG_MS) {
        (void)snprintf(text, sizeof text,
                       "%lld batches wait for the database, for %lld s now.",
                       (long long)state->batches, (long long)(waits / 1000));
        failed |= add_reason(body, count, "spool_waits", text);
    }
    if (state->bytes >= state->limit / 2)
        failed |= add_reason(body, count, "spool_fills",
                             "The near file is at least half full "
                             "(near_file_mb).");
    if (state->refused > 0) {
        (void)snprintf(text, sizeof text,
                       "The database refused %lld batches of the near file, "
                       "which keeps them. The log says why (spool_refused).",
                       (long long)state->refused);
        failed |= add_reason(body, count, "spool_refused", text);
    }
    return failed;
}

/* What calls can't do without. */
static int add_reasons(struct hs_buf *body, int *count,
                       struct hs_server *server, const struct hs_error *down)
{
    int failed = 0;

    if (down)
        failed |= add_reason(body, count, "database", down->message);
    if (!hs_credentials_now(server->config).auth_token[0] && !server->insecure)
        failed |= add_reason(body, count, "auth_token_missing",
                             "TWILIO_AUTH_TOKEN is not set: every webhook is "
                             "refused.");
    if (!server->config->server_url[0] && !server->insecure)
        failed |= add_reason(body, count, "server_url_missing",
                             "SERVER_URL is not set: no signature can be "
                             "right.");
    if (atomic_load(&server->draining))
        failed |=
            add_reason(body, count, "draining", "The server is shutting down.");
    return failed;
}

/* Edits aren't seen, or nobody knows by whom: a mount doesn't answer. */
static int add_folder_warning(struct hs_buf *body, int *count)
{
    int64_t folder = hs_folder_watch_stuck_ms();
    int64_t author = hs_author_watch_stuck_ms();
    char text[200];

    if (folder < HS_FOLDER_STUCK_MS && author < HS_FOLDER_STUCK_MS)
        return 0;
    if (folder < HS_FOLDER_STUCK_MS)
        return add_reason(body, count, "folder_stuck",
                          "Who edits the Lua folder isn't known, since .git or "
                          "the list of the system's users doesn't answer. "
                          "Check the mount it is on.");
    (void)snprintf(text, sizeof text,
                   "The Lua folder hasn't answered for %lld s, so edits aren't "
                   "seen. Check the mount it is on.",
                   (long long)(folder / 1000));
    return add_reason(body, count, "folder_stuck", text);
}

/* What a person should look at, though calls are answered. */
static int add_warnings(struct hs_buf *body, int *count,
                        const struct hs_near_state *near,
                        const struct hs_error *down)
{
    struct hs_live_rules live;
    char warning[HS_WARNING_SIZE];
    int failed = 0;

    hs_live_rules_get(&live);
    hs_live_rules_warning(&live, warning, sizeof warning);
    if (warning[0])
        failed |= add_reason(body, count, "rules_refused", warning);
    failed |= add_folder_warning(body, count);
    if (down)
        failed |= add_reason(body, count, "database", down->message);
    return failed | (near ? add_near_warnings(body, count, near) : 0);
}

/* A balancer asks whether to send calls here; with "strict", an alarm asks
 * whether anything is wrong. */
static int is_strict(const struct hs_request *request)
{
    const char *at = request->query;

    while (at) {
        size_t len = strcspn(at, "&");

        if (strcspn(at, "=&") == sizeof STRICT - 1 &&
            memcmp(at, STRICT, sizeof STRICT - 1) == 0)
            return 1;
        at = at[len] ? at + len + 1 : NULL;
    }
    return 0;
}

static const char *status_of(int reasons, int warnings, int down, int strict)
{
    if (reasons)
        return "not_ready";
    return down || (strict && warnings) ? "degraded" : "ready";
}

static void answer_ready(struct hs_request *request)
{
    struct hs_server *server = request->server;
    const struct hs_near *near = hs_store_near(server->store);
    struct hs_buf body = {0};
    struct hs_near_state state = {0};
    struct hs_error err;
    int calls_go_on = near && hs_near_is_filled(near);
    int down = hs_store_healthy(server->store, &err) != 0;
    int strict = is_strict(request);
    int reasons = 0, warnings = 0, failed;

    if (near)
        hs_near_look(near, &state);
    if (!down && hs_place_silent_ms(HS_PLACE_DATABASE) >= HS_PLACE_SILENT_MS) {
        hs_error_set(&err, "io", HS_DATABASE_SILENT);
        down = 1;
    }
    if (!down && state.down_since) {
        hs_error_set(&err, "time", "The database doesn't answer.");
        down = 1;
    }
    failed = hs_buf_add_str(&body, "{\"reasons\":[") ||
             add_reasons(&body, &reasons, server,
                         down && !calls_go_on ? &err : NULL) ||
             hs_buf_add_str(&body, "],\"warnings\":[") ||
             add_warnings(&body, &warnings, near ? &state : NULL,
                          down && calls_go_on ? &err : NULL) ||
             hs_buf_printf(&body, "],\"status\":\"%s\"",
                           status_of(reasons, warnings, down, strict)) ||
             (near && add_spool(&body, &state)) ||
             hs_buf_add_str(&body, ",\"rules\":") ||
             hs_reload_describe(server->reload, &body) ||
             hs_buf_add_str(&body, "}");
    send_buffer(request, reasons || (strict && warnings) ? 503 : 200, JSON,
                &body, failed);
}

/* A request from this machine itself, not one passed on by a proxy on it. */
static int is_local(const struct hs_request *request)
{
    static const char *const proxied[] = {"X-Forwarded-For", "Forwarded",
                                          "X-Real-IP", "Via"};

    if (strncmp(request->remote, "127.", 4) != 0)
        return 0;
    for (size_t i = 0; i < sizeof proxied / sizeof proxied[0]; i++) {
        if (hs_header(request, proxied[i]))
            return 0;
    }
    return 1;
}

static int may_read_metrics(const struct hs_request *request)
{
    const char *token = request->server->config->metrics_token;
    const char *header = hs_header(request, "Authorization");

    if (token[0] && header && strncasecmp(header, "Bearer ", 7) == 0)
        return hs_equal(header + 7, strlen(header + 7), token, strlen(token));
    return is_local(request);
}

static void answer_metrics(struct hs_request *request)
{
    struct hs_buf body = {0};
    struct hs_server *server = request->server;

    if (!may_read_metrics(request)) {
        hs_reply_error(request, 403, "forbidden",
                       "Send the metrics_token, or ask from this machine.",
                       NULL);
        return;
    }
    hs_gauge_set(HS_G_BUSY_WORKERS, hs_server_busy(server));
    hs_gauge_set(HS_G_RULES_VERSION, hs_reload_version(server->reload));
    hs_gauge_set(HS_G_DRAINING, atomic_load(&server->draining));
    if (hs_store_near(server->store)) {
        struct hs_near_state state;

        hs_near_look(hs_store_near(server->store), &state);
        hs_gauge_set(HS_G_SPOOL_BATCHES, state.batches);
        hs_gauge_set(HS_G_SPOOL_BYTES, state.bytes);
    }
    send_buffer(request, 200, "text/plain; version=0.0.4; charset=utf-8", &body,
                hs_metrics_write(&body));
}

/* Refused webhooks, for `hookswitch doctor`. */
static void answer_refusals(struct hs_request *request)
{
    struct hs_buf body = {0};

    if (may_read_metrics(request))
        send_buffer(request, 200, JSON, &body,
                    hs_refusals_write(request->server->refusals, &body));
    else
        hs_reply_error(request, 403, "forbidden",
                       "Send the metrics_token, or ask from this machine.",
                       NULL);
}

int hs_health_answer(struct hs_request *request)
{
    static const struct {
        const char *path;
        void (*answer)(struct hs_request *request);
    } paths[] = {{"/healthz", answer_health},
                 {"/readyz", answer_ready},
                 {"/metrics", answer_metrics},
                 {"/refusals", answer_refusals}};

    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        if (strcmp(request->path, paths[i].path) != 0)
            continue;
        if (request->method == HS_GET || request->method == HS_HEAD)
            paths[i].answer(request);
        else
            hs_reply_error(request, 405, "method_not_allowed",
                           "This path doesn't support that method.",
                           "Allow: GET, HEAD\r\n");
        return 1;
    }
    return 0;
}
