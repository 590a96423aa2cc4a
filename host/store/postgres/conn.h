/* conn.h: what the driver's files share: a connection as the store sees it. */
#ifndef HS_POSTGRES_CONN_H
#define HS_POSTGRES_CONN_H

#include "store/engine/engine.h"
#include "store/postgres/readers.h"

#define HS_PG_SLOTS 256 /* statements of a connection that are kept */

/* Statements of our own that each group of writes asks. */
enum hs_pg_each_time { HS_PG_LOCK, HS_PG_GENERATIONS, HS_PG_EACH_TIME };

/* A writer has one link, for as long as that holds. A reader borrows one of the
 * pool for each statement, whose rows are all fetched at once. */
struct hs_pg {
    struct hs_conn base;
    char *url;
    struct hs_primary *primary; /* known for as long as this is open */
    struct hs_readers *pool;    /* a reader's */
    const enum hs_asker *asker; /* a reader's, or NULL */
    const char *const *hot;     /* a writer's, or NULL */
    struct hs_link *link;       /* a writer's; NULL: not connected */
    struct hs_error why;        /* ... since */
    int64_t tried_at;           /* when it was tried last, hs_monotonic_ms() */
    uint64_t
        known[HS_PG_EACH_TIME]; /* a link's plans_id that has prepared it */
    char seen[HS_KINDS][24];    /* the generations as they were seen last ... */
    int64_t seen_at;            /* ... and when */
    unsigned moved;             /* kinds: by our own commits */
    unsigned moved_elsewhere;
    struct hs_prepared *slots[HS_PG_SLOTS];
};

static inline struct hs_pg *hs_pg_of(struct hs_conn *conn)
{
    return (struct hs_pg *)conn; /* which it begins with */
}

/* Until when the writer may wait for an answer. */
int64_t hs_pg_until(const struct hs_pg *conn);

/* A statement that is only written with: others may have it, too. NULL and
 * `err`. */
struct hs_prepared *hs_pg_share(struct hs_pg *conn, const char *sql, size_t len,
                                struct hs_error *err);
void hs_pg_unshare(struct hs_prepared *prepared);
/* The statement as this link has prepared it. NULL and `err`. */
struct hs_plan *hs_pg_plan(struct hs_link *link, struct hs_prepared *prepared,
                           int64_t until, struct hs_error *err);
/* Of the driver: store/engine/engine.h. */
struct hs_prepared *hs_pg_take(struct hs_conn *base, const char *sql,
                               size_t len, struct hs_error *err);
void hs_pg_put(struct hs_conn *base, struct hs_prepared *prepared);
int hs_pg_writes(const struct hs_prepared *prepared);
int hs_pg_bind(struct hs_conn *base, struct hs_prepared *prepared,
               const struct hs_statement *statement, struct hs_error *err);
int hs_pg_step(struct hs_conn *base, struct hs_prepared *prepared,
               struct hs_error *err);
int hs_pg_columns(const struct hs_prepared *prepared);
const char *hs_pg_name(const struct hs_prepared *prepared, int column);
int hs_pg_value(const struct hs_prepared *prepared, int column,
                struct hs_value *out);
int hs_pg_run_batch(struct hs_conn *base, struct hs_statement *batch, int count,
                    struct hs_rows **rows, struct hs_error *err);
int hs_pg_run_together(struct hs_conn *base, struct hs_work *list, int count);
void hs_pg_drop_slots(struct hs_pg *conn);

#endif
