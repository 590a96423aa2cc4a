/* link.h: a connection to a PostgreSQL server, in pipeline mode: what is sent
 * waits on no answer, and no wait is longer than its caller allows.
 *
 * A link that failed, or whose answer came too late, is closed: nobody knows
 * what the server still does with it. */
#ifndef HS_POSTGRES_LINK_H
#define HS_POSTGRES_LINK_H

#include <stdint.h>

#include "base/buf.h"
#include "store/postgres/connection/libpq.h"
#include "store/postgres/connection/primary.h"

/* Held with others by every host while it runs, and alone by who copies the
 * database. */
#define HS_HOSTS_LOCK(function)                                                \
    "SELECT " function "(hashtext('hookswitch hosts'),"                        \
    " hashtext(current_schema()))"

/* A statement that this link has prepared. */
struct hs_plan {
    struct hs_plan *next;
    unsigned number; /* its name */
    size_t len;
    char *sql; /* as it was asked for, before it was translated */
    int places;
    unsigned *types; /* of the places */
};

#define HS_PLAN_BUCKETS 128

struct hs_link {
    struct pg_conn *pg; /* NULL: closed */
    struct hs_primary *primary;
    unsigned epoch; /* of the primary: hs_link_is_outdated() */
    int for_call;   /* readers.c: who has it */
    int in_transaction;
    int warned; /* the server has said something since this was cleared */
    int superuser;
    int64_t connections_left; /* of the server, when it was opened */
    unsigned prepared;
    uint64_t plans_id; /* no others have had it */
    int plans;
    struct hs_plan *buckets[HS_PLAN_BUCKETS];
};

/* Connect to the primary until `until` (hs_running_ms()) at the latest. NULL
 * and `err`: "open" for a server that can't be used, "io" for one that can't be
 * reached. No message holds the password. */
struct hs_link *hs_link_open(const char *url, int read_only, int64_t until,
                             struct hs_error *err);
/* Another server is the primary now: this link must not be used any more. */
int hs_link_is_outdated(const struct hs_link *link);
/* Append what an administrator should change, a line each. 0, or -1 when memory
 * ran out. */
int hs_link_notes(const struct hs_link *link, struct hs_buf *notes);
/* Free the plans; the server keeps what it has prepared. */
void hs_link_forget_plans(struct hs_link *link);
void hs_link_free(struct hs_link *link); /* NULL is accepted */

/* Send a statement of our own, without values. 0, or -1 with `err`. */
int hs_link_send(struct hs_link *link, const char *sql, struct hs_error *err);
/* The same with values for $1, $2 ..., as texts. */
int hs_link_send_with(struct hs_link *link, const char *sql,
                      const char *const *values, int count,
                      struct hs_error *err);
/* The connection took no order (`sent` is 0). Returns -1. */
int hs_link_broken(struct hs_link *link, struct hs_error *err);
/* End what was sent, and wait for its `count` results; who gets them clears
 * them. 0, with results that may be errors; -1 with `err` and none. */
int hs_link_collect(struct hs_link *link, struct pg_result **results, int count,
                    int64_t until, struct hs_error *err);
void hs_link_clear(struct pg_result **results, int count);
/* Send one statement and wait for its result, which the caller clears. NULL
 * with `err` on any error. */
struct pg_result *hs_link_ask(struct hs_link *link, const char *sql,
                              const char *const *values, int count,
                              int64_t until, struct hs_error *err);
/* Is it an error? Then `err` says which, in the words of store.h. */
int hs_result_failed(const struct pg_result *result, struct hs_error *err);
int hs_result_is(const struct pg_result *result, const char *sqlstate);
/* Send statements of our own and wait; the last one's result goes to `last`
 * (may be NULL). 0, or -1 with `err` of the first that failed. */
#define HS_LINK_RUN_MAX 16 /* statements at once */
int hs_link_run(struct hs_link *link, const char *const *sql, int count,
                struct pg_result **last, int64_t until, struct hs_error *err);

#endif
