/* vm_group.h: the VMs that answer together, always opened in one order: the
 * rules, the lookups, then the application that asks both. */
#ifndef HS_VM_GROUP_H
#define HS_VM_GROUP_H

#include "script/bundle.h"

struct hs_store;

/* The code of an error: memory or threads ran short. */
#define HS_VM_SHORTAGE "shortage"

/* What the VMs may use; NULL or 0 for none. It must outlive them.
 */
struct hs_vm_reach {
    const struct hs_config *config; /* never NULL */
    struct hs_store *store;
    const struct hs_jwt_key *session_key;
    struct hs_limiter *limiter;
    hs_take_routes_fn *take_routes;
    struct hs_rule_vm *replaced; /* by tried rules: no other thread uses it */
    int trial;                   /* loading only */
};

struct hs_vm_group {
    struct hs_rule_vm *rules;
    struct hs_lookups *lookups; /* NULL: lookups.lua defines none */
    struct hs_vm *app;
    struct hs_session *session; /* NULL without a store */
    struct hs_signer *signer;
};

/* Open the VMs of a bundle: the only way, for requests, trials, commands and
 * maintenance. 0, or -1 and `err`. Close it in both cases. */
int hs_vm_group_open(struct hs_vm_group *group, struct hs_bundle *bundle,
                     const struct hs_vm_reach *reach,
                     struct hs_script_error *err);
void hs_vm_group_close(struct hs_vm_group *group);

#endif
