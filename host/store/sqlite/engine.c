/* engine.c: SQLite as the store's engine: its writer and its readers. */
#include "store/engine.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "store/sqlite/checkpoint.h"
#include "store/sqlite/conn.h"

#define LOCK_STEP_MS 50 /* one wait for another process's lock */
/* Of SQLite's machine: well below a millisecond. */
#define PROGRESS_STEPS 10000

static struct hs_conn *open_conn(const char *path, enum hs_conn_role role,
                                 const struct hs_conn_setup *setup,
                                 struct hs_error *err)
{
    const char *pragmas = setup->tuning ? setup->tuning->pragmas : NULL;
    struct hs_conn *conn = calloc(1, sizeof *conn);

    if (!conn) {
        hs_error_set(err, "memory", "out of memory");
        return NULL;
    }
    conn->hot = setup->hot;
    conn->deadline = setup->deadline;
    if (hs_conn_open(conn, path, role, pragmas, err) == 0)
        return conn;
    free(conn);
    return NULL;
}

struct hs_conn *hs_conn_writer(const char *path,
                               const struct hs_conn_setup *setup,
                               struct hs_error *err)
{
    struct hs_conn *conn = open_conn(path, HS_CONN_WRITER, setup, err);

    if (!conn)
        return NULL;
    sqlite3_busy_timeout(conn->db, LOCK_STEP_MS);
    conn->checkpoint = hs_checkpoint_new(conn, path, setup->tuning, err);
    if (conn->checkpoint)
        return conn;
    hs_conn_free(conn);
    return NULL;
}

/* SQLite asks now and then. */
static int is_late(void *ctx)
{
    const struct hs_conn *conn = ctx;

    return *conn->deadline && hs_running_ms() >= *conn->deadline;
}

struct hs_conn *hs_conn_reader(const char *path,
                               const struct hs_conn_setup *setup,
                               struct hs_error *err)
{
    struct hs_conn *conn = open_conn(path, HS_CONN_READER, setup, err);

    if (conn && conn->deadline)
        sqlite3_progress_handler(conn->db, PROGRESS_STEPS, is_late, conn);
    return conn;
}

void hs_conn_free(struct hs_conn *conn)
{
    if (!conn)
        return;
    hs_checkpoint_free(conn->checkpoint);
    hs_conn_close(conn); /* the last one moves the WAL into the file */
    free(conn);
}

void hs_conn_rest(struct hs_conn *conn, int failed)
{
    hs_checkpoint_look(conn->checkpoint, failed);
}

int hs_conn_probe(struct hs_conn *conn, struct hs_error *err)
{
    sqlite3_stmt *stmt = NULL;
    char sql[64];
    int rc =
        sqlite3_prepare_v2(conn->db, "PRAGMA user_version", -1, &stmt, NULL);

    if (rc == SQLITE_OK)
        rc = sqlite3_step(stmt);
    if (rc == SQLITE_ROW)
        snprintf(sql, sizeof sql, "PRAGMA user_version=%d",
                 sqlite3_column_int(stmt, 0));
    else
        hs_conn_error(conn, rc, err);
    sqlite3_finalize(stmt);
    return rc == SQLITE_ROW ? hs_conn_exec(conn, sql, err) : -1;
}
