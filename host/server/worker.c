/* worker.c: what one civetweb thread owns. */
#include "server/worker.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/metrics.h"
#include "lib/crypt.h"
#include "lib/store.h"
#include "script/bundle.h"
#include "script/sandbox.h"
#include "server/app.h"
#include "server/reload.h"
#include "twilio/rest.h"
#include "twilio/signature.h"

#define RETRY_MS 500 /* after VMs could not be made */

/* The VMs of one release, while they are made. */
struct vms {
    struct hs_rule_vm *rules;
    struct hs_vm *app;
};

static void free_vms(struct vms *vms)
{
    hs_vm_free(vms->app); /* it refers to the rules: first */
    hs_rule_vm_free(vms->rules);
}

static int make_vms(struct hs_worker *worker, const struct hs_release *release,
                    struct vms *out, struct hs_script_error *err)
{
    struct hs_host host = {.config = worker->server->config,
                           .session = worker->session,
                           .signer = worker->signer,
                           .session_key = worker->server->session_key,
                           .limiter = worker->server->limiter};

    memset(err, 0, sizeof *err);
    out->app = NULL;
    out->rules = hs_rule_vm_new(release->bundle, host.config, err);
    if (!out->rules)
        return -1;
    host.rules = out->rules;
    out->app = hs_app_vm_new(release->bundle, &host, err);
    if (!out->app || hs_app_start(out->app, NULL, err) != 0) {
        free_vms(out);
        return -1;
    }
    return 0;
}

/* The way to the database; it may come later than the worker. */
static int open_session(struct hs_worker *worker)
{
    struct hs_error err;

    if (worker->session)
        return 0;
    worker->session = hs_session_new(worker->server->store, &err);
    if (worker->session)
        return 0;
    hs_log(HS_LOG_ERROR, "session_failed", HS_S("code", err.code),
           HS_S("message", err.message), HS_I("worker", worker->index));
    return -1;
}

int hs_worker_refresh(struct hs_worker *worker)
{
    struct hs_script_error err;
    struct hs_release *release;
    struct vms made;
    struct vms old = {.rules = worker->rules, .app = worker->app};
    uint64_t generation;

    if (worker->app &&
        worker->generation == hs_reload_generation(worker->server->reload))
        return 0;
    if (hs_monotonic_ms() < worker->retry_at)
        return worker->app ? 0 : -1;
    release = hs_reload_take(worker->server->reload, &generation);
    if (open_session(worker) != 0 ||
        make_vms(worker, release, &made, &err) != 0) {
        if (worker->session)
            hs_app_log("worker_reload_failed", &err, NULL);
        worker->retry_at = hs_monotonic_ms() + RETRY_MS;
        hs_release_drop(release);
        return worker->app ? 0 : -1;
    }
    free_vms(&old);
    hs_release_drop(worker->release);
    worker->rules = made.rules;
    worker->app = made.app;
    worker->release = release;
    worker->generation = generation;
    return 0;
}

static int make_id_prefix(struct hs_worker *worker)
{
    unsigned char random[6];

    if (hs_random(random, sizeof random) != 0)
        return -1;
    hs_hex(random, sizeof random, worker->id_prefix);
    return 0;
}

struct hs_worker *hs_worker_new(struct hs_server *server, int index)
{
    const struct hs_config *config = server->config;
    struct hs_worker *worker = calloc(1, sizeof *worker);

    if (!worker)
        return NULL;
    worker->server = server;
    worker->index = index;
    worker->slot = hs_supervisor_slot(server->supervisor, index);
    if (config->twilio_auth_token[0])
        worker->signer =
            hs_signer_new(config->twilio_auth_token, config->server_url);
    if (make_id_prefix(worker) != 0 ||
        (config->twilio_auth_token[0] && !worker->signer)) {
        hs_worker_free(worker);
        return NULL;
    }
    if (hs_watchdog_thread_start() != 0) {
        hs_worker_free(worker);
        return NULL;
    }
    (void)hs_worker_refresh(worker); /* tried again at the first request */
    hs_gauge_add(HS_G_WORKERS, 1);
    return worker;
}

void hs_worker_free(struct hs_worker *worker)
{
    struct vms vms;

    if (!worker)
        return;
    vms = (struct vms){.rules = worker->rules, .app = worker->app};
    free_vms(&vms);
    hs_release_drop(worker->release);
    hs_session_free(worker->session);
    hs_signer_free(worker->signer);
    hs_rest_free(worker->rest);
    hs_form_free(&worker->params);
    hs_form_free(&worker->query);
    hs_buf_free(&worker->target);
    hs_buf_free(&worker->body);
    hs_buf_free(&worker->claims);
    hs_buf_free(&worker->answer);
    hs_buf_free(&worker->answer_type);
    hs_buf_free(&worker->answer_headers);
    hs_buf_free(&worker->out);
    hs_watchdog_thread_stop();
    free(worker);
}
