/* versions.h: the numbers that sets of Lua sources have in the database. */
#ifndef HS_VERSIONS_H
#define HS_VERSIONS_H

#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

struct hs_bundle;
struct hs_store;

/* This content goes live, after `before` (NULL: none, or not known to be
 * stored): enter it in rule_versions unless it is there, and in the history
 * unless it was the last to be live. `result` is what its trial said, "ok" or
 * why it was let in all the same. `version` receives its number, or stays as it
 * is with -1 and `err` when the database cannot tell. Any thread. */
int hs_version_enter(struct hs_store *store, const struct hs_bundle *bundle,
                     const struct hs_bundle *before, const char *result,
                     int64_t *version, struct hs_error *err);
/* The text that a file had in the version that was live last. 1 with it in
 * `out`, 0 when there is none, -1 and `err`. Any thread. */
int hs_version_last_text(struct hs_store *store, const char *name,
                         struct hs_buf *out, struct hs_error *err);

#endif
