/* login.h: what makes a login of a local account more than its token: the
 * cookie that carries it, and the row in the database that it stands on. */
#ifndef HS_LOGIN_H
#define HS_LOGIN_H

#include <stddef.h>
#include <stdint.h>

#include "server/worker.h"

#define HS_LOGIN_COOKIE "hookswitch_session"

/* The token in the session cookie. 1 with `token` and `len`, 0 when there is
 * no such cookie, -1 when there are several. */
int hs_login_cookie(const struct hs_request *request, const char **token,
                    size_t *len);
/* Did a page of ours send this? Browsers send cookies along whoever asks, so a
 * request that changes something has to show that. */
int hs_login_same_origin(const struct hs_request *request);
/* 1 when the login has not ended, 0 when it has, -1 when the database cannot
 * be asked. */
int hs_login_stands(struct hs_session *session, const char *login,
                    const char *user, int64_t now_ms);

#endif
