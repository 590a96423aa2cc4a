/* worker.c: the state of one thread that answers requests. */
#include "server/worker.h"

#include <stdlib.h>

#include "base/metrics.h"
#include "lib/crypt.h"
#include "script/rule_vm/watchdog.h"
#include "server/release/reload.h"
#include "server/vms.h"
#include "store/store.h"
#include "twilio/rest.h"
#include "twilio/signature.h"

#define FIRST_BYTES 4096

void hs_worker_refresh(struct hs_worker *worker)
{
    struct hs_server *server = worker->server;
    struct hs_release *before = worker->release;

    if (before && worker->generation == hs_reload_generation(server->reload))
        return;
    worker->release = hs_vm_stack_release(server->vms, &worker->generation);
    hs_release_drop(before);
}

/* Allocated up front: what a usual webhook needs until its signature is
 * checked, and a short answer, so that neither can run out of memory. */
static int reserve(struct hs_worker *worker)
{
    return hs_form_reserve(&worker->params) ||
           hs_form_reserve(&worker->query) ||
           hs_buf_reserve(&worker->target, FIRST_BYTES) ||
           hs_buf_reserve(&worker->body, FIRST_BYTES) ||
           hs_buf_reserve(&worker->out, FIRST_BYTES);
}

static int make_id_prefix(struct hs_worker *worker)
{
    unsigned char random[6];

    if (hs_random(random, sizeof random) != 0)
        return -1;
    hs_hex(random, sizeof random, worker->id_prefix);
    return 0;
}

struct hs_worker *hs_worker_new(struct hs_server *server)
{
    struct hs_worker *worker = calloc(1, sizeof *worker);

    if (!worker)
        return NULL;
    worker->server = server;
    worker->signer = hs_signer_open(server->config);
    worker->session = hs_session_new(server->store, NULL);
    if (make_id_prefix(worker) != 0 || reserve(worker) != 0 ||
        !worker->session || !worker->signer) {
        hs_worker_free(worker);
        return NULL;
    }
    if (hs_watchdog_thread_start() != 0) {
        hs_worker_free(worker);
        return NULL;
    }
    hs_gauge_add(HS_G_WORKERS, 1);
    return worker;
}

void hs_worker_free(struct hs_worker *worker)
{
    if (!worker)
        return;
    hs_release_drop(worker->release);
    hs_session_free(worker->session);
    hs_signer_free(worker->signer);
    hs_rest_free(worker->rest);
    hs_form_free(&worker->params);
    hs_form_free(&worker->query);
    hs_buf_free(&worker->target);
    hs_buf_free(&worker->body);
    hs_buf_free(&worker->claims);
    hs_batch_free(&worker->batch);
    hs_buf_free(&worker->note);
    hs_buf_free(&worker->answer);
    hs_buf_free(&worker->answer_type);
    hs_buf_free(&worker->answer_headers);
    hs_buf_free(&worker->more);
    hs_buf_free(&worker->out);
    hs_watchdog_thread_stop();
    free(worker);
}
