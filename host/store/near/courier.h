/* courier.h: the thread behind the near file. */
#ifndef HS_NEAR_COURIER_H
#define HS_NEAR_COURIER_H

#include "store/near/near.h"

/* Deliver the spool, ask whether a database that failed is back, copy its
 * settings: until near->stopping. 0 or -1. */
int hs_courier_start(struct hs_near *near);

#endif
