/* database_name.c: what `database` names. */
#include "base/config/database_name.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

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

/* A connection parameter's name, and then `=`. */
static int is_parameter(const char *text)
{
    static const char *const names[] = {
        "host",     "hostaddr", "port",    "dbname",  "user",
        "password", "passfile", "service", "sslmode", "application_name"};
    size_t len = strcspn(text, "= \t");

    if (text[len + strspn(text + len, " \t")] != '=')
        return 0;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strlen(names[i]) == len && strncasecmp(text, names[i], len) == 0)
            return 1;
    }
    return 0;
}

int hs_database_is_address(const char *database)
{
    return strstr(database, "://") || is_parameter(database) ||
           strncasecmp(database, "postgres:", 9) == 0 ||
           strncasecmp(database, "postgresql:", 11) == 0;
}

void hs_database_shown(const char *database, char out[HS_DATABASE_SHOWN])
{
    const size_t size = HS_DATABASE_SHOWN;
    size_t scheme = scheme_len(database);
    const char *host = database + scheme;
    const char *at, *colon;
    int user, rest;

    if (!scheme) {
        (void)snprintf(out, size, "%s",
                       hs_database_is_address(database) ? "***" : database);
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
