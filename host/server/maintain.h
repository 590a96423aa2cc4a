/* maintain.h: maintenance in the background: one thread with a Lua state of its
 * own runs lua/commands/maintain.lua, step by step. */
#ifndef HS_MAINTAIN_H
#define HS_MAINTAIN_H

#include "server/server.h"

struct hs_maintain;

/* Start the thread, once the server serves. NULL if it can't be started or
 * maintenance_seconds is 0; then only `hookswitch maintain` does the work. */
struct hs_maintain *hs_maintain_start(struct hs_server *server);
/* Ask it to end; the current step is finished first. NULL accepted. */
void hs_maintain_end(struct hs_maintain *maintain);
/* Wait until it has ended, and free it. NULL accepted. */
void hs_maintain_free(struct hs_maintain *maintain);

#endif
