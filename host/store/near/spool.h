/* spool.h: the near file's state and its spool, for its own files. */
#ifndef HS_NEAR_SPOOL_H
#define HS_NEAR_SPOOL_H

#include "store/near/near.h"

/* hs_near_keep(), past the limit if need be. */
int hs_near_put(struct hs_near *near, struct hs_session *session,
                struct hs_statement *batch, int count, int even_if_full,
                struct hs_error *err);

/* Of the near file's threads: is it being closed, and a pause of a tenth of a
 * second, shorter when something has happened. */
int hs_near_is_stopping(struct hs_near *near);
void hs_near_pause(struct hs_near *near);

#endif
