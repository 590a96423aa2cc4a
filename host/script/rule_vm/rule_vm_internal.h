/* rule_vm_internal.h: the internals of a rule VM, for rule_vm.c and
 * bind/rules.c. */
#ifndef HS_RULE_VM_INTERNAL_H
#define HS_RULE_VM_INTERNAL_H

#include <lua.h>

#include "script/rule_vm/rule_call.h"
#include "script/rule_vm/rule_vm.h"
#include "script/vm.h"

struct hs_rule_vm {
    struct hs_bundle *bundle;
    const struct hs_config *config;
    char *text; /* used for the bundle's forwarding.lua, or NULL */
    size_t text_len;
    int in_spite;     /* load it in spite of its mistakes */
    struct hs_vm *vm; /* NULL: to be made again */
    /* references into the VM's registry */
    int decide, list, examples, calendar, progress, functions, numbers;
    lua_Integer load;    /* counts what any rule VM loaded */
    int opening;         /* a failure to load is the rule file's fault */
    size_t loaded_bytes; /* of the VM once the file was loaded */
    struct hs_rule_name {
        char *name;
        int line;
    } * names; /* the rules, in order */
    int count;
    struct hs_rule_call call;
};

/* Make the VM unless there is one. 0, or -1 and `err`. */
int hs_rule_vm_ready(struct hs_rule_vm *rules, struct hs_script_error *err);
/* After a decision: `err` is why it failed, or NULL. Releases memory; a VM that
 * ran out of time or memory is dropped. */
void hs_rule_vm_settle(struct hs_rule_vm *rules,
                       const struct hs_script_error *err);
/* Name the rule being evaluated in `err`. */
void hs_rule_vm_blame(struct hs_rule_vm *rules, struct hs_script_error *err);

#endif
