/* webhook.h: requests from Twilio. */
#ifndef HS_WEBHOOK_H
#define HS_WEBHOOK_H

#include "server/state.h"

/* Parse the body and check the signature. 1 if the application may answer; 0 if
 * the request was refused and answered. */
int hs_webhook_admit(struct hs_request *request);
/* Answer when the application itself failed: TwiML if a caller is waiting,
 * otherwise 503, so that Twilio reports it. */
void hs_webhook_rescue(struct hs_request *request);
/* This report may not have been stored: look its call up later
 * (store/memory/lost_reports.h). */
void hs_webhook_mark(const struct hs_request *request);

#endif
