/* stmt.c: statements, and running them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "store/postgres/conn.h"
#include "store/postgres/plan.h"

#define READ_MS 30000 /* of a query without a deadline */
#define TOLD_MS 100   /* at most, for the server to say that time is over */
#define TRIES 5       /* of a batch that another writer got in the way of */

struct kept {
    struct kept *next;
    void *bytes;
};

struct hs_prepared {
    struct hs_sql_text text;
    size_t len;
    int in_use;
    int cached;
    struct pg_result *result;
    int row; /* the one it stands on, from 1 */
    struct kept *kept;
    char sql[];
};

/* ---- the statement itself ---- */

static void free_prepared(struct hs_prepared *prepared)
{
    hs_buf_free(&prepared->text.sql);
    free(prepared);
}

void hs_pg_drop_slots(struct hs_pg *conn)
{
    for (int i = 0; i < HS_PG_SLOTS; i++) {
        if (conn->slots[i])
            free_prepared(conn->slots[i]);
        conn->slots[i] = NULL;
    }
}

static struct hs_prepared *translate(const char *sql, size_t len,
                                     struct hs_error *err)
{
    struct hs_prepared *prepared =
        hs_statement_new(offsetof(struct hs_prepared, sql), sql, len, err);

    if (!prepared)
        return NULL;
    prepared->len = len;
    if (hs_sql_translate(prepared->sql, len, &prepared->text, err) == 0)
        return prepared;
    free_prepared(prepared);
    return NULL;
}

/* Its length and ends tell most statements apart; one that shares a slot takes
 * it over. */
static unsigned slot_of(const char *sql, size_t len)
{
    unsigned hash = (unsigned)len;

    for (size_t i = 0; i<len; i += len> 256 ? 5 : 1)
        hash = hash * 31 + (unsigned char)sql[i];
    return (hash ^ (hash >> 16)) % HS_PG_SLOTS;
}

struct hs_prepared *hs_pg_take(struct hs_conn *base, const char *sql,
                               size_t len, struct hs_error *err)
{
    struct hs_prepared **slot = &hs_pg_of(base)->slots[slot_of(sql, len)];
    struct hs_prepared *prepared = *slot;

    if (prepared && !prepared->in_use && prepared->len == len &&
        memcmp(prepared->sql, sql, len) == 0) {
        prepared->in_use = 1;
        return prepared;
    }
    prepared = translate(sql, len, err);
    if (!prepared)
        return NULL;
    prepared->in_use = 1;
    if (!*slot || !(*slot)->in_use) {
        if (*slot)
            free_prepared(*slot);
        *slot = prepared;
        prepared->cached = 1;
    }
    return prepared;
}

static void drop_kept(struct hs_prepared *prepared)
{
    struct kept *kept;

    while ((kept = prepared->kept)) {
        prepared->kept = kept->next;
        hs_pq.freemem(kept->bytes);
        free(kept);
    }
}

static void drop_result(struct hs_prepared *prepared)
{
    drop_kept(prepared);
    if (prepared->result)
        hs_pq.clear(prepared->result);
    prepared->result = NULL;
    prepared->row = 0;
}

void hs_pg_put(struct hs_conn *base, struct hs_prepared *prepared)
{
    (void)base;
    drop_result(prepared);
    prepared->in_use = 0;
    if (!prepared->cached)
        free_prepared(prepared);
}

int hs_pg_writes(const struct hs_prepared *prepared)
{
    return prepared->text.writes;
}

/* ---- reading ---- */

/* The server is to end what follows in time for us to be told, so that neither
 * it nor the connection is lost to a slow query. */
static int send_limit(struct hs_link *link, int64_t until, struct hs_error *err)
{
    int64_t left = until - hs_running_ms();
    char sql[80];

    left -= left / 4 < TOLD_MS ? left / 4 : TOLD_MS;
    (void)snprintf(sql, sizeof sql,
                   "SELECT set_config('statement_timeout', '%lldms', true)",
                   (long long)(left > 1 ? left : 1));
    return hs_link_send(link, sql, err);
}

static int read_on(struct hs_link *link, struct hs_prepared *prepared,
                   const struct hs_statement *statement, int limited,
                   int64_t until, struct hs_error *err)
{
    const struct hs_plan *plan = hs_plan_of(link, prepared->sql, prepared->len,
                                            &prepared->text, until, err);
    struct pg_result *results[2] = {NULL};
    int failed;

    if (!plan || (limited && send_limit(link, until, err) != 0))
        return -1;
    if (hs_plan_send(link, plan, statement, err) != 0) {
        if (limited && link->pg &&
            hs_link_collect(link, results, 1, until, &(struct hs_error){0}) ==
                0)
            hs_pq.clear(results[0]);
        return -1;
    }
    if (hs_link_collect(link, results, 1 + limited, until, err) != 0)
        return -1;
    prepared->result = results[limited];
    failed = hs_result_failed(prepared->result, err);
    if (limited)
        hs_pq.clear(results[0]);
    if (failed)
        drop_result(prepared);
    return failed ? -1 : 0;
}

/* In a transaction: what is wrong with the statement must not end it. */
static int read_inside(struct hs_link *link, struct hs_prepared *prepared,
                       const struct hs_statement *statement, int64_t until,
                       struct hs_error *err)
{
    static const char *const undo[] = {"ROLLBACK TO hs_read",
                                       "RELEASE hs_read"};
    struct pg_result *results[3] = {NULL};
    const struct hs_plan *plan = hs_plan_of(link, prepared->sql, prepared->len,
                                            &prepared->text, until, err);

    if (!plan || hs_link_send(link, "SAVEPOINT hs_read", err) != 0)
        return -1;
    if (hs_plan_send(link, plan, statement, err) != 0) {
        /* The savepoint is under way, and harmless. */
        if (link->pg && hs_link_collect(link, results, 1, until,
                                        &(struct hs_error){0}) == 0)
            hs_link_clear(results, 1);
        return -1;
    }
    if (hs_link_send(link, undo[1], err) != 0 ||
        hs_link_collect(link, results, 3, until, err) != 0)
        return -1;
    prepared->result = results[1];
    hs_pq.clear(results[0]);
    hs_pq.clear(results[2]);
    if (!hs_result_failed(prepared->result, err))
        return 0;
    drop_result(prepared);
    (void)hs_link_run(link, undo, 2, NULL, until, &(struct hs_error){0});
    return -1;
}

/* A connection that has been idle may be dead without our knowing: ask again
 * on a fresh one, once. */
static int read_from_pool(struct hs_pg *conn, struct hs_prepared *prepared,
                          const struct hs_statement *statement, int64_t until,
                          struct hs_error *err)
{
    enum hs_asker asker = conn->asker ? *conn->asker : HS_ASKER_OTHER;

    for (;;) {
        int fresh;
        struct hs_link *link = hs_readers_take(
            conn->pool, asker == HS_ASKER_CALL, until, &fresh, err);
        int rc, again;

        if (!link)
            return -1;
        rc = read_on(link, prepared, statement, asker == HS_ASKER_LOOKUP, until,
                     err);
        again = rc != 0 && !fresh && !link->pg && strcmp(err->code, "io") == 0;
        hs_readers_put(conn->pool, link);
        if (!again)
            return rc;
    }
}

int hs_pg_bind(struct hs_conn *base, struct hs_prepared *prepared,
               const struct hs_statement *statement, struct hs_error *err)
{
    struct hs_pg *conn = hs_pg_of(base);
    int64_t left = READ_MS;
    int rc;

    if (conn->link)
        return read_inside(conn->link, prepared, statement, hs_pg_until(conn),
                           err);
    if (!conn->pool) {
        *err = conn->why;
        return -1;
    }
    if (conn->base.deadline && *conn->base.deadline)
        left = *conn->base.deadline - hs_running_ms();
    if (left <= 0)
        return hs_error_set(err, "time", "no time is left for this query");
    rc = read_from_pool(conn, prepared, statement, hs_running_ms() + left, err);
    if (rc != 0 && conn->base.deadline && *conn->base.deadline &&
        (hs_running_ms() >= *conn->base.deadline ||
         strcmp(err->code, "time") == 0))
        hs_error_set(err, "time", "the query ran out of time");
    return rc;
}

int hs_pg_step(struct hs_conn *base, struct hs_prepared *prepared,
               struct hs_error *err)
{
    (void)base;
    (void)err;
    drop_kept(prepared);
    if (prepared->result && prepared->row < hs_pq.ntuples(prepared->result)) {
        prepared->row++;
        return 1;
    }
    return 0;
}

int hs_pg_columns(const struct hs_prepared *prepared)
{
    return prepared->result ? hs_pq.nfields(prepared->result) : 0;
}

const char *hs_pg_name(const struct hs_prepared *prepared, int column)
{
    return hs_pq.fname(prepared->result, column);
}

int hs_pg_value(const struct hs_prepared *prepared, int column,
                struct hs_value *out)
{
    struct hs_prepared *mine = (struct hs_prepared *)prepared;
    struct kept *kept;
    void *bytes;

    if (hs_result_value(prepared->result, prepared->row - 1, column, out,
                        &bytes) != 0)
        return -1;
    if (!bytes)
        return 0;
    kept = malloc(sizeof *kept);
    if (!kept) {
        hs_pq.freemem(bytes);
        return -1;
    }
    *kept = (struct kept){.next = mine->kept, .bytes = bytes};
    mine->kept = kept;
    return 0;
}

/* ---- writing ---- */

/* Rows of a result, in memory. 0, or -1 when that ran out. */
static int keep_rows(struct hs_rows **rows, const struct pg_result *result)
{
    int columns = hs_pq.nfields(result), count = hs_pq.ntuples(result);

    if (columns == 0 || count == 0)
        return 0;
    if (!*rows) {
        *rows = hs_rows_new(columns);
        for (int i = 0; *rows && i < columns; i++) {
            if (hs_rows_add_name(*rows, hs_pq.fname(result, i)) != 0)
                return -1;
        }
    }
    for (int i = 0; *rows && i < count * columns; i++) {
        struct hs_value value;
        void *kept;
        int failed = hs_result_value(result, i / columns, i % columns, &value,
                                     &kept) != 0 ||
                     hs_rows_add_value(*rows, &value) != 0;

        if (kept)
            hs_pq.freemem(kept);
        if (failed)
            return -1;
    }
    return *rows ? 0 : -1;
}

struct batch {
    struct hs_link *link;
    struct hs_prepared **list;
    struct hs_statement *statements;
    int count;
    struct pg_result **results; /* of what was sent */
    int sent;
    int64_t until;
};

/* The results of the batch, behind that of the savepoint. */
static int take_results(struct batch *b, struct hs_rows **rows,
                        struct hs_error *err)
{
    for (int i = 0; i < b->count + 2; i++) {
        if (hs_result_failed(b->results[i], err))
            return -1;
    }
    for (int i = 0; i < b->count; i++) {
        struct pg_result *result = b->results[i + 1];
        const char *status = hs_pq.cmdStatus(result);

        b->statements[i].last_id = 0;
        b->statements[i].changes =
            strncmp(status, "SELECT", 6) == 0
                ? 0
                : strtoll(hs_pq.cmdTuples(result), NULL, 10);
        if (rows && keep_rows(rows, result) != 0)
            return hs_no_memory(err);
    }
    return 0;
}

static struct hs_plan *plan_of(const struct batch *b, int i,
                               struct hs_error *err)
{
    struct hs_prepared *prepared = b->list[i];

    return hs_plan_of(b->link, prepared->sql, prepared->len, &prepared->text,
                      b->until, err);
}

/* All of it on its way at once, in a savepoint. 0, or -1 with `err`; then
 * `sent` statements are under way when the link still stands. */
static int send_batch(struct batch *b, struct hs_error *err)
{
    b->sent = 0;
    for (int i = 0; i < b->count; i++) { /* before the rest: it waits */
        if (!plan_of(b, i, err))
            return -1;
    }
    if (hs_link_send(b->link, "SAVEPOINT hs_batch", err) != 0)
        return -1;
    b->sent++;
    for (int i = 0; i < b->count; i++, b->sent++) {
        const struct hs_plan *plan = plan_of(b, i, err);

        if (!plan || hs_plan_send(b->link, plan, &b->statements[i], err) != 0)
            return -1;
    }
    if (hs_link_send(b->link, "RELEASE hs_batch", err) != 0)
        return -1;
    b->sent++;
    return 0;
}

/* Undo what an item that failed has done, for the others of its group. */
static void undo(const struct batch *b)
{
    static const char *const list[] = {"ROLLBACK TO hs_batch",
                                       "RELEASE hs_batch"};

    if (b->link->pg)
        (void)hs_link_run(b->link, list, 2, NULL, b->until,
                          &(struct hs_error){0});
}

static int run_once(struct batch *b, struct hs_rows **rows,
                    struct hs_error *err)
{
    int rc;

    if (send_batch(b, err) != 0) {
        if (!b->link->pg || b->sent == 0)
            return -1;
        if (hs_link_collect(b->link, b->results, b->sent, b->until,
                            &(struct hs_error){0}) == 0)
            hs_link_clear(b->results, b->sent);
        undo(b);
        return -1;
    }
    if (hs_link_collect(b->link, b->results, b->sent, b->until, err) != 0)
        return -1;
    rc = take_results(b, rows, err);
    hs_link_clear(b->results, b->sent);
    if (rc != 0)
        undo(b);
    return rc;
}

static int run_all(struct hs_pg *conn, struct batch *b, struct hs_rows **rows,
                   struct hs_error *err)
{
    int taken = 0, rc = 0;

    for (; rc == 0 && taken < b->count; taken++) {
        b->list[taken] = hs_pg_take(&conn->base, b->statements[taken].sql,
                                    b->statements[taken].sql_len, err);
        if (!b->list[taken]) {
            rc = -1;
            break;
        }
    }
    for (int i = 0; rc == 0 && i < TRIES; i++) {
        rc = run_once(b, rows, err);
        if (rc == 0 || !b->link->pg || strcmp(err->code, "busy") != 0)
            break;
        rc = i + 1 < TRIES ? 0 : -1;
    }
    while (taken > 0)
        hs_pg_put(&conn->base, b->list[--taken]);
    if (!b->link->pg)
        conn->why = *err;
    return rc;
}

int hs_pg_run_batch(struct hs_conn *base, struct hs_statement *batch, int count,
                    struct hs_rows **rows, struct hs_error *err)
{
    struct hs_pg *conn = hs_pg_of(base);
    struct batch b = {.link = conn->link,
                      .statements = batch,
                      .count = count,
                      .until = hs_pg_until(conn)};
    size_t room = ((size_t)count + 2) * sizeof(void *);
    int rc = -1;

    if (!conn->link || !conn->link->in_transaction) {
        *err = conn->why;
        return -1;
    }
    b.list = malloc(room);
    b.results = malloc(room);
    if (b.list && b.results)
        rc = run_all(conn, &b, rows, err);
    else
        hs_no_memory(err);
    free(b.list);
    free(b.results);
    return rc;
}
