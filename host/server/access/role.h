/* role.h: what a user may do. Every route names the least role that may ask
 * for it; a higher one may, too. */
#ifndef HS_ROLE_H
#define HS_ROLE_H

#include <stddef.h>

enum hs_role { HS_ROLE_NONE, HS_ROLE_AGENT, HS_ROLE_EDITOR, HS_ROLE_ADMIN };

/* The role called `name`; HS_ROLE_NONE for any other name. */
enum hs_role hs_role_of(const char *name, size_t len);
const char *hs_role_name(enum hs_role role);

#endif
