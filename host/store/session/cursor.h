/* cursor.h: the fate of a session's cursors. */
#ifndef HS_STORE_CURSOR_H
#define HS_STORE_CURSOR_H

#include "store/store.h"

/* Cursors on the borrowed connection end with the loan. */
void hs_session_detach_cursors(struct hs_session *session);
/* The session ends: cursors still open can only be closed. */
void hs_session_free_cursors(struct hs_session *session);

#endif
