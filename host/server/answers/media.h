/* media.h: recordings, streamed through from Twilio. */
#ifndef HS_MEDIA_H
#define HS_MEDIA_H

#include "server/answers/reply.h"
#include "server/state.h"

/* Answer with the recording reply->recording and reply's type and headers: the
 * client's Range goes to Twilio, the pieces come back through this thread and
 * are never stored. At most a quarter of the workers do this at a time (503 for
 * the rest), to leave some for calls. */
void hs_media_send(struct hs_request *request, const struct hs_reply *reply);

#endif
