/* role.c: the roles, and what a user without the role that it takes is
 * answered. */
#include "server/access/role.h"

#include <stdio.h>
#include <string.h>

#include "server/reply.h"
#include "server/worker.h"

static const char *const names[] = {
    [HS_ROLE_NONE] = "none",
    [HS_ROLE_AGENT] = "agent",
    [HS_ROLE_EDITOR] = "editor",
    [HS_ROLE_ADMIN] = "admin",
};

enum hs_role hs_role_of(const char *name, size_t len)
{
    for (int i = HS_ROLE_AGENT; i <= HS_ROLE_ADMIN; i++) {
        if (strlen(names[i]) == len && memcmp(names[i], name, len) == 0)
            return (enum hs_role)i;
    }
    return HS_ROLE_NONE;
}

const char *hs_role_name(enum hs_role role)
{
    return names[role];
}

int hs_role_admit(struct hs_request *request)
{
    const struct hs_route *route = request->match.route;
    int for_editors = route->least == HS_ROLE_EDITOR;
    char message[128];

    if (route->auth != HS_AUTH_USER || request->role >= route->least)
        return 1;
    (void)snprintf(message, sizeof message,
                   "Only an %s can do that, and your role is %s.",
                   for_editors ? "editor or an admin" : "admin",
                   hs_role_name(request->role));
    hs_reply_error(request, 403, for_editors ? "editor_only" : "admin_only",
                   message, NULL);
    return 0;
}
