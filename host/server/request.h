/* request.h: one request, from its header to its answer. */
#ifndef HS_REQUEST_H
#define HS_REQUEST_H

#include "server/state.h"

/* Clear what the last request left. The code that read connection and header
 * fills those in. */
void hs_request_begin(struct hs_worker *worker);
/* Answer a request whose header is complete and sound. */
void hs_request_answer(struct hs_request *request);
/* It has been answered: log that, and release its connection. */
void hs_request_end(struct hs_request *request);

#endif
