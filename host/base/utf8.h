/* utf8.h: the one place that knows what valid UTF-8 is (RFC 3629). */
#ifndef HS_UTF8_H
#define HS_UTF8_H

#include <stddef.h>

/* Length (1-4) of the character at `text`, or 0 if the bytes aren't one, as
 * with overlong forms, surrogates and values over U+10FFFF. Reads at most `len`
 * bytes. */
size_t hs_utf8_next(const char *text, size_t len);
/* 1 when all `len` bytes are valid UTF-8, else 0. */
int hs_utf8_valid(const char *text, size_t len);
/* Where to cut `text` so that at most `len` bytes remain and no character is
 * split; only the last character is examined. */
size_t hs_utf8_cut(const char *text, size_t len);

#endif
