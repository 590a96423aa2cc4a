/* auth.h: who a user of the API is. */
#ifndef HS_AUTH_H
#define HS_AUTH_H

#include "server/worker.h"

/* Make api_key (from jwt_secret or jwt_public_key_file) and session_key. 0, or
 * -1 and `err` when a key cannot be used. */
int hs_auth_open(struct hs_server *server, struct hs_error *err);
void hs_auth_close(struct hs_server *server);
/* Verify the bearer token and fill request->user. 1; or 0 after a 401. */
int hs_auth_admit(struct hs_request *request);

#endif
