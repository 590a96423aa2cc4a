/* health.h: /healthz, /readyz, /metrics and /refusals. */
#ifndef HS_HEALTH_H
#define HS_HEALTH_H

#include "server/state.h"

/* Answer one of these paths; 0 for any other. */
int hs_health_answer(struct hs_request *request);

#endif
