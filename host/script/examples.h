/* examples.h: the examples that a rule file gives of itself. */
#ifndef HS_EXAMPLES_H
#define HS_EXAMPLES_H

#include "script/bundle.h"

/* Run them in an app VM of the bundle that has a rule VM beside it; a trial VM
 * will do. 0 when all hold; -1 with `err` (code "example", forwarding.lua and
 * the line) for the first that does not. */
int hs_examples_check(struct hs_vm *app, const struct hs_bundle *bundle,
                      struct hs_script_error *err);

#endif
