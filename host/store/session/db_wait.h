/* db_wait.h: how long a call waits for the database, where a near file is. */
#ifndef HS_STORE_DB_WAIT_H
#define HS_STORE_DB_WAIT_H

#include "store/store.h"

/* Does the session answer a call, beside a near file? */
int hs_db_wait_is_short(const struct hs_session *session);
/* Milliseconds that are left for queries. */
int hs_db_wait_to_read(const struct hs_session *session);
/* How long a write waits that might wait for `wait_ms`. */
int hs_db_wait_to_write(const struct hs_session *session, int wait_ms);
/* A query took this long. */
void hs_db_wait_spend(struct hs_session *session, int64_t ms);

#endif
