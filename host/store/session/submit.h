/* submit.h: how a session reaches the writer: through the queue, or on a
 * borrowed connection. */
#ifndef HS_STORE_SUBMIT_H
#define HS_STORE_SUBMIT_H

#include "store/engine/rows.h"

/* Hand in the session's item and wait. `batch` NULL wants the connection. 0
 * with the item DONE or LENT, or -1 and `err`. */
int hs_session_submit(struct hs_session *session, struct hs_statement *batch,
                      int count, struct hs_rows **rows, int wait_ms,
                      struct hs_error *err);
/* The writer has answered: take the results from the item. 0, or -1 and `err`.
 */
int hs_session_take_answer(struct hs_session *session, struct hs_rows **rows,
                           struct hs_error *err);
/* Check that the engine hasn't ended the borrowed connection's transaction:
 * later statements would each be committed on their own. 0, or -1 with `err`.
 * */
int hs_session_check(struct hs_session *session, struct hs_error *err);
/* Note that a statement failed on the borrowed connection. Returns -1. */
int hs_session_failed(struct hs_session *session, const struct hs_error *err);

#endif
