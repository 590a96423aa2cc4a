/* replica.h: the near file's copy of what calls are decided by. */
#ifndef HS_NEAR_REPLICA_H
#define HS_NEAR_REPLICA_H

#include "store/near/near.h"

/* Copy it if it has changed. For the near file's thread. */
void hs_replica_look(struct hs_near *near);
/* Everything that was stored during an outage has been delivered: forget it. 0,
 * or -1 when it is still there. */
int hs_replica_forget_calls(struct hs_near *near);

#endif
