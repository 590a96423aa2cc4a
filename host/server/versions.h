/* versions.h: the numbers that sets of Lua sources have in the database. */
#ifndef HS_VERSIONS_H
#define HS_VERSIONS_H

#include <stdint.h>

#include "base/err.h"

struct hs_bundle;
struct hs_store;

/* The number of this content in rule_versions; a new content is entered with
 * its sources. 0, or -1 and `err` when the database cannot tell. Any thread. */
int hs_version_of(struct hs_store *store, const struct hs_bundle *bundle,
                  int64_t *version, struct hs_error *err);

#endif
