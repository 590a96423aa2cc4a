/* conn.h: one SQLite connection: its settings, its guard, its statements.
 *
 * The only place that includes sqlite3.h. A connection is used by one thread at
 * a time; the guard (SQLite's authorizer) refuses whatever could leave the
 * database file or the transaction, and learns what each statement changes. */
#ifndef HS_STORE_CONN_H
#define HS_STORE_CONN_H

#include <stddef.h>
#include <stdint.h>

#include <sqlite3.h>

#include "store/store.h"

enum hs_conn_role {
    HS_CONN_WRITER,       /* creates the file, WAL */
    HS_CONN_READER,       /* read-only; also from a read-only file system */
    HS_CONN_CHECKPOINTER, /* writes, only to move the WAL into the file */
    HS_CONN_MIGRATION,    /* like the writer, foreign keys off */
    HS_CONN_MEMORY,       /* a trial run: nothing is stored */
    HS_CONN_COPY          /* a backup in the making, seen by nobody else */
};

/* Statements of our own, prepared once. */
enum hs_own {
    HS_OWN_BEGIN,
    HS_OWN_COMMIT,
    HS_OWN_ROLLBACK,
    HS_OWN_SAVEPOINT,
    HS_OWN_RELEASE,
    HS_OWN_ROLLBACK_TO,
    HS_OWN_VERSION,
    HS_OWN_COUNT
};

/* A caller's statement and what the guard learned about it. */
struct hs_prepared {
    struct hs_prepared *chain; /* same bucket */
    struct hs_prepared *older; /* least recently used list */
    struct hs_prepared *newer;
    uint64_t hash;
    size_t len;
    sqlite3_stmt *stmt; /* NULL: a write that only a reader has looked at */
    int parameters;
    unsigned writes : 1;  /* is not read-only */
    unsigned changes : 1; /* inserts, updates or deletes rows */
    unsigned inserts : 1;
    unsigned cold : 1; /* touches a table that is not hot */
    unsigned in_use : 1;
    unsigned cached : 1;
    char sql[];
};

#define HS_PREPARED_BUCKETS 256

struct hs_conn {
    sqlite3 *db; /* NULL: not open */
    enum hs_conn_role role;
    const char *const *hot;
    int trusted;                  /* one of our own statements is running */
    struct hs_prepared *learning; /* the guard notes here what it sees */
    int cold; /* set when rows outside the hot tables changed */
    sqlite3_stmt *own[HS_OWN_COUNT];
    int cached;
    int capacity; /* prepared statements kept */
    struct hs_prepared *newest;
    struct hs_prepared *oldest;
    struct hs_prepared *buckets[HS_PREPARED_BUCKETS];
};

/* Open `path` for the role in a zeroed struct; `pragmas` (may be NULL) run
 * last. Returns 0; -1 with `err` ("open", "pragma", "readonly", "memory"), and
 * conn->db is NULL. */
int hs_conn_open(struct hs_conn *conn, const char *path, enum hs_conn_role role,
                 const char *pragmas, struct hs_error *err);
/* Every statement must be back. A connection that is not open is accepted. */
void hs_conn_close(struct hs_conn *conn);
/* Run SQL of our own, without the guard. 0, or -1 with `err`. */
int hs_conn_exec(struct hs_conn *conn, const char *sql, struct hs_error *err);
/* Run one of our statements to its end; returns SQLite's code, SQLITE_OK when
 * it is done. `number` (may be NULL) receives the first column. */
int hs_conn_own(struct hs_conn *conn, enum hs_own which, int64_t *number);
/* The folder a file is in; the caller frees it. NULL when memory ran out. */
char *hs_conn_folder(const char *path);
/* Put SQLite's last error into our words. Returns -1. */
int hs_conn_error(struct hs_conn *conn, int rc, struct hs_error *err);

/* stmt.c */

/* Find or prepare a statement and take it. NULL and `err` when it is not one
 * valid, allowed statement. Give it back with hs_conn_put(). */
struct hs_prepared *hs_conn_take(struct hs_conn *conn, const char *sql,
                                 size_t len, struct hs_error *err);
void hs_conn_put(struct hs_conn *conn, struct hs_prepared *prepared);
/* Bind the values in place. 0, or -1 with `err` ("sql"). */
int hs_conn_bind(struct hs_conn *conn, struct hs_prepared *prepared,
                 const struct hs_statement *statement, struct hs_error *err);
/* One step; SQLite's code. */
int hs_conn_step(struct hs_conn *conn, struct hs_prepared *prepared);

/* The value in a column of the row on which `stmt` stands, valid until the next
 * step. 0, or -1 when memory ran out. */
int hs_column_value(sqlite3_stmt *stmt, int column, struct hs_value *out);

/* The rows that a write gave back, in memory. */
struct hs_rows;
/* Run to the end; rows are stored in *rows when it is not NULL. Fills the
 * statement's changes and last_id. 0, or -1 with `err`; what the statement did
 * is then undone by SQLite, or by the caller's savepoint. */
int hs_conn_run(struct hs_conn *conn, struct hs_statement *statement,
                struct hs_rows **rows, struct hs_error *err);
/* Run all in one savepoint. 0, or -1 with `err` and nothing changed. */
int hs_conn_run_batch(struct hs_conn *conn, struct hs_statement *batch,
                      int count, struct hs_rows **rows, struct hs_error *err);
void hs_conn_drop_cache(struct hs_conn *conn);

void hs_rows_free(struct hs_rows *rows); /* NULL accepted */
size_t hs_rows_count(const struct hs_rows *rows);
int hs_rows_columns(const struct hs_rows *rows);
const char *hs_rows_name(const struct hs_rows *rows, int column);
void hs_rows_value(const struct hs_rows *rows, size_t row, int column,
                   struct hs_value *out);
/* Append the row on which `stmt` stands. 0, or -1 when memory ran out. */
int hs_rows_add(struct hs_rows **rows, sqlite3_stmt *stmt);

#endif
