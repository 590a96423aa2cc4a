/* guard.c: any bytes as a request. The guard reads nothing outside the buffer,
 * and what it lets pass has one meaning; the router takes any path it passed.
 */
#include "server/civetweb/guard.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "../wire_cut.h"
#include "server/router.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct hs_router *make_router(void)
{
    static const char *const patterns[] = {"/", "/a", "/a/:id", "/a/:id/b",
                                           "/:x/:y/:z"};
    struct hs_router *router = hs_router_new();

    for (size_t i = 0; i < sizeof patterns / sizeof patterns[0]; i++) {
        struct hs_route route = {
            .method = HS_GET, .pattern = patterns[i], .where = "x.lua:1"};
        struct hs_error err;

        if (!router || hs_router_add(router, &route, &err) != 0)
            abort();
    }
    return router;
}

static int count(const struct mg_request_info *info, const char *name)
{
    int found = 0;

    for (int i = 0; i < info->num_headers; i++)
        found += strcasecmp(info->http_headers[i].name, name) == 0;
    return found;
}

/* Behind the request line, whose end civetweb overwrites, there are as many
 * line ends as the guard saw headers: none was dropped, none was folded. */
static void check_lines(const char *sent, size_t len, const char *text,
                        const struct mg_request_info *info)
{
    size_t first = (size_t)(info->http_headers[0].name - text);
    int lines = 0;

    for (size_t i = first; i < len; i++) {
        assert(sent[i] != '\n' || sent[i - 1] == '\r');
        lines += sent[i] == '\n';
    }
    assert(lines == info->num_headers + 1);
}

static void check_match(const struct hs_router *router, const char *path)
{
    struct hs_match match;

    if (hs_router_find(router, HS_GET, path, strlen(path), &match) != HS_FOUND)
        return;
    for (int i = 0; i < match.count; i++) {
        assert(strlen(match.params[i].value) == match.params[i].len);
        assert(match.params[i].len > 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct hs_router *router;
    static struct mg_request_info info;
    size_t len = header_length((const char *)data, size);
    size_t room = (len + 15) / 16 * 16; /* like civetweb's buffer */
    char *text;
    struct hs_verdict verdict;

    if (!router)
        router = make_router();
    if (len == 0)
        return 0;
    text = malloc(room);
    if (!text)
        return 0;
    memset(text, 'x', room);
    memcpy(text, data, len);
    if (cut_request(text, len, &info) == 0) {
        verdict = hs_guard_check(&info, 0);
        if (verdict.status == 0) {
            assert(count(&info, "Host") == 1 ||
                   (count(&info, "Host") == 0 &&
                    strcmp(info.http_version, "1.0") == 0));
            assert(info.num_headers > 0 || verdict.close);
            assert(count(&info, "Content-Length") +
                       count(&info, "Transfer-Encoding") <=
                   1);
            if (!verdict.close)
                check_lines((const char *)data, len, text, &info);
            check_match(router, info.request_uri);
        }
    }
    free(text);
    return 0;
}
