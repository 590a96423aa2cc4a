/* sandbox.h: fills in what a sandbox needs. */
#ifndef HS_TWILIO_SANDBOX_H
#define HS_TWILIO_SANDBOX_H

#include "base/config/config.h"
#include "base/err.h"

/* Where our own server answers as Twilio's API: lua/sandbox/routes. */
#define HS_SANDBOX_API "/sandbox/twilio"

/* Its database, unless another one is set: a real account never uses it. */
#define HS_SANDBOX_DATABASE "sandbox.db"

/* 1 if no account is configured and only a sandbox was ever served here:
 * commands then use it. */
int hs_sandbox_is_here(const struct hs_config *config);
/* 1 if no account is configured and both databases are in the folder. */
int hs_sandbox_is_beside(const struct hs_config *config);
/* 1 if no account is configured and nothing was served here yet: the first
 * server may be a sandbox. */
int hs_sandbox_may_come(const struct hs_config *config);
/* With sandbox = yes, fill in unset values: the database, account, keys, app
 * and JWT secret, made once and kept in the file <database>.sandbox, and our
 * own server as server_url and as Twilio's API. 0, or -1 with `err`. */
int hs_sandbox_apply(struct hs_config *config, struct hs_error *err);
/* Fill in the addresses again for a port chosen when listening (listen =
 * HOST:0), before other threads read the configuration. */
int hs_sandbox_port(struct hs_config *config, int port, struct hs_error *err);

#endif
