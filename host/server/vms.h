/* vms.h: the VMs that answer requests: an application VM with the rule VM and
 * the lookup VM beside it, and their way to the database.
 *
 * A worker takes such a pair for the Lua of a request, has it to itself, and
 * gives it back before it waits for the disk or for its client. Pairs aren't
 * made per request: one is added when all are busy and, beyond a few, none was
 * given back for a moment; it is freed when it grew large or was unused for
 * some seconds. The one given back last is taken first: it is still in the
 * processor's caches. */
#ifndef HS_VMS_H
#define HS_VMS_H

#include <stdint.h>

#include "server/release/release.h"

struct hs_vm_stack;

/* With the release published by the server's reload. NULL when memory ran out;
 * if a pair can't be made, that is logged and requests retry. */
struct hs_vm_stack *hs_vm_stack_new(struct hs_server *server);
/* Once the last pair was given back. NULL accepted. */
void hs_vm_stack_free(struct hs_vm_stack *stack);

/* The release to answer with, held for the caller; drop it. A published release
 * takes effect once a pair has been made from it; until then, or if that fails,
 * the previous one stays. `generation` receives its number. Any thread. */
struct hs_release *hs_vm_stack_release(struct hs_vm_stack *stack,
                                       uint64_t *generation);
/* A pair made from `release`. NULL, logged, if none can be made. */
struct hs_vms *hs_vms_take(struct hs_vm_stack *stack,
                           struct hs_release *release);
/* Give the pair back; it is freed unless it is `whole`: the request came to its
 * end without running out of time or memory. */
void hs_vms_give(struct hs_vm_stack *stack, struct hs_vms *vms, int whole);

#endif
