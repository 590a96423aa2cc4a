/* body.h: request bodies, limited in size and time. */
#ifndef HS_BODY_H
#define HS_BODY_H

#include "server/worker.h"

/* Read the whole body into request->body. 0; or the status to answer with: 413
 * too large, 408 not sent in time, 400 cut short or badly chunked, 503 out of
 * memory. */
int hs_body_read(struct hs_request *request);
/* After the answer: swallow what the client still sends, for a moment, because
 * closing over unread bytes would reset the connection and lose the answer. */
void hs_body_linger(struct hs_request *request);

#endif
