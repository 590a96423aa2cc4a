/* files.h: of the driver (store/engine.h): what is done to a database as a
 * whole. */
#ifndef HS_SQLITE_FILES_H
#define HS_SQLITE_FILES_H

#include "store/engine.h"

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

#endif
