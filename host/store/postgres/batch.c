/* batch.c: batches of statements on the writer's link, all of them on their way
 * at once.
 *
 * They share one savepoint. Statements that depend on whether another one has
 * inserted a row (`unless_new`), and what stands behind them, are a second
 * part: it is sent when the first has been answered, and mostly there is
 * nothing in it. */
#include <stdlib.h>
#include <string.h>

#include "store/postgres/conn.h"
#include "store/postgres/plan.h"

#define TRIES 5 /* of a batch that another writer got in the way of */

enum part { FIRST, SECOND };

struct run {
    struct hs_pg *conn;
    struct hs_link *link;
    struct hs_work *works;
    int count;
    int64_t until;
    /* Of all statements, one batch behind the other. */
    struct hs_prepared **prepared;
    /* Of what is under way: `sent`. */
    struct pg_result **results;
    int sent;
};

/* Where its second part begins. */
static int split_of(const struct hs_work *work)
{
    int i = 0;

    while (i < work->count && work->batch[i].unless_new == 0)
        i++;
    return i;
}

static int has_second(const struct run *run)
{
    for (int w = 0; w < run->count; w++) {
        if (split_of(&run->works[w]) < run->works[w].count)
            return 1;
    }
    return 0;
}

/* Call `what` for each statement of that part, with its place among all; ends
 * with the first that fails. */
static int each(struct run *run, enum part part,
                int (*what)(struct run *run, struct hs_work *work, int i,
                            int place, struct hs_error *err),
                struct hs_error *err)
{
    int rc = 0;

    for (int w = 0, place = 0; w < run->count; w++) {
        struct hs_work *work = &run->works[w];
        int split = split_of(work);
        int from = part == FIRST ? 0 : split;
        int to = part == FIRST ? split : work->count;

        for (int i = from; rc == 0 && i < to; i++) {
            if (part == FIRST || !hs_is_left_out(work->batch, i))
                rc = what(run, work, i, place + i, err);
        }
        place += work->count;
    }
    return rc;
}

/* ---- there ---- */

/* Before anything is sent, since this waits for the server. */
static int prepare(struct run *run, struct hs_work *work, int i, int place,
                   struct hs_error *err)
{
    (void)work;
    (void)i;
    return hs_pg_plan(run->link, run->prepared[place], run->until, err) ? 0
                                                                        : -1;
}

static int send_one(struct run *run, struct hs_work *work, int i, int place,
                    struct hs_error *err)
{
    const struct hs_plan *plan =
        hs_pg_plan(run->link, run->prepared[place], run->until, err);

    if (!plan || hs_plan_send(run->link, plan, &work->batch[i], err) != 0)
        return -1;
    run->sent++;
    return 0;
}

static int send_own(struct run *run, const char *sql, struct hs_error *err)
{
    if (hs_link_send(run->link, sql, err) != 0)
        return -1;
    run->sent++;
    return 0;
}

/* 0, or -1 with `err`; then `sent` statements are under way when the link still
 * stands. A savepoint without anything behind it can stay: its transaction ends
 * soon. */
static int send_part(struct run *run, enum part part, struct hs_error *err)
{
    int is_last = part == SECOND || !has_second(run);

    run->sent = 0;
    if (each(run, part, prepare, err) != 0 ||
        (part == FIRST && send_own(run, "SAVEPOINT hs_batch", err) != 0) ||
        each(run, part, send_one, err) != 0)
        return -1;
    return is_last && run->sent > 0 ? send_own(run, "RELEASE hs_batch", err)
                                    : 0;
}

/* ---- and back ---- */

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

static int take_one(struct run *run, struct hs_work *work, int i, int place,
                    struct hs_error *err)
{
    struct pg_result *result = run->results[run->sent++];
    const char *status = hs_pq.cmdStatus(result);

    (void)place;
    work->batch[i].last_id = 0;
    work->batch[i].changes = strncmp(status, "SELECT", 6) == 0
                                 ? 0
                                 : strtoll(hs_pq.cmdTuples(result), NULL, 10);
    work->batch[i].inserted =
        strncmp(status, "INSERT", 6) == 0 && work->batch[i].changes > 0;
    return work->rows && keep_rows(work->rows, result) != 0 ? hs_no_memory(err)
                                                            : 0;
}

/* A part's statements are answered. 0, or -1 with `err` and the link in the
 * savepoint still, if it stands. */
static int run_part(struct run *run, enum part part, struct hs_error *err)
{
    struct hs_error ignored;
    int sent, failed = send_part(run, part, err);

    sent = run->sent;
    if (failed) {
        if (run->link->pg && sent > 0 &&
            hs_link_collect(run->link, run->results, sent, run->until,
                            &ignored) == 0)
            hs_link_clear(run->results, sent);
        return -1;
    }
    if (sent == 0)
        return 0;
    if (hs_link_collect(run->link, run->results, sent, run->until, err) != 0)
        return -1;
    for (int i = 0; i < sent && !failed; i++)
        failed = hs_result_failed(run->results[i], err);
    run->sent = part == FIRST; /* behind that of the savepoint */
    failed = failed || each(run, part, take_one, err) != 0;
    hs_link_clear(run->results, sent);
    return failed ? -1 : 0;
}

static int run_once(struct run *run, struct hs_error *err)
{
    static const char *const undo[] = {"ROLLBACK TO hs_batch",
                                       "RELEASE hs_batch"};

    if (run_part(run, FIRST, err) == 0) {
        if (!has_second(run) || run_part(run, SECOND, err) == 0)
            return 0;
    } else if (run->sent == 0) {
        return -1; /* not even the savepoint */
    }
    if (run->link->pg)
        (void)hs_link_run(run->link, undo, 2, NULL, run->until,
                          &(struct hs_error){0});
    return -1;
}

/* ---- the whole ---- */

static int run_all(struct run *run, int tries, struct hs_error *err)
{
    struct hs_pg *conn = run->conn;
    int taken = 0, rc = 0;

    for (int w = 0; rc == 0 && w < run->count; w++) {
        struct hs_work *work = &run->works[w];

        for (int i = 0; rc == 0 && i < work->count; i++) {
            const struct hs_statement *statement = &work->batch[i];

            run->prepared[taken] =
                hs_pg_share(conn, statement->sql, statement->sql_len, err);
            if (run->prepared[taken])
                taken++;
            else
                rc = -1;
        }
    }
    while (rc == 0) {
        rc = run_once(run, err);
        if (rc == 0 || --tries <= 0 || !run->link->pg ||
            strcmp(err->code, "busy") != 0)
            break;
        rc = 0;
    }
    while (taken > 0)
        hs_pg_unshare(run->prepared[--taken]);
    if (!run->link->pg)
        conn->why = *err;
    return rc;
}

static int run_works(struct hs_pg *conn, struct hs_work *works, int count,
                     int tries, struct hs_error *err)
{
    struct run run = {.conn = conn,
                      .link = conn->link,
                      .works = works,
                      .count = count,
                      .until = hs_pg_until(conn)};
    size_t room = 2;
    int rc = -1;

    if (!conn->link || !conn->link->in_transaction) {
        *err = conn->why;
        return -1;
    }
    for (int w = 0; w < count; w++)
        room += (size_t)works[w].count;
    run.prepared = calloc(room, sizeof(void *));
    run.results = calloc(room, sizeof(void *));
    if (run.prepared && run.results)
        rc = run_all(&run, tries, err);
    else
        hs_no_memory(err);
    free(run.prepared);
    free(run.results);
    return rc;
}

int hs_pg_run_batch(struct hs_conn *base, struct hs_statement *batch, int count,
                    struct hs_rows **rows, struct hs_error *err)
{
    struct hs_work work = {.batch = batch, .count = count, .rows = rows};

    return run_works(hs_pg_of(base), &work, 1, TRIES, err);
}

int hs_pg_run_together(struct hs_conn *base, struct hs_work *list, int count)
{
    struct hs_error err;

    return run_works(hs_pg_of(base), list, count, 1, &err);
}
