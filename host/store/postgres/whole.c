/* whole.c: migrations, and what PostgreSQL has programs of its own for. */
#include "store/postgres/whole.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "store/engine/applied.h"
#include "store/engine/copy.h"
#include "store/postgres/dialect/dialect.h"
#include "store/postgres/plan.h"

#define CONNECT_MS 5000
#define STEP_MS 600000 /* one statement, on a long call log */

const char hs_pg_renumber_sql[] =
    "DO $$ DECLARE r record; BEGIN FOR r IN SELECT c.relname AS t,"
    " a.attname AS k FROM pg_class AS c JOIN pg_attribute AS a ON"
    " a.attrelid = c.oid WHERE c.relkind = 'r' AND c.relnamespace ="
    " current_schema()::regnamespace AND a.attidentity <> '' LOOP EXECUTE"
    " format('SELECT setval(s, max(%I)) FROM %I, (SELECT"
    " pg_get_serial_sequence(%L, %L)::regclass AS s) AS q GROUP BY s"
    " HAVING max(%I) > coalesce(pg_sequence_last_value(s), 0)',"
    " r.k, r.t, quote_ident(r.t), r.k, r.k); END LOOP; END $$";

/* A table that is made again loses its triggers, and hosts that are running
 * count on them. */
static const char watched_sql[] =
    "SELECT set_config('hookswitch.watched', coalesce(string_agg(c.relname,"
    " ','), ''), true) FROM pg_class AS c JOIN pg_trigger AS g ON"
    " g.tgrelid = c.oid WHERE g.tgname = 'hs_generation_moves'"
    " AND c.relnamespace = current_schema()::regnamespace";
static const char watch_again_sql[] =
    HS_WATCH_BEGIN " AND c.relname = ANY (string_to_array("
                   "current_setting('hookswitch.watched'), ','))" HS_WATCH_END;

/* Other hosts go on meanwhile. What they add to or change in the totals between
 * a file's reading of them and its commit, without what it adds, would be
 * missing there for good. */
static const char hold_calls_sql[] =
    "DO $$ BEGIN IF to_regclass('call_totals') IS NOT NULL THEN"
    " LOCK TABLE twilio_call_logs, call_totals IN SHARE ROW EXCLUSIVE MODE;"
    " END IF; END $$";

struct migration {
    struct hs_link *link;
    const struct hs_schema_file *files;
    unsigned count;
    unsigned applied;
};

static int run(struct migration *m, const char *const *sql, int count,
               struct pg_result **last, struct hs_error *err)
{
    return hs_link_run(m->link, sql, count, last, hs_running_ms() + STEP_MS,
                       err);
}

static int run_one(struct migration *m, const char *sql, struct hs_error *err)
{
    return run(m, &sql, 1, NULL, err);
}

/* Count what is applied; refuse what doesn't fit. */
static int inspect(struct migration *m, struct hs_error *err)
{
    static const char *const list[] = {HS_APPLIED_ROWS};
    struct pg_result *rows;
    int rc = 0;

    m->applied = 0;
    if (run(m, list, 1, &rows, err) != 0)
        return -1;
    for (int i = 0; rc == 0 && i < hs_pq.ntuples(rows); i++)
        rc = hs_applied_next(m->files, m->count, &m->applied,
                             hs_pq.getvalue(rows, i, 0),
                             hs_pq.getvalue(rows, i, 1), err);
    hs_pq.clear(rows);
    return rc;
}

static int run_file(struct migration *m, const struct hs_schema_file *file,
                    struct hs_error *err)
{
    struct hs_buf sql = {0}, function = {0};
    const char *at = file->sql;
    struct hs_error why;
    int found, rc = 0;

    while (rc == 0 && (found = hs_dialect_next(&at, file->sql + file->len, &sql,
                                               &function)) != 0) {
        if (found < 0) {
            rc = hs_no_memory(err);
        } else if ((function.len && run_one(m, function.data, &why) != 0) ||
                   run_one(m, sql.data, &why) != 0) {
            hs_error_set(err, why.code, "%s: %s", file->name, why.message);
            rc = -1;
        }
    }
    hs_buf_free(&sql);
    hs_buf_free(&function);
    return rc;
}

static int record(struct migration *m, const struct hs_schema_file *file,
                  struct hs_error *err)
{
    char digest[65], sql[512];

    hs_schema_checksum(file, digest);
    (void)snprintf(sql, sizeof sql,
                   "INSERT INTO schema_migrations(name, sha256, applied_at)"
                   " VALUES('%s', '%s', %lld)",
                   file->name, digest, (long long)hs_now_ms());
    return run_one(m, sql, err);
}

/* In one transaction, which no other process is in: look again, then run the
 * next file, or all of them in a trial. Returns how many ran, or -1. */
static int step(struct migration *m, int trial, struct hs_error *err)
{
    static const char *const begin[] = {
        "BEGIN",
        "SELECT pg_advisory_xact_lock(hashtext('hookswitch'),"
        " hashtext(current_schema()))",
        "CREATE TABLE IF NOT EXISTS schema_migrations ("
        "name TEXT COLLATE \"C\" PRIMARY KEY, sha256 TEXT NOT NULL,"
        " applied_at BIGINT NOT NULL)",
        watched_sql};
    static const char *const end[] = {hs_pg_renumber_sql, watch_again_sql};
    unsigned before;
    int rc = run(m, begin, 4, NULL, err) != 0 || inspect(m, err) != 0 ? -1 : 0;

    before = m->applied;
    if (rc == 0 && before < m->count)
        rc = run_one(m, hold_calls_sql, err);
    while (rc == 0 && m->applied < m->count) {
        const struct hs_schema_file *file = &m->files[m->applied];

        if (run_file(m, file, err) != 0 || record(m, file, err) != 0)
            rc = -1;
        else
            m->applied++;
        if (!trial)
            break;
    }
    if (rc == 0 && m->applied > before)
        rc = run(m, end, 2, NULL, err);
    if (rc == 0)
        rc = run_one(m, trial ? "ROLLBACK" : "COMMIT", err);
    else if (m->link->pg)
        (void)run_one(m, "ROLLBACK", &(struct hs_error){0});
    return rc == 0 ? (int)(m->applied - before) : -1;
}

int hs_pg_migrate(const char *url, const struct hs_schema_file *files,
                  unsigned count, int dry_run, int *applied,
                  struct hs_error *err)
{
    static const char *const patience[] = {
        "SELECT set_config('statement_timeout', '0', false)",
        "SELECT set_config('idle_in_transaction_session_timeout', '0', false)",
        "SELECT set_config('lock_timeout', '30s', false)"};
    struct migration m = {.files = files, .count = count};
    int total = 0, ran = -1;

    if (applied)
        *applied = 0;
    m.link = hs_link_open(url, 0, hs_running_ms() + CONNECT_MS, err);
    if (!m.link)
        return -1;
    if (run(&m, patience, 3, NULL, err) == 0) {
        do {
            ran = step(&m, dry_run, err);
            total += ran;
        } while (ran > 0 && !dry_run);
    }
    hs_link_free(m.link);
    if (ran >= 0 && applied)
        *applied = total;
    return ran < 0 ? -1 : 0;
}

static int refuse(struct hs_error *err, const char *what)
{
    return hs_error_set(err, "unsupported", "%s", what);
}

int hs_pg_scrub(const char *url, const struct hs_value *needles, int count,
                struct hs_error *err)
{
    (void)url;
    (void)needles;
    (void)count;
    hs_error_set(err, "held",
                 "PostgreSQL's files may hold the deleted rows until VACUUM "
                 "FULL, and its log and backups for longer.");
    return 1;
}

/* A file with all rows, which a server can start with. */
int hs_pg_backup(const char *from, const char *to,
                 void (*progress)(void *ctx, int done, int total), void *ctx,
                 struct hs_error *err)
{
    struct hs_copy copy = {.from = from,
                           .to = to,
                           .use = HS_SIDE_SNAPSHOT,
                           .progress = progress,
                           .ctx = ctx};

    return hs_copy(&copy, err);
}

int hs_pg_restore(const char *from, const char *to, struct hs_error *err)
{
    (void)from;
    (void)to;
    return refuse(err, "the database is on PostgreSQL: copy the backup into an "
                       "empty one (hookswitch copy FILE URL), or use "
                       "pg_restore for what pg_dump wrote");
}
