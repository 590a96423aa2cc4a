/* release.c: trying a bundle. */
#include "server/release.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "lib/store.h"
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

static struct hs_release *new_release(void)
{
    struct hs_release *release = calloc(1, sizeof *release);

    if (!release)
        return NULL;
    atomic_store(&release->refs, 1);
    release->router = hs_router_new();
    if (release->router)
        return release;
    free(release);
    return NULL;
}

struct hs_release *hs_release_try(const struct hs_server *server,
                                  const struct hs_bundle_from *from,
                                  enum hs_trial_depth depth,
                                  struct hs_release *live,
                                  struct hs_trial_report *report,
                                  struct hs_script_error *err)
{
    struct hs_host host = {.config = server->config,
                           .session_key = server->session_key,
                           .take_routes = hs_app_take_routes};
    struct hs_trial trial = {.from = *from,
                             .depth = depth,
                             .host = &host,
                             .known =
                                 live ? hs_bundle_hash(live->bundle) : NULL};
    struct hs_release *release = new_release();
    struct hs_candidate candidate;
    struct hs_error no_session;
    int rc;

    if (!release) {
        *err = (struct hs_script_error){.code = "memory",
                                        .message = "not enough memory"};
        return NULL;
    }
    trial.router = release->router;
    if (server->store)
        host.session = hs_session_new(server->store, &no_session);
    rc = hs_trial_run(&trial, &candidate, err);
    if (report)
        *report = candidate.report;
    if (rc == 0) {
        release->bundle = candidate.bundle;
        candidate.bundle = NULL; /* it is the release's now */
    }
    hs_candidate_free(&candidate);
    hs_session_free(host.session);
    if (rc == 0)
        return release;
    hs_release_drop(release);
    return rc > 0 ? hs_release_keep(live) : NULL;
}
