/* stmt.h: the prepared statements of a connection, and running them; most of it
 * is in store/engine.h. */
#ifndef HS_SQLITE_STMT_H
#define HS_SQLITE_STMT_H

#include "store/sqlite/handle.h"

/* Run to the end; rows are stored in *rows when it is not NULL. Fills the
 * statement's changes and last_id. 0, or -1 with `err`; what the statement did
 * is then undone by SQLite, or by the caller's savepoint. */
int hs_conn_run(struct hs_conn *conn, struct hs_statement *statement,
                struct hs_rows **rows, struct hs_error *err);
/* Forget all prepared statements; none may be in use. */
void hs_conn_drop_cache(struct hs_conn *conn);

#endif
