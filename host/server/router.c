/* router.c: literal paths in a sorted table, patterns with parameters by
 * segments. */
#include "server/router.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hex.h"
#include "base/utf8.h"
#include "server/answers/header_text.h"

#define SEGMENTS_MAX 16
#define PATTERN_MAX 256

struct segment {
    const char *text; /* without the colon of a parameter */
    size_t len;
    int is_param;
};

/* One method on one pattern, with its names for the parameters. */
struct entry {
    struct hs_route route;
    char pattern[PATTERN_MAX + 1];
    char split[PATTERN_MAX + 1]; /* segments, cut by NUL */
    struct segment segments[SEGMENTS_MAX];
    int count;
    int params;
    char *where;
};

/* All methods of one path shape. */
struct spot {
    struct entry *by_method[HS_OTHER_METHOD];
    const struct entry *shape; /* the first one added */
    size_t len;                /* of its pattern */
    unsigned allow;
};

struct spots {
    struct spot **list;
    size_t count;
};

struct hs_router {
    atomic_int uses;
    struct spots literals; /* by length, then by bytes */
    struct spots patterns; /* the more specific first */
    int routes;
    struct hs_router_limits limits;
};

static const char *const method_names[] = {"GET",   "HEAD",   "POST",   "PUT",
                                           "PATCH", "DELETE", "OPTIONS"};

enum hs_method hs_method_of(const char *name)
{
    for (int i = 0; i < HS_OTHER_METHOD; i++) {
        if (strcmp(name, method_names[i]) == 0)
            return (enum hs_method)i;
    }
    return HS_OTHER_METHOD;
}

void hs_allow_text(unsigned allow, char *out, size_t size)
{
    size_t len = 0;

    out[0] = '\0';
    for (int i = 0; i < HS_OTHER_METHOD; i++) {
        int wrote;

        if (!(allow & 1U << i))
            continue;
        wrote = snprintf(out + len, size - len, "%s%s", len ? ", " : "",
                         method_names[i]);
        if (wrote < 0 || (size_t)wrote >= size - len)
            return;
        len += (size_t)wrote;
    }
}

struct hs_router *hs_router_new(void)
{
    struct hs_router *router = calloc(1, sizeof *router);

    if (router)
        atomic_init(&router->uses, 1);
    return router;
}

struct hs_router *hs_router_keep(struct hs_router *router)
{
    atomic_fetch_add(&router->uses, 1);
    return router;
}

static void free_entry(struct entry *entry)
{
    if (entry)
        free(entry->where);
    free(entry);
}

static void free_spot(struct spot *spot)
{
    for (int i = 0; i < HS_OTHER_METHOD; i++)
        free_entry(spot->by_method[i]);
    free(spot);
}

static void free_spots(struct spots *spots)
{
    for (size_t i = 0; i < spots->count; i++)
        free_spot(spots->list[i]);
    free(spots->list);
}

void hs_router_free(struct hs_router *router)
{
    if (!router || atomic_fetch_sub(&router->uses, 1) > 1)
        return;
    free_spots(&router->literals);
    free_spots(&router->patterns);
    free(router);
}

int hs_router_count(const struct hs_router *router)
{
    return router->routes;
}

struct hs_router_limits *hs_router_limits(struct hs_router *router)
{
    return &router->limits;
}

static int segment_is_valid(const struct segment *segment)
{
    static const char in_literals[] = "abcdefghijklmnopqrstuvwxyz"
                                      "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                      "0123456789-._~";
    static const char in_names[] = "abcdefghijklmnopqrstuvwxyz0123456789_";
    const char *set = segment->is_param ? in_names : in_literals;

    return segment->len > 0 && strspn(segment->text, set) == segment->len &&
           strcmp(segment->text, ".") != 0 && strcmp(segment->text, "..") != 0;
}

/* Cut entry->split at its slashes. */
static int split_pattern(struct entry *entry)
{
    char *rest = entry->split + 1; /* behind the first slash */

    if (entry->pattern[0] != '/')
        return -1;
    while (*rest || entry->count > 0) {
        struct segment *segment = &entry->segments[entry->count];
        char *slash = strchr(rest, '/');

        if (entry->count == SEGMENTS_MAX)
            return -1;
        if (slash)
            *slash = '\0';
        segment->is_param = *rest == ':';
        segment->text = rest + segment->is_param;
        segment->len = strlen(segment->text);
        entry->count++;
        entry->params += segment->is_param;
        if (!segment_is_valid(segment) || entry->params > HS_PARAMS_MAX)
            return -1;
        if (!slash)
            break;
        rest = slash + 1;
    }
    return 0;
}

static struct entry *new_entry(const struct hs_route *route,
                               struct hs_error *err)
{
    struct entry *entry = calloc(1, sizeof *entry);

    if (!entry)
        goto no_memory;
    entry->where = strdup(route->where ? route->where : "");
    if (!entry->where)
        goto no_memory;
    if (strlen(route->pattern) > PATTERN_MAX ||
        route->method >= HS_OTHER_METHOD) {
        hs_error_set(err, "route", "%s: no such route can be", route->pattern);
        goto failed;
    }
    memcpy(entry->pattern, route->pattern, strlen(route->pattern) + 1);
    memcpy(entry->split, route->pattern, strlen(route->pattern) + 1);
    entry->route = *route;
    entry->route.pattern = entry->pattern;
    entry->route.where = entry->where;
    if (split_pattern(entry) != 0) {
        hs_error_set(err, "route", "%s: the path is malformed", route->pattern);
        goto failed;
    }
    return entry;

no_memory:
    hs_no_memory(err);
failed:
    free_entry(entry);
    return NULL;
}

/* <0: a is more specific (a literal where b has a parameter), 0: same shape. */
static int compare_shape(const struct entry *a, const struct entry *b)
{
    if (a->count != b->count)
        return a->count - b->count;
    for (int i = 0; i < a->count; i++) {
        const struct segment *x = &a->segments[i];
        const struct segment *y = &b->segments[i];
        int order;

        if (x->is_param != y->is_param)
            return x->is_param - y->is_param;
        order = x->is_param ? 0 : strcmp(x->text, y->text);
        if (order != 0)
            return order;
    }
    return 0;
}

/* A new spot at this place. NULL when memory ran out. */
static struct spot *insert(struct spots *spots, size_t at,
                           const struct entry *entry)
{
    struct spot **grown =
        realloc(spots->list, (spots->count + 1) * sizeof(struct spot *));
    struct spot *spot = calloc(1, sizeof *spot);

    if (grown)
        spots->list = grown;
    if (!grown || !spot) {
        free(spot);
        return NULL;
    }
    spot->shape = entry;
    spot->len = strlen(entry->pattern);
    memmove(grown + at + 1, grown + at,
            (spots->count - at) * sizeof(struct spot *));
    grown[at] = spot;
    spots->count++;
    return spot;
}

/* The literal spot of this path, or NULL; `at` (may be NULL) receives its
 * position, or where it belongs. */
static struct spot *find_literal(const struct spots *literals, const char *path,
                                 size_t len, size_t *at)
{
    size_t from = 0, to = literals->count;

    while (from < to) {
        size_t middle = (from + to) / 2;
        struct spot *spot = literals->list[middle];
        int order = len == spot->len ? memcmp(path, spot->shape->pattern, len)
                                     : (len > spot->len) - (len < spot->len);

        if (order == 0)
            return spot;
        if (order < 0)
            to = middle;
        else
            from = middle + 1;
    }
    if (at)
        *at = from;
    return NULL;
}

static struct spot *literal_spot(struct hs_router *router,
                                 const struct entry *entry)
{
    size_t at;
    struct spot *spot = find_literal(&router->literals, entry->pattern,
                                     strlen(entry->pattern), &at);

    return spot ? spot : insert(&router->literals, at, entry);
}

static struct spot *pattern_spot(struct hs_router *router,
                                 const struct entry *entry)
{
    struct spots *patterns = &router->patterns;
    size_t at = 0;

    for (; at < patterns->count; at++) {
        int order = compare_shape(entry, patterns->list[at]->shape);

        if (order == 0)
            return patterns->list[at];
        if (order < 0)
            break;
    }
    return insert(patterns, at, entry);
}

int hs_router_add(struct hs_router *router, const struct hs_route *route,
                  struct hs_error *err)
{
    struct entry *entry = new_entry(route, err);
    struct spot *spot;
    struct entry *taken;

    if (!entry)
        return -1;
    spot = entry->params ? pattern_spot(router, entry)
                         : literal_spot(router, entry);
    if (!spot) {
        hs_no_memory(err);
        free_entry(entry);
        return -1;
    }
    taken = spot->by_method[route->method];
    if (taken) {
        hs_error_set(err, "route", "%s %s is already answered by %s",
                     method_names[route->method], route->pattern, taken->where);
        free_entry(entry);
        return -1;
    }
    spot->by_method[route->method] = entry;
    spot->allow |= 1U << route->method;
    if (route->method == HS_GET)
        spot->allow |= 1U << HS_HEAD;
    router->routes++;
    return 0;
}

/* Decode one segment to `out->bytes + *used`. */
static int decode_param(const struct segment *segment, struct hs_match *out,
                        size_t *used)
{
    struct hs_param *param = &out->params[out->count];
    char *to = out->bytes + *used;
    size_t len = 0;

    if (segment->len >= HS_PARAM_BYTES - *used)
        return -1;
    for (size_t i = 0; i < segment->len; i++) {
        int byte = (unsigned char)segment->text[i];

        if (byte == '%') {
            int high =
                i + 2 < segment->len ? hs_hex_digit(segment->text[i + 1]) : -1;
            int low = high < 0 ? -1 : hs_hex_digit(segment->text[i + 2]);

            if (low < 0)
                return -1;
            byte = high * 16 + low;
            i += 2;
        }
        if (byte < 32 || byte == 127)
            return -1;
        to[len++] = (char)byte;
    }
    to[len] = '\0';
    *used += len + 1;
    param->value = to;
    param->len = len;
    out->count++;
    return hs_utf8_valid(to, len) ? 0 : -1;
}

/* Cut a raw path at its slashes. -1: it has more segments than any route. */
static int split_path(const char *path, size_t len,
                      struct segment segments[SEGMENTS_MAX])
{
    const char *end = path + len;
    const char *at = path + 1;
    int count = 0;

    for (;;) {
        const char *slash = memchr(at, '/', (size_t)(end - at));
        const char *stop = slash ? slash : end;

        if (count == SEGMENTS_MAX)
            return -1;
        segments[count].text = at;
        segments[count].len = (size_t)(stop - at);
        count++;
        if (!slash)
            return count;
        at = slash + 1;
    }
}

static int fits(const struct entry *shape, const struct segment *segments,
                int count)
{
    if (shape->count != count)
        return 0;
    for (int i = 0; i < count; i++) {
        const struct segment *want = &shape->segments[i];

        if (want->is_param) {
            if (segments[i].len == 0)
                return 0;
        } else if (want->len != segments[i].len ||
                   memcmp(want->text, segments[i].text, want->len) != 0) {
            return 0;
        }
    }
    return 1;
}

static enum hs_found take_params(const struct entry *entry,
                                 const struct segment *segments,
                                 struct hs_match *out)
{
    size_t used = 0;

    for (int i = 0; i < entry->count; i++) {
        const struct hs_param *param = &out->params[out->count];

        if (!entry->segments[i].is_param)
            continue;
        out->params[out->count].name = entry->segments[i].text;
        if (decode_param(&segments[i], out, &used) != 0)
            return HS_BAD_PATH;
        if (strcmp(param->value, ".") == 0 || strcmp(param->value, "..") == 0)
            return HS_NO_PATH;
    }
    out->route = &entry->route;
    return HS_FOUND;
}

static const struct entry *on_spot(const struct spot *spot,
                                   enum hs_method method)
{
    if (method == HS_OTHER_METHOD)
        return NULL;
    if (method == HS_HEAD && !spot->by_method[HS_HEAD])
        return spot->by_method[HS_GET];
    return spot->by_method[method];
}

static enum hs_found find_pattern(const struct hs_router *router,
                                  enum hs_method method, const char *path,
                                  size_t len, struct hs_match *out)
{
    struct segment segments[SEGMENTS_MAX] = {0};
    int count = split_path(path, len, segments);

    if (count < 0)
        return HS_NO_PATH;
    for (size_t i = 0; i < router->patterns.count; i++) {
        const struct spot *spot = router->patterns.list[i];
        const struct entry *entry;

        if (!fits(spot->shape, segments, count))
            continue;
        entry = on_spot(spot, method);
        if (entry)
            return take_params(entry, segments, out);
        out->allow |= spot->allow;
    }
    return HS_NO_PATH;
}

enum hs_found hs_router_find(const struct hs_router *router,
                             enum hs_method method, const char *path,
                             size_t len, struct hs_match *out)
{
    const struct spot *literal;
    enum hs_found found = HS_NO_PATH;

    out->route = NULL;
    out->allow = 0;
    out->count = 0;
    if (len == 0 || path[0] != '/')
        return HS_NO_PATH;
    literal = find_literal(&router->literals, path, len, NULL);
    if (literal) {
        const struct entry *entry = on_spot(literal, method);

        if (entry) {
            out->route = &entry->route;
            return HS_FOUND;
        }
        out->allow = literal->allow;
    }
    if (router->patterns.count > 0)
        found = find_pattern(router, method, path, len, out);
    if (found == HS_NO_PATH && out->allow)
        return HS_NO_METHOD;
    return found;
}
