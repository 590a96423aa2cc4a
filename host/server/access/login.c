/* login.c: the session cookie, and the login's row. */
#include "server/access/login.h"

#include <string.h>
#include <strings.h>

#include "base/log.h"
#include "server/answers/header_text.h"
#include "server/sql.h"

#define WAIT_MS 1000

/* One cookie of "a=1; b=2"; moves `*at` past it. 0 at the end. */
static int next_cookie(const char **at, const char **name, size_t *len)
{
    const char *text = *at + strspn(*at, "; \t");

    *name = text;
    *len = strcspn(text, ";");
    *at = text + *len;
    return *len > 0;
}

/* Count our cookies in one header. */
static int scan(const char *header, const char **token, size_t *len)
{
    static const char ours[] = HS_LOGIN_COOKIE "=";
    const size_t prefix = sizeof ours - 1;
    const char *cookie;
    size_t cookie_len;
    int found = 0;

    while (next_cookie(&header, &cookie, &cookie_len)) {
        if (cookie_len <= prefix || memcmp(cookie, ours, prefix) != 0)
            continue;
        *token = cookie + prefix;
        *len = cookie_len - prefix;
        while (*len > 0 && (*token)[*len - 1] == ' ')
            --*len;
        found++;
    }
    return found;
}

int hs_login_cookie(const struct hs_request *request, const char **token,
                    size_t *len)
{
    struct hs_header header;
    int found = 0;

    for (int i = 0; hs_header_at(request, i, &header); i++) {
        if (strcasecmp(header.name, "Cookie") == 0)
            found += scan(header.value, token, len);
    }
    /* Another site under our domain can add a cookie, but not remove ours. */
    return found > 1 ? -1 : found;
}

/* Does "https://phone.example.com" name the requested host, or server_url? A
 * proxy may have changed Host. */
static int is_ours(const struct hs_request *request, const char *origin)
{
    const char *host = hs_header(request, "Host");
    const char *server_url = request->server->config->server_url;
    const char *authority = strstr(origin, "://");

    if (server_url[0] && strcmp(origin, server_url) == 0)
        return 1;
    return host && authority && strcasecmp(authority + 3, host) == 0;
}

int hs_login_same_origin(const struct hs_request *request)
{
    const char *site = hs_header(request, "Sec-Fetch-Site");
    const char *origin = hs_header(request, "Origin");
    const char *by_script = hs_header(request, "X-Requested-With");

    if (site)
        return strcmp(site, "same-origin") == 0;
    if (origin)
        return is_ours(request, origin);
    /* Only scripts can set this header, and only our own pages without a
     * preflight. */
    return by_script && by_script[0];
}

int hs_login_stands(struct hs_session *session, const char *login,
                    const char *user, int64_t now_ms, enum hs_role *role)
{
    struct hs_value values[] = {
        hs_text_value(login, strlen(login)),
        hs_text_value(user, strlen(user)),
        {.type = HS_INTEGER, .integer = now_ms},
    };
    struct hs_statement select = hs_sql_with(&hs_sql_login_stands, values);
    struct hs_error err = {.code = "store", .message = "no database"};
    static struct hs_log_gate gate;
    struct hs_cursor *cursor = NULL;
    struct hs_value name;
    int found = -1;

    if (session)
        cursor = hs_session_query(session, &select, WAIT_MS, &err);
    if (cursor)
        found = hs_cursor_step(cursor, &err);
    if (found > 0) {
        hs_cursor_value(cursor, 0, &name);
        *role = hs_role_of(name.bytes, name.len);
    }
    if (found < 0 && hs_log_gate_open(&gate, NULL))
        hs_log(HS_LOG_ERROR, "login_not_checked", HS_S("code", err.code),
               HS_S("message", err.message));
    hs_cursor_close(cursor);
    return found;
}
