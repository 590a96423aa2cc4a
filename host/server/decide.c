/* decide.c: takes VMs for a request's Lua, and stores what it returned. */
#include "server/decide.h"

#include "script/vm.h"
#include "server/access/webhook.h"
#include "server/app.h"
#include "server/vms.h"
#include "store/memory/feed.h"
#include "store/store.h"

#define STORE_WAIT_MS 700

static int is_call(const struct hs_request *request)
{
    return request->match.route->auth == HS_AUTH_TWILIO;
}

/* VMs for the request's Lua; give them back. NULL and `err`. */
static struct hs_vms *take_vms(struct hs_request *request,
                               struct hs_script_error *err)
{
    struct hs_vms *vms =
        hs_vms_take(request->server->vms, request->worker->release);

    if (!vms)
        *err = (struct hs_script_error){.code = HS_NO_VM,
                                        .message = "no VM could be made"};
    else
        hs_session_calling(vms->group.session, is_call(request));
    return vms;
}

int hs_decide(struct hs_request *request, struct hs_reply *reply,
              struct hs_script_error *err)
{
    struct hs_vms *vms = take_vms(request, err);
    int rc;

    if (!vms)
        return -1;
    rc = hs_app_dispatch(vms->group.app, request, reply, err);
    if (rc == 0 && hs_request_ran_short(request)) {
        *err = (struct hs_script_error){.code = "memory",
                                        .message = "memory ran short"};
        rc = -1;
    }
    /* What a GET has brought up to date isn't a change that someone asked for.
     */
    request->changed |= request->method != HS_GET &&
                        request->method != HS_HEAD &&
                        hs_vm_has_changed(vms->group.app);
    reply->stands = 1; /* later failures don't change that */
    hs_vms_give(request->server->vms, vms, rc == 0);
    return rc;
}

int hs_decide_store(struct hs_request *request, struct hs_reply *reply,
                    struct hs_script_error *err)
{
    struct hs_worker *worker = request->worker;
    struct hs_batch *batch = &worker->batch;
    struct hs_error failure;
    struct hs_vms *vms;
    int failed, rc;

    hs_session_calling(worker->session, is_call(request));
    failed = hs_session_write(worker->session, batch->statements, batch->count,
                              STORE_WAIT_MS, &failure) != 0;
    if (failed && is_call(request))
        hs_webhook_mark(request);
    request->changed |= !failed;
    if (!failed && batch->statements[0].changes > 0 && !hs_feed_is_wanted())
        return 0;
    vms = take_vms(request, err);
    if (!vms)
        return failed ? -1 : 0;
    rc = hs_app_stored(vms->group.app, request, failed ? &failure : NULL, reply,
                       err);
    hs_vms_give(request->server->vms, vms, rc == 0);
    return rc;
}
