/* submit.c: how a session reaches the writer. */
#include "store/session/submit.h"

#include "base/clock.h"
#include "store/health.h"
#include "store/queue.h"
#include "store/state.h"

int hs_session_take_answer(struct hs_session *session, struct hs_rows **rows,
                           struct hs_error *err)
{
    struct hs_item *item = session->item;

    if (item->failed) {
        hs_rows_free(item->rows);
        item->rows = NULL;
        *err = item->err;
        return hs_count_failure(err);
    }
    if (rows)
        *rows = item->rows;
    item->rows = NULL;
    return 0;
}

int hs_session_submit(struct hs_session *session, struct hs_statement *batch,
                      int count, struct hs_rows **rows, int wait_ms,
                      struct hs_error *err)
{
    int64_t until = hs_running_ms() + wait_ms;
    struct hs_item *item = session->item;

    if (!item) {
        item = session->item = hs_item_new();
        if (!item) {
            hs_no_memory(err);
            return hs_count_failure(err);
        }
    }
    if (hs_queue_is_stuck(session->store, wait_ms, err))
        return hs_count_failure(err);
    item->batch = batch;
    item->count = count;
    item->keep_rows = rows != NULL;
    item->failed = 0;
    item->until = until;
    hs_queue_add(session->store, item);
    if (hs_item_wait(session->store, &session->item, until, wait_ms, err) != 0)
        return hs_count_failure(err);
    return hs_session_take_answer(session, rows, err);
}

/* ---- on the borrowed connection ---- */

int hs_session_check(struct hs_session *session, struct hs_error *err)
{
    if (session->store->conn->driver->in_transaction(session->store->conn))
        return 0;
    *err = session->lost;
    return -1;
}

int hs_session_failed(struct hs_session *session, const struct hs_error *err)
{
    struct hs_store *store = session->store;

    if (!session->lost.code[0] &&
        !store->conn->driver->in_transaction(store->conn))
        session->lost = *err;
    if (hs_error_from_outside(err))
        hs_store_unhealthy(store, err);
    return hs_count_failure(err);
}
