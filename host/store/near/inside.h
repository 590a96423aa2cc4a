/* inside.h: shared by the near file's own files. */
#ifndef HS_NEAR_INSIDE_H
#define HS_NEAR_INSIDE_H

#include <pthread.h>
#include <stdatomic.h>

#include "base/trouble.h"
#include "store/near/near.h"

#define HS_NEAR_TABLES 16 /* at most this many are copied */

struct hs_near {
    int owner; /* hs_near_owner_become() */
    struct hs_store *file;
    struct hs_store *store; /* the database's; not owned */
    _Atomic uint64_t *moved;
    int64_t limit;
    _Atomic int64_t down_since; /* hs_now_ms(), 0: up */
    struct hs_trouble trouble;  /* what the log says of that */
    _Atomic int filled;
    _Atomic int64_t batches; /* that the database hasn't refused */
    _Atomic int64_t bytes;
    _Atomic int was_full;            /* something had no room */
    _Atomic int64_t waiting_since;   /* hs_now_ms(), 0: the spool is empty */
    _Atomic int64_t refused;         /* batches that the database refused */
    _Atomic int64_t refused_shown;   /* the same, also while they are tried */
    _Atomic int64_t refusal_said_at; /* in the log, hs_now_ms() */

    pthread_t thread, journal_thread;
    int started, journal_started;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    int stopping; /* under lock */

    /* The courier's own. */
    struct hs_session *here;  /* on the file */
    struct hs_session *there; /* on the database */
    int64_t asked_at;         /* whether it is back, hs_monotonic_ms() */
    int64_t pruned_at;
    int64_t delivered;    /* the log doesn't say so yet */
    int64_t delivered_at; /* the last of them, hs_monotonic_ms() */
    int calls_here;       /* delivered ones, in the file's own tables */
    int64_t deliver_at;   /* not before, hs_monotonic_ms() */
    int64_t refused_at;   /* what was refused isn't tried again before */
    int64_t refused_id;   /* the newest refused since the start */
    int64_t retried_id;   /* of those tried again, the last that was refused */
    int said_half, said_full, refused_unsaid; /* by alerts */
    int64_t alert_at;          /* what couldn't be raised, not before */
    int64_t forget_at;         /* the calls here, not before */
    uint64_t copied[HS_KINDS]; /* hs_store_generation() of what is here */
    int64_t copy_at;           /* not before, hs_monotonic_ms() */
    uint64_t hashes[HS_NEAR_TABLES];

    /* The other thread's own, which keeps the plans of calls under way. */
    struct hs_session *journal; /* on the file */
    struct hs_trouble journal_trouble;
    uint64_t journaled; /* puts of recent.h that are written down */
    int64_t journal_at; /* not before, hs_monotonic_ms() */
    int64_t journal_pruned_at;
};

/* A statement of our own, with values in place. */
static inline struct hs_statement hs_near_statement(const char *sql, size_t len,
                                                    const struct hs_value *list,
                                                    int count)
{
    return (struct hs_statement){
        .sql = sql, .sql_len = len, .values = list, .count = count};
}
#define HS_NEAR_SQL(text) text, sizeof(text) - 1

#endif
