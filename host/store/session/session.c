/* session.c: sessions: what they write, and transactions with code in between.
 */
#include <stdlib.h>

#include "base/clock.h"
#include "store/health.h"
#include "store/near/near.h"
#include "store/queue.h"
#include "store/session/cursor.h"
#include "store/session/db_wait.h"
#include "store/session/submit.h"
#include "store/spare_readers.h"
#include "store/state.h"

struct hs_session *hs_session_new(struct hs_store *store, struct hs_error *err)
{
    struct hs_session *session = calloc(1, sizeof *session);

    if (session) {
        session->store = store;
        session->item = hs_item_new();
        if (session->item)
            return session;
        free(session);
    }
    hs_no_memory(err);
    return NULL;
}

void hs_session_free(struct hs_session *session)
{
    if (!session)
        return;
    if (session->depth > 0) { /* its code didn't finish */
        session->depth = 1;
        hs_session_end(session, 0, 0, NULL);
    }
    hs_session_free_cursors(session);
    hs_session_free(session->near);
    hs_spare_put(session->store, session->reader, session->epoch);
    hs_item_free(session->item);
    free(session);
}

struct hs_store *hs_session_store(struct hs_session *session)
{
    return session->store;
}

/* To the database if that answers in time, else to the near file. */
static int write_for_call(struct hs_session *session,
                          struct hs_statement *batch, int count, int wait_ms,
                          struct hs_error *err)
{
    struct hs_near *near = session->store->near;
    int rc;

    if (!hs_near_down_since(near)) {
        rc = hs_session_submit(session, batch, count, NULL,
                               hs_db_wait_to_write(session, wait_ms), err);
        if (rc == 0 || hs_near_cannot_help(near, err))
            return rc;
    }
    if (!session->near)
        session->near = hs_near_session(near, err);
    return session->near ? hs_near_keep(near, session->near, batch, count, err)
                         : -1;
}

int hs_session_write(struct hs_session *session, struct hs_statement *batch,
                     int count, int wait_ms, struct hs_error *err)
{
    struct hs_error ignored;

    if (!err)
        err = &ignored;
    if (session->depth == 0 && hs_db_wait_is_short(session))
        return write_for_call(session, batch, count, wait_ms, err);
    if (session->depth == 0)
        return hs_session_submit(session, batch, count, NULL, wait_ms, err);
    if (hs_session_check(session, err) != 0)
        return -1;
    if (session->store->conn->driver->run_batch(session->store->conn, batch,
                                                count, NULL, err) != 0)
        return hs_session_failed(session, err);
    return 0;
}

/* ---- transactions with code in between ---- */

/* A statement of our own on the borrowed connection. */
static int own(struct hs_session *session, enum l_own which,
               struct hs_error *err)
{
    if (session->store->conn->driver->own(session->store->conn, which, err) ==
        0)
        return 0;
    return hs_session_failed(session, err);
}

int hs_session_begin(struct hs_session *session, int wait_ms,
                     struct hs_error *err)
{
    struct hs_error ignored;

    if (!err)
        err = &ignored;
    if (session->depth > 0) {
        if (hs_session_check(session, err) != 0 ||
            own(session, HS_OWN_SAVEPOINT, err) != 0)
            return -1;
    } else {
        if (hs_session_submit(session, NULL, 0, NULL, wait_ms, err) != 0)
            return -1;
        session->lost.code[0] = '\0';
    }
    session->depth++;
    return 0;
}

static int end_nested(struct hs_session *session, int commit,
                      struct hs_error *err)
{
    int lost = hs_session_check(session, err) != 0;

    session->depth--;
    if (lost)
        return commit ? -1 : 0;
    if (!commit && own(session, HS_OWN_ROLLBACK_TO, err) != 0)
        return -1;
    return own(session, HS_OWN_RELEASE, err);
}

/* After the post the connection belongs to the writer again. */
static void give_back(struct hs_session *session, int commit)
{
    struct hs_store *store = session->store;

    session->depth = 0;
    hs_session_detach_cursors(session);
    atomic_store(&session->item->state, commit ? HS_ITEM_RAN : HS_ITEM_IDLE);
    store->returned_commit = commit;
    sem_post(&store->returned);
}

int hs_session_end(struct hs_session *session, int commit, int wait_ms,
                   struct hs_error *err)
{
    int64_t until = hs_running_ms() + wait_ms;
    struct hs_error ignored;
    int lost;

    if (!err)
        err = &ignored;
    if (session->depth == 0)
        return hs_error_set(err, "sql", "no transaction is open");
    if (session->depth > 1)
        return end_nested(session, commit, err);
    lost = hs_session_check(session, err) != 0;
    give_back(session, commit && !lost);
    if (!commit)
        return 0;
    if (lost)
        return -1;
    if (hs_item_wait(session->store, &session->item, until, wait_ms, err) != 0)
        return hs_count_failure(err);
    return hs_session_take_answer(session, NULL, err);
}

int hs_session_in_transaction(const struct hs_session *session)
{
    return session->depth > 0;
}
