/* primary.h: the servers that a URL names, and which of them is the primary.
 *
 * Each server has a thread of its own, a scout, that resolves its name and asks
 * it: so neither a silent server nor a silent resolver keeps another thread
 * waiting. Of those that can be written to, the one on the highest timeline is
 * the primary, never one on an older timeline than was seen: a promotion makes
 * a new one, so whoever is on the old one has been replaced.
 *
 * Scouts ask all the time while the primary is in doubt, every few seconds when
 * the URL names several servers, and never when it names one that works. The
 * functions may be called by any thread. */
#ifndef HS_POSTGRES_PRIMARY_H
#define HS_POSTGRES_PRIMARY_H

#include "base/buf.h"
#include "store/postgres/connection/dial.h"

struct hs_primary;

/* That of this URL, one per process. NULL and `err`: "open", "memory",
 * "thread". Close it as often as it was opened. */
struct hs_primary *hs_primary_open(const char *url, struct hs_error *err);
void hs_primary_close(struct hs_primary *primary);

/* Where the primary is. 0; -1 and `err` when there is none, or when that isn't
 * known by `until` (hs_running_ms()). */
int hs_primary_find(struct hs_primary *primary, int64_t until,
                    struct hs_place *out, struct hs_error *err);
/* A connection to `place` learnt this of its server. 0, and the connection is
 * of place->epoch; -1 and `err`: it isn't the primary, which is sought again.
 */
int hs_primary_judge(struct hs_primary *primary, struct hs_place *place,
                     const struct hs_standing *standing, struct hs_error *err);
/* A connection of this epoch has failed: look whether its server still is the
 * primary. */
void hs_primary_doubt(struct hs_primary *primary, unsigned epoch);
/* Someone has waited for a while: look whether another is the primary now. */
void hs_primary_hurry(struct hs_primary *primary);
/* Grows whenever the primary is another: what was connected to before must not
 * be used any more. */
unsigned hs_primary_epoch(struct hs_primary *primary);

/* How many servers the URL names. */
int hs_primary_servers(const struct hs_primary *primary);
/* Wait until all servers were asked, until `until` at the latest, and append a
 * line on each, as check() of engine.h does. Nothing for a single server. 0, or
 * -1 when memory ran out. */
int hs_primary_notes(struct hs_primary *primary, int64_t until,
                     struct hs_buf *notes);

#endif
