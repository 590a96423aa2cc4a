/* database_url.h: the servers that a PostgreSQL URL names, and whether it can
 * be used. It is read as PostgreSQL's own library reads it, and refused
 * where that or a server would do what a host can't live with. */
#ifndef HS_DATABASE_URL_H
#define HS_DATABASE_URL_H

#include "base/err.h"

#define HS_DATABASE_HOSTS 8

struct hs_database_host {
    char name[256];   /* or the folder of a socket; "": the library's choice */
    char address[64]; /* of `hostaddr`; "": the name's */
    char port[8];     /* "": the library's choice */
};

struct hs_database_url {
    int count; /* at least 1 */
    struct hs_database_host hosts[HS_DATABASE_HOSTS];
};

/* Can it be used, as a file's name or a URL? 0; -1 and `err` ("open"), whose
 * message continues "the database ..." and holds nothing secret. */
int hs_database_check(const char *database, struct hs_error *err);

/* Read `url`, which begins with a scheme of hs_database_is_url(). 0; -1 and
 * `err` ("open"), whose message continues "the database's URL ..." and holds
 * nothing of the URL but names of options. */
int hs_database_url_read(const char *url, struct hs_database_url *out,
                         struct hs_error *err);

#endif
