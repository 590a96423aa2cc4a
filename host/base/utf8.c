/* utf8.c: UTF-8 by the table of RFC 3629 section 4. */
#include "base/utf8.h"

#include <string.h>

static int is_tail(unsigned char byte)
{
    return (byte & 0xC0) == 0x80;
}

/* Length announced by a lead byte; 0 if it can't lead. */
static size_t announced(unsigned char lead)
{
    if (lead < 0x80)
        return 1;
    if (lead >= 0xC2 && lead <= 0xDF)
        return 2;
    if ((lead & 0xF0) == 0xE0)
        return 3;
    if (lead >= 0xF0 && lead <= 0xF4)
        return 4;
    return 0;
}

/* Some lead bytes narrow the second one; that rules out overlong forms,
 * surrogates and values that are too large. */
static int second_fits(unsigned char lead, unsigned char second)
{
    switch (lead) {
    case 0xE0:
        return second >= 0xA0 && second <= 0xBF;
    case 0xED:
        return second >= 0x80 && second <= 0x9F;
    case 0xF0:
        return second >= 0x90 && second <= 0xBF;
    case 0xF4:
        return second >= 0x80 && second <= 0x8F;
    default:
        return is_tail(second);
    }
}

size_t hs_utf8_next(const char *text, size_t len)
{
    const unsigned char *bytes = (const unsigned char *)text;
    size_t wanted;

    if (len == 0)
        return 0;
    wanted = announced(bytes[0]);
    if (wanted <= 1)
        return wanted;
    if (wanted > len || !second_fits(bytes[0], bytes[1]))
        return 0;
    for (size_t i = 2; i < wanted; i++) {
        if (!is_tail(bytes[i]))
            return 0;
    }
    return wanted;
}

int hs_utf8_valid(const char *text, size_t len)
{
    size_t at = 0;

    while (at < len) {
        size_t step = hs_utf8_next(text + at, len - at);

        if (step == 0)
            return 0;
        at += step;
    }
    return 1;
}

size_t hs_utf8_cut(const char *text, size_t len)
{
    size_t start = len;

    /* Back to the lead byte of the last character, at most 4 bytes away. */
    while (start > 0 && len - start < 4) {
        start--;
        if (!is_tail((unsigned char)text[start]))
            break;
    }
    if (start < len && announced((unsigned char)text[start]) > len - start)
        return start;
    return len;
}
