/* buf.c: the growing byte buffer. */
#include "base/buf.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"

#define FIRST_CAP 256

/* Make room for `more` bytes and the NUL behind them. */
int hs_buf_reserve(struct hs_buf *buf, size_t more)
{
    size_t cap = buf->cap ? buf->cap : FIRST_CAP;
    char *data;

    if (more >= SIZE_MAX / 2 - buf->len)
        return -1;
    if (buf->len + more < buf->cap)
        return 0;
    while (cap <= buf->len + more)
        cap *= 2;
    data = realloc(buf->data, cap);
    if (!data)
        return -1;
    buf->data = data;
    buf->cap = cap;
    buf->data[buf->len] = 0;
    return 0;
}

int hs_buf_add(struct hs_buf *buf, const void *data, size_t len)
{
    if (hs_buf_reserve(buf, len) != 0)
        return -1;
    if (len > 0)
        memcpy(buf->data + buf->len, data, len);
    buf->len += len;
    buf->data[buf->len] = 0;
    return 0;
}

int hs_buf_add_str(struct hs_buf *buf, const char *text)
{
    return hs_buf_add(buf, text, strlen(text));
}

int hs_buf_printf(struct hs_buf *buf, const char *fmt, ...)
{
    va_list args;
    int wanted;

    va_start(args, fmt);
    wanted = vsnprintf(NULL, 0, fmt, args);
    va_end(args);
    if (wanted < 0 || hs_buf_reserve(buf, (size_t)wanted) != 0)
        return -1;
    va_start(args, fmt);
    (void)vsnprintf(buf->data + buf->len, (size_t)wanted + 1, fmt, args);
    va_end(args);
    buf->len += (size_t)wanted;
    return 0;
}

/* Write the escape of one byte below U+0080 that JSON doesn't allow in a
 * string. */
static size_t escape_ascii(unsigned char byte, char out[6])
{
    static const char hex[] = "0123456789abcdef";
    static const char plain[] = "\"\\\b\f\n\r\t";
    static const char named[] = "\"\\bfnrt";
    const char *hit = byte ? strchr(plain, byte) : NULL;

    out[0] = '\\';
    if (hit) {
        out[1] = named[hit - plain];
        return 2;
    }
    out[1] = 'u';
    out[2] = out[3] = '0';
    out[4] = hex[byte >> 4];
    out[5] = hex[byte & 15];
    return 6;
}

static int needs_escape(unsigned char byte)
{
    return byte < 0x20 || byte == '"' || byte == '\\' || byte == 0x7F;
}

/* How many bytes from `text` on can be copied unchanged. */
static size_t clean_run(const char *text, size_t len)
{
    size_t at = 0;

    while (at < len) {
        unsigned char byte = (unsigned char)text[at];
        size_t step = byte < 0x80 ? 1 : hs_utf8_next(text + at, len - at);

        if (step == 0 || needs_escape(byte))
            break;
        at += step;
    }
    return at;
}

int hs_buf_add_json(struct hs_buf *buf, const char *text, size_t len)
{
    size_t before = buf->len;
    size_t at = 0;

    if (hs_buf_add(buf, "\"", 1) != 0)
        return -1;
    while (at < len) {
        size_t run = clean_run(text + at, len - at);
        char escape[6] = "\xEF\xBF\xBD"; /* U+FFFD */
        size_t escape_len = 3;

        if (hs_buf_add(buf, text + at, run) != 0)
            goto failed;
        at += run;
        if (at == len)
            break;
        if ((unsigned char)text[at] < 0x80)
            escape_len = escape_ascii((unsigned char)text[at], escape);
        if (hs_buf_add(buf, escape, escape_len) != 0)
            goto failed;
        at++;
    }
    if (hs_buf_add(buf, "\"", 1) == 0)
        return 0;

failed:
    buf->len = before;
    if (buf->data)
        buf->data[before] = 0;
    return -1;
}

void hs_buf_clear(struct hs_buf *buf)
{
    buf->len = 0;
    if (buf->data)
        buf->data[0] = 0;
}

void hs_buf_free(struct hs_buf *buf)
{
    free(buf->data);
    memset(buf, 0, sizeof *buf);
}
