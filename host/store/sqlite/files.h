/* files.h: of the driver (store/engine/engine.h): what is done to a database as
 * a whole. */
#ifndef HS_SQLITE_FILES_H
#define HS_SQLITE_FILES_H

#include "store/sqlite/handle.h"

int hs_lite_scrub(const char *path, const struct hs_value *needles, int count,
                  struct hs_error *err);
int hs_lite_migrate(const char *path, const struct hs_schema_file *files,
                    unsigned count, int dry_run, int *applied,
                    struct hs_error *err);
int hs_lite_check(const char *path, struct hs_buf *notes, struct hs_error *err);
int hs_lite_backup(const char *from, const char *to,
                   void (*progress)(void *ctx, int done, int total), void *ctx,
                   struct hs_error *err);
int hs_lite_restore(const char *from, const char *to, struct hs_error *err);

/* ---- of copies ---- */

/* Lock the database: no other process has it open then, and none can open it
 * until this connection is closed. 0; -1 and `err` ("in_use", "corrupt" ...).
 */
int hs_lite_lock(struct hs_lite *conn, const char *path, struct hs_error *err);
/* Create the file that becomes `to` ("exists" if that is there), for its owner
 * only; remains of an earlier attempt are removed. `partial` gets its name. */
int hs_lite_begin_partial(const char *to, struct hs_buf *partial,
                          struct hs_error *err);
/* 0 if the copy is whole. */
int hs_lite_check_copy(struct hs_lite *copy, struct hs_error *err);
/* Give the finished copy its name, unless that exists by now. */
int hs_lite_publish(const char *partial, const char *to, struct hs_error *err);
/* Make sure that a file's name survives a power cut. */
int hs_lite_sync_name(const char *path, struct hs_error *err);

#endif
