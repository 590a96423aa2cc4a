/* vm_group.c: opening the VMs of one bundle. */
#include "script/vm_group.h"

#include "script/lookups.h"
#include "script/rule_vm/rule_vm.h"
#include "script/script_error.h"

/* A folder with a part of the program's files: say what it may hold. */
static int is_complete(const struct hs_bundle *bundle,
                       struct hs_script_error *err)
{
    size_t len;

    if (hs_bundle_source(bundle, "app.lua", &len))
        return 1;
    hs_script_error_set(
        err, "incomplete",
        "some of the program's own files are missing here (app.lua and "
        "others): set `lua` to a folder with all of them, or to one with your "
        "rules alone");
    return 0;
}

int hs_vm_group_open(struct hs_vm_group *group, struct hs_bundle *bundle,
                     const struct hs_host *host, struct hs_script_error *err)
{
    struct hs_host reach = *host;

    *group = (struct hs_vm_group){0};
    if (!is_complete(bundle, err))
        return -1;
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
