/* vms.h: the VMs that answer requests: an application VM with the rule VM and
 * the lookup VM beside it, and their way to the database.
 *
 * A worker takes such a pair for the Lua of a request, has it for itself, and
 * gives it back before it waits for the disk or for its client. None is made
 * for a request: a pair is added when all are at work, and freed when it grew
 * large or nobody needed it for some seconds. The one given back last is taken
 * first: what a request needs of it is still in the processor's caches. */
#ifndef HS_VMS_H
#define HS_VMS_H

#include <stdint.h>

#include "script/vm_group.h"

struct hs_release;
struct hs_server;
struct hs_vm_stack;

struct hs_vms {
    struct hs_vms *below;       /* in the stack */
    int64_t given_at;           /* hs_monotonic_ms() */
    struct hs_release *release; /* that they were made from */
    struct hs_vm_group group;
};

/* With the release that the server's reload has published. NULL when memory ran
 * out; a pair that cannot be made is logged and tried again by the requests. */
struct hs_vm_stack *hs_vm_stack_new(struct hs_server *server);
/* After the last pair was given back. NULL accepted. */
void hs_vm_stack_free(struct hs_vm_stack *stack);

/* The release to answer with, held for the caller; drop it. A published one
 * takes effect when a pair has been made of it; until then, or when that fails,
 * the one before stays. `generation` receives its number. Any thread. */
struct hs_release *hs_vm_stack_release(struct hs_vm_stack *stack,
                                       uint64_t *generation);
/* A pair made from `release`. NULL, logged, when none could be made. */
struct hs_vms *hs_vms_take(struct hs_vm_stack *stack,
                           struct hs_release *release);
/* Give the pair back; it is freed unless it is `whole`: whether the request
 * came to its end, with all the time and memory that it asked for. */
void hs_vms_give(struct hs_vm_stack *stack, struct hs_vms *vms, int whole);

#endif
