/* queue.h: handing work to the writer, and waiting for its answer. */
#ifndef HS_STORE_QUEUE_H
#define HS_STORE_QUEUE_H

#include <stdint.h>

#include "store/store.h"

struct hs_item;

struct hs_item *hs_item_new(void);
void hs_item_free(struct hs_item *item); /* NULL accepted */
void hs_queue_add(struct hs_store *store, struct hs_item *item);
/* Is waiting in the queue pointless, because the writer has spent longer on one
 * thing than it may, or than `wait_ms`? Then `err` ("busy") says on what.
 * Always 0 in a patient store. */
int hs_queue_is_stuck(struct hs_store *store, int wait_ms,
                      struct hs_error *err);
/* The next item, RUNNING; one that wants the connection only if `alone`. */
struct hs_item *hs_queue_take(struct hs_store *store, int alone);
/* Waits until the item is DONE or LENT (0), or until the moment `until` of
 * hs_running_ms(): -1 with "busy" (withdrawn) or
 * "unknown" (then *item is the writer's, and NULL). */
int hs_item_wait(struct hs_store *store, struct hs_item **item, int64_t until,
                 int wait_ms, struct hs_error *err);
/* The writer's answer: `err` NULL for success. */
void hs_item_finish(struct hs_item *item, const struct hs_error *err);

#endif
