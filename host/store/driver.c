/* driver.c: which engine a database belongs to, and what is done to a database
 * as a whole. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/config/database_name.h"
#include "store/engine/bus.h"
#include "store/engine/schema.h"
#include "store/state.h"

#define STATEMENT_MAX 1000000 /* bytes */

const struct hs_driver *hs_driver_of(const char *database)
{
    return hs_database_is_url(database) ? &hs_postgres : &hs_sqlite;
}

int hs_is_left_out(struct hs_statement *batch, int i)
{
    int before = batch[i].unless_new;

    if (before < 1 || before > i || !batch[before - 1].inserted)
        return 0;
    batch[i].changes = 0;
    batch[i].last_id = 0;
    batch[i].inserted = 0;
    return 1;
}

enum hs_kind hs_kind_of(const char *table, const char *const *hot)
{
    if (strcasecmp(table, "presence") == 0)
        return HS_PRESENCE;
    if (strcasecmp(table, "logins") == 0)
        return HS_LOGINS;
    for (; hot && *hot; hot++) {
        if (strcasecmp(table, *hot) == 0)
            return HS_KINDS;
    }
    return HS_SETTINGS;
}

void *hs_statement_new(size_t head, const char *sql, size_t len,
                       struct hs_error *err)
{
    char *memory;

    if (len > STATEMENT_MAX) {
        hs_error_set(err, "sql", "the statement is too long");
        return NULL;
    }
    memory = calloc(1, head + len + 1);
    if (!memory) {
        hs_no_memory(err);
        return NULL;
    }
    memcpy(memory + head, sql, len);
    return memory;
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

int hs_bus_start(struct hs_store *store, const char *name,
                 const struct hs_host_settings *settings, struct hs_bus **bus,
                 struct hs_error *err)
{
    *bus = NULL;
    return store->driver->bus_start
               ? store->driver->bus_start(store, name, settings, bus, err)
               : 0;
}

int64_t hs_bus_take(void *bus, const char *name, int per_minute,
                    const char *subject, size_t len)
{
    return hs_postgres.bus_take(bus, name, per_minute, subject, len);
}

int hs_bus_hosts(void *bus)
{
    return hs_postgres.bus_hosts(bus);
}

void hs_bus_say_rules(struct hs_bus *bus, const struct hs_host_rules *rules)
{
    if (bus)
        hs_postgres.bus_say_rules(bus, rules);
}

void hs_bus_stop(struct hs_bus *bus)
{
    if (bus) /* and only one driver makes them */
        hs_postgres.bus_stop(bus);
}

void hs_keep_timeline(const char *database, const char *near_file, int write)
{
    const struct hs_driver *driver = hs_driver_of(database);
    char *file = NULL;

    if (!driver->keep || asprintf(&file, "%s.timeline", near_file) < 0)
        return;
    driver->keep(database, file, write);
    free(file);
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
