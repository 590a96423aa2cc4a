/* guard.c: requests that civetweb 1.15 lets through but a proxy in front may
 * read differently, which is what request smuggling exploits.
 *
 * civetweb cuts the request into strings in place, so the bytes between the
 * strings still show what it silently accepted: bare line feeds, folded lines,
 * a space before a colon, a header without a name. */
#include "server/civetweb/guard.h"

#include <malloc.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/hex.h"
#include "server/answers/header_text.h"

#define LENGTH_DIGITS 10

/* Blanks after a value aren't part of it (RFC 9110, 5.5); civetweb leaves them
 * there. */
static void trim(const struct mg_header *header)
{
    char *value = (char *)header->value; /* civetweb's buffer: writable */
    size_t len = strlen(value);

    while (len > 0 && value[len - 1] == ' ')
        value[--len] = '\0';
}

/* What the framing headers said. */
struct framing {
    int hosts;
    int lengths;
    int encodings;
    const char *length;
    const char *encoding;
    const char *expect;
    int websocket;
};

int hs_guard_slack(size_t size)
{
    void *probe = malloc(size);
    int slack = probe && malloc_usable_size(probe) > size;

    free(probe);
    return slack;
}

static const char *end_of(const char *text)
{
    return text + strlen(text);
}

/* "METHOD SP target SP HTTP/1.x", one space each. */
static int request_line_is_exact(const struct mg_request_info *info)
{
    const char *target_end = end_of(info->request_uri);
    const char *version = info->http_version - strlen("HTTP/");

    if (info->query_string)
        target_end = end_of(info->query_string);
    return info->request_uri == end_of(info->request_method) + 1 &&
           version == target_end + 1;
}

/* Between a name and its value there is one colon, then only blanks: civetweb
 * turned a space before the colon into a NUL. */
static int header_is_exact(const struct mg_header *header)
{
    const char *p = end_of(header->name) + 1;

    for (; p < header->value; p++) {
        if (*p != ' ' && *p != '\t')
            return 0;
    }
    return p == header->value;
}

/* After the last value: CR LF CR LF, of which civetweb zeroed the first two and
 * the last. Anything else means that it stopped early, at a folded line or an
 * empty name, and dropped the rest. 1 exact, 0 not, -1 unknown. */
static int end_is_exact(const char *value_end, int slack)
{
    const char *cr = value_end + 2;

    if (value_end[1] != '\0')
        return 0;
    /* After LF LF this byte may be the first one past the buffer, which ends on
     * a multiple of 16. */
    if (!slack && (uintptr_t)cr % 16 == 0)
        return -1;
    return cr[0] == '\r' && cr[1] == '\0';
}

/* Without a header: of CR LF CR LF civetweb zeroed all. A line without a name,
 * which it drops with what follows, begins at the second byte or the third. 0
 * not empty, -1 as far as can be known. */
static int emptiness(const char *version_end, int slack)
{
    const char *cr = version_end + 2;

    if (version_end[1] != '\0')
        return 0;
    if (!slack && (uintptr_t)cr % 16 == 0)
        return -1; /* after LF LF, as above */
    return *cr == '\0' ? -1 : 0;
}

static int layout_is_exact(const struct mg_request_info *info, int slack)
{
    const struct mg_header *headers = info->http_headers;
    int last = info->num_headers - 1;

    if (!request_line_is_exact(info))
        return 0;
    if (last < 0)
        return emptiness(end_of(info->http_version), slack);
    /* The two bytes of its end are overwritten, too: they may have been other
     * blanks. */
    if (headers[0].name != end_of(info->http_version) + 2)
        return 0;
    for (int i = 0; i <= last; i++) {
        if (!header_is_exact(&headers[i]))
            return 0;
        if (i < last && headers[i + 1].name != end_of(headers[i].value) + 2)
            return 0;
    }
    return end_is_exact(end_of(headers[last].value), slack);
}

static int name_is_valid(const char *name)
{
    const unsigned char *p = (const unsigned char *)name;

    if (!*p)
        return 0;
    for (; *p; p++) {
        if (*p <= 32 || *p >= 127 || *p == ':')
            return 0;
    }
    return 1;
}

static int length_is_valid(const char *text)
{
    size_t digits = strspn(text, "0123456789");

    return digits >= 1 && digits <= LENGTH_DIGITS && text[digits] == '\0';
}

/* A name or an address, and a port. */
static int host_is_valid(const char *text)
{
    return text[strcspn(text, " \t,/?#@\"<>\\^`{|}")] == '\0';
}

static void note_header(const struct mg_header *header, struct framing *out)
{
    const char *name = header->name;

    if (strcasecmp(name, "Host") == 0) {
        out->hosts += host_is_valid(header->value) ? 1 : 2;
    } else if (strcasecmp(name, "Content-Length") == 0) {
        out->lengths++;
        out->length = header->value;
    } else if (strcasecmp(name, "Transfer-Encoding") == 0) {
        out->encodings++;
        out->encoding = header->value;
    } else if (strcasecmp(name, "Expect") == 0) {
        out->expect = header->value;
    } else if (strcasecmp(name, "Upgrade") == 0 &&
               strcasestr(header->value, "websocket")) {
        out->websocket = 1;
    }
}

/* Raw bytes 33-126 (civetweb made sure), escapes well-formed and not of a
 * control byte. */
static int path_is_valid(const char *path)
{
    if (*path != '/')
        return 0;
    for (; *path; path++) {
        int high, low;

        if (*path != '%')
            continue;
        high = hs_hex_digit(path[1]);
        low = high < 0 ? -1 : hs_hex_digit(path[2]);
        if (low < 0 || high * 16 + low < 32 || high * 16 + low == 127)
            return 0;
    }
    return 1;
}

const char *hs_guard_path(const char *target)
{
    const char *authority = NULL;

    if (*target == '/')
        return target;
    if (strncasecmp(target, "http://", 7) == 0)
        authority = target + 7;
    else if (strncasecmp(target, "https://", 8) == 0)
        authority = target + 8;
    return authority && *authority != '/' ? strchr(authority, '/') : NULL;
}

static struct hs_verdict refuse(int status, const char *reason)
{
    return (struct hs_verdict){.status = status, .reason = reason};
}

static struct hs_verdict judge_framing(const struct mg_request_info *info,
                                       const struct framing *framing)
{
    int old = strcmp(info->http_version, "1.0") == 0;

    /* HTTP/1.0 knows no Host: health checks of load balancers are written so.
     */
    if (framing->hosts != 1 && !(old && framing->hosts == 0))
        return refuse(400, "host");
    if (framing->lengths > 1 || framing->encodings > 1 ||
        (framing->lengths && framing->encodings))
        return refuse(400, "two_lengths");
    if (framing->lengths && !length_is_valid(framing->length))
        return refuse(400, "content_length");
    if (framing->encodings &&
        (old || strcasecmp(framing->encoding, "chunked") != 0))
        return refuse(400, "transfer_encoding");
    if (framing->expect && strcasecmp(framing->expect, "100-continue") != 0)
        return refuse(417, "expect");
    if (framing->websocket)
        return refuse(400, "websocket");
    return refuse(0, NULL);
}

struct hs_verdict hs_guard_check(const struct mg_request_info *info, int slack)
{
    struct framing framing = {0};
    struct hs_verdict verdict;
    const char *path;
    int exact;

    /* If the table is full, an important header may have been dropped. */
    if (info->num_headers >= MG_MAX_HEADERS)
        return refuse(431, "headers");
    exact = layout_is_exact(info, slack);
    if (!exact)
        return refuse(400, "layout");
    for (int i = 0; i < info->num_headers; i++) {
        if (!name_is_valid(info->http_headers[i].name))
            return refuse(400, "header_name");
        trim(&info->http_headers[i]);
        note_header(&info->http_headers[i], &framing);
    }
    verdict = judge_framing(info, &framing);
    path = hs_guard_path(info->request_uri);
    if (verdict.status == 0 && !(path && path_is_valid(path)))
        verdict = refuse(400, "path");
    verdict.close = exact < 0;
    return verdict;
}
