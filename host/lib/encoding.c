/* encoding.c: UTF-16 and Windows-1252 as UTF-8, by the C library's iconv. */
#include "lib/encoding.h"

#include <iconv.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"

#define UNREADABLE "\uFFFD"
#define UNREADABLE_LEN (sizeof UNREADABLE - 1)

struct encoding {
    const char *name; /* iconv's */
    size_t unit;      /* bytes of its smallest part */
};

static const struct encoding utf_16 = {"UTF-16", 2};
static const struct encoding windows_1252 = {"CP1252", 1};

/* The encoding that a file's text is to be read in, NULL if it stays. */
static const struct encoding *encoding_of(const char *file, const char *text,
                                          size_t len)
{
    size_t name = strlen(file);
    const char *ending = name > 4 ? file + name - 4 : "";

    if (strcmp(ending, ".lua") == 0)
        return NULL;
    if (len >= 2 &&
        (memcmp(text, "\xff\xfe", 2) == 0 || memcmp(text, "\xfe\xff", 2) == 0))
        return &utf_16;
    return strcmp(ending, ".csv") == 0 && !hs_utf8_valid(text, len)
               ? &windows_1252
               : NULL;
}

/* Returns the end of what was written. */
static char *convert(iconv_t to_utf8, size_t unit, char *from, size_t left,
                     char *to, size_t room)
{
    while (iconv(to_utf8, &from, &left, &to, &room) == (size_t)-1 &&
           left >= unit) {
        memcpy(to, UNREADABLE, UNREADABLE_LEN);
        to += UNREADABLE_LEN;
        room -= UNREADABLE_LEN;
        from += unit;
        left -= unit;
    }
    return to;
}

int hs_encoding_to_utf8(const char *name, char **text, size_t *len)
{
    const struct encoding *encoding = encoding_of(name, *text, *len);
    size_t room = *len * UNREADABLE_LEN; /* a unit becomes no more than this */
    char *converted, *end;
    iconv_t to_utf8;

    if (!encoding)
        return 0;
    to_utf8 = iconv_open("UTF-8", encoding->name);
    if (to_utf8 == (iconv_t)-1)
        return 0; /* this machine can't read it */
    converted = malloc(room + 1);
    if (!converted) {
        (void)iconv_close(to_utf8);
        return -1;
    }
    end = convert(to_utf8, encoding->unit, *text, *len, converted, room);
    (void)iconv_close(to_utf8);
    *end = '\0';
    free(*text);
    *text = converted;
    *len = (size_t)(end - converted);
    return 0;
}
