/* vm_group.h: the VMs that answer together, opened in one order everywhere: the
 * rules, the lookups, then the application that asks both. */
#ifndef HS_VM_GROUP_H
#define HS_VM_GROUP_H

#include "script/bundle.h"

struct hs_vm_group {
    struct hs_rule_vm *rules;
    struct hs_lookups *lookups; /* NULL: lookups.lua defines none */
    struct hs_vm *app;
};

/* Open the VMs of a bundle. `host` says what they may reach; its rules and
 * lookups are filled in here. 0; or -1 and `err`. Close it in both cases. */
int hs_vm_group_open(struct hs_vm_group *group, struct hs_bundle *bundle,
                     const struct hs_host *host, struct hs_script_error *err);
void hs_vm_group_close(struct hs_vm_group *group);

#endif
