/* host.h: what the bindings of one VM may reach. */
#ifndef HS_HOST_H
#define HS_HOST_H

#include <lua.h>

#include "base/config/config.h"

struct hs_session; /* store/store.h: this thread's session */
struct hs_signer;  /* twilio/signature.h */
struct hs_rule_vm; /* script/rule_vm/rule_vm.h: the rule VM beside this app VM
                    */
struct hs_lookups; /* script/lookups.h: the lookup VM beside it */
struct hs_jwt_key; /* lib/jwt.h */
struct hs_form;    /* lib/form.h */
struct hs_limiter; /* lib/limiter.h */
struct hs_vm;      /* script/vm.h */
struct hs_script_error;

/* Load every route of the application in a fresh VM, as a server does, and
 * enter them in `router` (server/router.h) unless it is NULL. 0, or -1 and
 * `err`. */
typedef int hs_take_routes_fn(struct hs_vm *app, void *router,
                              struct hs_script_error *err);

/* One per VM, kept in LUA_REGISTRYINDEX; members may be NULL (a trial VM has
 * neither session nor network: bindings then raise "not available while
 * loading"). Lives as long as the VM. */
struct hs_host {
    const struct hs_config *config;
    struct hs_session *session;
    struct hs_signer *signer;
    struct hs_rule_vm *rules;
    struct hs_rule_vm *replaced;          /* what tried rules would replace */
    struct hs_lookups *lookups;           /* NULL: lookups.lua defines none */
    const struct hs_jwt_key *session_key; /* signs and verifies our tokens */
    struct hs_limiter *limiter;           /* NULL: no rate limits */
    hs_take_routes_fn *take_routes;       /* NULL: no routes */
    int trial;  /* loading only: no network, no database */
    int lookup; /* this is a lookup VM: it may read, but change nothing */
    int cut; /* time or memory ran out inside: its modules may be half done, so
                the VM is freed after the request */
    int changed; /* this request has changed something, other than by the batch
                    of its answer, that stays if it fails from now on */
};
/* The host of this VM; never NULL after hs_vm_new. */
struct hs_host *hs_host(lua_State *L);

#endif
