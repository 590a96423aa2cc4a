/* cursor.c: rows, from a running statement or from memory. */
#include "store/session/cursor.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "store/health.h"
#include "store/near/near.h"
#include "store/session/db_wait.h"
#include "store/session/submit.h"
#include "store/spare_readers.h"
#include "store/state.h"

struct hs_cursor {
    struct hs_session *session; /* NULL once that is gone */
    struct hs_cursor *next;
    struct hs_cursor *prev;
    struct hs_conn *conn;         /* rows come from a statement ... */
    struct hs_prepared *prepared; /* NULL once it was taken away */
    struct hs_rows *rows;         /* ... or from memory */
    size_t row;                   /* of rows: the current one, from 1 */
    int kept;
    int standing; /* on a row */
    int out_of_memory;
};

static struct hs_cursor *cursor_new(struct hs_session *session,
                                    struct hs_error *err)
{
    struct hs_cursor *cursor = session->spare;

    if (cursor) {
        session->spare = cursor->next;
        memset(cursor, 0, sizeof *cursor);
    } else {
        cursor = calloc(1, sizeof *cursor);
    }
    if (!cursor) {
        hs_no_memory(err);
        return NULL;
    }
    cursor->session = session;
    cursor->next = session->cursors;
    if (cursor->next)
        cursor->next->prev = cursor;
    session->cursors = cursor;
    return cursor;
}

/* Release the statement; rows in memory stay. */
static void detach(struct hs_cursor *cursor)
{
    if (cursor->prepared)
        cursor->conn->driver->put(cursor->conn, cursor->prepared);
    cursor->prepared = NULL;
    cursor->standing = 0;
}

void hs_cursor_close(struct hs_cursor *cursor)
{
    struct hs_session *session;

    if (!cursor)
        return;
    session = cursor->session;
    detach(cursor);
    hs_rows_free(cursor->rows);
    if (!session) {
        free(cursor);
        return;
    }
    *(cursor->prev ? &cursor->prev->next : &session->cursors) = cursor->next;
    if (cursor->next)
        cursor->next->prev = cursor->prev;
    cursor->next = session->spare;
    session->spare = cursor;
}

void hs_session_detach_cursors(struct hs_session *session)
{
    struct hs_cursor *cursor = session->cursors;

    for (; cursor; cursor = cursor->next) {
        if (cursor->conn == session->store->conn)
            detach(cursor);
    }
}

void hs_session_free_cursors(struct hs_session *session)
{
    struct hs_cursor *cursor;

    while ((cursor = session->cursors)) {
        session->cursors = cursor->next;
        detach(cursor);
        cursor->session = NULL; /* its owner closes it */
    }
    while ((cursor = session->spare)) {
        session->spare = cursor->next;
        free(cursor);
    }
}

/* The session's own connection, a spare one if there is; reopened if the writer
 * has moved from a read-only file system to a writable one. */
static int open_reader(struct hs_session *session, struct hs_error *err)
{
    unsigned epoch = atomic_load(&session->store->epoch);
    struct hs_conn_setup setup = {
        .hot = (const char *const *)session->store->hot,
        .asker = &session->asker,
    };

    if (session->reader && session->epoch != epoch && !session->cursors->next) {
        hs_conn_free(session->reader);
        session->reader = NULL;
    }
    if (session->reader)
        return 0;
    session->epoch = epoch;
    session->reader = hs_spare_take(session->store, epoch);
    if (!session->reader)
        session->reader =
            session->store->driver->reader(session->store->path, &setup, err);
    if (!session->reader)
        return -1;
    session->reader->deadline = &session->deadline;
    return 0;
}

void hs_session_set_deadline(struct hs_session *session, int64_t at)
{
    session->deadline = at;
}

/* Find out whether the statement writes; if not, the cursor now runs it. */
static int try_read(struct hs_cursor *cursor,
                    const struct hs_statement *statement, struct hs_error *err)
{
    struct hs_prepared *prepared = cursor->conn->driver->take(
        cursor->conn, statement->sql, statement->sql_len, err);

    if (!prepared)
        return -1;
    cursor->prepared = prepared;
    cursor->kept = cursor->conn->driver->writes(prepared);
    if (!cursor->kept)
        return cursor->conn->driver->bind(cursor->conn, prepared, statement,
                                          err);
    detach(cursor);
    return 0;
}

static int write_and_keep(struct hs_cursor *cursor,
                          const struct hs_statement *statement, int wait_ms,
                          struct hs_error *err)
{
    struct hs_session *session = cursor->session;
    struct hs_statement one = *statement;
    int rc;

    if (session->depth == 0)
        rc = hs_session_submit(session, &one, 1, &cursor->rows, wait_ms, err);
    else if ((rc = session->store->conn->driver->run_batch(
                  session->store->conn, &one, 1, &cursor->rows, err)) != 0)
        hs_session_failed(session, err);
    return rc;
}

static struct hs_cursor *query(struct hs_session *session,
                               const struct hs_statement *statement,
                               int wait_ms, struct hs_error *err)
{
    struct hs_cursor *cursor = cursor_new(session, err);

    if (!cursor)
        return NULL;
    if (session->depth > 0) {
        cursor->conn = session->store->conn;
        if (hs_session_check(session, err) != 0)
            goto failed;
    } else {
        if (open_reader(session, err) != 0)
            goto failed;
        cursor->conn = session->reader;
    }
    if (try_read(cursor, statement, err) != 0)
        goto failed;
    if (cursor->kept && statement->read_only) {
        hs_error_set(err, "sql", "only reading is allowed here");
        goto failed;
    }
    if (cursor->kept && write_and_keep(cursor, statement, wait_ms, err) != 0)
        goto failed;
    return cursor;

failed:
    hs_cursor_close(cursor);
    return NULL;
}

/* As long as a call may wait, or a lookup. NULL and `err`; `*failed` unless the
 * query is to blame itself. */
static struct hs_cursor *query_in_time(struct hs_session *session,
                                       const struct hs_statement *statement,
                                       int wait_ms, int *failed,
                                       struct hs_error *err)
{
    int64_t before = session->deadline, began = hs_running_ms();
    int64_t until = began + hs_db_wait_to_read(session), now;
    struct hs_cursor *cursor;

    if (statement->lookup) {
        cursor = query(session, statement, wait_ms, err);
        *failed = !cursor && hs_error_from_outside(err) &&
                  strcmp(err->code, "time") != 0;
        return cursor;
    }
    if (!before || until < before)
        session->deadline = until;
    cursor = query(session, statement, wait_ms, err);
    session->deadline = before;
    now = hs_running_ms();
    hs_db_wait_spend(session, now - began);
    /* It may have run out of a shorter time. */
    *failed = !cursor && (strcmp(err->code, "time") != 0 || !before ||
                          now < before || now >= until);
    return cursor;
}

/* From the database if that answers in time, else from the near file. */
static struct hs_cursor *query_for_call(struct hs_session *session,
                                        const struct hs_statement *statement,
                                        int wait_ms, struct hs_error *err)
{
    struct hs_near *near = session->store->near;
    struct hs_statement reading = *statement;

    if (!hs_near_is_filled(near))
        return query(session, statement, wait_ms, err);
    if (!hs_near_down_since(near)) {
        int failed;
        struct hs_cursor *cursor =
            query_in_time(session, statement, wait_ms, &failed, err);

        if (cursor || !failed || hs_near_cannot_help(near, err))
            return cursor;
    }
    if (!session->near)
        session->near = hs_near_session(near, err);
    if (!session->near)
        return NULL;
    hs_session_set_deadline(session->near, session->deadline);
    reading.read_only = 1; /* what is written there goes nowhere */
    return query(session->near, &reading, wait_ms, err);
}

struct hs_cursor *hs_session_query(struct hs_session *session,
                                   const struct hs_statement *statement,
                                   int wait_ms, struct hs_error *err)
{
    struct hs_error ignored;

    if (!err)
        err = &ignored;
    session->asker = statement->lookup  ? HS_ASKER_LOOKUP
                     : session->calling ? HS_ASKER_CALL
                                        : HS_ASKER_OTHER;
    if (session->depth == 0 && hs_db_wait_is_short(session))
        return query_for_call(session, statement, wait_ms, err);
    return query(session, statement, wait_ms, err);
}

static int step_kept(struct hs_cursor *cursor)
{
    cursor->standing =
        cursor->rows && cursor->row < hs_rows_count(cursor->rows);
    if (cursor->standing)
        cursor->row++;
    return cursor->standing;
}

int hs_cursor_step(struct hs_cursor *cursor, struct hs_error *err)
{
    struct hs_error ignored;
    int rc;

    if (!err)
        err = &ignored;
    if (cursor->kept)
        return step_kept(cursor);
    if (!cursor->prepared)
        return hs_error_set(err, "sql",
                            "the transaction of these rows has ended");
    if (cursor->out_of_memory) {
        rc = hs_no_memory(err);
    } else {
        rc = cursor->conn->driver->step(cursor->conn, cursor->prepared, err);
    }
    cursor->standing = rc == 1;
    if (rc < 0 && cursor->session->depth > 0)
        hs_session_failed(cursor->session, err);
    return rc;
}

int hs_cursor_columns(const struct hs_cursor *cursor)
{
    if (cursor->rows)
        return hs_rows_columns(cursor->rows);
    return cursor->prepared ? cursor->conn->driver->columns(cursor->prepared)
                            : 0;
}

const char *hs_cursor_name(const struct hs_cursor *cursor, int column)
{
    const char *name = NULL;

    if (column < 0 || column >= hs_cursor_columns(cursor))
        return "";
    if (cursor->rows)
        return hs_rows_name(cursor->rows, column);
    name = cursor->conn->driver->name(cursor->prepared, column);
    return name ? name : "";
}

void hs_cursor_value(struct hs_cursor *cursor, int column, struct hs_value *out)
{
    *out = (struct hs_value){.type = HS_NULL, .bytes = ""};
    if (!cursor->standing || column < 0 || column >= hs_cursor_columns(cursor))
        return;
    if (cursor->rows)
        hs_rows_value(cursor->rows, cursor->row - 1, column, out);
    else if (cursor->conn->driver->value(cursor->prepared, column, out) != 0)
        cursor->out_of_memory = 1; /* the next step says so */
}
