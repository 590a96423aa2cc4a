/* vm.h: a Lua state with a memory cap, a time budget, and one way in. */
#ifndef HS_VM_H
#define HS_VM_H

#include <stddef.h>

#include <lua.h>

#include "script/host.h"
#include "script/script_error.h"

struct hs_vm; /* one thread at a time */

/* cap_bytes 0 = none. NULL when memory ran out. The host is copied into the
 * registry; hs_host(L) returns it. Standard libraries are opened by the owner
 * (app_vm.c for app VMs, rule_vm.c for rule VMs). */
struct hs_vm *hs_vm_new(size_t cap_bytes, const struct hs_host *host);
void hs_vm_free(struct hs_vm *vm);
lua_State *hs_vm_state(struct hs_vm *vm);
size_t hs_vm_bytes(const struct hs_vm *vm);
/* Bytes of memory it occupies, roughly: at least its live values, plus pages
 * needed once. */
size_t hs_vm_footprint(const struct hs_vm *vm);
/* Bytes that all states have drawn beyond their share; at most HS_VM_DRAWN_MAX,
 * after which a growing state runs out of memory. */
#define HS_VM_DRAWN_MAX ((size_t)256 << 20)
size_t hs_vm_drawn(void);
/* Did it ever run out of time or memory? Lua may have caught the error, and a
 * module may be in a half-done state: such a VM answers no more requests. */
int hs_vm_was_cut(const struct hs_vm *vm);
/* Has the request that runs changed something that stays if it fails (host.h)?
 * A VM that takes over a request is told of it. */
int hs_vm_has_changed(const struct hs_vm *vm);
void hs_vm_take_request(struct hs_vm *vm, int has_changed);
/* When memory ran out: did it hit its own cap? */
int hs_vm_hit_cap(const struct hs_vm *vm);
/* The one way from C into Lua: function and nargs arguments are on the stack.
 * Arms the budget (0 = none), calls, disarms on both paths. 0 with `nres`
 * results, or -1 with `err` (may be NULL) and a clean stack. Calls nest; an
 * inner one gets no more time than the outer one has left. */
int hs_vm_call(struct hs_vm *vm, int nargs, int nres, int budget_ms,
               struct hs_script_error *err);
/* The same on the lua_State passed to a C function, which may be a coroutine.
 * */
int hs_vm_call_on(lua_State *L, int nargs, int nres, int budget_ms,
                  struct hs_script_error *err);
/* Set hs_host(L) in a state that hs_vm_new didn't make (busted). The caller
 * keeps `host` alive. May raise. */
void l_host_set(lua_State *L, struct hs_host *host);

#endif
