/* wire_cut.h: does to a request what civetweb 1.15 does: it writes NULs where
 * words and lines end and forgives what civetweb forgives, so that the guard
 * sees what it would see there. */
#ifndef HS_WIRE_CUT_H
#define HS_WIRE_CUT_H

#include <stddef.h>
#include <string.h>

#include <civetweb.h>

/* Where the header ends, 0 when it does not. */
static inline size_t header_length(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (i + 1 < len && memcmp(text + i, "\n\n", 2) == 0)
            return i + 2;
        if (i + 3 < len && memcmp(text + i, "\r\n\r\n", 4) == 0)
            return i + 4;
        if ((unsigned char)text[i] < 128 && text[i] != '\r' &&
            text[i] != '\n' && (text[i] < 32 || text[i] == 127))
            return 0;
    }
    return 0;
}

static inline int is_blank(char c)
{
    return c == ' ' || c == '\r' || c == '\n';
}

/* NULL when no blank follows, or a line's end where a word's is wanted. */
static inline char *cut_word(char **at, int last)
{
    char *word = *at;

    while (**at > ' ' && **at < 127)
        (*at)++;
    if (!is_blank(**at) || (**at == ' ') == last)
        return NULL;
    while (is_blank(**at))
        *(*at)++ = '\0';
    return word;
}

/* 1 more may follow, 0 that was the last, -1 no header: the request is
 * refused, -2 a line without a name: civetweb stops here. */
static inline int cut_header(char **at, struct mg_header *out)
{
    char *p = *at;

    while (*p != ':' && *p > ' ' && *p < 127)
        p++;
    if (p == *at)
        return -2;
    out->name = *at;
    while (*p == ' ')
        *p++ = '\0';
    if (*p != ':')
        return -1;
    *p++ = '\0';
    while (*p == ' ' || *p == '\t')
        p++;
    out->value = p;
    while (*p && *p != '\r' && *p != '\n')
        p++;
    if (*p == '\r') {
        *p++ = '\0';
        if (*p != '\n')
            return -1;
    }
    if (!*p)
        return 0;
    *p++ = '\0';
    *at = p;
    return *p != '\r' && *p != '\n';
}

/* `len` bytes that end with the header. 0, or -1 when civetweb refuses it. */
static inline int cut_request(char *text, size_t len,
                              struct mg_request_info *info)
{
    char *at = text;
    char *query, *version;
    int more = 1;

    memset(info, 0, sizeof *info);
    text[len - 1] = '\0';
    info->request_method = cut_word(&at, 0);
    info->request_uri = info->request_method ? cut_word(&at, 0) : NULL;
    version = info->request_uri ? cut_word(&at, 1) : NULL;
    if (!version || strncmp(version, "HTTP/", 5) != 0)
        return -1;
    info->http_version = version + 5;
    while (more > 0 && info->num_headers < MG_MAX_HEADERS) {
        more = cut_header(&at, &info->http_headers[info->num_headers]);
        if (more == -1)
            return -1;
        info->num_headers += more >= 0;
    }
    query = strchr(info->request_uri, '?');
    if (query) {
        *query = '\0';
        info->query_string = query + 1;
    }
    return 0;
}

#endif
