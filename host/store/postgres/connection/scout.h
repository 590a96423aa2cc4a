/* scout.h: asking one server of a URL what it is. */
#ifndef HS_POSTGRES_SCOUT_H
#define HS_POSTGRES_SCOUT_H

#include "store/postgres/connection/dial.h"
#include "store/postgres/connection/seen_timeline.h"

#define HS_SCOUT_ADDRESSES 4 /* of a name; others aren't asked */

/* One server as its scout knows it. */
struct hs_scouted {
    struct hs_database_host host; /* as the URL names it */
    struct hs_database_host at[HS_SCOUT_ADDRESSES];
    int count;           /* of addresses */
    int64_t resolved_at; /* hs_monotonic_ms() */
    int turn;            /* the address that is asked first */
};

struct hs_report {
    int answered; /* `place` and `standing` are known */
    int silent;   /* it didn't answer in time */
    struct hs_place place;
    struct hs_standing standing;
    struct hs_error why; /* it didn't answer */
};

/* May its name have other addresses by now? `answers`: those known do. */
int hs_scout_is_lost(const struct hs_scouted *server, int answers);
/* Resolve its name; may take as long as the system's resolver does. An error
 * leaves the addresses of before, if there are any. */
void hs_scout_resolve(struct hs_scouted *server, struct hs_error *err);
/* Ask it, for `ms` at each address. Of several that answer, the one that can be
 * written to is reported. */
void hs_scout_ask(const char *url, struct hs_scouted *server, int ms,
                  struct hs_report *out);
/* Can it be written to? */
int hs_report_is_writable(const struct hs_report *report);

/* For people: a server's name and port; why it isn't the primary, given what
 * was seen before. */
#define HS_HOST_SHOWN 300
void hs_host_show(const struct hs_database_host *host, char out[HS_HOST_SHOWN]);
void hs_report_why_not(const struct hs_report *report,
                       const struct hs_seen *seen, char *out, size_t size);

#endif
