/* maintain.h: maintenance in the background: one thread with a Lua state of its
 * own runs lua/commands/maintain.lua, step by step. */
#ifndef HS_MAINTAIN_H
#define HS_MAINTAIN_H

#include "server/background/background.h"

/* Start the thread, once the server serves. NULL if it can't be started or
 * maintenance_seconds is 0; then only `hookswitch maintain` does the work. */
struct hs_background *hs_maintain_start(struct hs_server *server);

#endif
