/* app.h: the Lua application inside a VM: its routes and its dispatcher. */
#ifndef HS_APP_H
#define HS_APP_H

#include "script/vm_group.h"
#include "server/answers/reply.h"
#include "server/router.h"
#include "server/server.h"

/* What the server's VMs may use: config, keys and store of `server`; NULL
 * members are unavailable. */
struct hs_vm_reach hs_app_reach(const struct hs_server *server);
/* Start the application in a fresh VM, through require("hookswitch.router").
 * With a router, all route files are loaded and entered there; without, a file
 * is loaded by the first request that needs it. 0, or -1 with `err`. */
int hs_app_start(struct hs_vm *vm, struct hs_router *router,
                 struct hs_script_error *err);
/* Let the application answer the matched route. 0 with `reply` filled from the
 * worker's buffers, and in the worker's batch what must be stored before it is
 * sent; -1 with `err` if Lua itself failed. */
int hs_app_dispatch(struct hs_vm *vm, struct hs_request *request,
                    struct hs_reply *reply, struct hs_script_error *err);
/* Tell the application, in any VM of the release, that the batch was stored, or
 * why not; `reply` is refilled if another answer is to be sent. 0, or -1 with
 * `err` if Lua itself failed. */
int hs_app_stored(struct hs_vm *vm, struct hs_request *request,
                  const struct hs_error *failure, struct hs_reply *reply,
                  struct hs_script_error *err);
/* Log an error from Lua. `request_id` may be NULL. */
void hs_app_log(const char *event, const struct hs_script_error *err,
                const char *request_id);

#endif
