/* release.c: trying a bundle. */
#include "server/release.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "lib/store.h"
#include "script/sandbox.h"
#include "server/app.h"

struct hs_release *hs_release_keep(struct hs_release *release)
{
    atomic_fetch_add(&release->refs, 1);
    return release;
}

void hs_release_drop(struct hs_release *release)
{
    if (!release || atomic_fetch_sub(&release->refs, 1) > 1)
        return;
    hs_bundle_drop(release->bundle);
    hs_router_free(release->router);
    free(release);
}

/* Run rules and application once: take the routes, and see that the rules do
 * what they promise. Files find no database while they load; the trial of the
 * rules asks it which numbers there are. */
static int try_in_vms(const struct hs_server *server,
                      struct hs_release *release, enum hs_trial trial,
                      struct hs_trial_report *report,
                      struct hs_script_error *err)
{
    struct hs_host host = {.config = server->config,
                           .session_key = server->session_key,
                           .trial = 1};
    struct hs_rule_vm *rules =
        hs_rule_vm_new(release->bundle, server->config, err);
    struct hs_error no_session;
    struct hs_vm *app = NULL;
    int result = -1;

    if (!rules)
        return -1;
    host.rules = rules;
    if (server->store)
        host.session = hs_session_new(server->store, &no_session);
    app = hs_app_vm_new(release->bundle, &host, err);
    if (app)
        result = hs_app_start(app, release->router, err);
    if (result == 0)
        result = hs_trial_lookups(release->bundle, server->config, err);
    if (result == 0 && trial == HS_TRIAL_FULL)
        result = hs_trial_run(app, release->bundle, report, err);
    hs_vm_free(app);
    hs_session_free(host.session);
    hs_rule_vm_free(rules);
    return result;
}

struct hs_release *hs_release_new(const struct hs_server *server,
                                  struct hs_bundle *bundle, enum hs_trial trial,
                                  struct hs_trial_report *report,
                                  struct hs_script_error *err)
{
    struct hs_release *release = calloc(1, sizeof *release);

    if (!release) {
        hs_bundle_drop(bundle);
        goto no_memory;
    }
    release->bundle = bundle;
    atomic_store(&release->refs, 1);
    release->router = hs_router_new();
    if (!release->router) {
        hs_release_drop(release);
        goto no_memory;
    }
    if (try_in_vms(server, release, trial, report, err) == 0)
        return release;
    hs_release_drop(release);
    return NULL;

no_memory:
    *err =
        (struct hs_script_error){.code = "memory", .message = "out of memory"};
    return NULL;
}
