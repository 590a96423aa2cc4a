/* conn.h: opening and closing a connection to SQLite. */
#ifndef HS_SQLITE_CONN_H
#define HS_SQLITE_CONN_H

#include "store/sqlite/handle.h"

/* Open `path` for the role in a struct that is zero except for `hot`; `pragmas`
 * (may be NULL) run last. Returns 0; -1 with `err` ("open", "pragma",
 * "readonly", "memory") and conn->db NULL. */
int hs_lite_open(struct hs_lite *conn, const char *path, enum hs_lite_role role,
                 const char *pragmas, struct hs_error *err);
/* All statements must have been given back. Accepts a connection that isn't
 * open. */
void hs_lite_close(struct hs_lite *conn);
/* A file's folder; the caller frees it. NULL when memory ran out. */
char *hs_lite_folder(const char *path);

#endif
