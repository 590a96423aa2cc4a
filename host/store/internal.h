/* internal.h: what the files of the store share.
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
 *   RUNNING, RAN -> DONE  the result stands in the item, `wake` is posted */
#ifndef HS_STORE_INTERNAL_H
#define HS_STORE_INTERNAL_H

#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <time.h>

#include "store/sqlite/conn.h"

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
    struct hs_rows *rows;
    int failed;
    struct hs_error err;
};

/* What the writer is at, and so what those in its queue wait for. */
enum hs_phase {
    HS_PHASE_IDLE,
    HS_PHASE_LOCKED, /* another process holds the lock */
    HS_PHASE_DISK,   /* a group is written and synced */
    HS_PHASE_LENT,   /* code of a session has the connection */
    HS_PHASE_COUNT
};

/* Moving the WAL into the file: first beside the writer, then the rest by the
 * writer, so that the WAL starts over. */
enum hs_checkpoint {
    HS_CHECKPOINT_NONE,
    HS_CHECKPOINT_RUNS,
    HS_CHECKPOINT_REST
};

/* What tests set otherwise. */
struct hs_tuning {
    const char *pragmas;  /* run last on the writing connections; must outlive
                             the store; NULL for none */
    int checkpoint_pages; /* of the WAL, before it is moved into the file */
};

struct hs_store {
    _Atomic uint64_t generation;
    _Atomic unsigned epoch;      /* readers made before it open again */
    _Atomic int impatient;       /* hs_store_be_impatient() was called */
    _Atomic int phase;           /* enum hs_phase, set by the writer ... */
    _Atomic int64_t phase_since; /* ... and since when, hs_monotonic_ms() */
    char *path;
    char **hot;
    struct hs_tuning tuning;

    char apart[64]; /* every request reads the generation: keep it off the
                       cache line of the lock */

    /* Under lock. */
    pthread_mutex_t lock;
    pthread_cond_t work;
    struct hs_item *first;
    struct hs_item *last;
    int sleeping; /* the writer waits for work */
    int stopping;
    int started; /* threads: 1 the writer, 2 also the checkpointer */

    pthread_t writer_thread;
    pthread_t checkpoint_thread;

    /* The writer's own; the connection also belongs to who borrowed it. */
    struct hs_conn conn;
    struct hs_item *group; /* in order; all RAN or ABANDONED */
    struct hs_item **group_end;
    int group_size;
    int64_t version; /* PRAGMA data_version */
    _Atomic int wal_pages;
    int checkpoint_at;
    int64_t tried_at;   /* when the writer last looked after a failure, ms */
    int64_t busy_since; /* 0, or when somebody else's lock was first met */

    sem_t returned;      /* a borrower gave the connection back ... */
    int returned_commit; /* ... and wants this */

    struct hs_conn checkpointer;
    sem_t checkpoint_wanted;
    _Atomic int checkpoint; /* enum hs_checkpoint */
    _Atomic int checkpoint_stop;

    _Atomic int unhealthy;
    pthread_mutex_t health_lock;
    struct hs_error health;
};

struct hs_session {
    struct hs_store *store;
    struct hs_conn reader; /* opened by the first query */
    unsigned epoch;
    int64_t deadline; /* of the reader's queries, hs_monotonic_ms(); 0: none */
    struct hs_item *item; /* NULL after one was abandoned */
    int depth;            /* of transactions; > 0: the connection is ours */
    struct hs_error lost; /* why SQLite ended the transaction, or code "" */
    struct hs_cursor *cursors; /* open ones */
    struct hs_cursor *spare;   /* closed, to be used again */
};

/* hs_store_open() for tests. */
struct hs_store *hs_store_open_with(const char *path, const char *const *hot,
                                    const struct hs_tuning *tuning,
                                    struct hs_error *err);

/* writer.c */

/* Open the writing connections. 0, or -1 with `err`. */
int hs_writer_open(struct hs_store *store, struct hs_error *err);
void *hs_writer_main(void *store);
void *hs_checkpoint_main(void *store);
/* Bumps the generation when another process has committed. */
void hs_writer_look(struct hs_store *store);
/* Any thread: what hs_store_healthy() says until a write succeeds. */
int hs_error_from_outside(const struct hs_error *err);
void hs_store_unhealthy(struct hs_store *store, const struct hs_error *err);

/* queue.c */
struct hs_item *hs_item_new(void);
void hs_item_free(struct hs_item *item); /* NULL accepted */
struct timespec hs_deadline(int wait_ms);
void hs_queue_add(struct hs_store *store, struct hs_item *item);
/* Whether waiting in the queue is known to be in vain: the writer has been at
 * one thing for longer than it may take, or than `wait_ms`. Then `err` ("busy")
 * says at what. Always 0 in a patient store. */
int hs_queue_is_stuck(struct hs_store *store, int wait_ms,
                      struct hs_error *err);
/* The next one, RUNNING; one that wants the connection only when `alone`. */
struct hs_item *hs_queue_take(struct hs_store *store, int alone);
/* Waits until the item is DONE or LENT (0); -1 with "busy" (withdrawn) or
 * "unknown" (then *item is the writer's, and NULL). */
int hs_item_wait(struct hs_store *store, struct hs_item **item,
                 const struct timespec *deadline, int wait_ms,
                 struct hs_error *err);
/* The writer's answer: `err` NULL for success. */
void hs_item_finish(struct hs_item *item, const struct hs_error *err);

/* store.c: hand in the session's item and wait. 0 with the item DONE or LENT.
 */
int hs_session_submit(struct hs_session *session, struct hs_statement *batch,
                      int count, struct hs_rows **rows, int wait_ms,
                      struct hs_error *err);
/* read.c: cursors on the borrowed connection end with the loan. */
void hs_session_detach_cursors(struct hs_session *session);
void hs_session_free_cursors(struct hs_session *session);
/* A borrowed connection whose transaction SQLite has ended must not be used:
 * what follows would be committed one by one. 0, or -1 with `err`. */
int hs_session_check(struct hs_session *session, struct hs_error *err);
/* Note that a statement failed on the borrowed connection. Returns -1. */
int hs_session_failed(struct hs_session *session, const struct hs_error *err);

#endif
