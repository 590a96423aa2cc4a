/* app.h: the Lua application inside a VM: its routes and its dispatcher. */
#ifndef HS_APP_H
#define HS_APP_H

#include "script/vm.h"
#include "server/reply.h"
#include "server/router.h"

/* Load the application in a fresh VM: require("hookswitch.router")
 * .load(require("app")). Enters its routes in `router`, when given; else they
 * must be `count` in number, as another VM of the same bundle had. 0, or -1
 * with `err`. */
int hs_app_start(struct hs_vm *vm, struct hs_router *router, int count,
                 struct hs_script_error *err);
/* Let the application answer the matched route. 0 with `reply` filled from the
 * worker's buffers; -1 with `err` when Lua failed as such. */
int hs_app_dispatch(struct hs_vm *vm, struct hs_request *request,
                    struct hs_reply *reply, struct hs_script_error *err);
/* Log what Lua failed with. `request_id` may be NULL. */
void hs_app_log(const char *event, const struct hs_script_error *err,
                const char *request_id);

#endif
