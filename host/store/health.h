/* health.h: whether the database takes writes: hs_store_healthy(). */
#ifndef HS_STORE_HEALTH_H
#define HS_STORE_HEALTH_H

#include "store/store.h"

/* Is it the fault of the disk or another process, not the statement's? */
int hs_error_from_outside(const struct hs_error *err);
/* Set what hs_store_healthy() reports until a write succeeds. Any thread. */
void hs_store_unhealthy(struct hs_store *store, const struct hs_error *err);
/* A write has succeeded. Any thread. */
void hs_store_recovered(struct hs_store *store);
/* Log that it works again, once it has for some seconds. Any thread. */
void hs_store_steady(struct hs_store *store);
/* Count a write that failed, unless it was the statement's fault. Returns -1.
 */
int hs_count_failure(const struct hs_error *err);

#endif
