/* release.h: one version of the Lua sources, tried, with the router made from
 * it. Immutable once it is published; freed when the last worker has left it.
 */
#ifndef HS_RELEASE_H
#define HS_RELEASE_H

#include "script/bundle.h"
#include "script/trial.h"
#include "server/router.h"
#include "server/server.h"

/* The code of an error that says nothing about the files. */
#define HS_RELEASE_SHORTAGE "shortage"

struct hs_release {
    struct hs_bundle *bundle;
    struct hs_router *router;
    _Atomic int refs;
};

/* Put files to the test (script/trial.h). Of `server` config, keys and store
 * (may be NULL) are used. `live` (or NULL) is given back when the files are its
 * own. `report` may be NULL; free it with hs_trial_report_free. Drop the
 * release; NULL and `err`, whose code is HS_RELEASE_SHORTAGE when memory or
 * threads ran short, and "abandoned" when it took longer than trial_seconds:
 * the trial then goes on in its thread, if need be for ever, and uses the
 * config and the store. */
struct hs_release *hs_release_try(const struct hs_server *server,
                                  const struct hs_bundle_from *from,
                                  enum hs_trial_depth depth,
                                  struct hs_release *live,
                                  struct hs_trial_report *report,
                                  struct hs_script_error *err);
/* How many trials were given up and still run. While there are some, nothing
 * that they use may be freed: end the process with _exit. Any thread. */
int hs_release_left_behind(void);
struct hs_release *hs_release_keep(struct hs_release *release); /* the same */
void hs_release_drop(struct hs_release *release); /* NULL accepted */

#endif
