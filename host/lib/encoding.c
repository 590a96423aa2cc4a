/* encoding.c: UTF-16 and Windows-1252 as UTF-8. */
#include "lib/encoding.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"

#define UNREADABLE 0xFFFD

/* Windows-1252 from 0x80 to 0x9F; the rest is Latin-1. */
static const uint16_t WINDOWS[32] = {
    0x20AC, UNREADABLE, 0x201A,     0x0192, 0x201E, 0x2026, 0x2020,
    0x2021, 0x02C6,     0x2030,     0x0160, 0x2039, 0x0152, UNREADABLE,
    0x017D, UNREADABLE, UNREADABLE, 0x2018, 0x2019, 0x201C, 0x201D,
    0x2022, 0x2013,     0x2014,     0x02DC, 0x2122, 0x0161, 0x203A,
    0x0153, UNREADABLE, 0x017E,     0x0178};

/* Returns where the next character goes. */
static char *put(char *to, uint32_t code)
{
    if (code < 0x80) {
        *to++ = (char)code;
        return to;
    }
    if (code < 0x800) {
        *to++ = (char)(0xC0 | code >> 6);
    } else {
        if (code < 0x10000) {
            *to++ = (char)(0xE0 | code >> 12);
        } else {
            *to++ = (char)(0xF0 | code >> 18);
            *to++ = (char)(0x80 | (code >> 12 & 0x3F));
        }
        *to++ = (char)(0x80 | (code >> 6 & 0x3F));
    }
    *to++ = (char)(0x80 | (code & 0x3F));
    return to;
}

static uint32_t unit(const unsigned char *at, int big)
{
    return big ? (uint32_t)(at[0] << 8 | at[1])
               : (uint32_t)(at[1] << 8 | at[0]);
}

/* `text` begins with the mark. Both return the end of what they wrote. */
static char *from_utf16(const unsigned char *text, size_t len, char *to)
{
    int big = text[0] == 0xFE;

    for (size_t at = 2; at + 1 < len; at += 2) {
        uint32_t code = unit(text + at, big);
        uint32_t low = at + 3 < len ? unit(text + at + 2, big) : 0;

        if (code >= 0xD800 && code <= 0xDBFF && low >= 0xDC00 &&
            low <= 0xDFFF) {
            code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
            at += 2;
        } else if (code >= 0xD800 && code <= 0xDFFF) {
            code = UNREADABLE;
        }
        to = put(to, code);
    }
    return to;
}

static char *from_windows(const unsigned char *text, size_t len, char *to)
{
    for (size_t at = 0; at < len; at++) {
        int is_mark = text[at] >= 0x80 && text[at] < 0xA0;

        to = put(to, is_mark ? WINDOWS[text[at] - 0x80] : text[at]);
    }
    return to;
}

static int is_table(const char *name)
{
    size_t len = strlen(name);

    return len > 4 && strcmp(name + len - 4, ".csv") == 0;
}

static int is_code(const char *name)
{
    size_t len = strlen(name);

    return len > 4 && strcmp(name + len - 4, ".lua") == 0;
}

int hs_encoding_to_utf8(const char *name, char **text, size_t *len)
{
    const unsigned char *from = (const unsigned char *)*text;
    int marked = *len >= 2 && ((from[0] == 0xFF && from[1] == 0xFE) ||
                               (from[0] == 0xFE && from[1] == 0xFF));
    char *converted, *end;

    if (is_code(name) ||
        (!marked && (!is_table(name) || hs_utf8_valid(*text, *len))))
        return 0;
    /* A byte becomes at most three, as do two of UTF-16. */
    converted = malloc(*len * 3 + 1);
    if (!converted)
        return -1;
    end = marked ? from_utf16(from, *len, converted)
                 : from_windows(from, *len, converted);
    *end = '\0';
    free(*text);
    *text = converted;
    *len = (size_t)(end - converted);
    return 0;
}
