/* health.h: whether the database takes writes: hs_store_healthy(). */
#ifndef HS_STORE_HEALTH_H
#define HS_STORE_HEALTH_H

#include "store/store.h"

/* Is it the disk's or another process's fault, not the statement's? */
int hs_error_from_outside(const struct hs_error *err);
/* What hs_store_healthy() says until a write succeeds. Any thread. */
void hs_store_unhealthy(struct hs_store *store, const struct hs_error *err);
/* A write has succeeded. Any thread. */
void hs_store_recovered(struct hs_store *store);
/* Count a write that failed, unless it was the statement's fault. Returns -1.
 */
int hs_count_failure(const struct hs_error *err);

#endif
