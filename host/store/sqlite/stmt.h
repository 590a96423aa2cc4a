/* stmt.h: the prepared statements of a connection, and running them. */
#ifndef HS_SQLITE_STMT_H
#define HS_SQLITE_STMT_H

#include "store/sqlite/handle.h"

/* Of the driver: store/engine/engine.h. */
struct hs_prepared *hs_lite_take(struct hs_conn *base, const char *sql,
                                 size_t len, struct hs_error *err);
void hs_lite_put(struct hs_conn *base, struct hs_prepared *prepared);
int hs_lite_writes(const struct hs_prepared *prepared);
int hs_lite_bind(struct hs_conn *base, struct hs_prepared *prepared,
                 const struct hs_statement *statement, struct hs_error *err);
int hs_lite_step(struct hs_conn *base, struct hs_prepared *prepared,
                 struct hs_error *err);
int hs_lite_columns(const struct hs_prepared *prepared);
const char *hs_lite_name(const struct hs_prepared *prepared, int column);
int hs_lite_value(const struct hs_prepared *prepared, int column,
                  struct hs_value *out);
int hs_lite_run_batch(struct hs_conn *base, struct hs_statement *batch,
                      int count, struct hs_rows **rows, struct hs_error *err);
unsigned hs_lite_changed(struct hs_conn *base);

/* A value of the current row, valid until the next step. 0, or -1 when memory
 * ran out. */
int hs_lite_column(sqlite3_stmt *stmt, int column, struct hs_value *out);
/* Run to the end; rows are stored in *rows when it is not NULL. Fills the
 * statement's changes and last_id. 0, or -1 with `err`; SQLite, or the caller's
 * savepoint, then undoes what the statement did. */
int hs_lite_run(struct hs_lite *conn, struct hs_statement *statement,
                struct hs_rows **rows, struct hs_error *err);
/* Drop all prepared statements; none may be in use. */
void hs_lite_drop_cache(struct hs_lite *conn);

#endif
