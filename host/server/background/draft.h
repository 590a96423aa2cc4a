/* draft.h: the draft of the rules beside the live ones: one thread with Lua
 * states of its own checks forwarding.next.lua when it changes, and decides the
 * calls that came in meanwhile (lua/commands/rules/draft_watch.lua). Callers
 * never wait for it. */
#ifndef HS_DRAFT_H
#define HS_DRAFT_H

#include "server/background/background.h"

/* Start the thread, once the server serves. NULL if it can't be started; drafts
 * are then off. */
struct hs_background *hs_draft_start(struct hs_server *server);

#endif
