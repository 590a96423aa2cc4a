/* lookups.h: the lookup VM: lookups.lua, beside an app VM.
 *
 * What rules may know from outside is asked before they run, in a VM of its
 * own: it has http, a read-only db, a memory cap, and a share of one time
 * budget for each lookup. */
#ifndef HS_LOOKUPS_H
#define HS_LOOKUPS_H

#include "script/bundle.h"

#define HS_LOOKUP_FILE "lookups.lua"

struct hs_lookups; /* belongs to the thread of its app VM */

/* Load lookups.lua of the bundle. 0, with *out NULL if the bundle has no such
 * file or it defines no lookups; -1 and `err` with the author's file:line. The
 * bundle is kept, the host copied. With host->trial the file is only loaded. */
int hs_lookups_new(struct hs_bundle *bundle, const struct hs_host *host,
                   struct hs_lookups **out, struct hs_script_error *err);
void hs_lookups_free(struct hs_lookups *lookups); /* NULL accepted */

/* The lookups the file defines, in its order. NULL: none. */
int hs_lookups_count(const struct hs_lookups *lookups);
const char *hs_lookups_name(const struct hs_lookups *lookups, int index,
                            int *line);
/* Ask number `index` about the call, the table at stack index 1 of the app VM
 * `app`, in budget_ms. 0 with its answer as JSON, which lives until the next
 * one ("null" for nil), or -1 and `err`. */
int hs_lookups_ask(struct hs_lookups *lookups, int index, lua_State *app,
                   int budget_ms, const char **json,
                   struct hs_script_error *err);
/* After a call: release memory. */
void hs_lookups_settle(struct hs_lookups *lookups);

#endif
