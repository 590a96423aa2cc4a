/* webhook.c: requests from Twilio; the sender is verified before any Lua runs.
 * */
#include "server/access/webhook.h"

#include <string.h>
#include <strings.h>

#include "base/log.h"
#include "base/metrics.h"
#include "server/access/refusals.h"
#include "server/answers/header_text.h"
#include "server/answers/last_resort.h"
#include "server/answers/reply.h"
#include "store/memory/lost_reports.h"
#include "twilio/signature.h"

#define FORM_TYPE "application/x-www-form-urlencoded"
#define JSON_TYPE "application/json"

static void refuse(struct hs_request *request, int status, const char *reason,
                   const char *text)
{
    static struct hs_log_gate gate;
    int64_t kept_back = 0;

    hs_refusals_note(request->server->refusals, reason, request->path,
                     request->remote);
    if (hs_log_gate_open(&gate, &kept_back))
        hs_log(HS_LOG_WARN, "webhook_refused", HS_S("request_id", request->id),
               HS_S("reason", reason), HS_I("http_status", status),
               HS_S("path", request->path), HS_S("remote", request->remote),
               HS_I("dropped_count", kept_back));
    hs_reply_text(request, status, text);
}

/* The only X-Twilio-Signature, or NULL if there is none or several. */
static const char *signature_of(const struct hs_request *request)
{
    const char *found = NULL;
    struct hs_header header;

    for (int i = 0; hs_header_at(request, i, &header); i++) {
        if (strcasecmp(header.name, "X-Twilio-Signature") != 0)
            continue;
        if (found)
            return NULL;
        found = header.value;
    }
    return found;
}

static int is_signed(struct hs_request *request, int is_json)
{
    struct hs_worker *worker = request->worker;
    struct hs_signed_request signed_request = {
        .target = request->target,
        .target_len = request->target_len,
        .form = request->has_body && !is_json ? &worker->params : NULL,
        .body = request->body,
        .body_len = request->body_len,
        .is_json = is_json,
        .signature = signature_of(request),
    };

    return hs_signature_valid(worker->signer, &signed_request);
}

int hs_webhook_admit(struct hs_request *request)
{
    struct hs_worker *worker = request->worker;
    int is_json =
        request->body_len > 0 && hs_type_is(request->content_type, JSON_TYPE);
    size_t form_len = is_json ? 0 : request->body_len;
    struct hs_error err;

    if (form_len > 0 && !hs_type_is(request->content_type, FORM_TYPE)) {
        refuse(request, 415, "content_type", "Unsupported content type.\n");
        return 0;
    }
    if (hs_form_parse_raw(&worker->params, request->body, form_len, &err) !=
        0) {
        if (strcmp(err.code, "memory") == 0) {
            hs_reply_shortage(request); /* the sender isn't known */
            return 0;
        }
        refuse(request, 400, err.code, "Malformed form.\n");
        return 0;
    }
    if (!request->server->insecure &&
        !hs_signer_follow(worker->signer, request->server->config)) {
        hs_count(HS_C_REFUSED_SIGNATURE, 1);
        refuse(request, 403, "auth_token_missing", "Forbidden.\n");
        return 0;
    }
    if (!request->server->insecure && !is_signed(request, is_json)) {
        hs_count(HS_C_REFUSED_SIGNATURE, 1);
        refuse(request, 403, "bad_signature", "Forbidden.\n");
        return 0;
    }
    if (hs_form_repair(&worker->params) != 0) {
        hs_reply_shortage(request);
        return 0;
    }
    return 1;
}

void hs_webhook_mark(const struct hs_request *request)
{
    static const char *const names[] = {"ParentCallSid", "CallSid"};
    const struct hs_pair *sid = NULL;

    for (size_t i = 0; i < 2 && (!sid || sid->value_len == 0); i++)
        sid =
            hs_form_find(&request->worker->params, names[i], strlen(names[i]));
    hs_lost_reports_add(sid ? sid->value : "", sid ? sid->value_len : 0);
}

void hs_webhook_rescue(struct hs_request *request)
{
    struct hs_worker *worker = request->worker;
    struct hs_reply reply = {.status = 200, .type = "text/xml; charset=utf-8"};

    hs_count(HS_C_FALLBACKS, 1);
    hs_webhook_mark(request);
    if (!request->match.route->voice) {
        hs_reply_text(request, 503, "Not available.\n");
        return;
    }
    reply.body = hs_last_resort_pick(request->server->last_resort,
                                     request->server->config->language,
                                     &worker->params, &worker->query);
    reply.len = strlen(reply.body);
    hs_reply_send(request, &reply);
}
