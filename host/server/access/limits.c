/* limits.c: how often a user or an address may ask. */
#include "server/access/limits.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/metrics.h"
#include "server/answers/header_text.h"
#include "server/answers/reply.h"
#include "server/release/reload.h"

#define HOP_SIZE INET6_ADDRSTRLEN

/* ---- who asks ---- */

static int is_in_list(const char *list, const char *wanted)
{
    size_t len = strlen(wanted);

    while (*list) {
        size_t word;

        list += strspn(list, " ");
        word = strcspn(list, " ");
        if (word == len && memcmp(list, wanted, len) == 0)
            return 1;
        list += word;
    }
    return 0;
}

/* The last entry of the last X-Forwarded-For: the address the proxy saw itself;
 * a client can forge the ones before it. NULL if there is none. */
static const char *last_hop(const struct hs_request *request)
{
    const char *last = NULL;
    struct hs_header header;

    for (int i = 0; hs_header_at(request, i, &header); i++) {
        const char *comma;

        if (strcasecmp(header.name, "X-Forwarded-For") != 0)
            continue;
        comma = strrchr(header.value, ',');
        last = comma ? comma + 1 : header.value;
        last += strspn(last, " \t");
    }
    return last;
}

/* Copy the address of "198.51.100.7:4711", "[2001:db8::1]:4711" or one without
 * a port. 0, or -1 if it is too long. */
static int cut_address(const char *text, char out[HOP_SIZE])
{
    size_t len = strcspn(text, " \t\"");
    const char *colon;

    if (*text == '[') {
        text++;
        len = strcspn(text, "]");
    } else {
        colon = memchr(text, ':', len);
        if (colon && !memchr(colon + 1, ':', len - (size_t)(colon + 1 - text)))
            len = (size_t)(colon - text); /* one colon: a port */
    }
    if (len >= HOP_SIZE)
        return -1;
    memcpy(out, text, len);
    out[len] = '\0';
    return 0;
}

/* Write "198.51.100.7" or "2001:db8:1:2::". 0, or -1 if it isn't an address. */
static int take_address(const char *text, char out[HS_CLIENT_SIZE])
{
    char copy[HOP_SIZE];
    struct in_addr four;
    struct in6_addr six;

    if (cut_address(text, copy) != 0)
        return -1;
    if (inet_pton(AF_INET, copy, &four) == 1)
        return inet_ntop(AF_INET, &four, out, HS_CLIENT_SIZE) ? 0 : -1;
    if (inet_pton(AF_INET6, copy, &six) != 1)
        return -1;
    if (IN6_IS_ADDR_V4MAPPED(&six))
        return inet_ntop(AF_INET, six.s6_addr + 12, out, HS_CLIENT_SIZE) ? 0
                                                                         : -1;
    memset(six.s6_addr + 8, 0, 8);
    return inet_ntop(AF_INET6, &six, out, HS_CLIENT_SIZE) ? 0 : -1;
}

void hs_limits_client(struct hs_request *request)
{
    const char *near = request->remote;
    const char *hop = NULL;

    request->client = near;
    if (is_in_list(request->server->config->trusted_proxies, near))
        hop = last_hop(request);
    if (hop && take_address(hop, request->client_text) == 0)
        request->client = request->client_text;
}

/* ---- counting ---- */

static void refuse(struct hs_request *request, const struct hs_limit *limit,
                   int64_t wait_ms)
{
    static struct hs_log_gate gate;
    int64_t kept_back = 0;
    char line[64];

    hs_count(HS_C_LIMITED, 1);
    if (hs_log_gate_open(&gate, &kept_back))
        hs_log(HS_LOG_WARN, "limited", HS_S("request_id", request->id),
               HS_S("name", limit->name), HS_I("limit", limit->per_minute),
               HS_S("user", request->user), HS_S("remote", request->client),
               HS_I("dropped_count", kept_back));
    (void)snprintf(line, sizeof line, "Retry-After: %lld\r\n",
                   (long long)(wait_ms + 999) / 1000);
    hs_reply_error(request, 429, "too_many_requests", "Too many requests.",
                   line);
}

static int admit(struct hs_request *request, const struct hs_limit *limit,
                 const char *subject)
{
    int64_t wait;

    if (!limit->name[0] || !request->server->limiter)
        return 1;
    wait = hs_limiter_take(request->server->limiter, limit, subject,
                           strlen(subject), hs_monotonic_us());
    if (wait == 0)
        return 1;
    refuse(request, limit, wait);
    return 0;
}

int hs_limits_admit(struct hs_request *request)
{
    const struct hs_route *route = request->match.route;

    if (route->auth == HS_AUTH_NONE)
        return admit(request, &route->limit, request->client);
    if (route->auth != HS_AUTH_USER)
        return 1; /* Twilio is never kept waiting */
    return admit(request, &route->limit, request->user) &&
           admit(request,
                 &hs_router_limits(request->worker->release->router)->user,
                 request->user);
}

int hs_limits_admit_refused(struct hs_request *request)
{
    struct hs_router *router = request->worker->release->router;

    return admit(request, &hs_router_limits(router)->refused, request->client);
}
