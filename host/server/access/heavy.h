/* heavy.h: requests that compute for seconds (routes with `heavy`), a few at a
 * time. Rules that are tried may take all the time they are given, so one user
 * could keep every worker, and callers would wait. */
#ifndef HS_HEAVY_H
#define HS_HEAVY_H

#include "server/worker.h"

/* Wait for a turn; half of the workers at most run or wait here. 1, and leave
 * it afterwards; or 0 after a 503. */
int hs_heavy_enter(struct hs_request *request);
void hs_heavy_leave(struct hs_request *request);

#endif
