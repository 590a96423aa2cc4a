/* vm_group.c: opening the VMs of one bundle. */
#include "script/vm_group.h"

#include "script/lookups.h"
#include "script/rule_vm/rule_vm.h"
#include "script/script_error.h"
#include "store/store.h"
#include "twilio/signature.h"

/* A folder with only some of the program's files: say what it may hold. */
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

/* The group's own session and signer. 0, or -1 and `err`. */
static int open_outside(struct hs_vm_group *group,
                        const struct hs_vm_reach *reach,
                        struct hs_script_error *err)
{
    struct hs_error why = {.message = "out of memory"};

    if (reach->store)
        group->session = hs_session_new(reach->store, &why);
    if (group->session || !reach->store)
        group->signer = hs_signer_open(reach->config);
    if (group->signer)
        return 0;
    hs_script_error_set(err, HS_VM_SHORTAGE, why.message);
    return -1;
}

int hs_vm_group_open(struct hs_vm_group *group, struct hs_bundle *bundle,
                     const struct hs_vm_reach *reach,
                     struct hs_script_error *err)
{
    struct hs_host host = {.config = reach->config,
                           .session_key = reach->session_key,
                           .limiter = reach->limiter,
                           .take_routes = reach->take_routes,
                           .replaced = reach->replaced,
                           .trial = reach->trial};

    *group = (struct hs_vm_group){0};
    if (!is_complete(bundle, err) || open_outside(group, reach, err) != 0)
        return -1;
    host.session = group->session;
    host.signer = group->signer;
    group->rules = hs_rule_vm_new(bundle, host.config, err);
    if (!group->rules ||
        hs_lookups_new(bundle, &host, &group->lookups, err) != 0)
        return -1;
    host.rules = group->rules;
    host.lookups = group->lookups;
    group->app = hs_app_vm_new(bundle, &host, err);
    return group->app ? 0 : -1;
}

void hs_vm_group_close(struct hs_vm_group *group)
{
    hs_vm_free(group->app); /* it refers to the others: first */
    hs_lookups_free(group->lookups);
    hs_rule_vm_free(group->rules);
    hs_session_free(group->session);
    hs_signer_free(group->signer);
    *group = (struct hs_vm_group){0};
}
