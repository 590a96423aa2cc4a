/* crypt.h: what we use of OpenSSL. */
#ifndef HS_CRYPT_H
#define HS_CRYPT_H

#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"

/* Count OpenSSL's failed allocations (memory.h). Call it before anything else
 * uses OpenSSL; later it has no effect. */
void hs_crypt_open(void);

#define HS_HMAC_MAX 32 /* bytes of the longest digest */

/* A key prepared once; one context per thread. Only hs_hmac_new allocates, so
 * checking a signature can't fail for lack of memory. */
struct hs_hmac;
/* digest is "SHA1" or "SHA256". NULL when memory ran out. Free with
 * hs_hmac_free(). */
struct hs_hmac *hs_hmac_new(const char *digest, const void *key, size_t len);
void hs_hmac_free(struct hs_hmac *hmac); /* NULL accepted */
/* begin, add any number of parts, end: returns the length of the digest in
 * `out`.
 */
void hs_hmac_begin(struct hs_hmac *hmac);
void hs_hmac_add(struct hs_hmac *hmac, const void *data, size_t len);
size_t hs_hmac_end(struct hs_hmac *hmac, unsigned char out[HS_HMAC_MAX]);
/* All three for a single part. The key is only read: any thread. */
size_t hs_hmac_of(const struct hs_hmac *hmac, const void *data, size_t len,
                  unsigned char out[HS_HMAC_MAX]);

void hs_sha256(const void *data, size_t len, unsigned char out[32]);
int hs_random(void *out, size_t len);
/* Constant time for equal lengths. */
int hs_equal(const void *a, size_t a_len, const void *b, size_t b_len);
void hs_hex(const unsigned char *data, size_t len, char *out); /* 2*len + 1 */
/* Append; url = 1 for the URL alphabet without padding. 0 or -1. */
int hs_base64_encode(struct hs_buf *out, const void *data, size_t len, int url);
/* The same with padding into 4 * ((len + 2) / 3) + 1 bytes. */
void hs_base64_write(const void *data, size_t len, char *out);
/* Append; strict: no spaces, no stray bits. 0, or -1 when malformed. */
int hs_base64_decode(struct hs_buf *out, const char *text, size_t len, int url);
/* "scrypt$15$8$1$salt$hash" for a password. One runs at a time, two may wait.
 * 0; -1 with `err` ("crypt", or "busy": more than two wait). */
int hs_password_hash(struct hs_buf *out, const char *password, size_t len,
                     struct hs_error *err);
/* 1 when it matches, 0 when not, -1 on failure as above. */
int hs_password_verify(const char *stored, const char *password, size_t len,
                       struct hs_error *err);

#endif
