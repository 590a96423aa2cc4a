/* router.c: literal paths by hash, patterns with parameters by segments. */
#include "server/router.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "server/text.h"

#define SEGMENTS_MAX 16
#define PATTERN_MAX 256
#define FIRST_SLOTS 64 /* a power of two */

struct segment {
    const char *text; /* without the colon of a parameter */
    size_t len;
    int is_param;
};

/* One method on one pattern, with the names that its parameters have there. */
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
    const struct entry *shape; /* the first that was added */
    unsigned allow;
};

struct hs_router {
    struct spot **literal; /* open addressing, never more than half full */
    size_t literal_slots;
    size_t literal_count;
    struct spot **patterns; /* the more specific first */
    size_t pattern_count;
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

static uint32_t hash_of(const char *text, size_t len)
{
    uint32_t hash = 2166136261U; /* FNV-1a */

    for (size_t i = 0; i < len; i++)
        hash = (hash ^ (unsigned char)text[i]) * 16777619U;
    return hash;
}

/* The slot where this path is, or would be. */
static struct spot **literal_slot(struct spot **slots, size_t count,
                                  const char *path, size_t len)
{
    size_t at = hash_of(path, len) & (count - 1);

    for (;; at = (at + 1) & (count - 1)) {
        const char *pattern;

        if (!slots[at])
            return &slots[at];
        pattern = slots[at]->shape->pattern;
        if (strlen(pattern) == len && memcmp(pattern, path, len) == 0)
            return &slots[at];
    }
}

struct hs_router *hs_router_new(void)
{
    struct hs_router *router = calloc(1, sizeof *router);

    if (!router)
        return NULL;
    router->literal = calloc(FIRST_SLOTS, sizeof(struct spot *));
    if (!router->literal) {
        free(router);
        return NULL;
    }
    router->literal_slots = FIRST_SLOTS;
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
    if (!spot)
        return;
    for (int i = 0; i < HS_OTHER_METHOD; i++)
        free_entry(spot->by_method[i]);
    free(spot);
}

void hs_router_free(struct hs_router *router)
{
    if (!router)
        return;
    for (size_t i = 0; i < router->literal_slots; i++)
        free_spot(router->literal[i]);
    for (size_t i = 0; i < router->pattern_count; i++)
        free_spot(router->patterns[i]);
    free(router->literal);
    free(router->patterns);
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
    hs_error_set(err, "memory", "out of memory");
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

static int grow_literals(struct hs_router *router)
{
    size_t count = router->literal_slots * 2;
    struct spot **slots = calloc(count, sizeof(struct spot *));

    if (!slots)
        return -1;
    for (size_t i = 0; i < router->literal_slots; i++) {
        struct spot *spot = router->literal[i];

        if (spot)
            *literal_slot(slots, count, spot->shape->pattern,
                          strlen(spot->shape->pattern)) = spot;
    }
    free(router->literal);
    router->literal = slots;
    router->literal_slots = count;
    return 0;
}

static struct spot *new_spot(const struct entry *entry)
{
    struct spot *spot = calloc(1, sizeof *spot);

    if (spot)
        spot->shape = entry;
    return spot;
}

static struct spot *literal_spot(struct hs_router *router,
                                 const struct entry *entry)
{
    struct spot **slot;

    if (router->literal_count * 2 >= router->literal_slots &&
        grow_literals(router) != 0)
        return NULL;
    slot = literal_slot(router->literal, router->literal_slots, entry->pattern,
                        strlen(entry->pattern));
    if (!*slot) {
        *slot = new_spot(entry);
        router->literal_count += *slot != NULL;
    }
    return *slot;
}

static struct spot *pattern_spot(struct hs_router *router,
                                 const struct entry *entry)
{
    size_t at = 0;
    struct spot **grown;
    struct spot *spot;

    for (; at < router->pattern_count; at++) {
        int order = compare_shape(entry, router->patterns[at]->shape);

        if (order == 0)
            return router->patterns[at];
        if (order < 0)
            break;
    }
    grown = realloc(router->patterns,
                    (router->pattern_count + 1) * sizeof(struct spot *));
    if (!grown)
        return NULL;
    router->patterns = grown;
    spot = new_spot(entry);
    if (!spot)
        return NULL;
    memmove(grown + at + 1, grown + at,
            (router->pattern_count - at) * sizeof(struct spot *));
    grown[at] = spot;
    router->pattern_count++;
    return spot;
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
        hs_error_set(err, "memory", "out of memory");
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

/* Decode one segment behind `out->bytes + *used`. */
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
                i + 2 < segment->len ? hs_hex_value(segment->text[i + 1]) : -1;
            int low = high < 0 ? -1 : hs_hex_value(segment->text[i + 2]);

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
    for (size_t i = 0; i < router->pattern_count; i++) {
        const struct spot *spot = router->patterns[i];
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
    literal = *literal_slot(router->literal, router->literal_slots, path, len);
    if (literal) {
        const struct entry *entry = on_spot(literal, method);

        if (entry) {
            out->route = &entry->route;
            return HS_FOUND;
        }
        out->allow = literal->allow;
    }
    if (router->pattern_count > 0)
        found = find_pattern(router, method, path, len, out);
    if (found == HS_NO_PATH && out->allow)
        return HS_NO_METHOD;
    return found;
}
