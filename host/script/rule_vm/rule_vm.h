/* rule_vm.h: the rule VM: forwarding.lua under limits, beside an app VM. */
#ifndef HS_RULE_VM_H
#define HS_RULE_VM_H

#include "base/buf.h"
#include "script/bundle.h"

/* Stands in for a broken file: no rules, so the console's settings decide. */
#define HS_DEFAULT_RULES "return {}\n"

struct hs_rule_vm; /* belongs to the thread of its app VM */

/* Load forwarding.lua of the bundle in a fresh VM, capped in memory
 * (rule_memory_mb) and time (four times rule_time_ms). NULL and `err` with the
 * rule author's file:line if it is refused. Keeps the bundle; `config` must
 * outlive it. */
struct hs_rule_vm *hs_rule_vm_new(struct hs_bundle *bundle,
                                  const struct hs_config *config,
                                  struct hs_script_error *err);
/* The same with `text` (copied) as forwarding.lua: rules to try beside the live
 * ones. With `in_spite`, mistakes that can be set aside don't refuse it. */
struct hs_rule_vm *hs_rule_vm_new_with(struct hs_bundle *bundle,
                                       const char *text, size_t len,
                                       int in_spite,
                                       const struct hs_config *config,
                                       struct hs_script_error *err);
/* What is wrong with a file, and what of it loads all the same, or nothing. */
struct hs_explained {
    struct hs_buf told, rest;
};
/* Report everything wrong with a Lua file that doesn't load: `text`, named
 * `name`, with the modules and data files of a bundle. Appends a line
 * "forwarding.lua:12: …" per problem to `out`, whose buffers the caller frees.
 * 0, or -1 if nothing can be reported. Any thread. */
int hs_rule_file_explain(struct hs_bundle *modules, const char *name,
                         const char *text, size_t len,
                         const struct hs_config *config,
                         struct hs_explained *out);
/* Is it the name of a data file beside the rules, such as people.txt? */
int hs_rule_vm_is_data(const char *name);
void hs_rule_vm_free(struct hs_rule_vm *rules); /* NULL accepted */
/* The VM; NULL after a decision that ran out of time or memory, until the next
 * decision makes a new one. */
struct hs_vm *hs_rule_vm_vm(struct hs_rule_vm *rules);

#endif
