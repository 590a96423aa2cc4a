/* db_wait.c: how long a call waits for the database. */
#include "store/session/db_wait.h"

#include "store/state.h"

#define READ_MS 400 /* all queries of a call's request ... */
#define ALL_MS 600  /* ... and its batch */

void hs_session_calling(struct hs_session *session, int calling)
{
    session->calling = calling;
    session->waited = 0;
}

int hs_session_is_calling(const struct hs_session *session)
{
    return session->calling;
}

int hs_db_wait_is_short(const struct hs_session *session)
{
    return session->calling && session->store->near;
}

int hs_db_wait_to_read(const struct hs_session *session)
{
    return session->waited < READ_MS ? READ_MS - (int)session->waited : 0;
}

int hs_db_wait_to_write(const struct hs_session *session, int wait_ms)
{
    int waited = session->waited < READ_MS ? (int)session->waited : READ_MS;

    return wait_ms < ALL_MS - waited ? wait_ms : ALL_MS - waited;
}

void hs_db_wait_spend(struct hs_session *session, int64_t ms)
{
    session->waited += ms;
}
