/* dial.h: connecting to one server of a PostgreSQL URL, and what it is. */
#ifndef HS_POSTGRES_DIAL_H
#define HS_POSTGRES_DIAL_H

#include <stdint.h>

#include "base/config/database_url.h"
#include "store/postgres/connection/libpq.h"

/* One server at one address; all empty: where libpq goes by itself. */
struct hs_place {
    struct hs_database_host host; /* `address` is the one to connect to */
    int plain;      /* it doesn't tell the timeline: hs_standing_sql() */
    unsigned epoch; /* of primary.h */
};

/* What a server says of itself. */
struct hs_standing {
    int standby;
    int read_only;
    uint64_t system;   /* the same for a primary and its standbys; 0: unknown */
    unsigned timeline; /* of a primary: grows by each promotion; 0: unknown */
};

/* Does a pooler answer instead of the server? It gives a connection's
 * statements to several of the server's processes, and with them its settings,
 * locks and LISTEN. `pid`: what pg_backend_pid() said. */
int hs_dial_is_pooled(const struct pg_conn *pg, const char *pid);
#define HS_POOLED                                                              \
    "a connection pooler, such as PgBouncer, answers instead of the server: "  \
    "name the server itself in the URL"
/* Of a server: why it takes no writes. */
#define HS_READ_ONLY                                                           \
    "default_transaction_read_only is on for it, the database or the role"

/* The four columns that hs_standing_read() reads, without a SELECT. `plain`:
 * for a server that keeps the last two from us. */
const char *hs_standing_sql(int plain);
void hs_standing_read(const struct pg_result *result, struct hs_standing *out);

/* Wait for the socket until `until` (hs_running_ms()). 1: ready; 0: late; -1:
 * broken. */
int hs_dial_wait(struct pg_conn *pg, short events, int64_t until);
/* Connect to a server of `url`; resolves no name where `place` has an address.
 * NULL and `err`: "io"; "busy" when it was late; "memory". */
struct pg_conn *hs_dial(const char *url, const struct hs_place *place,
                        int64_t until, struct hs_error *err);
/* libpq's own text, on one line. */
void hs_dial_error(const struct pg_conn *pg, struct hs_error *err);

#endif
