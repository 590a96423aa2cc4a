/* engine.c: PostgreSQL as the store's engine: its writer and its readers.
 *
 * One writer at a time writes in the whole database, as it is with SQLite: a
 * group begins with a lock that ends with it. So a transaction that reads, then
 * thinks, then writes is right with any number of hosts, and no two of them
 * wait for each other's rows. */
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/log.h"
#include "store/postgres/compat.h"
#include "store/postgres/conn.h"
#include "store/postgres/whole.h"

#define CONNECT_MS 1000
#define FIRST_MS 5000   /* at the start */
#define RETRY_MS 1000   /* between attempts to connect */
#define ANSWER_MS 5000  /* of the server, to one thing */
#define BEGIN_MS 1000   /* those who wait can still be told */
#define COMMIT_MS 10000 /* nobody may be told anything else before that */
#define LOOK_MS 90      /* between looks for others' commits */

static const char begin_sql[] = "BEGIN";
static const char lock_sql[] =
    "SELECT pg_advisory_xact_lock(hashtext('hookswitch'),"
    " hashtext(current_schema()))";
static const char version_sql[] = "SELECT n FROM hs_generation";

int64_t hs_pg_until(const struct hs_pg *conn)
{
    int64_t until = hs_monotonic_ms() + ANSWER_MS;

    return conn->base.until && conn->base.until < until ? conn->base.until
                                                        : until;
}

/* ---- the writer's link ---- */

/* Every change of a table that isn't hot moves the generation, whoever makes
 * it: a person with psql, too. Once a transaction is enough. */
static int watch_settings(const struct hs_pg *conn, struct hs_error *err)
{
    struct hs_buf sql = {0};
    const char *list[] = {begin_sql, lock_sql, NULL, "COMMIT"};
    int failed = hs_buf_add_str(
        &sql, "DO $$ DECLARE t text; BEGIN FOR t IN SELECT c.relname FROM"
              " pg_class AS c WHERE c.relkind = 'r'"
              " AND c.relnamespace = current_schema()::regnamespace"
              " AND c.relname NOT IN ('hs_generation', 'schema_migrations'");

    for (const char *const *hot = conn->hot; !failed && *hot; hot++)
        failed = hs_buf_printf(&sql, ", '%s'", *hot);
    failed =
        failed ||
        hs_buf_add_str(
            &sql, ") AND NOT EXISTS (SELECT 1 FROM pg_trigger AS g WHERE"
                  " g.tgrelid = c.oid AND g.tgname = 'hs_generation_moves')"
                  " LOOP EXECUTE format('CREATE TRIGGER hs_generation_moves"
                  " AFTER INSERT OR UPDATE OR DELETE ON %I FOR EACH ROW EXECUTE"
                  " FUNCTION hs_generation_move()', t); END LOOP; END $$");
    if (failed) {
        hs_buf_free(&sql);
        hs_error_set(err, "memory", "out of memory");
        return -1;
    }
    list[2] = sql.data;
    failed = hs_link_run(conn->link, list, 4, NULL,
                         hs_monotonic_ms() + FIRST_MS, err) != 0;
    hs_buf_free(&sql);
    return failed ? -1 : 0;
}

static int first_steps(struct hs_pg *conn, struct hs_error *err)
{
    static const char *const list[] = {
        begin_sql, lock_sql,
        "CREATE TABLE IF NOT EXISTS hs_generation (n BIGINT NOT NULL)",
        "INSERT INTO hs_generation (n) SELECT 1"
        " WHERE NOT EXISTS (SELECT 1 FROM hs_generation)"};
    static const char *const end[] = {"COMMIT"};
    int64_t until = hs_monotonic_ms() + FIRST_MS;

    if (hs_link_run(conn->link, list, 4, NULL, until, err) != 0 ||
        hs_link_run(conn->link, hs_compat, HS_COMPAT_STEPS, NULL, until, err) !=
            0 ||
        hs_link_run(conn->link, end, 1, NULL, until, err) != 0)
        return -1;
    return conn->hot && conn->hot[0] ? watch_settings(conn, err) : 0;
}

/* A closed link is opened again; when that fails, after a second at the
 * earliest. */
static int connect_writer(struct hs_pg *conn, int wait_ms, struct hs_error *err)
{
    int64_t now = hs_monotonic_ms();

    if (conn->link && conn->link->pg)
        return 0;
    if (conn->tried_at && now - conn->tried_at < RETRY_MS) {
        *err = conn->why;
        return -1;
    }
    hs_link_free(conn->link);
    conn->version_at = 0;
    conn->link = hs_link_open(conn->url, 0, now + wait_ms, err);
    conn->tried_at = conn->link ? 0 : hs_monotonic_ms();
    if (conn->link)
        return 0;
    conn->why = *err;
    return -1;
}

/* ---- our own statements ---- */

/* Run them on the writer's link; it remembers why it was lost. */
static int run(struct hs_pg *conn, const char *const *sql, int count,
               struct pg_result **last, int64_t until, struct hs_error *err)
{
    int rc = hs_link_run(conn->link, sql, count, last, until, err);

    if (!conn->link->pg)
        conn->why = *err;
    return rc;
}

static void take_version(struct hs_pg *conn, struct pg_result *result)
{
    int64_t version = 0;

    if (hs_pq.ntuples(result) > 0)
        version = strtoll(hs_pq.getvalue(result, 0, 0), NULL, 10);
    conn->cold |= version != conn->version;
    conn->version = version;
    conn->version_at = hs_monotonic_ms();
    hs_pq.clear(result);
}

static int begin(struct hs_pg *conn, struct hs_error *err)
{
    static const char *const list[] = {begin_sql, lock_sql};
    static const char *const undo[] = {"ROLLBACK"};
    int was_open = conn->link && conn->link->pg;
    int64_t until;

    if (connect_writer(conn, CONNECT_MS, err) != 0)
        return -1;
    until = hs_monotonic_ms() + BEGIN_MS;
    if (run(conn, list, 2, NULL, until, err) == 0) {
        conn->link->in_transaction = 1;
        return 0;
    }
    /* It was dead without our knowing, and nothing was begun. */
    if (was_open && !conn->link->pg && hs_monotonic_ms() < until)
        return begin(conn, err);
    if (conn->link->pg)
        (void)run(conn, undo, 1, NULL, until, &(struct hs_error){0});
    else /* busy is for a lock: this is worse */
        hs_error_set(err, "io", "%s", conn->why.message);
    return -1;
}

/* The server answers COMMIT with ROLLBACK when the transaction had failed; says
 * nothing when nobody knows; and warns when it gave up waiting for a standby,
 * which may have it or not. */
static int commit(struct hs_pg *conn, struct hs_error *err)
{
    struct pg_result *results[2];
    struct hs_link *link = conn->link;
    int64_t until = hs_monotonic_ms() + COMMIT_MS;
    int failed;

    link->warned = 0;
    if (hs_link_send(link, "COMMIT", err) != 0 ||
        hs_link_send(link, version_sql, err) != 0 ||
        hs_link_collect(link, results, 2, until, err) != 0) {
        conn->why = *err;
        hs_error_set(err, "unknown", "not known to be committed: %s",
                     conn->why.message);
        return -1;
    }
    link->in_transaction = 0;
    failed = hs_result_failed(results[0], err);
    if (!failed && strcmp(hs_pq.cmdStatus(results[0]), "COMMIT") != 0) {
        hs_error_set(err, "sql", "a statement of the transaction had failed");
        failed = 1;
    } else if (!failed && link->warned) {
        hs_error_set(err, "unknown", "may not have reached the standby");
        failed = 1;
    }
    hs_pq.clear(results[0]);
    if (hs_result_failed(results[1], &(struct hs_error){0}))
        hs_pq.clear(results[1]);
    else
        take_version(conn, results[1]);
    return failed ? -1 : 0;
}

static int version(struct hs_pg *conn, int64_t *number, struct hs_error *err)
{
    static const char *const list[] = {version_sql};
    int64_t now = hs_monotonic_ms();
    struct pg_result *result;
    int cold = conn->cold;

    if (!conn->version_at || now - conn->version_at >= LOOK_MS) {
        /* A lost link is made again here, too, so that others' commits are
         * seen while nobody writes. */
        if (connect_writer(conn, CONNECT_MS, err) != 0 ||
            run(conn, list, 1, &result, hs_monotonic_ms() + BEGIN_MS, err) != 0)
            return -1;
        take_version(conn, result);
        conn->cold = cold; /* another's commit, not ours */
    }
    if (number)
        *number = conn->version;
    return 0;
}

static int own(struct hs_conn *base, enum l_own which, int64_t *number,
               struct hs_error *err)
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
    if (which == HS_OWN_VERSION)
        return version(conn, number, err);
    if (!conn->link || !conn->link->pg) {
        *err = conn->why;
        return -1;
    }
    if (which == HS_OWN_COMMIT)
        return commit(conn, err);
    rc = run(conn, &texts[which], 1, NULL, hs_monotonic_ms() + ANSWER_MS, err);
    if (which == HS_OWN_ROLLBACK)
        conn->link->in_transaction = 0;
    return rc;
}

static int in_transaction(const struct hs_conn *base)
{
    const struct hs_pg *conn = (const struct hs_pg *)base;

    return conn->link && conn->link->in_transaction;
}

static int changed_cold(struct hs_conn *base)
{
    struct hs_pg *conn = hs_pg_of(base);
    int changed = conn->cold;

    conn->cold = 0;
    return changed;
}

/* A standby takes BEGIN, but nothing that writes. */
static int probe(struct hs_conn *base, struct hs_error *err)
{
    static const char *const list[] = {
        "UPDATE hs_generation SET n = n WHERE false"};

    return run(hs_pg_of(base), list, 1, NULL, hs_monotonic_ms() + ANSWER_MS,
               err);
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
    free(conn->url);
    free(conn);
}

static struct hs_pg *conn_new(const char *url, struct hs_error *err)
{
    struct hs_pg *conn = calloc(1, sizeof *conn);

    if (conn) {
        conn->base.driver = &hs_postgres;
        conn->url = strdup(url);
        if (conn->url)
            return conn;
        free(conn);
    }
    hs_error_set(err, "memory", "out of memory");
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
        first_steps(conn, err) == 0 && version(conn, NULL, err) == 0) {
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
    conn->deadline = setup->deadline;
    conn->pool = hs_readers_open(url);
    if (conn->pool)
        return &conn->base;
    hs_error_set(err, "memory", "out of memory");
    close_conn(&conn->base);
    return NULL;
}

const struct hs_driver hs_postgres = {
    .writer = open_writer,
    .reader = open_reader,
    .free = close_conn,
    .own = own,
    .in_transaction = in_transaction,
    .changed_cold = changed_cold,
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
    .scrub = hs_pg_scrub,
    .migrate = hs_pg_migrate,
    .check = hs_pg_check,
    .backup = hs_pg_backup,
    .restore = hs_pg_restore,
};
