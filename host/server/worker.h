/* worker.h: makes and frees the state of a thread that answers requests. */
#ifndef HS_WORKER_H
#define HS_WORKER_H

#include "server/state.h"

/* Called in the worker's own thread. NULL when memory ran out. */
struct hs_worker *hs_worker_new(struct hs_server *server);
void hs_worker_free(struct hs_worker *worker); /* NULL accepted */
/* Switch to the release that answers requests now. */
void hs_worker_refresh(struct hs_worker *worker);

#endif
