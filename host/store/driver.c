/* driver.c: which engine a database belongs to, and what is done to a database
 * as a whole. */
#include "base/database_name.h"
#include "store/engine.h"
#include "store/schema.h"

const struct hs_driver *hs_driver_of(const char *database)
{
    return hs_database_is_url(database) ? &hs_postgres : &hs_sqlite;
}

void hs_conn_free(struct hs_conn *conn)
{
    if (conn)
        conn->driver->free(conn);
}

int hs_migrate_files(const char *path, const struct hs_schema_file *files,
                     unsigned count, int dry_run, int *applied,
                     struct hs_error *err)
{
    struct hs_error ignored;

    return hs_driver_of(path)->migrate(path, files, count, dry_run, applied,
                                       err ? err : &ignored);
}

int hs_migrate(const char *path, int dry_run, int *applied,
               struct hs_error *err)
{
    return hs_migrate_files(path, hs_schema_files, hs_schema_count, dry_run,
                            applied, err);
}

int hs_backup(const char *from, const char *to,
              void (*progress)(void *ctx, int done, int total), void *ctx,
              struct hs_error *err)
{
    return hs_driver_of(from)->backup(from, to, progress, ctx, err);
}

int hs_restore(const char *from, const char *to, struct hs_error *err)
{
    return hs_driver_of(to)->restore(from, to, err);
}
