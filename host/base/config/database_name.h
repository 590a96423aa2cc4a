/* database_name.h: what `database` names: a file, or a PostgreSQL URL, which
 * may hold a password. */
#ifndef HS_DATABASE_NAME_H
#define HS_DATABASE_NAME_H

#include <stddef.h>

#define HS_DATABASE_SHOWN 512

/* postgresql:// or postgres://. */
int hs_database_is_url(const char *database);
/* Does it name a server rather than a file, in whatever form: such a URL,
 * another program's, or "host=… password=…"? */
int hs_database_is_address(const char *database);
/* Copy it to `out` for people to read: of a URL neither the password nor what
 * follows the `?`, where one may stand, too; nothing of another address. */
void hs_database_shown(const char *database, char out[HS_DATABASE_SHOWN]);

/* The name of a file that is kept beside the database: its own with `suffix`
 * behind it, in the working folder when the database is elsewhere. The caller
 * frees it; NULL when memory ran out. */
char *hs_beside_database(const char *database, const char *suffix);

#endif
