/* handle.h: one SQLite connection: its errors, its guard, our own statements.
 *
 * The guard (SQLite's authorizer) refuses anything that could escape from the
 * database file or the transaction, and learns what each statement changes. */
#ifndef HS_SQLITE_HANDLE_H
#define HS_SQLITE_HANDLE_H

#include <sqlite3.h>

#include "store/engine/engine.h"

enum hs_lite_role {
    HS_LITE_WRITER,       /* creates the file, WAL */
    HS_LITE_READER,       /* read-only; also from a read-only file system */
    HS_LITE_CHECKPOINTER, /* writes, only to move the WAL into the file */
    HS_LITE_MIGRATION,    /* like the writer, foreign keys off */
    HS_LITE_MEMORY,       /* a trial run: nothing is stored */
    HS_LITE_COPY          /* a backup being made, not visible to others yet */
};

/* What the guard has learned about a statement. */
struct hs_learned {
    unsigned changes : 1; /* inserts, updates or deletes rows */
    unsigned inserts : 1;
    unsigned kinds; /* of the tables it touches; engine.h */
};

/* A statement of our own besides the store's. */
enum { HS_LITE_VERSION = HS_OWN_COUNT, HS_LITE_OWN_COUNT };

#define HS_PREPARED_BUCKETS 256

struct hs_checkpoint;

struct hs_lite {
    struct hs_conn base;
    sqlite3 *db; /* NULL: not open */
    enum hs_lite_role role;
    const char *const *hot;
    int trusted;                      /* one of our own statements is running */
    struct hs_learned *learning;      /* the guard notes here what it sees */
    unsigned kinds;                   /* of tables that we have changed */
    int64_t version;                  /* moves when other processes commit */
    struct hs_checkpoint *checkpoint; /* a writer's */
    sqlite3_stmt *own[HS_LITE_OWN_COUNT];
    int cached;
    int capacity; /* prepared statements kept */
    struct hs_prepared *newest;
    struct hs_prepared *oldest;
    struct hs_prepared *buckets[HS_PREPARED_BUCKETS];
};

static inline struct hs_lite *hs_lite_of(struct hs_conn *conn)
{
    return (struct hs_lite *)conn; /* which it begins with */
}

/* Put SQLite's last error into our words. Returns -1. */
int hs_lite_error(struct hs_lite *conn, int rc, struct hs_error *err);
/* SQLite's authorizer; asked while a statement is compiled. */
int hs_lite_guard(void *conn, int action, const char *first, const char *second,
                  const char *schema, const char *inner);
/* Run SQL of our own, without the guard. 0, or -1 with `err`. */
int hs_lite_exec(struct hs_lite *conn, const char *sql, struct hs_error *err);
/* Of the driver. */
int hs_lite_own(struct hs_conn *base, enum l_own which, struct hs_error *err);
int hs_lite_changed_elsewhere(struct hs_conn *base, unsigned *moved,
                              struct hs_error *err);
int hs_lite_in_transaction(const struct hs_conn *base);

#endif
