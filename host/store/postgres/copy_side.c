/* copy_side.c: a PostgreSQL database as one of the two of a copy. */
#include "store/engine/copy_side.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "store/postgres/plan.h"
#include "store/postgres/whole.h"

#define CONNECT_MS 5000
#define STEP_MS 600000
#define FETCH_FIRST 16
#define FETCH_MAX 512
#define FETCH_BYTES (1u << 20) /* roughly what is held at a time */
#define PENDING_MAX 256
#define COLUMNS_MAX 64

struct side {
    struct hs_side base;
    struct hs_link *link;
    struct hs_sql_text text; /* of the statement written last */
    char *sql;
    const struct hs_plan *plan;
    int pending; /* statements on their way */
    size_t bytes;
};

static const char tables_sql[] =
    "SELECT c.relname::text, (SELECT string_agg('\"' || a.attname || '\"', ', '"
    " ORDER BY a.attname::text COLLATE \"C\") FROM pg_attribute AS a WHERE"
    " a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped),"
    " (SELECT count(*) FROM pg_attribute AS a WHERE a.attrelid = c.oid"
    " AND a.attnum > 0 AND NOT a.attisdropped) FROM pg_class AS c"
    " WHERE c.relkind = 'r' AND c.relnamespace = current_schema()::regnamespace"
    " ORDER BY EXISTS (SELECT 1 FROM pg_constraint AS f WHERE f.conrelid ="
    " c.oid AND f.contype = 'f'), c.oid";

/* For each of our tables ... */
#define FOR_TABLES                                                             \
    "DO $$ DECLARE r record; BEGIN FOR r IN SELECT c.relname AS t FROM"        \
    " pg_class AS c WHERE c.relkind = 'r' AND c.relnamespace ="                \
    " current_schema()::regnamespace LOOP EXECUTE format("
#define END_LOOP ", r.t); END LOOP; END $$"

static struct side *mine(struct hs_side *base)
{
    return (struct side *)base; /* which it begins with */
}

static int run(struct side *side, const char *const *sql, int count,
               struct pg_result **last, struct hs_error *err)
{
    return hs_link_run(side->link, sql, count, last, hs_running_ms() + STEP_MS,
                       err);
}

static int run_one(struct side *side, const char *sql, struct hs_error *err)
{
    return run(side, &sql, 1, NULL, err);
}

static void close_side(struct hs_side *base)
{
    struct side *side = mine(base);

    hs_link_free(side->link);
    hs_buf_free(&side->text.sql);
    free(side->sql);
}

/* Every host that runs holds this lock with others. */
static int lock_out(struct side *side, struct hs_error *err)
{
    static const char *const lock[] = {HS_HOSTS_LOCK("pg_try_advisory_lock")};
    struct pg_result *result;
    int got;

    if (run(side, lock, 1, &result, err) != 0)
        return -1;
    got = *hs_pq.getvalue(result, 0, 0) == 't';
    hs_pq.clear(result);
    if (got)
        return 0;
    return hs_error_set(
        err, "in_use",
        "the PostgreSQL database is in use: stop every host first");
}

static int begin(struct side *side, enum hs_side_use use, struct hs_error *err)
{
    static const char *const patience[] = {
        "SELECT set_config('statement_timeout', '0', false)",
        "SELECT set_config('idle_in_transaction_session_timeout', '0', false)",
        "SELECT set_config('lock_timeout', '10s', false)"};

    if (run(side, patience, 3, NULL, err) != 0 ||
        (use != HS_SIDE_SNAPSHOT && lock_out(side, err) != 0))
        return -1;
    return run_one(side,
                   use == HS_SIDE_TO
                       ? "BEGIN"
                       : "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
                   err);
}

static int open_side(struct hs_side *base, enum hs_side_use use,
                     struct hs_error *err)
{
    struct side *side = mine(base);

    side->link = hs_link_open(base->database, use != HS_SIDE_TO,
                              hs_running_ms() + CONNECT_MS, err);
    return side->link ? begin(side, use, err) : -1;
}

static int prepare(struct hs_side *base, struct hs_error *err)
{
    struct side *side = mine(base);

    if (run_one(side, "ROLLBACK", err) != 0 ||
        hs_migrate(side->base.database, 0, NULL, err) != 0 ||
        run_one(side, "BEGIN", err) != 0)
        return -1;
    return run_one(
        side, FOR_TABLES "'ALTER TABLE %I DISABLE TRIGGER USER'" END_LOOP, err);
}

/* ---- reading ---- */

static int give_row(const struct pg_result *result, int row, hs_side_row *each,
                    void *ctx, size_t *bytes, struct hs_error *err)
{
    struct hs_value values[COLUMNS_MAX];
    void *kept[COLUMNS_MAX];
    int columns = hs_pq.nfields(result), got = 0, rc = 0;

    for (; rc == 0 && got < columns && got < COLUMNS_MAX; got++) {
        rc = hs_result_value(result, row, got, &values[got], &kept[got]);
        *bytes += values[got].len;
    }
    if (rc != 0)
        hs_no_memory(err);
    else
        rc = each(ctx, values, got, err);
    while (got > 0) {
        if (kept[--got])
            hs_pq.freemem(kept[got]);
    }
    return rc;
}

/* The next rows; `wanted` follows how large they are. How many, or -1. */
static int fetch(struct side *side, int *wanted, hs_side_row *each, void *ctx,
                 struct hs_error *err)
{
    char sql[64];
    const char *const list[] = {sql};
    struct pg_result *result;
    size_t bytes = 0;
    int count, rc = 0;

    (void)snprintf(sql, sizeof sql, "FETCH %d FROM hs_copy", *wanted);
    if (run(side, list, 1, &result, err) != 0)
        return -1;
    count = hs_pq.ntuples(result);
    for (int i = 0; rc == 0 && i < count; i++)
        rc = give_row(result, i, each, ctx, &bytes, err);
    hs_pq.clear(result);
    if (bytes > FETCH_BYTES && *wanted > 1)
        *wanted /= 2;
    else if (bytes < FETCH_BYTES / 4 && *wanted < FETCH_MAX)
        *wanted *= 2;
    return rc == 0 ? count : -1;
}

static int scan(struct hs_side *base, const char *sql, hs_side_row *row,
                void *ctx, struct hs_error *err)
{
    struct side *side = mine(base);
    struct hs_buf declare = {0};
    int wanted = FETCH_FIRST, count = -1;

    if (hs_buf_printf(&declare, "DECLARE hs_copy NO SCROLL CURSOR FOR %s",
                      sql) != 0)
        hs_no_memory(err);
    else if (run_one(side, declare.data, err) == 0) {
        do
            count = fetch(side, &wanted, row, ctx, err);
        while (count > 0);
    }
    hs_buf_free(&declare);
    return count == 0 ? run_one(side, "CLOSE hs_copy", err) : -1;
}

/* ---- writing ---- */

static int flush(struct hs_side *base, struct hs_error *err)
{
    struct side *side = mine(base);
    struct pg_result *results[PENDING_MAX];
    int count = side->pending, failed = 0;

    side->pending = 0;
    side->bytes = 0;
    if (count == 0)
        return 0;
    if (hs_link_collect(side->link, results, count, hs_running_ms() + STEP_MS,
                        err) != 0)
        return -1;
    for (int i = 0; !failed && i < count; i++)
        failed = hs_result_failed(results[i], err);
    hs_link_clear(results, count);
    return failed ? -1 : 0;
}

/* The plan of a statement, which is likely to be that of the last one. */
static int take_plan(struct side *side, const char *sql, struct hs_error *err)
{
    size_t len = strlen(sql);

    if (side->sql && strcmp(side->sql, sql) == 0)
        return 0;
    if (flush(&side->base, err) != 0)
        return -1;
    free(side->sql);
    hs_buf_free(&side->text.sql);
    side->text = (struct hs_sql_text){0};
    side->sql = NULL;
    if (hs_sql_translate(sql, len, &side->text, err) != 0)
        return -1;
    side->plan = hs_plan_of(side->link, sql, len, &side->text,
                            hs_running_ms() + STEP_MS, err);
    if (!side->plan)
        return -1;
    side->sql = strdup(sql);
    return 0; /* without the text it is looked up again */
}

static int write_one(struct hs_side *base, const char *sql,
                     const struct hs_value *values, int count,
                     struct hs_error *err)
{
    struct side *side = mine(base);
    const struct hs_statement statement = {
        .sql = sql, .sql_len = strlen(sql), .values = values, .count = count};

    if (take_plan(side, sql, err) != 0 ||
        hs_plan_send(side->link, side->plan, &statement, err) != 0)
        return -1;
    for (int i = 0; i < count; i++)
        side->bytes += values[i].len;
    if (++side->pending < PENDING_MAX && side->bytes < FETCH_BYTES)
        return 0;
    return flush(base, err);
}

static int commit(struct hs_side *base, struct hs_error *err)
{
    static const char *const list[] = {
        hs_pg_renumber_sql,
        FOR_TABLES "'ALTER TABLE %I ENABLE TRIGGER USER'" END_LOOP,
        FOR_TABLES "'ANALYZE %I'" END_LOOP, "COMMIT"};
    return run(mine(base), list, 4, NULL, err);
}

const struct hs_side_driver hs_postgres_side = {
    .size = sizeof(struct side),
    .tables = tables_sql,
    .open = open_side,
    .prepare = prepare,
    .scan = scan,
    .write = write_one,
    .flush = flush,
    .commit = commit,
    .close = close_side,
};
