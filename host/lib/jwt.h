/* jwt.h: JSON Web Tokens, one pinned algorithm per key (RFC 7519, RFC 7515). */
#ifndef HS_JWT_H
#define HS_JWT_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

/* In our own tokens, so that no other token passes for one. */
#define HS_JWT_SESSION_ISSUER "hookswitch-session"

struct hs_jwt_key;
/* alg "HS256" with a secret, "RS256"/"ES256" with a PEM public key. NULL and
 * `err` on failure. Any thread may verify. */
struct hs_jwt_key *hs_jwt_key_new(const char *alg, const char *material,
                                  size_t len, struct hs_error *err);
void hs_jwt_key_free(struct hs_jwt_key *key);
/* Also verify with `other`, which the key then owns. Before threads share the
 * key; NULL accepted. */
void hs_jwt_key_add(struct hs_jwt_key *key, struct hs_jwt_key *other);
/* Replace the key by `fresh`, which it then owns, for signing and verifying.
 * Other threads may be using the key; call it from one thread only. */
void hs_jwt_key_renew(struct hs_jwt_key *key, struct hs_jwt_key *fresh);

struct hs_jwt_checks {
    const char *issuer;   /* "" = not checked */
    const char *audience; /* "" = not checked */
    int64_t now_seconds;
    int64_t leeway_seconds;
};
/* Verify and put the claims' JSON text into `claims`. Returns 0, or -1 with
 * code "malformed", "bad_signature", "expired", "not_yet", "wrong_alg",
 * "wrong_issuer", "wrong_audience"; "memory" when it ran out, which says
 * nothing about the token. exp is required; duplicate claims are refused. */
int hs_jwt_verify(const struct hs_jwt_key *key, const char *token, size_t len,
                  const struct hs_jwt_checks *checks, struct hs_buf *claims,
                  struct hs_error *err);
/* Append header.claims.signature (HS256 only). `header_extra` is JSON members
 * such as "\"cty\":\"twilio-fpa;v=1\"", or "". 0 or -1. */
int hs_jwt_sign(const struct hs_jwt_key *key, const char *header_extra,
                const char *claims_json, size_t claims_len, struct hs_buf *out,
                struct hs_error *err);
/* Find one top-level string or number claim in verified JSON; 1 found (text in
 * `out`, numbers as written), 0 absent or of another type. */
int hs_jwt_claim(const char *claims, size_t len, const char *name,
                 struct hs_buf *out);

#endif
