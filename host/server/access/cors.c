/* cors.c: web pages of other origins. Tokens travel in the Authorization
 * header, never in cookies across origins, so credentials aren't allowed. */
#include "server/access/cors.h"

#include <stdio.h>
#include <string.h>

#include "server/answers/reply.h"

const char *hs_cors_origin(const struct hs_request *request)
{
    const char *list = request->server->config->cors_origins;
    const char *origin;
    size_t len;

    if (!list[0])
        return NULL;
    origin = hs_header(request, "Origin");
    if (!origin || !origin[0])
        return NULL;
    len = strlen(origin);
    while (*list) {
        size_t word;

        list += strspn(list, " ");
        word = strcspn(list, " ");
        if (word == len && memcmp(list, origin, len) == 0)
            return origin;
        list += word;
    }
    return NULL;
}

int hs_cors_preflight(struct hs_request *request)
{
    char allow[64];
    char lines[256];
    struct hs_reply reply = {.status = 204, .headers = lines};

    if (request->method != HS_OPTIONS || !request->origin ||
        !hs_header(request, "Access-Control-Request-Method"))
        return 0;
    hs_allow_text(request->match.allow, allow, sizeof allow);
    snprintf(lines, sizeof lines,
             "Access-Control-Allow-Methods: %s\r\n"
             "Access-Control-Allow-Headers: Authorization, Content-Type, "
             "Idempotency-Key, If-Match, Last-Event-ID\r\n"
             "Access-Control-Max-Age: 600\r\n",
             allow);
    hs_reply_send(request, &reply);
    return 1;
}
