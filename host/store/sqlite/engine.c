/* engine.c: SQLite as the store's engine: its writer and its readers. */
#include "store/engine/engine.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "store/sqlite/checkpoint.h"
#include "store/sqlite/conn.h"
#include "store/sqlite/files.h"
#include "store/sqlite/stmt.h"

#define LOCK_STEP_MS 50 /* one wait for another process's lock */
/* SQLite instructions: well below a millisecond. */
#define PROGRESS_STEPS 10000

static struct hs_lite *open_conn(const char *path, enum hs_lite_role role,
                                 const struct hs_conn_setup *setup,
                                 struct hs_error *err)
{
    const char *pragmas = setup->tuning ? setup->tuning->pragmas : NULL;
    struct hs_lite *conn = calloc(1, sizeof *conn);

    if (!conn) {
        hs_no_memory(err);
        return NULL;
    }
    conn->base.driver = &hs_sqlite;
    conn->hot = setup->hot;
    if (hs_lite_open(conn, path, role, pragmas, err) == 0)
        return conn;
    free(conn);
    return NULL;
}

static void close_conn(struct hs_conn *base)
{
    struct hs_lite *conn = hs_lite_of(base);

    hs_checkpoint_free(conn->checkpoint);
    hs_lite_close(conn); /* the last one to close moves the WAL into the file */
    free(conn);
}

static struct hs_conn *open_writer(const char *path,
                                   const struct hs_conn_setup *setup,
                                   struct hs_error *err)
{
    struct hs_lite *conn = open_conn(path, HS_LITE_WRITER, setup, err);

    if (!conn)
        return NULL;
    sqlite3_busy_timeout(conn->db, LOCK_STEP_MS);
    conn->checkpoint = hs_checkpoint_new(conn, path, setup->tuning, err);
    if (conn->checkpoint)
        return &conn->base;
    close_conn(&conn->base);
    return NULL;
}

/* SQLite calls this now and then. */
static int is_late(void *ctx)
{
    const struct hs_lite *conn = ctx;

    const int64_t *deadline = conn->base.deadline;

    return deadline && *deadline && hs_running_ms() >= *deadline;
}

static struct hs_conn *open_reader(const char *path,
                                   const struct hs_conn_setup *setup,
                                   struct hs_error *err)
{
    struct hs_lite *conn = open_conn(path, HS_LITE_READER, setup, err);

    if (conn)
        sqlite3_progress_handler(conn->db, PROGRESS_STEPS, is_late, conn);
    return conn ? &conn->base : NULL;
}

static void rest(struct hs_conn *base, int failed)
{
    hs_checkpoint_look(hs_lite_of(base)->checkpoint, failed);
}

static int probe(struct hs_conn *base, struct hs_error *err)
{
    struct hs_lite *conn = hs_lite_of(base);
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
        hs_lite_error(conn, rc, err);
    sqlite3_finalize(stmt);
    return rc == SQLITE_ROW ? hs_lite_exec(conn, sql, err) : -1;
}

const struct hs_driver hs_sqlite = {
    .writer = open_writer,
    .reader = open_reader,
    .free = close_conn,
    .own = hs_lite_own,
    .in_transaction = hs_lite_in_transaction,
    .changed = hs_lite_changed,
    .changed_elsewhere = hs_lite_changed_elsewhere,
    .probe = probe,
    .rest = rest,
    .take = hs_lite_take,
    .put = hs_lite_put,
    .writes = hs_lite_writes,
    .bind = hs_lite_bind,
    .step = hs_lite_step,
    .columns = hs_lite_columns,
    .name = hs_lite_name,
    .value = hs_lite_value,
    .spares = 1,
    .run_batch = hs_lite_run_batch,
    .scrub = hs_lite_scrub,
    .migrate = hs_lite_migrate,
    .check = hs_lite_check,
    .backup = hs_lite_backup,
    .restore = hs_lite_restore,
};
