/* webhook.h: requests from Twilio. */
#ifndef HS_WEBHOOK_H
#define HS_WEBHOOK_H

#include "server/worker.h"

/* Parse the body and check the signature. 1 when the application may be asked;
 * 0 when the request was refused and answered. */
int hs_webhook_admit(struct hs_request *request);
/* Answer when the application failed as such: TwiML where a caller waits, 503
 * elsewhere, so that Twilio reports it. */
void hs_webhook_rescue(struct hs_request *request);
/* What this report says may not be stored: its call is looked up later
 * (store/marks.h). */
void hs_webhook_mark(const struct hs_request *request);

#endif
