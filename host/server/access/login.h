/* login.h: what a local account's login has besides its token: the cookie that
 * carries it, and its row in the database. */
#ifndef HS_LOGIN_H
#define HS_LOGIN_H

#include <stddef.h>
#include <stdint.h>

#include "server/state.h"

#define HS_LOGIN_COOKIE "hookswitch_session"

/* The token in the session cookie. 1 with `token` and `len`, 0 when there is
 * no such cookie, -1 when there are several. */
int hs_login_cookie(const struct hs_request *request, const char **token,
                    size_t *len);
/* Did one of our pages send this? Browsers send cookies with requests of any
 * page, so a request that changes something must prove it. */
int hs_login_same_origin(const struct hs_request *request);
/* 1 if the login is still valid, with its account's role in `role`; 0 if it has
 * ended, -1 if the database can't be read. */
int hs_login_stands(struct hs_session *session, const char *login,
                    const char *user, int64_t now_ms, enum hs_role *role);

#endif
