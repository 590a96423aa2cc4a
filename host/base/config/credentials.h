/* credentials.h: Twilio's keys and those that users' tokens are checked with,
 * which can be exchanged while the server runs.
 *
 * The configuration is read-only for everybody else; what changes of it is this
 * alone. Older keys stay in memory until the configuration is freed, since
 * other threads may be reading them. */
#ifndef HS_CREDENTIALS_H
#define HS_CREDENTIALS_H

#include <stdint.h>

#include "base/config/config.h"
#include "base/err.h"

/* Strings as in hs_config: never NULL, "" when unset; valid as long as the
 * configuration. */
struct hs_credentials {
    const char *auth_token;           /* for requests of ours, and signatures */
    const char *auth_token_secondary; /* for signatures, too */
    const char *api_key;
    const char *api_secret;
    const char *jwt_secret;
    const char *jwt_secret_secondary; /* for verifying, too */
    const char *jwt_public_keys;      /* PEM */
    uint64_t number; /* 0 as loaded, then counted up with every change */
};

/* Those of now. One atomic load; any thread. */
struct hs_credentials hs_credentials_now(const struct hs_config *config);
/* Take over the keys of `fresh`, the settings read again; the environment is
 * that of the start. Returns 1 when some differ, 0 when they are the same, -1
 * with `err` (then all stays). One thread only. */
int hs_credentials_take(struct hs_config *config, const struct hs_config *fresh,
                        struct hs_error *err);
/* The same for the token file and the file of public keys alone, once they have
 * changed and rested since the last look: made to be called every second. */
int hs_credentials_look(struct hs_config *config, struct hs_error *err);

#endif
