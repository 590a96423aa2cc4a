/* net.h: shared by the bindings that reach the network. */
#ifndef HS_BIND_NET_H
#define HS_BIND_NET_H

#include <lua.h>

struct hs_fetch; /* lib/fetch.h */

/* How many of the `wanted` milliseconds a request may take: never more than is
 * left of the current call's time budget, because the watchdog can't stop a
 * thread that waits in libcurl. Raises while a VM is only being tried
 * ("http.request is not available while loading"). */
int l_net_time(lua_State *L, const char *who, int wanted);
/* This VM's libcurl handle under `key` of the registry, made on first use and
 * freed with the VM; `public_only` as for hs_fetch_new(). Raises when memory
 * runs out. */
struct hs_fetch *l_net_fetch(lua_State *L, const char *key, int public_only);

#endif
