/* token.h: the access token of Twilio's Voice SDK (twilio-contract §2). */
#ifndef HS_TOKEN_H
#define HS_TOKEN_H

#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

#define HS_TOKEN_TTL_MAX 86400 /* seconds; Twilio refuses more */

struct hs_access_token {
    const char *account_sid; /* AC… */
    const char *key_sid;     /* SK… */
    const char *key_secret;
    const char *region;  /* "" = us1, or NULL */
    const char *app_sid; /* AP…: the app that handles calls from the browser */
    const char *identity;
    int64_t now; /* seconds */
    int64_t ttl; /* 1 to HS_TOKEN_TTL_MAX */
};

/* Append the signed token. Returns 0; -1 with code "not_configured" (a SID or
 * the secret is empty), "invalid" (identity or ttl), "memory". Any thread. */
int hs_access_token_make(const struct hs_access_token *token,
                         struct hs_buf *out, struct hs_error *err);

#endif
