/* limits.h: how often a user or an address may ask. The numbers are in
 * lua/hookswitch/limits.lua; rate_limits = no switches them all off. */
#ifndef HS_LIMITS_H
#define HS_LIMITS_H

#include "server/state.h"

/* Where the request comes from: the connection's address, or what a trusted
 * proxy says; an IPv6 address without the half its owner may choose. The text
 * belongs to the request. */
void hs_limits_client(struct hs_request *request);
/* Count a request of a known user or, on a public route, of an address. 1; or 0
 * after a 429. */
int hs_limits_admit(struct hs_request *request);
/* Count a bad token from an address. 1; or 0 after a 429. */
int hs_limits_admit_refused(struct hs_request *request);

#endif
