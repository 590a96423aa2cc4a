/* roster.h: of the bus: the rows of `hosts`, one for each process. */
#ifndef HS_POSTGRES_ROSTER_H
#define HS_POSTGRES_ROSTER_H

#include "store/engine/bus.h"
#include "store/postgres/connection/link.h"

/* What this process says of itself. */
struct hs_roster_entry {
    const char *id, *name;
    struct hs_host_rules rules;
    struct hs_host_settings settings;
};

/* Say that this process lives, which rules and settings it has and what its
 * clock shows; and forget the processes that died, with what they held. The
 * rows of all others: id, and whether it was seen within 4 s. NULL and `err`.
 */
struct pg_result *hs_roster_move(struct hs_link *link,
                                 const struct hs_roster_entry *entry,
                                 int64_t until, struct hs_error *err);
/* SQL: the host $1 ends, and gives up what it holds. */
extern const char hs_roster_leave[];

#endif
