/* auth.h: checks the token of an API request. */
#ifndef HS_AUTH_H
#define HS_AUTH_H

#include "server/state.h"

/* Make api_key (from jwt_secret or the public keys) and session_key, which
 * without jwt_secret is kept in the file <database>.key; with `keep` = 0 that
 * file is read but not created. 0, or -1 and `err` if a key can't be used. */
int hs_auth_open(struct hs_server *server, int keep, struct hs_error *err);
/* Rebuild them from the current credentials. 0, or -1 and `err`, with the keys
 * unchanged. */
int hs_auth_renew(struct hs_server *server, struct hs_error *err);
void hs_auth_close(struct hs_server *server);
/* Verify the token and fill user, login, role and until of the request. 1; or 0
 * after a 401, 403, 429 or 503. */
int hs_auth_admit(struct hs_request *request);
/* 1 when the role of the request's user may ask for its route; or 0 after a
 * 403. */
int hs_auth_role(struct hs_request *request);

#endif
