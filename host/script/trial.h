/* trial.h: what a rule file must pass before it decides calls, once it loads:
 * its own examples, and the proof that no call comes to a dead end. The one
 * place for it: reload, `hookswitch check` and the editor ask here. */
#ifndef HS_TRIAL_H
#define HS_TRIAL_H

#include <stdint.h>

#include "script/bundle.h"

/* What was tried, for people. */
struct hs_trial_report {
    int64_t rules;     /* in the file */
    int64_t examples;  /* of the file, that hold */
    int64_t calls;     /* that the proof made up */
    int64_t plans;     /* that it followed to their ends */
    char path[512];    /* the way to a dead end, or "" */
    char warning[512]; /* about the console's settings, or "" */
};

/* Load lookups.lua of the bundle, as a worker will. 0, or -1 and `err`. */
int hs_trial_lookups(struct hs_bundle *bundle, const struct hs_config *config,
                     struct hs_script_error *err);
/* Put the rules beside an app VM of the bundle to the test; a trial VM will do.
 * 0 when they pass; -1 with `err` (code "example" or "proof", forwarding.lua
 * and the line). `report` may be NULL; it is filled as far as it went. */
int hs_trial_run(struct hs_vm *app, const struct hs_bundle *bundle,
                 struct hs_trial_report *report, struct hs_script_error *err);

#endif
