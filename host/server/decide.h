/* decide.h: lets Lua answer a request, and stores what the answer depends on.
 */
#ifndef HS_DECIDE_H
#define HS_DECIDE_H

#include "server/answers/reply.h"

struct hs_script_error;

#define HS_NO_VM "no_vm" /* the code of an error: no VM could be made */

/* Let Lua answer, in VMs that are given back. An answer made while memory ran
 * short is discarded. 0, or -1 and `err`. */
int hs_decide(struct hs_request *request, struct hs_reply *reply,
              struct hs_script_error *err);
/* Store what the answer depends on: it is sent once that is on disk, and
 * meanwhile other requests use the VMs. Lua is told if storing failed, if the
 * first statement changed nothing (it was stored before), or if a client
 * listens to events. 0, or -1 and `err`. */
int hs_decide_store(struct hs_request *request, struct hs_reply *reply,
                    struct hs_script_error *err);

#endif
