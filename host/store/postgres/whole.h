/* whole.h: of the driver (store/engine.h): what is done to a database as a
 * whole. */
#ifndef HS_POSTGRES_WHOLE_H
#define HS_POSTGRES_WHOLE_H

#include "store/engine.h"

/* Numbers that the database gives go on behind those that stand in its tables:
 * rows that were copied or moved to another table brought theirs. */
extern const char hs_pg_renumber_sql[];

int hs_pg_scrub(const char *url, const struct hs_value *needles, int count,
                struct hs_error *err);
int hs_pg_migrate(const char *url, const struct hs_schema_file *files,
                  unsigned count, int dry_run, int *applied,
                  struct hs_error *err);
int hs_pg_check(const char *url, struct hs_buf *notes, struct hs_error *err);
int hs_pg_backup(const char *from, const char *to,
                 void (*progress)(void *ctx, int done, int total), void *ctx,
                 struct hs_error *err);
int hs_pg_restore(const char *from, const char *to, struct hs_error *err);

#endif
