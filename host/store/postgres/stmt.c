/* stmt.c: statements, and reading with them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "store/postgres/conn.h"
#include "store/postgres/plan.h"

#define READ_MS 30000 /* of a query without a deadline */
#define TOLD_MS 100   /* at most, for the server to say that time is over */

struct kept {
    struct kept *next;
    void *bytes;
};

struct hs_prepared {
    struct hs_sql_text text;
    struct hs_plan *plan; /* of the link that was asked last */
    uint64_t plans_id;    /* ... while that has this */
    size_t len;
    int users;
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

/* `alone`: nobody else may have it. */
static struct hs_prepared *find(struct hs_pg *conn, const char *sql, size_t len,
                                int alone, struct hs_error *err)
{
    struct hs_prepared **slot = &conn->slots[slot_of(sql, len)];
    struct hs_prepared *prepared = *slot;

    if (prepared && !(alone && prepared->users) && prepared->len == len &&
        memcmp(prepared->sql, sql, len) == 0) {
        prepared->users++;
        return prepared;
    }
    prepared = translate(sql, len, err);
    if (!prepared)
        return NULL;
    prepared->users = 1;
    if (!*slot || !(*slot)->users) {
        if (*slot)
            free_prepared(*slot);
        *slot = prepared;
        prepared->cached = 1;
    }
    return prepared;
}

struct hs_prepared *hs_pg_take(struct hs_conn *base, const char *sql,
                               size_t len, struct hs_error *err)
{
    return find(hs_pg_of(base), sql, len, 1, err);
}

struct hs_prepared *hs_pg_share(struct hs_pg *conn, const char *sql, size_t len,
                                struct hs_error *err)
{
    return find(conn, sql, len, 0, err);
}

void hs_pg_unshare(struct hs_prepared *prepared)
{
    if (--prepared->users == 0 && !prepared->cached)
        free_prepared(prepared);
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
    hs_pg_unshare(prepared);
}

int hs_pg_writes(const struct hs_prepared *prepared)
{
    return prepared->text.writes;
}

struct hs_plan *hs_pg_plan(struct hs_link *link, struct hs_prepared *prepared,
                           int64_t until, struct hs_error *err)
{
    struct hs_plan *plan = prepared->plan;

    if (plan && prepared->plans_id == link->plans_id)
        return plan;
    plan = hs_plan_of(link, prepared->sql, prepared->len, &prepared->text,
                      until, err);
    prepared->plan = plan;
    prepared->plans_id = link->plans_id;
    return plan;
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
    const struct hs_plan *plan = hs_pg_plan(link, prepared, until, err);
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
    const struct hs_plan *plan = hs_pg_plan(link, prepared, until, err);

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
