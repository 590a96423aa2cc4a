/* vm_group.c: opening the VMs of one bundle. */
#include "script/vm_group.h"

#include "script/lookups.h"
#include "script/sandbox.h"

int hs_vm_group_open(struct hs_vm_group *group, struct hs_bundle *bundle,
                     const struct hs_host *host, struct hs_script_error *err)
{
    struct hs_host reach = *host;

    *group = (struct hs_vm_group){0};
    group->rules = hs_rule_vm_new(bundle, host->config, err);
    if (!group->rules ||
        hs_lookups_new(bundle, host, &group->lookups, err) != 0)
        return -1;
    reach.rules = group->rules;
    reach.lookups = group->lookups;
    group->app = hs_app_vm_new(bundle, &reach, err);
    return group->app ? 0 : -1;
}

void hs_vm_group_close(struct hs_vm_group *group)
{
    hs_vm_free(group->app); /* it refers to the others: first */
    hs_lookups_free(group->lookups);
    hs_rule_vm_free(group->rules);
    *group = (struct hs_vm_group){0};
}
