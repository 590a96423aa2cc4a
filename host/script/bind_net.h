/* bind_net.h: what the bindings that reach the network share. */
#ifndef HS_BIND_NET_H
#define HS_BIND_NET_H

#include <lua.h>

/* How many of the `wanted` milliseconds a request may take: never more than
 * what is left of the time budget of the call under way, because the watchdog
 * cannot stop a thread that waits in libcurl. Raises while a VM is only being
 * tried ("http.request is not available while loading"). */
int hs_net_time(lua_State *L, const char *who, int wanted);

#endif
