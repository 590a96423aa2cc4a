/* state.h: shared by the store's files.
 *
 * An item is one session's place in the queue. Its state says who may touch it:
 *
 *   IDLE -> QUEUED      the session hands it in (under store->lock)
 *   QUEUED -> IDLE      the session withdraws it (under store->lock)
 *   QUEUED -> RUNNING   the writer takes it (under store->lock)
 *   RUNNING -> LENT     the connection is the session's until it gives it back
 *   RUNNING -> RAN      done but for the commit; the caller's values and
 *                       statements are not touched any more
 *   RAN -> ABANDONED    the session stopped waiting: the writer frees the item
 *   RUNNING, RAN -> DONE  the result is in the item, `wake` is posted */
#ifndef HS_STORE_STATE_H
#define HS_STORE_STATE_H

#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <time.h>

#include "base/trouble.h"
#include "store/engine/engine.h"

enum hs_item_state {
    HS_ITEM_IDLE,
    HS_ITEM_QUEUED,
    HS_ITEM_RUNNING,
    HS_ITEM_LENT,
    HS_ITEM_RAN,
    HS_ITEM_DONE,
    HS_ITEM_ABANDONED
};

struct hs_item {
    _Atomic int state;
    sem_t wake;
    struct hs_item *next; /* in the queue or in the group */
    struct hs_item *prev;
    struct hs_statement *batch; /* NULL: wants the connection */
    int count;
    int keep_rows;
    int64_t until; /* its session waits, hs_running_ms() */
    struct hs_rows *rows;
    int failed;
    struct hs_error err;
};

/* What the writer is doing, and so what its queue is waiting for. */
enum hs_writing {
    HS_WRITING_NOTHING,
    HS_WRITING_LOCKED, /* another process holds the lock */
    HS_WRITING_DISK,   /* a group is written and synced */
    HS_WRITING_LENT,   /* code of a session has the connection */
    HS_WRITING_COUNT
};

#define HS_SPARES 2

/* A reader that no session has, or NULL. */
struct hs_spare {
    struct hs_conn *reader;
    unsigned epoch;
};

struct hs_store {
    _Atomic uint64_t generations[HS_KINDS];
    _Atomic unsigned epoch;      /* older readers reopen */
    _Atomic int impatient;       /* hs_store_be_impatient() was called */
    _Atomic int phase;           /* enum hs_writing, set by the writer ... */
    _Atomic int64_t phase_since; /* ... and since when, hs_running_ms() */
    const struct hs_driver *driver;
    char *path;
    char host[17]; /* hs_store_host() */
    char **hot;
    struct hs_tuning tuning;
    struct hs_near *near; /* NULL: none; ours */
    int unmigrated;       /* opened beside a near file while the database was
                             down; the writer's own */

    char apart[64]; /* read by every request: not in the lock's cache line
                     */

    /* Under lock. */
    pthread_mutex_t lock;
    pthread_cond_t work;
    struct hs_item *first;
    struct hs_item *last;
    int sleeping; /* the writer waits for work */
    int stopping;
    int started;        /* the writer's thread */
    struct hs_bus *bus; /* told of our commits; NULL: none */

    pthread_t writer_thread;

    /* The writer's own; a borrower also owns the connection. */
    struct hs_conn *conn;  /* NULL: couldn't be opened yet */
    struct hs_item *group; /* in order; all RAN or ABANDONED */
    struct hs_item **group_end;
    int group_size;
    int64_t tried_at;   /* when the writer last checked after a failure, ms */
    int64_t busy_since; /* 0, or when another process's lock was first met */

    pthread_mutex_t spare_lock;
    struct hs_spare spares[HS_SPARES]; /* under it */

    sem_t returned;      /* a borrower gave the connection back ... */
    int returned_commit; /* ... and wants this */

    _Atomic int unhealthy;
    pthread_mutex_t health_lock;
    struct hs_error health;
    struct hs_trouble trouble; /* what the log says */
};

struct hs_session {
    struct hs_store *store;
    struct hs_conn *reader; /* opened by the first query */
    unsigned epoch;
    int64_t deadline;    /* of the reader's queries, hs_running_ms(); 0: none */
    enum hs_asker asker; /* of its next query */
    struct hs_item *item; /* NULL after an item was abandoned */
    int depth;            /* of transactions; > 0: the connection is ours */
    struct hs_error lost; /* why the engine ended it, or code "" */
    struct hs_cursor *cursors; /* open ones */
    struct hs_cursor *spare;   /* closed, for reuse */

    int calling; /* hs_session_calling() */

    /* With a near file only. */
    int64_t waited;          /* for the database, by the call, ms */
    struct hs_session *near; /* on the near file, once it was needed */
};

/* open.c: hs_store_open() for tests. */
struct hs_store *hs_store_open_with(const char *path, const char *const *hot,
                                    const struct hs_tuning *tuning,
                                    struct hs_error *err);

#endif
