/* maintain.h: what has to be looked after while nobody asks: one thread with a
 * Lua state of its own runs lua/commands/maintain.lua, step by step. */
#ifndef HS_MAINTAIN_H
#define HS_MAINTAIN_H

#include "server/server.h"

struct hs_maintain;

/* Start the thread, once the server serves. NULL when it could not be started
 * or maintenance_seconds is 0: it is then left to `hookswitch maintain`. */
struct hs_maintain *hs_maintain_start(struct hs_server *server);
/* Ask it to end; the step it is at is finished first. NULL accepted. */
void hs_maintain_end(struct hs_maintain *maintain);
/* Wait until it has ended, and free it. NULL accepted. */
void hs_maintain_free(struct hs_maintain *maintain);

#endif
