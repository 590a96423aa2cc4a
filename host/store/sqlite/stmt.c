/* stmt.c: the prepared statements of a connection, and running them. */
#include "store/sqlite/stmt.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define HASHED_BYTES ((size_t)96) /* at each end of a statement */

/* A caller's statement. */
struct hs_prepared {
    struct hs_prepared *chain; /* same bucket */
    struct hs_prepared *older; /* least recently used list */
    struct hs_prepared *newer;
    uint64_t hash;
    size_t len;
    sqlite3_stmt *stmt; /* NULL: a write, seen by a reader only */
    int parameters;
    struct hs_learned learned;
    unsigned writes : 1; /* is not read-only */
    unsigned in_use : 1;
    unsigned cached : 1;
    char sql[];
};

/* ---- the current row ---- */

int hs_lite_writes(const struct hs_prepared *prepared)
{
    return prepared->writes;
}

int hs_lite_columns(const struct hs_prepared *prepared)
{
    return sqlite3_column_count(prepared->stmt);
}

const char *hs_lite_name(const struct hs_prepared *prepared, int column)
{
    return sqlite3_column_name(prepared->stmt, column);
}

int hs_lite_column(sqlite3_stmt *stmt, int column, struct hs_value *out)
{
    *out = (struct hs_value){.type = HS_NULL};
    switch (sqlite3_column_type(stmt, column)) {
    case SQLITE_INTEGER:
        out->type = HS_INTEGER;
        out->integer = sqlite3_column_int64(stmt, column);
        break;
    case SQLITE_FLOAT:
        out->type = HS_REAL;
        out->real = sqlite3_column_double(stmt, column);
        break;
    case SQLITE_TEXT:
        out->type = HS_TEXT;
        out->bytes = (const char *)sqlite3_column_text(stmt, column);
        out->len = (size_t)sqlite3_column_bytes(stmt, column);
        break;
    case SQLITE_BLOB:
        out->type = HS_BLOB;
        out->bytes = sqlite3_column_blob(stmt, column);
        out->len = (size_t)sqlite3_column_bytes(stmt, column);
        break;
    default:
        break;
    }
    if (out->bytes)
        return 0;
    out->bytes = "";
    return out->type == HS_TEXT ? -1 : 0; /* an empty BLOB has no address */
}

int hs_lite_value(const struct hs_prepared *prepared, int column,
                  struct hs_value *out)
{
    return hs_lite_column(prepared->stmt, column, out);
}

/* Keep the row for later. 0, or -1 when memory ran out. */
static int keep_row(struct hs_rows **rows, const struct hs_prepared *prepared)
{
    int columns = hs_lite_columns(prepared);
    struct hs_value value;

    if (!*rows) {
        *rows = hs_rows_new(columns);
        for (int i = 0; *rows && i < columns; i++) {
            const char *name = hs_lite_name(prepared, i);

            if (!name || hs_rows_add_name(*rows, name) != 0)
                return -1;
        }
    }
    for (int i = 0; *rows && i < columns; i++) {
        if (hs_lite_value(prepared, i, &value) != 0 ||
            hs_rows_add_value(*rows, &value) != 0)
            return -1;
    }
    return *rows ? 0 : -1;
}

/* ---- the cache of prepared statements ---- */

static uint64_t hash_bytes(uint64_t hash, const char *sql, size_t len)
{
    uint64_t word;

    for (; len >= sizeof word; len -= sizeof word, sql += sizeof word) {
        memcpy(&word, sql, sizeof word);
        hash = (hash ^ word) * 0x9E3779B97F4A7C15u;
        hash ^= hash >> 29;
    }
    word = 0;
    memcpy(&word, sql, len);
    hash = (hash ^ word) * 0x9E3779B97F4A7C15u;
    return hash ^ (hash >> 32);
}

/* Only the ends of a long text: it is compared anyway. */
static uint64_t hash_of(const char *sql, size_t len)
{
    if (len <= 2 * HASHED_BYTES)
        return hash_bytes(len, sql, len);
    return hash_bytes(hash_bytes(len, sql, HASHED_BYTES),
                      sql + len - HASHED_BYTES, HASHED_BYTES);
}

static void unlink_newest_list(struct hs_lite *conn, struct hs_prepared *p)
{
    *(p->newer ? &p->newer->older : &conn->newest) = p->older;
    *(p->older ? &p->older->newer : &conn->oldest) = p->newer;
}

static void link_newest(struct hs_lite *conn, struct hs_prepared *p)
{
    p->newer = NULL;
    p->older = conn->newest;
    *(conn->newest ? &conn->newest->newer : &conn->oldest) = p;
    conn->newest = p;
}

static void free_prepared(struct hs_prepared *prepared)
{
    sqlite3_finalize(prepared->stmt);
    free(prepared);
}

static void forget(struct hs_lite *conn, struct hs_prepared *prepared)
{
    struct hs_prepared **at =
        &conn->buckets[prepared->hash % HS_PREPARED_BUCKETS];

    while (*at != prepared)
        at = &(*at)->chain;
    *at = prepared->chain;
    unlink_newest_list(conn, prepared);
    conn->cached--;
    free_prepared(prepared);
}

void hs_lite_drop_cache(struct hs_lite *conn)
{
    while (conn->newest)
        forget(conn, conn->newest);
}

static void remember(struct hs_lite *conn, struct hs_prepared *prepared)
{
    struct hs_prepared **bucket =
        &conn->buckets[prepared->hash % HS_PREPARED_BUCKETS];
    struct hs_prepared *old = conn->oldest;

    while (conn->cached >= conn->capacity && old) {
        struct hs_prepared *newer = old->newer;

        if (!old->in_use)
            forget(conn, old);
        old = newer;
    }
    prepared->chain = *bucket;
    *bucket = prepared;
    prepared->cached = 1;
    link_newest(conn, prepared);
    conn->cached++;
}

/* True when nothing but space and comments follows. */
static int tail_is_empty(struct hs_lite *conn, const char *tail,
                         const char *end)
{
    sqlite3_stmt *more = NULL;

    while (tail < end) {
        int rc =
            sqlite3_prepare_v2(conn->db, tail, (int)(end - tail), &more, &tail);

        sqlite3_finalize(more);
        if (rc != SQLITE_OK || more)
            return 0;
    }
    return 1;
}

static int compile(struct hs_lite *conn, struct hs_prepared *prepared,
                   struct hs_error *err)
{
    const char *tail = NULL;
    int rc;

    conn->learning = &prepared->learned;
    rc = sqlite3_prepare_v3(conn->db, prepared->sql, (int)prepared->len + 1,
                            SQLITE_PREPARE_PERSISTENT, &prepared->stmt, &tail);
    conn->learning = NULL;
    if (rc == SQLITE_AUTH)
        return hs_error_set(err, "sql",
                            "this statement is not allowed here: %s",
                            sqlite3_errmsg(conn->db));
    if (rc != SQLITE_OK)
        return hs_lite_error(conn, rc, err);
    if (!prepared->stmt)
        return hs_error_set(err, "sql", "the text has no statement");
    if (!tail_is_empty(conn, tail, prepared->sql + prepared->len))
        return hs_error_set(err, "sql", "more than one statement in the text");
    prepared->parameters = sqlite3_bind_parameter_count(prepared->stmt);
    prepared->writes = !sqlite3_stmt_readonly(prepared->stmt);
    return 0;
}

static struct hs_prepared *prepare(struct hs_lite *conn, const char *sql,
                                   size_t len, struct hs_error *err)
{
    struct hs_prepared *prepared =
        hs_statement_new(offsetof(struct hs_prepared, sql), sql, len, err);

    if (!prepared)
        return NULL;
    prepared->len = len;
    if (memchr(sql, '\0', len))
        hs_error_set(err, "sql", "there is a NUL byte in the statement");
    else if (compile(conn, prepared, err) == 0)
        return prepared;
    free_prepared(prepared);
    return NULL;
}

struct hs_prepared *hs_lite_take(struct hs_conn *base, const char *sql,
                                 size_t len, struct hs_error *err)
{
    struct hs_lite *conn = hs_lite_of(base);
    uint64_t hash = hash_of(sql, len);
    struct hs_prepared *found = conn->buckets[hash % HS_PREPARED_BUCKETS];
    int taken;

    for (; found; found = found->chain) {
        if (found->hash == hash && found->len == len &&
            memcmp(found->sql, sql, len) == 0)
            break;
    }
    if (found && !found->in_use) {
        if (conn->newest != found) {
            unlink_newest_list(conn, found);
            link_newest(conn, found);
        }
        found->in_use = 1;
        return found;
    }
    taken = found != NULL; /* by a cursor that is still open */
    found = prepare(conn, sql, len, err);
    if (!found)
        return NULL;
    found->hash = hash;
    found->in_use = 1;
    /* A reader never runs a write: it only needs to know that it is one. */
    if (conn->role == HS_LITE_READER && found->writes) {
        sqlite3_finalize(found->stmt);
        found->stmt = NULL;
    }
    if (!taken)
        remember(conn, found);
    return found;
}

void hs_lite_put(struct hs_conn *base, struct hs_prepared *prepared)
{
    (void)base;
    if (prepared->stmt)
        sqlite3_reset(prepared->stmt);
    prepared->in_use = 0;
    if (!prepared->cached)
        free_prepared(prepared);
}

/* ---- running them ---- */

static int bind_one(sqlite3_stmt *stmt, int at, const struct hs_value *value)
{
    switch (value->type) {
    case HS_INTEGER:
        return sqlite3_bind_int64(stmt, at, value->integer);
    case HS_REAL:
        return sqlite3_bind_double(stmt, at, value->real);
    case HS_TEXT:
        return sqlite3_bind_text64(stmt, at, value->bytes ? value->bytes : "",
                                   value->len, SQLITE_STATIC, SQLITE_UTF8);
    case HS_BLOB:
        return sqlite3_bind_blob64(stmt, at, value->bytes ? value->bytes : "",
                                   value->len, SQLITE_STATIC);
    case HS_NULL:
        break;
    }
    return sqlite3_bind_null(stmt, at);
}

int hs_lite_bind(struct hs_conn *base, struct hs_prepared *prepared,
                 const struct hs_statement *statement, struct hs_error *err)
{
    struct hs_lite *conn = hs_lite_of(base);
    int given = statement->count;

    if (given > prepared->parameters ||
        (given < prepared->parameters && !statement->pad_nulls))
        return hs_error_set(err, "sql",
                            "the statement has %d places and got %d "
                            "values",
                            prepared->parameters, given);
    for (int i = 0; i < prepared->parameters; i++) {
        int rc = i < given
                     ? bind_one(prepared->stmt, i + 1, &statement->values[i])
                     : sqlite3_bind_null(prepared->stmt, i + 1);

        if (rc != SQLITE_OK)
            return hs_lite_error(conn, rc, err);
    }
    return 0;
}

/* SQLite's code. */
static int step(struct hs_lite *conn, struct hs_prepared *prepared)
{
    int rc;

    errno = 0;
    conn->learning =
        &prepared->learned; /* a changed schema compiles it again */
    rc = sqlite3_step(prepared->stmt);
    conn->learning = NULL;
    return rc;
}

int hs_lite_step(struct hs_conn *base, struct hs_prepared *prepared,
                 struct hs_error *err)
{
    struct hs_lite *conn = hs_lite_of(base);
    int rc = step(conn, prepared);

    if (rc == SQLITE_ROW)
        return 1;
    if (rc != SQLITE_DONE)
        hs_lite_error(conn, rc, err);
    /* At once: a statement that isn't reset keeps an old snapshot. */
    sqlite3_reset(prepared->stmt);
    return rc == SQLITE_DONE ? 0 : -1;
}

static int step_all(struct hs_lite *conn, struct hs_prepared *prepared,
                    struct hs_rows **rows, struct hs_error *err)
{
    int rc;

    while ((rc = step(conn, prepared)) == SQLITE_ROW) {
        if (rows && keep_row(rows, prepared) != 0)
            return hs_no_memory(err);
    }
    return rc == SQLITE_DONE ? 0 : hs_lite_error(conn, rc, err);
}

static void note_effect(struct hs_lite *conn, const struct hs_prepared *done,
                        int64_t total_before, struct hs_statement *statement)
{
    int64_t total = sqlite3_total_changes64(conn->db);

    statement->changes =
        done->learned.changes ? sqlite3_changes64(conn->db) : 0;
    statement->last_id =
        done->learned.inserts ? sqlite3_last_insert_rowid(conn->db) : 0;
    statement->inserted = statement->last_id != 0;
    if (!done->learned.changes || total != total_before)
        conn->kinds |= done->learned.kinds;
}

int hs_lite_run(struct hs_lite *conn, struct hs_statement *statement,
                struct hs_rows **rows, struct hs_error *err)
{
    struct hs_prepared *prepared =
        hs_lite_take(&conn->base, statement->sql, statement->sql_len, err);
    int64_t total = sqlite3_total_changes64(conn->db);
    int failed;

    if (!prepared)
        return -1;
    /* SQLite would report the id of an earlier insert. */
    if (prepared->learned.inserts)
        sqlite3_set_last_insert_rowid(conn->db, 0);
    failed = hs_lite_bind(&conn->base, prepared, statement, err) != 0 ||
             step_all(conn, prepared, rows, err) != 0;
    if (!failed)
        note_effect(conn, prepared, total, statement);
    hs_lite_put(&conn->base, prepared);
    return failed ? -1 : 0;
}

int hs_lite_run_batch(struct hs_conn *base, struct hs_statement *batch,
                      int count, struct hs_rows **rows, struct hs_error *err)
{
    struct hs_lite *conn = hs_lite_of(base);
    if (hs_lite_own(base, HS_OWN_SAVEPOINT, err) != 0)
        return -1;
    for (int i = 0; i < count; i++) {
        if (!hs_is_left_out(batch, i) &&
            hs_lite_run(conn, &batch[i], rows, err) != 0)
            goto failed;
    }
    if (hs_lite_own(base, HS_OWN_RELEASE, err) == 0)
        return 0;

failed:
    /* A full disk may have ended the whole transaction already. */
    if (hs_lite_in_transaction(base)) {
        hs_lite_own(base, HS_OWN_ROLLBACK_TO, NULL);
        hs_lite_own(base, HS_OWN_RELEASE, NULL);
    }
    return -1;
}

unsigned hs_lite_changed(struct hs_conn *base)
{
    struct hs_lite *conn = hs_lite_of(base);
    unsigned changed = conn->kinds;

    conn->kinds = 0;
    return changed;
}
