/* replica.c: copies the settings that calls are decided by into the near file.
 *
 * All of a table is read when any setting has changed, and written when it
 * differs from what was read last. That takes a millisecond of work for most
 * teams; for large ones it is done less often, so that it costs a fiftieth of a
 * core at most, but every few seconds. */
#include "store/near/replica.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/log.h"
#include "store/engine/rows.h"
#include "store/health.h"
#include "store/near/inside.h"

#define READ_MS 5000
#define WRITE_MS 5000
#define REST 50       /* times as long as it took ... */
#define REST_MS 3000  /* ... but not longer */
#define AGAIN_MS 5000 /* after a failure */
#define TOGETHER 200  /* rows written at once */

static const struct {
    const char *name;
    enum hs_kind kind;
} tables[] = {{"user_phone_numbers", HS_SETTINGS},
              {"call_forwarding", HS_SETTINGS},
              {"overrides", HS_SETTINGS},
              {"contacts", HS_SETTINGS},
              {"users", HS_SETTINGS},
              {"away", HS_SETTINGS},
              {"rule_drafts", HS_SETTINGS},
              {"rule_versions", HS_SETTINGS},
              {"presence", HS_PRESENCE}};
#define TABLES ((int)(sizeof tables / sizeof tables[0]))

/* The calls of an outage, and what triggers make of them. */
static const char *const call_tables[] = {
    "twilio_call_logs", "call_decisions",
    "call_steps",       "call_acceptances",
    "recordings",       "missed_pending",
    "alerts",           "call_totals",
    "call_costs",       "call_totals_state",
    "call_stragglers",  "dial_days",
    "dial_totals"};

struct table {
    struct hs_buf columns; /* of this program's schema: a, b */
    struct hs_buf places;  /* ?, ? */
    int count;
};

static void table_free(struct table *table)
{
    hs_buf_free(&table->columns);
    hs_buf_free(&table->places);
}

static int add_columns(struct table *table, const struct hs_cursor *cursor)
{
    int failed = 0;

    table->count = hs_cursor_columns(cursor);
    for (int i = 0; !failed && i < table->count; i++) {
        const char *comma = i > 0 ? ", " : "";

        failed = hs_buf_printf(&table->columns, "%s\"%s\"", comma,
                               hs_cursor_name(cursor, i)) ||
                 hs_buf_printf(&table->places, "%s?", comma);
    }
    return failed;
}

/* The columns that the file's table has. 0, or -1 and `err`. */
static int describe(struct hs_near *near, const char *name, struct table *table,
                    struct hs_error *err)
{
    struct hs_buf sql = {0};
    struct hs_cursor *cursor = NULL;
    int failed = hs_buf_printf(&sql, "SELECT * FROM %s LIMIT 0", name);

    if (failed) {
        hs_no_memory(err);
    } else {
        struct hs_statement select =
            hs_near_statement(sql.data, sql.len, NULL, 0);

        cursor = hs_session_query(near->here, &select, READ_MS, err);
        failed = !cursor;
        if (cursor && add_columns(table, cursor) != 0)
            failed = hs_no_memory(err);
    }
    hs_cursor_close(cursor);
    hs_buf_free(&sql);
    return failed ? -1 : 0;
}

static uint64_t mix(uint64_t hash, const void *bytes, size_t len)
{
    const unsigned char *at = bytes;

    for (size_t i = 0; i < len; i++)
        hash = (hash ^ at[i]) * 0x100000001b3;
    return hash ^ (hash >> 29);
}

static uint64_t mix_value(uint64_t hash, const struct hs_value *value)
{
    hash = mix(hash, &value->type, sizeof value->type);
    if (value->type == HS_INTEGER)
        return mix(hash, &value->integer, sizeof value->integer);
    if (value->type == HS_REAL)
        return mix(hash, &value->real, sizeof value->real);
    return value->type == HS_NULL ? hash : mix(hash, value->bytes, value->len);
}

/* Its rows, and a number that is another one when they differ. */
static struct hs_rows *take_rows(struct hs_cursor *cursor, int columns,
                                 uint64_t *hash, struct hs_error *err)
{
    struct hs_rows *rows = hs_rows_new(columns);
    int found = 0, failed = !rows;

    for (int i = 0; !failed && i < columns; i++)
        failed = hs_rows_add_name(rows, hs_cursor_name(cursor, i));
    *hash = 0xcbf29ce484222325;
    while (!failed && (found = hs_cursor_step(cursor, err)) > 0) {
        for (int i = 0; !failed && i < columns; i++) {
            struct hs_value value;

            hs_cursor_value(cursor, i, &value);
            *hash = mix_value(*hash, &value);
            failed = hs_rows_add_value(rows, &value);
        }
    }
    if (failed)
        hs_no_memory(err);
    if (!failed && found == 0)
        return rows;
    hs_rows_free(rows);
    return NULL;
}

static struct hs_rows *read_table(struct hs_near *near, const char *name,
                                  const struct table *table, uint64_t *hash,
                                  struct hs_error *err)
{
    struct hs_rows *rows = NULL;
    struct hs_cursor *cursor;
    struct hs_buf sql = {0};

    if (hs_buf_printf(&sql, "SELECT %s FROM %s ORDER BY 1", table->columns.data,
                      name) != 0) {
        hs_no_memory(err);
    } else {
        struct hs_statement select =
            hs_near_statement(sql.data, sql.len, NULL, 0);

        hs_session_set_deadline(near->there, hs_running_ms() + READ_MS);
        cursor = hs_session_query(near->there, &select, READ_MS, err);
        if (cursor)
            rows = take_rows(cursor, table->count, hash, err);
        hs_cursor_close(cursor);
    }
    hs_buf_free(&sql);
    return rows;
}

/* In a transaction: rows from `first` on, at most TOGETHER of them. */
static int insert_some(struct hs_near *near, const struct hs_buf *sql,
                       const struct hs_rows *rows, size_t first,
                       struct hs_error *err)
{
    struct hs_statement batch[TOGETHER];
    struct hs_value values[TOGETHER * 40];
    size_t columns = (size_t)hs_rows_columns(rows);
    size_t count = 0;

    while (count < TOGETHER && first + count < hs_rows_count(rows) &&
           (count + 1) * columns <= sizeof values / sizeof values[0]) {
        struct hs_value *own = &values[count * columns];

        for (size_t i = 0; i < columns; i++)
            hs_rows_value(rows, first + count, (int)i, &own[i]);
        batch[count] =
            hs_near_statement(sql->data, sql->len, own, (int)columns);
        count++;
    }
    if (hs_session_write(near->here, batch, (int)count, WRITE_MS, err) != 0)
        return -1;
    return (int)count;
}

static int replace_rows(struct hs_near *near, const char *name,
                        const struct table *table, const struct hs_rows *rows,
                        struct hs_error *err)
{
    struct hs_buf remove = {0}, insert = {0};
    int rc = -1;

    if (hs_buf_printf(&remove, "DELETE FROM %s", name) != 0 ||
        hs_buf_printf(&insert, "INSERT OR REPLACE INTO %s (%s) VALUES (%s)",
                      name, table->columns.data, table->places.data) != 0) {
        hs_no_memory(err);
    } else if (hs_session_begin(near->here, WRITE_MS, err) == 0) {
        struct hs_statement all =
            hs_near_statement(remove.data, remove.len, NULL, 0);
        size_t done = 0;
        int wrote = 0;

        rc = hs_session_write(near->here, &all, 1, WRITE_MS, err);
        for (; rc == 0 && done < hs_rows_count(rows); done += (size_t)wrote) {
            wrote = insert_some(near, &insert, rows, done, err);
            rc = wrote > 0 ? 0 : -1;
        }
        if (hs_session_end(near->here, rc == 0, WRITE_MS,
                           rc == 0 ? err : NULL) != 0)
            rc = -1;
    }
    hs_buf_free(&remove);
    hs_buf_free(&insert);
    return rc;
}

static int copy_table(struct hs_near *near, int which, struct hs_error *err)
{
    struct table table = {0};
    struct hs_rows *rows = NULL;
    uint64_t hash = 0;
    int rc = describe(near, tables[which].name, &table, err);

    if (rc == 0) {
        rows = read_table(near, tables[which].name, &table, &hash, err);
        rc = rows ? 0 : -1;
    }
    if (rc == 0 && hash != near->hashes[which])
        rc = replace_rows(near, tables[which].name, &table, rows, err);
    if (rc == 0)
        near->hashes[which] = hash;
    hs_rows_free(rows);
    table_free(&table);
    return rc;
}

static int set_filled(struct hs_near *near, struct hs_error *err)
{
    struct hs_statement note = hs_near_statement(
        HS_NEAR_SQL("INSERT INTO near_state (name, value) VALUES ('filled', 1) "
                    "ON CONFLICT (name) DO NOTHING"),
        NULL, 0);

    if (hs_near_is_filled(near))
        return 0;
    if (hs_session_write(near->here, &note, 1, WRITE_MS, err) != 0)
        return -1;
    atomic_store(&near->filled, 1);
    return 0;
}

/* What this thread has worked, not how long others were let run. */
static int64_t worked_ms(void)
{
    struct timespec at;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &at);
    return at.tv_sec * 1000LL + at.tv_nsec / 1000000;
}

/* Of one kind, unless nothing has changed. Tables that can't be copied don't
 * hold up the others. 0, or -1 and `err` of one. */
static int copy_kind(struct hs_near *near, enum hs_kind kind,
                     struct hs_error *err)
{
    uint64_t generation = hs_store_generation(near->store, kind);
    int rc = 0;

    if (generation == near->copied[kind])
        return 0;
    for (int i = 0; i < TABLES; i++) {
        if (tables[i].kind != kind || copy_table(near, i, err) == 0)
            continue;
        rc = -1;
        if (hs_error_from_outside(err))
            return -1; /* the database doesn't answer */
    }
    if (rc == 0)
        near->copied[kind] = generation;
    return rc;
}

void hs_replica_look(struct hs_near *near)
{
    int64_t began = worked_ms(), rest;
    struct hs_error err;
    int rc;

    if (hs_monotonic_ms() < near->copy_at)
        return;
    rc = copy_kind(near, HS_SETTINGS, &err);
    if (rc == 0 || !hs_error_from_outside(&err))
        rc |= copy_kind(near, HS_PRESENCE, &err);
    if (rc == 0)
        rc = set_filled(near, &err);
    if (rc < 0)
        hs_log(HS_LOG_WARN, "settings_not_copied", HS_S("code", err.code),
               HS_S("message", err.message));
    rest = REST * (worked_ms() - began);
    if (rest > REST_MS)
        rest = REST_MS;
    near->copy_at = hs_monotonic_ms() + (rc < 0 ? AGAIN_MS : rest);
}

int hs_replica_forget_calls(struct hs_near *near)
{
    struct hs_statement batch[sizeof call_tables / sizeof call_tables[0]];
    char sql[sizeof call_tables / sizeof call_tables[0]][64];
    struct hs_error err;
    int count = 0;

    for (; count < (int)(sizeof sql / sizeof sql[0]); count++) {
        int len = snprintf(sql[count], sizeof sql[count], "DELETE FROM %s",
                           call_tables[count]);

        batch[count] = hs_near_statement(sql[count], (size_t)len, NULL, 0);
    }
    if (hs_session_write(near->here, batch, count, WRITE_MS, &err) == 0)
        return 0;
    hs_log(HS_LOG_WARN, "spooled_calls_kept", HS_S("code", err.code),
           HS_S("message", err.message));
    return -1;
}
