/* sandbox.h: what a sandbox needs and nobody configured. */
#ifndef HS_TWILIO_SANDBOX_H
#define HS_TWILIO_SANDBOX_H

#include "base/config/config.h"
#include "base/err.h"

/* Where our own server answers as Twilio's API: lua/sandbox/routes. */
#define HS_SANDBOX_API "/sandbox/twilio"

/* Its database, unless another one is set: nothing of it is left when the
 * program goes live. */
#define HS_SANDBOX_DATABASE "sandbox.db"

/* 1 when nobody says which account is meant, and all that was ever served here
 * is a sandbox: commands mean that one. */
int hs_sandbox_is_here(const struct hs_config *config);
/* With sandbox = yes, give what is unset a value of its own: the database,
 * account, keys, app and JWT secret, made once and kept in the file
 * <database>.sandbox, and as server_url and Twilio's API our own server. The
 * configuration may be switched to the sandbox before. 0, or -1 with `err`. */
int hs_sandbox_apply(struct hs_config *config, struct hs_error *err);
/* The same for a port that was only chosen when listening (listen = HOST:0),
 * before other threads read the configuration. */
int hs_sandbox_port(struct hs_config *config, int port, struct hs_error *err);

#endif
