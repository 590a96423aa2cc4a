/* cors.h: web pages of other origins (cors_origins in the configuration). */
#ifndef HS_CORS_H
#define HS_CORS_H

#include "server/state.h"

/* The request's Origin when the configuration names it, else NULL. */
const char *hs_cors_origin(const struct hs_request *request);
/* Answer a preflight from such an origin for a path that exists. 1 if it was
 * one. */
int hs_cors_preflight(struct hs_request *request);

#endif
