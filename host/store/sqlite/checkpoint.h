/* checkpoint.h: moving the WAL into the database's file: first the bulk in
 * parallel to the writer, then the rest by the writer, so that the WAL starts
 * over. */
#ifndef HS_SQLITE_CHECKPOINT_H
#define HS_SQLITE_CHECKPOINT_H

#include "store/sqlite/handle.h"

/* For an open writer: a connection and a thread of its own. NULL and `err`. */
struct hs_checkpoint *hs_checkpoint_new(struct hs_lite *writer,
                                        const char *path,
                                        const struct hs_tuning *tuning,
                                        struct hs_error *err);
/* Before the writer is closed. NULL is accepted. */
void hs_checkpoint_free(struct hs_checkpoint *checkpoint);
/* The writer is between two groups. `now`: begin even with a small WAL, since
 * one that starts over needs no disk space. */
void hs_checkpoint_look(struct hs_checkpoint *checkpoint, int now);

#endif
