/* release.h: one version of the Lua sources, tried, with the router made from
 * it. Immutable once it is published; freed when the last worker has dropped
 * it.
 */
#ifndef HS_RELEASE_H
#define HS_RELEASE_H

#include "script/bundle.h"
#include "script/trial.h"
#include "script/vm_group.h"
#include "server/router.h"
#include "server/server.h"

struct hs_release {
    struct hs_bundle *bundle;
    struct hs_router *router;
    _Atomic int refs;
    struct hs_vms *_Atomic first; /* a pair made while it was tried, or NULL */
    struct hs_vm_group tried;     /* what it was tried with */
    struct hs_rule_vm *_Atomic rules; /* of these, kept to be compared with the
                                         rules that replace them; or NULL */
};

/* Put files to the test (script/trial.h). Uses config, keys and store (may be
 * NULL) of `server`. Returns `live` (or NULL) if the files are the same;
 * otherwise, beside a `live` one, the new release may have a first pair of VMs.
 * `report` may be NULL; free it with hs_trial_report_free. What was read ahead
 * and changed meanwhile is tried once more, read soon. Drop the release;
 * NULL and `err`; when its code is HS_TRIAL_STOPPING, or "abandoned" because it
 * took longer than trial_seconds, the trial goes on in its thread, possibly for
 * ever, using the config and the store. */
struct hs_release *hs_release_try(const struct hs_server *server,
                                  const struct hs_bundle_from *from,
                                  enum hs_trial_depth depth,
                                  struct hs_release *live,
                                  struct hs_trial_report *report,
                                  struct hs_script_error *err);
/* Free what the release was tried with, once nobody waits for it any more. */
void hs_release_tidy(struct hs_release *release);
/* Take the release's first pair of VMs, its own reference to the release
 * included; NULL if there is none, or not any more. Any thread. */
struct hs_vms *hs_release_take_first(struct hs_release *release);

/* How many abandoned trials still run. While there are any, nothing they use
 * may be freed: end the process with _exit. Any thread. */
int hs_release_left_behind(void);
struct hs_release *hs_release_keep(struct hs_release *release); /* the same */
void hs_release_drop(struct hs_release *release); /* NULL accepted */

/* The VMs that answer requests (vms.h). */
struct hs_vms {
    struct hs_vms *below;       /* in the stack of vms.c */
    int64_t given_at;           /* hs_monotonic_ms() */
    struct hs_release *release; /* they were made from */
    struct hs_vm_group group;
};

/* A pair made from a bundle, with `release` NULL, to be freed with
 * hs_vms_free(). NULL and `err`. Any thread. */
struct hs_vms *hs_vms_make(const struct hs_server *server,
                           struct hs_bundle *bundle,
                           struct hs_script_error *err);
void hs_vms_free(struct hs_vms *vms); /* NULL accepted */

#endif
