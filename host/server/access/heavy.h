/* heavy.h: requests that compute for seconds (routes with `heavy`), a few at a
 * time. A trial of rules may use all its time, so one user could occupy every
 * worker, and callers would wait. */
#ifndef HS_HEAVY_H
#define HS_HEAVY_H

#include "server/state.h"

/* Wait for a turn; at most half of the workers run or wait here. 1, then leave
 * it afterwards; or 0 after a 503. */
int hs_heavy_enter(struct hs_request *request);
void hs_heavy_leave(struct hs_request *request);

#endif
