/* database_name.c: what `database` names. */
#include "base/database_name.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static size_t scheme_len(const char *database)
{
    static const char *const schemes[] = {"postgresql://", "postgres://"};

    for (size_t i = 0; i < sizeof schemes / sizeof schemes[0]; i++) {
        size_t len = strlen(schemes[i]);

        if (strncmp(database, schemes[i], len) == 0)
            return len;
    }
    return 0;
}

int hs_database_is_url(const char *database)
{
    return scheme_len(database) > 0;
}

void hs_database_shown(const char *database, char out[HS_DATABASE_SHOWN])
{
    const size_t size = HS_DATABASE_SHOWN;
    size_t scheme = scheme_len(database);
    const char *host = database + scheme;
    const char *at, *colon;
    int user, rest;

    if (!scheme) {
        (void)snprintf(out, size, "%s", database);
        return;
    }
    rest = (int)strcspn(host, "?");
    at = strrchr(host, '@');
    if (!at) {
        (void)snprintf(out, size, "%.*s%.*s", (int)scheme, database, rest,
                       host);
        return;
    }
    if (at > host + rest) { /* which part is the password? */
        (void)snprintf(out, size, "%.*s***", (int)scheme, database);
        return;
    }
    colon = memchr(host, ':', (size_t)(at - host));
    user = (int)((colon ? colon : at) - host);
    (void)snprintf(out, size, "%.*s%.*s%s%.*s", (int)scheme, database, user,
                   host, colon ? ":***" : "", rest - (int)(at - host), at);
}

char *hs_beside_database(const char *database, const char *suffix)
{
    const char *name = hs_database_is_url(database) ? "hookswitch" : database;
    size_t len = strlen(name) + strlen(suffix) + 1;
    char *path = malloc(len);

    if (path)
        (void)snprintf(path, len, "%s%s", name, suffix);
    return path;
}
