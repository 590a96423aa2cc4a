/* credentials.h: Twilio's keys and the keys that users' tokens are checked
 * with. They can be replaced while the server runs.
 *
 * Nothing else in the configuration changes. Older keys stay in memory until
 * the configuration is freed, since other threads may be reading them. */
#ifndef HS_CREDENTIALS_H
#define HS_CREDENTIALS_H

#include <stdint.h>

#include "base/config/config.h"
#include "base/err.h"

/* Strings as in hs_config: never NULL, "" when unset; valid as long as the
 * configuration. */
struct hs_credentials {
    const char *auth_token;           /* for our requests and for signatures */
    const char *auth_token_secondary; /* also for signatures */
    const char *api_key;
    const char *api_secret;
    const char *jwt_secret;
    const char *jwt_secret_secondary; /* also for verifying */
    const char *jwt_public_keys;      /* PEM */
    uint64_t number; /* 0 when loaded, one more with every change */
};

/* The current keys. One atomic load; any thread. */
struct hs_credentials hs_credentials_now(const struct hs_config *config);
/* Take over the keys of `fresh`, the settings read again (the environment is
 * that of the start). Returns 1 if any differ, 0 if not, -1 with `err` (nothing
 * changes then). One thread only. */
int hs_credentials_take(struct hs_config *config, const struct hs_config *fresh,
                        struct hs_error *err);
/* The same for the token file and the public key file alone, once they have
 * changed and settled since the last look. Meant to be called every second. */
int hs_credentials_look(struct hs_config *config, struct hs_error *err);

#endif
