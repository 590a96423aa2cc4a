/* handle.c: SQLite's errors in our words, the guard, and our own statements. */
#include "store/sqlite/handle.h"

#include <errno.h>

static const char *const own_sql[HS_LITE_OWN_COUNT] = {
    [HS_OWN_BEGIN] = "BEGIN IMMEDIATE",
    [HS_OWN_COMMIT] = "COMMIT",
    [HS_OWN_ROLLBACK] = "ROLLBACK",
    [HS_OWN_SAVEPOINT] = "SAVEPOINT hs",
    [HS_OWN_RELEASE] = "RELEASE hs",
    [HS_OWN_ROLLBACK_TO] = "ROLLBACK TO hs",
    [HS_LITE_VERSION] = "PRAGMA data_version",
};

static const char *error_code(int rc, int system_error)
{
    if (system_error == EROFS)
        return "readonly";
    if (system_error == ENOSPC || system_error == EDQUOT)
        return "full";
    if (rc == SQLITE_IOERR_NOMEM)
        return "memory";
    switch (rc & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return "busy";
    case SQLITE_FULL:
        return "full";
    case SQLITE_READONLY:
        return "readonly";
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
        return "io";
    case SQLITE_INTERRUPT:
        return "time";
    case SQLITE_CONSTRAINT:
        return "constraint";
    case SQLITE_NOMEM:
        return "memory";
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        return "corrupt";
    default:
        return "sql";
    }
}

int hs_lite_error(struct hs_lite *conn, int rc, struct hs_error *err)
{
    int io = (rc & 0xff) == SQLITE_IOERR || (rc & 0xff) == SQLITE_CANTOPEN;
    /* SQLite's own note of it misses what fails in a COMMIT; errno was zero
     * before the call. */
    int system_error = io ? errno : 0;
    const char *text = sqlite3_errstr(rc);

    /* The connection's text says more, if it is about this error. */
    if (conn->db && sqlite3_extended_errcode(conn->db) == rc)
        text = sqlite3_errmsg(conn->db);
    return hs_error_set(err, error_code(rc, system_error), "%s", text);
}

static int in_list(const char *name, const char *const *list)
{
    for (; *list; list++) {
        if (sqlite3_stricmp(name, *list) == 0)
            return 1;
    }
    return 0;
}

/* Read-only pragmas. Those of the first list take a name. */
static int may_read_pragma(const char *name, const char *argument)
{
    static const char *const with_argument[] = {"table_info",
                                                "table_xinfo",
                                                "table_list",
                                                "index_list",
                                                "index_info",
                                                "index_xinfo",
                                                "foreign_key_list",
                                                "foreign_key_check",
                                                "integrity_check",
                                                "quick_check",
                                                NULL};
    static const char *const bare[] = {"page_count",     "page_size",
                                       "freelist_count", "user_version",
                                       "schema_version", "data_version",
                                       "journal_mode",   "synchronous",
                                       "foreign_keys",   NULL};

    return in_list(name, with_argument) || (!argument && in_list(name, bare));
}

/* The guard sees every table that a statement (or its trigger) changes. */
static void learn(struct hs_lite *conn, int action, const char *table)
{
    struct hs_learned *learned = conn->learning;
    enum hs_kind kind;

    if (!learned)
        return;
    if (sqlite3_strnicmp(table, "sqlite_", 7) != 0)
        learned->changes = 1;
    if (action == SQLITE_INSERT)
        learned->inserts = 1;
    kind = hs_kind_of(table, conn->hot);
    if (kind != HS_KINDS)
        learned->kinds |= 1u << kind;
}

int hs_lite_guard(void *ctx, int action, const char *first, const char *second,
                  const char *schema, const char *inner)
{
    struct hs_lite *conn = ctx;

    (void)schema;
    (void)inner;
    if (conn->trusted)
        return SQLITE_OK;
    switch (action) {
    case SQLITE_INSERT:
    case SQLITE_UPDATE:
    case SQLITE_DELETE:
        learn(conn, action, first);
        return SQLITE_OK;
    case SQLITE_PRAGMA:
        return may_read_pragma(first, second) ? SQLITE_OK : SQLITE_DENY;
    case SQLITE_FUNCTION:
        return sqlite3_stricmp(second, "load_extension") ? SQLITE_OK
                                                         : SQLITE_DENY;
    case SQLITE_ATTACH:
    case SQLITE_DETACH:
    case SQLITE_TRANSACTION:
    case SQLITE_SAVEPOINT:
    case SQLITE_CREATE_VTABLE:
    case SQLITE_DROP_VTABLE:
    case SQLITE_CREATE_TEMP_INDEX:
    case SQLITE_CREATE_TEMP_TABLE:
    case SQLITE_CREATE_TEMP_TRIGGER:
    case SQLITE_CREATE_TEMP_VIEW:
        return SQLITE_DENY;
    default:
        return SQLITE_OK;
    }
}

int hs_lite_exec(struct hs_lite *conn, const char *sql, struct hs_error *err)
{
    int was = conn->trusted;
    int rc;

    conn->trusted = 1;
    errno = 0;
    rc = sqlite3_exec(conn->db, sql, NULL, NULL, NULL);
    conn->trusted = was;
    return rc == SQLITE_OK ? 0 : hs_lite_error(conn, rc, err);
}

/* `number` (may be NULL) receives what it yields. */
static int run_own(struct hs_lite *conn, int which, int64_t *number,
                   struct hs_error *err)
{
    sqlite3_stmt *stmt = conn->own[which];
    int rc = SQLITE_OK;

    conn->trusted = 1;
    if (!stmt) {
        rc = sqlite3_prepare_v3(conn->db, own_sql[which], -1,
                                SQLITE_PREPARE_PERSISTENT, &stmt, NULL);
        conn->own[which] = stmt;
    }
    if (rc == SQLITE_OK) {
        errno = 0;
        rc = sqlite3_step(stmt);
        if (rc == SQLITE_ROW && number)
            *number = sqlite3_column_int64(stmt, 0);
        if (rc == SQLITE_ROW || rc == SQLITE_DONE)
            rc = SQLITE_OK;
        sqlite3_reset(stmt);
    }
    conn->trusted = 0;
    return rc == SQLITE_OK ? 0 : hs_lite_error(conn, rc, err);
}

int hs_lite_own(struct hs_conn *base, enum l_own which, struct hs_error *err)
{
    return run_own(hs_lite_of(base), (int)which, NULL, err);
}

/* Which rows of other processes changed, SQLite doesn't say. */
int hs_lite_changed_elsewhere(struct hs_conn *base, unsigned *moved,
                              struct hs_error *err)
{
    struct hs_lite *conn = hs_lite_of(base);
    int64_t version = conn->version;

    *moved = 0;
    if (run_own(conn, HS_LITE_VERSION, &version, err) != 0 ||
        version == conn->version)
        return 0; /* a transaction isn't over */
    conn->version = version;
    *moved = (1u << HS_KINDS) - 1;
    return 0;
}

int hs_lite_in_transaction(const struct hs_conn *base)
{
    const struct hs_lite *conn = (const struct hs_lite *)base;

    return !sqlite3_get_autocommit(conn->db);
}
