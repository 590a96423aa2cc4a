/* role.c: the roles by name. */
#include "server/access/role.h"

#include <string.h>

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
