/* signature.h: X-Twilio-Signature (twilio-contract §1). */
#ifndef HS_SIGNATURE_H
#define HS_SIGNATURE_H

#include <stddef.h>

#include "lib/form.h"

struct hs_signer; /* holds the keyed HMAC; one per thread */
/* token and server_url are copied. NULL when memory ran out. With an empty
 * token nothing is valid and nothing can be signed. */
struct hs_signer *hs_signer_new(const char *auth_token, const char *server_url);
struct hs_config;
/* One for the auth tokens and the server_url of a configuration; as above. */
struct hs_signer *hs_signer_open(const struct hs_config *config);
/* Switch to the configuration's current auth tokens if they have changed; out
 * of memory, the old ones stay. Returns 1 if there is one. */
int hs_signer_follow(struct hs_signer *signer, const struct hs_config *config);
void hs_signer_free(struct hs_signer *signer);

struct hs_signed_request {
    const char *target; /* raw request target: path and ?query, as sent */
    size_t target_len;
    const struct hs_form *form; /* NULL for a GET or a JSON body */
    const char *body;           /* raw body, for bodySHA256 */
    size_t body_len;
    int is_json;
    const char *signature; /* the header, or NULL */
};
/* 1 valid, 0 not; allocates nothing. Tries the exact URL, then the port
 * variants, then the host lower-cased, with each auth token. Constant-time
 * comparison. */
int hs_signature_valid(struct hs_signer *signer,
                       const struct hs_signed_request *request);
/* The same for a whole URL instead of server_url + target; `form` as above. -1
 * when memory ran out. */
int hs_signature_valid_url(struct hs_signer *signer, const char *url,
                           size_t url_len, const struct hs_form *form,
                           const char *signature);
/* Sign url + form as Twilio would with the first token, into 29 bytes. 0 or -1.
 */
int hs_signature_make(struct hs_signer *signer, const char *url,
                      const struct hs_form *form, char out[29]);

#endif
