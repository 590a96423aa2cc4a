/* copy_side.c: a SQLite file as one of the two databases of a copy. */
#include "store/engine/copy_side.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "store/sqlite/conn.h"
#include "store/sqlite/files.h"
#include "store/sqlite/stmt.h"

#define COLUMNS_MAX 64

struct side {
    struct hs_side base;
    struct hs_lite conn;
    struct hs_buf partial; /* of one that is filled: its name until then */
    char *sql;             /* of the statement written last */
    sqlite3_stmt *stmt;
};

static const char tables_sql[] =
    "SELECT m.name, (SELECT group_concat('\"' || c.name || '\"', ', ') FROM "
    "(SELECT name FROM"
    " pragma_table_info(m.name) ORDER BY name) AS c), (SELECT count(*) FROM"
    " pragma_table_info(m.name)) FROM sqlite_schema AS m"
    " WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"
    " ORDER BY m.rowid";

static struct side *mine(struct hs_side *base)
{
    return (struct side *)base; /* which it begins with */
}

static void close_side(struct hs_side *base)
{
    struct side *side = mine(base);

    sqlite3_finalize(side->stmt);
    hs_lite_close(&side->conn);
    if (side->partial.len > 0)
        unlink(side->partial.data); /* gone if it was renamed */
    hs_buf_free(&side->partial);
    free(side->sql);
}

/* One that nobody can write to can't be in use. */
static int open_alone(struct side *side, struct hs_error *err)
{
    if (access(side->base.database, R_OK) != 0)
        return hs_error_set(err, "open", "can't read %s: %s",
                            side->base.database, strerrordesc_np(errno));
    if (access(side->base.database, W_OK) == 0)
        return hs_lite_lock(&side->conn, side->base.database, err);
    return hs_lite_open(&side->conn, side->base.database, HS_LITE_READER, NULL,
                        err) == 0 &&
                   hs_lite_exec(&side->conn, "BEGIN", err) == 0
               ? 0
               : -1;
}

/* Its triggers have done their work where the rows come from. */
static int open_new(struct side *side, struct hs_error *err)
{
    if (hs_lite_begin_partial(side->base.database, &side->partial, err) != 0 ||
        hs_migrate(side->partial.data, 0, NULL, err) != 0 ||
        hs_lite_open(&side->conn, side->partial.data, HS_LITE_COPY, NULL,
                     err) != 0)
        return -1;
    sqlite3_db_config(side->conn.db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
    return hs_lite_exec(&side->conn,
                        "PRAGMA journal_mode=DELETE;PRAGMA foreign_keys=OFF;"
                        "BEGIN",
                        err);
}

static int open_side(struct hs_side *base, enum hs_side_use use,
                     struct hs_error *err)
{
    struct side *side = mine(base);

    return use == HS_SIDE_TO ? open_new(side, err) : open_alone(side, err);
}

static int prepare(struct hs_side *base, struct hs_error *err)
{
    (void)base;
    (void)err;
    return 0;
}

static int compile(struct side *side, const char *sql, sqlite3_stmt **stmt,
                   struct hs_error *err)
{
    int rc;

    side->conn.trusted = 1;
    rc = sqlite3_prepare_v2(side->conn.db, sql, -1, stmt, NULL);
    side->conn.trusted = 0;
    return rc == SQLITE_OK ? 0 : hs_lite_error(&side->conn, rc, err);
}

static int scan(struct hs_side *base, const char *sql, hs_side_row *row,
                void *ctx, struct hs_error *err)
{
    struct side *side = mine(base);
    sqlite3_stmt *stmt = NULL;
    struct hs_value values[COLUMNS_MAX];
    int rc, failed = compile(side, sql, &stmt, err) != 0;
    int columns = failed ? 0 : sqlite3_column_count(stmt);

    while (!failed && (rc = sqlite3_step(stmt)) != SQLITE_DONE) {
        if (rc != SQLITE_ROW) {
            failed = hs_lite_error(&side->conn, rc, err);
            break;
        }
        for (int i = 0; !failed && i < columns && i < COLUMNS_MAX; i++)
            failed = hs_lite_column(stmt, i, &values[i]) != 0;
        if (failed)
            hs_no_memory(err);
        else
            failed = row(ctx, values, columns, err) != 0;
    }
    sqlite3_finalize(stmt);
    return failed ? -1 : 0;
}

/* A TEXT column of a strict table takes nothing else. */
static int bind(sqlite3_stmt *stmt, int place, const struct hs_value *value)
{
    switch (value->type) {
    case HS_INTEGER:
        return sqlite3_bind_int64(stmt, place, value->integer);
    case HS_REAL:
        return sqlite3_bind_double(stmt, place, value->real);
    case HS_TEXT:
    case HS_BLOB:
        return sqlite3_bind_text64(stmt, place, value->bytes, value->len,
                                   SQLITE_STATIC, SQLITE_UTF8);
    default:
        return sqlite3_bind_null(stmt, place);
    }
}

static int write_one(struct hs_side *base, const char *sql,
                     const struct hs_value *values, int count,
                     struct hs_error *err)
{
    struct side *side = mine(base);
    int rc = SQLITE_OK;

    if (!side->sql || strcmp(side->sql, sql) != 0) {
        sqlite3_finalize(side->stmt);
        side->stmt = NULL;
        free(side->sql);
        side->sql = strdup(sql);
        if (compile(side, sql, &side->stmt, err) != 0)
            return -1;
    }
    for (int i = 0; rc == SQLITE_OK && i < count; i++)
        rc = bind(side->stmt, i + 1, &values[i]);
    if (rc == SQLITE_OK)
        rc = sqlite3_step(side->stmt);
    if (rc == SQLITE_DONE)
        rc = sqlite3_reset(side->stmt);
    return rc == SQLITE_OK ? 0 : hs_lite_error(&side->conn, rc, err);
}

static int flush(struct hs_side *base, struct hs_error *err)
{
    (void)base;
    (void)err;
    return 0;
}

static int commit(struct hs_side *base, struct hs_error *err)
{
    struct side *side = mine(base);

    sqlite3_finalize(side->stmt);
    side->stmt = NULL;
    if (hs_lite_exec(&side->conn, "COMMIT", err) != 0 ||
        hs_lite_check_copy(&side->conn, err) != 0)
        return -1;
    hs_lite_close(&side->conn);
    return hs_lite_publish(side->partial.data, side->base.database, err);
}

const struct hs_side_driver hs_sqlite_side = {
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
