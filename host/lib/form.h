/* form.h: application/x-www-form-urlencoded, read from hostile bytes. */
#ifndef HS_FORM_H
#define HS_FORM_H

#include <stddef.h>

#include "base/err.h"

#define HS_FORM_MAX 256 /* parameters in one form */

struct hs_pair {
    const char *name,
        *value; /* decoded, NUL-terminated, inside hs_form.bytes */
    size_t name_len, value_len;
};
/* Reusable: zero-initialise once, parse many times, free once. */
struct hs_form {
    struct hs_pair *pairs; /* in wire order, repeated names kept */
    size_t count;
    size_t pairs_cap;
    char *bytes;
    size_t bytes_cap;
    int needs_repair; /* a text is not valid UTF-8, or holds a NUL */
};

/* Decode `len` bytes (a body, or a query string without `?`). `+` and %20 are
 * spaces. Returns 0; -1 with code "malformed" (bad escape, NUL byte, invalid
 * UTF-8), "too_many" or "memory". The pairs live until the next parse. */
int hs_form_parse(struct hs_form *form, const char *data, size_t len,
                  struct hs_error *err);
/* The same, but malformed text doesn't fail: an escape that isn't one stands
 * for itself, other bytes stay as they are. For webhooks, whose signature
 * covers these bytes; call hs_form_repair() before reading them. */
int hs_form_parse_raw(struct hs_form *form, const char *data, size_t len,
                      struct hs_error *err);
/* Replace each byte that isn't valid text by U+FFFD. 0, or -1 when memory ran
 * out. */
int hs_form_repair(struct hs_form *form);
/* Make room for a form of usual size, so that parsing one can't run out of
 * memory. 0 or -1. */
int hs_form_reserve(struct hs_form *form);
/* First value of a name, or NULL. */
const struct hs_pair *hs_form_find(const struct hs_form *form, const char *name,
                                   size_t name_len);
void hs_form_free(struct hs_form *form);

#endif
