/* release.h: one version of the Lua sources, tried, with the router made from
 * it. Immutable once it is published; freed when the last worker has left it.
 */
#ifndef HS_RELEASE_H
#define HS_RELEASE_H

#include "script/bundle.h"
#include "script/trial.h"
#include "server/router.h"
#include "server/server.h"

struct hs_release {
    struct hs_bundle *bundle;
    struct hs_router *router;
    _Atomic int refs;
};

/* What a set of sources must pass. */
enum hs_trial {
    HS_TRIAL_FULL, /* it loads, and the rules stand their trial */
    HS_TRIAL_LOAD  /* it loads */
};

/* Try the bundle in fresh VMs, without database and network: the same for a
 * save, `hookswitch check` and a start. Takes over the caller's hold on it,
 * also on failure. Of `server` only config and keys are used; `report` may be
 * NULL. NULL and `err`. */
struct hs_release *hs_release_new(const struct hs_server *server,
                                  struct hs_bundle *bundle, enum hs_trial trial,
                                  struct hs_trial_report *report,
                                  struct hs_script_error *err);
struct hs_release *hs_release_keep(struct hs_release *release); /* the same */
void hs_release_drop(struct hs_release *release); /* NULL accepted */

#endif
