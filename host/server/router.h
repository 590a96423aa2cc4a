/* router.h: finds the route for a method and a path; exact, without aliases.
 *
 * Built once from the Lua application's list, then immutable: any thread may
 * use it. */
#ifndef HS_ROUTER_H
#define HS_ROUTER_H

#include <stddef.h>

#include "base/err.h"
#include "lib/limiter.h"
#include "server/access/role.h"

#define HS_PARAMS_MAX 8
#define HS_PARAM_BYTES 1024 /* all decoded path parameters of one request */

enum hs_auth { HS_AUTH_NONE, HS_AUTH_USER, HS_AUTH_TWILIO };
enum hs_method {
    HS_GET,
    HS_HEAD,
    HS_POST,
    HS_PUT,
    HS_PATCH,
    HS_DELETE,
    HS_OPTIONS,
    HS_OTHER_METHOD
};

struct hs_route {
    enum hs_method method;
    enum hs_auth auth;
    enum hs_role least;    /* that may ask, with auth "user" */
    int index;             /* its place in the Lua list, from 1 */
    int voice;             /* a caller is waiting for TwiML */
    int stream;            /* answered by events.c, without Lua */
    int budget_ms;         /* for its Lua, if more than usual */
    int heavy;             /* computes for seconds: a few at a time */
    size_t body_bytes;     /* of a body, if more than max_body_bytes */
    struct hs_limit limit; /* of a user, or of an address with auth "none" */
    const char *pattern;   /* "/api/call-forwarding/:id/toggle" */
    const char *where;     /* "routes/forwarding.lua:31" */
};

enum hs_found { HS_FOUND, HS_NO_PATH, HS_NO_METHOD, HS_BAD_PATH };

struct hs_match {
    const struct hs_route *route; /* HS_FOUND */
    unsigned allow;               /* HS_NO_METHOD: bits of enum hs_method */
    int count;
    struct hs_param {
        const char *name;
        const char *value; /* decoded, in bytes[] */
        size_t len;
    } params[HS_PARAMS_MAX];
    char bytes[HS_PARAM_BYTES];
};

struct hs_router;

/* Limits for all routes. */
struct hs_router_limits {
    struct hs_limit user;    /* of all requests of one user */
    struct hs_limit refused; /* of bad tokens from one address */
};

struct hs_router *hs_router_new(void);
/* Another reference to the same router. */
struct hs_router *hs_router_keep(struct hs_router *router);
/* Drop a reference; the last one frees it. NULL accepted. */
void hs_router_free(struct hs_router *router);
/* Copy one route in. 0, or -1 with `err` ("route", "memory") if the pattern is
 * malformed or taken. */
int hs_router_add(struct hs_router *router, const struct hs_route *route,
                  struct hs_error *err);
/* Routes added so far. */
int hs_router_count(const struct hs_router *router);
/* Fill in before using the router. */
struct hs_router_limits *hs_router_limits(struct hs_router *router);
/* Match a raw path (no query, escapes already checked). HEAD is answered by
 * GET's route. An empty or dot segment matches nothing. HS_BAD_PATH: a
 * parameter is too long, a control byte or not UTF-8. */
enum hs_found hs_router_find(const struct hs_router *router,
                             enum hs_method method, const char *path,
                             size_t len, struct hs_match *out);

enum hs_method hs_method_of(const char *name);
/* Write "GET, HEAD, POST" for the bits of hs_match.allow. */
void hs_allow_text(unsigned allow, char *out, size_t size);

#endif
