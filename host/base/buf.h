/* buf.h: a byte buffer that grows, always NUL-terminated when data != NULL. */
#ifndef HS_BUF_H
#define HS_BUF_H

#include <stddef.h>

/* Zero-initialise to start empty. One owner, no locking. */
struct hs_buf {
    char *data;
    size_t len;
    size_t cap;
};

/* Each returns 0, or -1 when memory ran out, leaving the buffer unchanged. */
int hs_buf_add(struct hs_buf *buf, const void *data, size_t len);
/* Make room for `more` bytes, so that adding them can't fail. */
int hs_buf_reserve(struct hs_buf *buf, size_t more);
int hs_buf_add_str(struct hs_buf *buf, const char *text);
int hs_buf_printf(struct hs_buf *buf, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* Append `text` as a JSON string with its quotes; invalid UTF-8 becomes U+FFFD.
 */
int hs_buf_add_json(struct hs_buf *buf, const char *text, size_t len);
/* Empty it but keep the memory. */
void hs_buf_clear(struct hs_buf *buf);
/* Release the memory and zero the struct. */
void hs_buf_free(struct hs_buf *buf);

#endif
