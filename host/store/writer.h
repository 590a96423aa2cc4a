/* writer.h: the thread that writes. */
#ifndef HS_STORE_WRITER_H
#define HS_STORE_WRITER_H

#include "store/store.h"

/* Open the writing connection. 0, or -1 with `err`. */
int hs_writer_open(struct hs_store *store, struct hs_error *err);
/* Tables of these kinds (1 << enum hs_kind) have changed. Any thread. */
void hs_store_move(struct hs_store *store, unsigned kinds);
void *hs_writer_main(void *store);

#endif
