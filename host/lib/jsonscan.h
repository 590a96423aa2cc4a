/* jsonscan.h: reads a JSON object without building a tree. */
#ifndef HS_JSONSCAN_H
#define HS_JSONSCAN_H

#include <stddef.h>

#include "base/buf.h"

#define HS_JSON_DEPTH 32    /* nested arrays and objects */
#define HS_JSON_MEMBERS 128 /* of the outermost object */

enum hs_json_type {
    HS_JSON_NULL,
    HS_JSON_FALSE,
    HS_JSON_TRUE,
    HS_JSON_NUMBER,
    HS_JSON_STRING, /* text including quotes and escapes */
    HS_JSON_ARRAY,
    HS_JSON_OBJECT
};

struct hs_json_value {
    enum hs_json_type type;
    const char *text; /* inside the document, as written */
    size_t len;
};

/* One member of the outermost object; `name` is decoded. Return 0 to go on. */
typedef int hs_json_member_fn(void *ctx, const char *name, size_t name_len,
                              const struct hs_json_value *value);

/* Check that the text is one JSON object and nothing else (RFC 8259: UTF-8, no
 * duplicate names in the outermost object, numbers and escapes exact, no lone
 * surrogates, at most HS_JSON_DEPTH deep), and report its members in order.
 * Returns 0; -1 when malformed, when memory ran out or the callback said so.
 * Members before the mistake have been reported. */
int hs_json_scan(const char *text, size_t len, hs_json_member_fn *member,
                 void *ctx);
/* Step through a value of type array: `*at` starts at 0. 1 with the next
 * element in `out`, 0 at the end. The array comes from hs_json_scan. */
int hs_json_next(const struct hs_json_value *array, size_t *at,
                 struct hs_json_value *out);
/* Append the decoded bytes of a value of type string. 0 or -1. */
int hs_json_string(const struct hs_json_value *value, struct hs_buf *out);
/* Is it a string, and this one? */
int hs_json_is(const struct hs_json_value *value, const char *wanted);

#endif
