/* spool.h: committing to the spool, for the near file's own files. */
#ifndef HS_NEAR_SPOOL_H
#define HS_NEAR_SPOOL_H

#include "store/near/near.h"

/* hs_near_keep(), past the limit if need be. */
int hs_near_put(struct hs_near *near, struct hs_session *session,
                struct hs_statement *batch, int count, int even_if_full,
                struct hs_error *err);

#endif
