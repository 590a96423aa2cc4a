/* engine.c: PostgreSQL as the store's engine: its writer and its readers.
 *
 * One writer at a time writes in the whole database, as it is with SQLite: a
 * group begins with a lock that ends with it. So a transaction that reads, then
 * thinks, then writes is right with any number of hosts, and no two of them
 * wait for each other's rows. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/log.h"
#include "store/postgres/bus/bus.h"
#include "store/postgres/conn.h"
#include "store/postgres/connection/seen_timeline.h"
#include "store/postgres/dialect/compat.h"
#include "store/postgres/whole.h"

#define CONNECT_MS 1000
#define FIRST_MS 5000  /* at the start */
#define RETRY_MS 200   /* between attempts to connect */
#define ANSWER_MS 5000 /* of the server, to one thing */
#define BEGIN_MS 1000  /* those who wait can still be told */
#define COMMIT_MS 3000 /* then it is unknown, and others can be written */
#define LOOK_MS 90     /* between looks for others' commits */

static const char begin_sql[] = "BEGIN";
static const char lock_sql[] =
    "SELECT pg_advisory_xact_lock(hashtext('hookswitch'),"
    " hashtext(current_schema()))";
/* What each group asks. The generations are in the order of enum hs_kind. */
static const struct {
    const char *name;
    const char *sql;
} each_time[HS_PG_EACH_TIME] = {
    [HS_PG_LOCK] = {"lock", lock_sql},
    [HS_PG_GENERATIONS] =
        {"generations",
         "SELECT sum(n) FILTER (WHERE name NOT IN ('presence', 'logins')),"
         " sum(n) FILTER (WHERE name = 'presence'),"
         " sum(n) FILTER (WHERE name = 'logins') FROM hs_generations"},
};

int64_t hs_pg_until(const struct hs_pg *conn)
{
    int64_t until = hs_running_ms() + ANSWER_MS;

    return conn->base.until && conn->base.until < until ? conn->base.until
                                                        : until;
}

/* ---- the writer's link ---- */

/* Every change of a table that isn't hot moves its generation, whoever makes
 * it: a person with psql, too. Each has a row of its own: whoever leaves a
 * transaction open on one table keeps nobody from the others. By row, since a
 * trigger of a statement fires when nothing has changed, too. */
static int watch_settings(const struct hs_pg *conn, struct hs_error *err)
{
    struct hs_buf sql = {0};
    const char *list[] = {begin_sql, lock_sql, NULL, "COMMIT"};
    int failed =
        hs_buf_add_str(&sql, HS_WATCH_BEGIN
                       " AND c.relname NOT LIKE 'hs\\_%' AND c.relname NOT IN"
                       " ('schema_migrations'");

    for (const char *const *hot = conn->hot; !failed && *hot; hot++)
        failed = hs_buf_printf(&sql, ", '%s'", *hot);
    failed = failed || hs_buf_add_str(&sql, ")" HS_WATCH_END);
    if (failed) {
        hs_buf_free(&sql);
        return hs_no_memory(err);
    }
    list[2] = sql.data;
    failed = hs_link_run(conn->link, list, 4, NULL, hs_running_ms() + FIRST_MS,
                         err) != 0;
    hs_buf_free(&sql);
    return failed ? -1 : 0;
}

_Static_assert(HS_COMPAT_STEPS <= HS_LINK_RUN_MAX, "too many at once");

static int first_steps(struct hs_pg *conn, struct hs_error *err)
{
    static const char *const list[] = {
        begin_sql, lock_sql,
        "CREATE TABLE IF NOT EXISTS hs_generations"
        " (name TEXT COLLATE \"C\" PRIMARY KEY, n BIGINT NOT NULL)",
        "CREATE TABLE IF NOT EXISTS hs_spooled (id TEXT COLLATE \"C\" PRIMARY"
        " KEY, at BIGINT NOT NULL)",
        /* What is lost with the server is made up for within a minute. */
        "CREATE UNLOGGED TABLE IF NOT EXISTS hs_limits"
        " (key TEXT COLLATE \"C\" PRIMARY KEY, full_at BIGINT NOT NULL)",
        /* Of the hashes of what hosts must have alike (bus/roster.c). */
        "CREATE TABLE IF NOT EXISTS hs_host_key"
        " (one INTEGER PRIMARY KEY CHECK (one = 1), key TEXT NOT NULL)",
        "INSERT INTO hs_host_key (one, key) VALUES (1, gen_random_uuid())"
        " ON CONFLICT (one) DO NOTHING"};
    static const char *const end[] = {"COMMIT"};
    int64_t until = hs_running_ms() + FIRST_MS;

    if (hs_link_run(conn->link, list, sizeof list / sizeof *list, NULL, until,
                    err) != 0 ||
        hs_link_run(conn->link, hs_compat, HS_COMPAT_STEPS, NULL, until, err) !=
            0 ||
        hs_link_run(conn->link, end, 1, NULL, until, err) != 0)
        return -1;
    return conn->hot && conn->hot[0] ? watch_settings(conn, err) : 0;
}

static struct hs_link *open_link(const char *url, int64_t until,
                                 struct hs_error *err)
{
    static const char *const share[] = {
        HS_HOSTS_LOCK("pg_advisory_lock_shared")};
    struct hs_link *link = hs_link_open(url, 0, until, err);

    if (!link || hs_link_run(link, share, 1, NULL, until, err) == 0)
        return link;
    if (link->pg && strcmp(err->code, "busy") == 0)
        hs_error_set(err, "busy", "the database is being copied");
    hs_link_free(link);
    return NULL;
}

/* A closed link is opened again, and one to what isn't the primary any more;
 * when that fails, after a while at the earliest. */
static int connect_writer(struct hs_pg *conn, int wait_ms, struct hs_error *err)
{
    int64_t now = hs_monotonic_ms();

    if (conn->link && conn->link->pg && !hs_link_is_outdated(conn->link))
        return 0;
    if (conn->tried_at && now - conn->tried_at < RETRY_MS) {
        *err = conn->why;
        return -1;
    }
    hs_link_free(conn->link);
    conn->seen_at = 0;
    memset(conn->seen, 0, sizeof conn->seen);
    conn->link = open_link(conn->url, hs_running_ms() + wait_ms, err);
    conn->tried_at =
        conn->link || strcmp(err->code, "memory") == 0 ? 0 : hs_monotonic_ms();
    if (conn->link)
        return 0;
    conn->why = *err;
    return -1;
}

/* ---- our own statements ---- */

/* Run them on the writer's link; it remembers why it was lost. */
static int run(struct hs_pg *conn, const char *const *sql, int count,
               int64_t until, struct hs_error *err)
{
    int rc = hs_link_run(conn->link, sql, count, NULL, until, err);

    if (!conn->link->pg)
        conn->why = *err;
    return rc;
}

/* Send one of `each_time`. 0, or -1 with `err`; `results` results will come. */
static int send_each_time(const struct hs_pg *conn, enum hs_pg_each_time which,
                          int *results, struct hs_error *err)
{
    struct hs_link *link = conn->link;
    const char *name = each_time[which].name;
    int known = conn->known[which] == link->plans_id;

    *results = known ? 1 : 2;
    if (!link->pg ||
        (!known &&
         !hs_pq.sendPrepare(link->pg, name, each_time[which].sql, 0, NULL)) ||
        !hs_pq.sendQueryPrepared(link->pg, name, 0, NULL, NULL, NULL, 0))
        return hs_link_broken(link, err);
    return 0;
}

/* 0, or -1 with `err`, when one of its results is an error. */
static int check_each_time(struct hs_pg *conn, enum hs_pg_each_time which,
                           struct pg_result **results, int count,
                           struct hs_error *err)
{
    if (count > 1 && hs_result_failed(results[0], err))
        return -1;
    conn->known[which] = conn->link->plans_id; /* whatever it answers */
    return hs_result_failed(results[count - 1], err) ? -1 : 0;
}

/* Read the generations, and free the results. `out`: the kinds that have moved,
 * as bits. 0, or -1 with `err`. */
static int take_generations(struct hs_pg *conn, struct pg_result **results,
                            int count, unsigned *out, struct hs_error *err)
{
    struct pg_result *rows = results[count - 1];
    int failed = check_each_time(conn, HS_PG_GENERATIONS, results, count, err);
    unsigned moved = 0;

    if (!failed) {
        conn->seen_at = hs_monotonic_ms();
        for (int kind = 0; kind < HS_KINDS; kind++) {
            const char *sum = hs_pq.getvalue(rows, 0, kind);

            if (strcmp(sum, conn->seen[kind]) == 0)
                continue;
            moved |= 1u << kind;
            (void)snprintf(conn->seen[kind], sizeof conn->seen[kind], "%s",
                           sum);
        }
    }
    hs_link_clear(results, count);
    *out = moved;
    return failed ? -1 : 0;
}

static int begin_locked(struct hs_pg *conn, int64_t until, struct hs_error *err)
{
    struct hs_link *link = conn->link;
    struct pg_result *results[3];
    int count, failed;

    if (hs_link_send(link, begin_sql, err) != 0 ||
        send_each_time(conn, HS_PG_LOCK, &count, err) != 0 ||
        hs_link_collect(link, results, 1 + count, until, err) != 0) {
        conn->why = *err;
        return -1;
    }
    failed = hs_result_failed(results[0], err) ||
             check_each_time(conn, HS_PG_LOCK, &results[1], count, err) != 0;
    hs_link_clear(results, 1 + count);
    return failed ? -1 : 0;
}

static int begin(struct hs_pg *conn, struct hs_error *err)
{
    static const char *const undo[] = {"ROLLBACK"};
    int was_open = conn->link && conn->link->pg;
    int64_t until;

    if (connect_writer(conn, CONNECT_MS, err) != 0) {
        if (strcmp(err->code, "busy") == 0) /* which is for a lock */
            hs_error_set(err, "io", "%s", conn->why.message);
        return -1;
    }
    until = hs_running_ms() + BEGIN_MS;
    if (begin_locked(conn, until, err) == 0) {
        conn->link->in_transaction = 1;
        return 0;
    }
    /* It was dead without our knowing, and nothing was begun. */
    if (was_open && !conn->link->pg && hs_running_ms() < until)
        return begin(conn, err);
    if (conn->link->pg)
        (void)run(conn, undo, 1, until, &(struct hs_error){0});
    else /* busy is for a lock: this is worse */
        hs_error_set(err, "io", "%s", conn->why.message);
    return -1;
}

/* The server answers COMMIT with ROLLBACK when the transaction had failed; says
 * nothing when nobody knows; and warns when it gave up waiting for a standby,
 * which may have it or not. */
static int commit(struct hs_pg *conn, struct hs_error *err)
{
    struct pg_result *results[3];
    struct hs_link *link = conn->link;
    int64_t until = hs_running_ms() + COMMIT_MS;
    struct hs_error ignored;
    unsigned moved;
    int count, failed;

    link->warned = 0;
    if (hs_link_send(link, "COMMIT", err) != 0 ||
        send_each_time(conn, HS_PG_GENERATIONS, &count, err) != 0 ||
        hs_link_collect(link, results, 1 + count, until, err) != 0) {
        conn->why = *err;
        return hs_error_set(err, "unknown", "not known to be committed: %s",
                            conn->why.message);
    }
    link->in_transaction = 0;
    failed = hs_result_failed(results[0], err);
    if (!failed && strcmp(hs_pq.cmdStatus(results[0]), "COMMIT") != 0) {
        hs_error_set(err, "sql", "a statement of the transaction had failed");
        failed = 1;
    } else if (!failed && link->warned) {
        hs_error_set(err, "unknown", "may not have reached the standby");
        failed = 1;
    } else if (!failed && hs_link_is_outdated(link)) {
        hs_error_set(err, "unknown", "committed by an old primary");
        failed = 1;
    }
    hs_pq.clear(results[0]);
    (void)take_generations(conn, &results[1], count, &moved, &ignored);
    if (failed) /* but someone did */
        conn->moved_elsewhere |= moved;
    else
        conn->moved |= moved;
    return failed ? -1 : 0;
}

/* A lost link is made again here, too, so that others' commits are seen while
 * nobody writes. */
static int look(struct hs_pg *conn, struct hs_error *err)
{
    struct pg_result *results[2];
    unsigned moved;
    int count, rc;

    if (connect_writer(conn, CONNECT_MS, err) != 0)
        return -1;
    if (send_each_time(conn, HS_PG_GENERATIONS, &count, err) != 0 ||
        hs_link_collect(conn->link, results, count, hs_running_ms() + BEGIN_MS,
                        err) != 0) {
        conn->why = *err;
        return -1;
    }
    rc = take_generations(conn, results, count, &moved, err);
    conn->moved_elsewhere |= moved;
    return rc;
}

static int changed_elsewhere(struct hs_conn *base, unsigned *moved,
                             struct hs_error *err)
{
    struct hs_pg *conn = hs_pg_of(base);
    struct hs_error why;
    int rc = 0;

    if (!conn->seen_at || hs_monotonic_ms() - conn->seen_at >= LOOK_MS)
        rc = look(conn, &why);
    if (rc != 0) /* whatever it is, those who wait aren't to blame */
        hs_error_set(err, strcmp(why.code, "sql") == 0 ? "io" : why.code, "%s",
                     why.message);
    *moved = conn->moved_elsewhere;
    conn->moved_elsewhere = 0;
    return rc;
}

static int own(struct hs_conn *base, enum l_own which, struct hs_error *err)
{
    static const char *const texts[HS_OWN_COUNT] = {
        [HS_OWN_ROLLBACK] = "ROLLBACK",
        [HS_OWN_SAVEPOINT] = "SAVEPOINT hs",
        [HS_OWN_RELEASE] = "RELEASE hs",
        [HS_OWN_ROLLBACK_TO] = "ROLLBACK TO hs",
    };
    struct hs_pg *conn = hs_pg_of(base);
    struct hs_error ignored;
    int rc;

    if (!err)
        err = &ignored;
    if (which == HS_OWN_BEGIN)
        return begin(conn, err);
    if (!conn->link || !conn->link->pg) {
        *err = conn->why;
        return -1;
    }
    if (which == HS_OWN_COMMIT)
        return commit(conn, err);
    rc = run(conn, &texts[which], 1, hs_running_ms() + ANSWER_MS, err);
    if (which == HS_OWN_ROLLBACK)
        conn->link->in_transaction = 0;
    return rc;
}

static int in_transaction(const struct hs_conn *base)
{
    const struct hs_pg *conn = (const struct hs_pg *)base;

    return conn->link && conn->link->in_transaction;
}

static unsigned changed(struct hs_conn *base)
{
    struct hs_pg *conn = hs_pg_of(base);
    unsigned moved = conn->moved;

    conn->moved = 0;
    return moved;
}

/* A standby takes BEGIN, but nothing that writes. */
static int probe(struct hs_conn *base, struct hs_error *err)
{
    static const char *const list[] = {
        "UPDATE hs_generations SET n = n WHERE false"};

    return run(hs_pg_of(base), list, 1, hs_running_ms() + ANSWER_MS, err);
}

static void rest(struct hs_conn *base, int failed)
{
    (void)base;
    (void)failed;
}

/* ---- opening ---- */

static void close_conn(struct hs_conn *base)
{
    struct hs_pg *conn = hs_pg_of(base);

    hs_link_free(conn->link);
    if (conn->pool)
        hs_readers_close(conn->pool);
    hs_pg_drop_slots(conn);
    hs_primary_close(conn->primary);
    free(conn->url);
    free(conn);
}

static struct hs_pg *conn_new(const char *url, struct hs_error *err)
{
    struct hs_primary *primary = hs_primary_open(url, err);
    struct hs_pg *conn;

    if (!primary)
        return NULL;
    conn = calloc(1, sizeof *conn);
    if (conn) {
        conn->base.driver = &hs_postgres;
        conn->primary = primary;
        conn->url = strdup(url);
        if (conn->url)
            return conn;
        free(conn);
    }
    hs_primary_close(primary);
    hs_no_memory(err);
    return NULL;
}

/* It works, but it isn't as it should be. */
static void warn(const struct hs_link *link)
{
    struct hs_buf notes = {0};

    if (hs_link_notes(link, &notes) == 0 && notes.len > 0)
        hs_log(HS_LOG_WARN, "database_setup", HS_S("message", notes.data));
    hs_buf_free(&notes);
}

static struct hs_conn *open_writer(const char *url,
                                   const struct hs_conn_setup *setup,
                                   struct hs_error *err)
{
    struct hs_pg *conn = conn_new(url, err);

    if (!conn)
        return NULL;
    conn->hot = setup->hot;
    if (connect_writer(conn, FIRST_MS, err) == 0 &&
        first_steps(conn, err) == 0 && look(conn, err) == 0) {
        warn(conn->link);
        return &conn->base;
    }
    close_conn(&conn->base);
    return NULL;
}

static struct hs_conn *open_reader(const char *url,
                                   const struct hs_conn_setup *setup,
                                   struct hs_error *err)
{
    struct hs_pg *conn = conn_new(url, err);

    if (!conn)
        return NULL;
    conn->asker = setup->asker;
    conn->pool = hs_readers_open(url);
    if (conn->pool)
        return &conn->base;
    hs_no_memory(err);
    close_conn(&conn->base);
    return NULL;
}

const struct hs_driver hs_postgres = {
    .writer = open_writer,
    .reader = open_reader,
    .free = close_conn,
    .own = own,
    .in_transaction = in_transaction,
    .changed = changed,
    .changed_elsewhere = changed_elsewhere,
    .probe = probe,
    .rest = rest,
    .take = hs_pg_take,
    .put = hs_pg_put,
    .writes = hs_pg_writes,
    .bind = hs_pg_bind,
    .step = hs_pg_step,
    .columns = hs_pg_columns,
    .name = hs_pg_name,
    .value = hs_pg_value,
    .run_batch = hs_pg_run_batch,
    .run_together = hs_pg_run_together,
    .bus_start = hs_pg_bus_start,
    .bus_stop = hs_pg_bus_stop,
    .bus_moved = hs_pg_bus_moved,
    .bus_take = hs_pg_bus_take,
    .bus_say_rules = hs_pg_bus_say_rules,
    .bus_hosts = hs_pg_bus_hosts,
    .keep = hs_seen_keep,
    .scrub = hs_pg_scrub,
    .migrate = hs_pg_migrate,
    .check = hs_pg_check,
    .backup = hs_pg_backup,
    .restore = hs_pg_restore,
};
