/* spare_readers.h: readers that no session has any more.
 *
 * Opening a reader reads the whole schema. A spare one keeps that, and its
 * prepared statements, for the next session. Engines whose readers have a pool
 * of their own need none: their drivers don't say `spares`. */
#ifndef HS_STORE_SPARE_READERS_H
#define HS_STORE_SPARE_READERS_H

#include "store/state.h"

/* A reader, NULL if there is none; the caller opens one then. */
struct hs_conn *hs_spare_take(struct hs_store *store, unsigned epoch);
/* Takes a reader opened in that epoch: keeps it, or closes it. NULL is
 * accepted. */
void hs_spare_put(struct hs_store *store, struct hs_conn *reader,
                  unsigned epoch);
void hs_spare_close(struct hs_store *store);

#endif
