/* migrate.c: bring a database to the schema/ files of this program.
 *
 * Each file runs in one transaction together with its row in
 * schema_migrations, so after a crash it is either applied or untouched. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "store/engine/applied.h"
#include "store/engine/schema.h"
#include "store/sqlite/conn.h"
#include "store/sqlite/files.h"
#include "store/sqlite/stmt.h"

struct migration {
    struct hs_lite conn;
    const struct hs_schema_file *files;
    unsigned count;
    unsigned applied; /* this many files, from the first, are in the database */
};

static const char create_table[] =
    "CREATE TABLE IF NOT EXISTS schema_migrations ("
    "    name TEXT PRIMARY KEY NOT NULL,"
    "    sha256 TEXT NOT NULL,"
    "    applied_at INTEGER NOT NULL"
    ") STRICT";

static int table_exists(struct hs_lite *conn, struct hs_error *err)
{
    static const char sql[] = "SELECT count(*) FROM sqlite_schema WHERE "
                              "type = 'table' AND name = 'schema_migrations'";
    sqlite3_stmt *stmt = NULL;
    int rc = sqlite3_prepare_v2(conn->db, sql, -1, &stmt, NULL);
    int found = 0;

    if (rc == SQLITE_OK)
        rc = sqlite3_step(stmt);
    if (rc == SQLITE_ROW)
        found = sqlite3_column_int(stmt, 0);
    else
        found = hs_lite_error(conn, rc, err);
    sqlite3_finalize(stmt);
    return found;
}

/* Count the applied files; refuse any mismatch. */
static int inspect(struct migration *m, struct hs_error *err)
{
    sqlite3_stmt *stmt = NULL;
    int found = table_exists(&m->conn, err);
    int rc;

    m->applied = 0;
    if (found <= 0)
        return found;
    rc = sqlite3_prepare_v2(m->conn.db, HS_APPLIED_ROWS, -1, &stmt, NULL);
    while (rc == SQLITE_OK && (rc = sqlite3_step(stmt)) == SQLITE_ROW) {
        const char *name = (const char *)sqlite3_column_text(stmt, 0);
        const char *sha256 = (const char *)sqlite3_column_text(stmt, 1);

        rc = SQLITE_OK;
        if (hs_applied_next(m->files, m->count, &m->applied, name ? name : "",
                            sha256 ? sha256 : "", err) != 0) {
            sqlite3_finalize(stmt);
            return -1;
        }
    }
    if (rc != SQLITE_DONE)
        hs_lite_error(&m->conn, rc, err);
    sqlite3_finalize(stmt);
    return rc == SQLITE_DONE ? 0 : -1;
}

/* The guard keeps a file from ending the transaction it runs in. */
static int run_statements(struct hs_lite *conn,
                          const struct hs_schema_file *file,
                          struct hs_error *err)
{
    const char *sql = file->sql;
    const char *end = sql + file->len;
    struct hs_error why;

    while (sql < end) {
        sqlite3_stmt *stmt = NULL;
        const char *start = sql;
        int rc = sqlite3_prepare_v2(conn->db, start, (int)(end - start), &stmt,
                                    &sql);

        while (rc == SQLITE_OK && stmt &&
               (rc = sqlite3_step(stmt)) == SQLITE_ROW)
            rc = SQLITE_OK;
        if (rc == SQLITE_OK || rc == SQLITE_DONE) {
            sqlite3_finalize(stmt);
            continue;
        }
        hs_lite_error(conn, rc, &why);
        hs_error_set(err, why.code, "%s: %s", file->name, why.message);
        sqlite3_finalize(stmt);
        return -1;
    }
    return 0;
}

/* Foreign keys are off while a file runs, so that it can rebuild a table;
 * afterwards every reference must hold. */
static int check_references(struct hs_lite *conn, const char *name,
                            struct hs_error *err)
{
    sqlite3_stmt *stmt = NULL;
    int rc = sqlite3_prepare_v2(conn->db, "PRAGMA foreign_key_check", -1, &stmt,
                                NULL);

    if (rc == SQLITE_OK)
        rc = sqlite3_step(stmt);
    if (rc == SQLITE_ROW)
        hs_error_set(err, "constraint",
                     "%s leaves rows of %s that refer to nothing", name,
                     (const char *)sqlite3_column_text(stmt, 0));
    else if (rc != SQLITE_DONE)
        hs_lite_error(conn, rc, err);
    sqlite3_finalize(stmt);
    return rc == SQLITE_DONE ? 0 : -1;
}

static int record(struct hs_lite *conn, const struct hs_schema_file *file,
                  struct hs_error *err)
{
    static const char sql[] = HS_APPLIED_INSERT;
    char digest[65];
    struct hs_value values[3];
    struct hs_statement statement = {
        .sql = sql, .sql_len = sizeof sql - 1, .values = values, .count = 3};

    hs_schema_checksum(file, digest);
    values[0] = (struct hs_value){
        .type = HS_TEXT, .bytes = file->name, .len = strlen(file->name)};
    values[1] = (struct hs_value){.type = HS_TEXT, .bytes = digest, .len = 64};
    values[2] = (struct hs_value){.type = HS_INTEGER, .integer = hs_now_ms()};
    return hs_lite_run(conn, &statement, NULL, err);
}

static int apply(struct migration *m, struct hs_error *err)
{
    const struct hs_schema_file *file = &m->files[m->applied];

    if (run_statements(&m->conn, file, err) != 0 ||
        check_references(&m->conn, file->name, err) != 0 ||
        record(&m->conn, file, err) != 0)
        return -1;
    m->applied++;
    return 0;
}

/* In one transaction: check again (another process may be migrating too), then
 * run the next file, or all of them in a trial. Returns how many ran, or -1. */
static int step(struct migration *m, int trial, struct hs_error *err)
{
    unsigned before;

    if (hs_lite_own(&m->conn.base, HS_OWN_BEGIN, err) != 0)
        return -1;
    if (hs_lite_exec(&m->conn, create_table, err) != 0 || inspect(m, err) != 0)
        goto failed;
    before = m->applied;
    while (m->applied < m->count) {
        if (apply(m, err) != 0)
            goto failed;
        if (!trial)
            break;
    }
    if (hs_lite_own(&m->conn.base, trial ? HS_OWN_ROLLBACK : HS_OWN_COMMIT,
                    err) == 0)
        return (int)(m->applied - before);

failed:
    if (hs_lite_in_transaction(&m->conn.base))
        hs_lite_own(&m->conn.base, HS_OWN_ROLLBACK, NULL);
    return -1;
}

/* An up-to-date database needs no write access: it may be locked or read-only.
 * Returns how many files are missing, or -1. */
static int pending(struct migration *m, const char *path, struct hs_error *err)
{
    int rc;

    if (access(path, F_OK) != 0)
        return (int)m->count;
    if (hs_lite_open(&m->conn, path, HS_LITE_READER, NULL, err) != 0)
        return -1;
    rc = inspect(m, err);
    hs_lite_close(&m->conn);
    return rc == 0 ? (int)(m->count - m->applied) : -1;
}

static int migrate(struct migration *m, const char *path, int trial,
                   struct hs_error *err)
{
    int exists = access(path, F_OK) == 0;
    int total = 0;
    int ran;

    if (hs_lite_open(&m->conn, path,
                     trial && !exists ? HS_LITE_MEMORY : HS_LITE_MIGRATION,
                     NULL, err) != 0)
        return -1;
    do {
        ran = step(m, trial, err);
        total += ran;
    } while (ran > 0 && !trial);
    hs_lite_close(&m->conn);
    return ran < 0 ? -1 : total;
}

int hs_lite_migrate(const char *path, const struct hs_schema_file *files,
                    unsigned count, int dry_run, int *applied,
                    struct hs_error *err)
{
    struct migration *m = calloc(1, sizeof *m);
    int ran;

    if (applied)
        *applied = 0;
    if (!m)
        return hs_no_memory(err);
    m->files = files;
    m->count = count;
    ran = pending(m, path, err);
    if (ran > 0)
        ran = migrate(m, path, dry_run, err);
    if (ran >= 0 && applied)
        *applied = ran;
    free(m);
    return ran < 0 ? -1 : 0;
}
