/* writer.c: the thread that writes.
 *
 * BEGIN IMMEDIATE first: as long as another process holds the lock, items stay
 * in the queue, where their sessions can withdraw them. Then everything that is
 * waiting runs in this one transaction, each as if alone: with a savepoint
 * each, or, where the way to the server is long, with one for many until one of
 * them fails. One COMMIT makes all of it durable, and only then is each
 * answered. Items that arrive meanwhile form the next group. */
#include "store/writer.h"

#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "base/metrics.h"
#include "store/health.h"
#include "store/queue.h"
#include "store/state.h"

#define GROUP_MAX 256
#define IDLE_MS 90    /* between checks for other processes' commits */
#define RETRY_MS 1000 /* between attempts to recover while idle */
#define LOCKED_MS 500 /* report a lock held this long */

/* ---- other processes ---- */

void hs_store_move(struct hs_store *store, unsigned kinds)
{
    for (int kind = 0; kind < HS_KINDS; kind++) {
        if (kinds & 1u << kind)
            atomic_fetch_add(&store->generations[kind], 1);
    }
}

/* 0, or -1 and `err`: a transaction can't go on. */
static int look(struct hs_store *store, struct hs_error *err)
{
    unsigned moved;
    int rc = store->conn->driver->changed_elsewhere(store->conn, &moved, err);

    hs_store_move(store, moved);
    return rc;
}

/* ---- the connection ---- */

int hs_writer_open(struct hs_store *store, struct hs_error *err)
{
    struct hs_conn_setup setup = {.hot = (const char *const *)store->hot,
                                  .tuning = &store->tuning};

    store->conn = store->driver->writer(store->path, &setup, err);
    if (!store->conn)
        return -1;
    (void)look(store, err);
    return 0;
}

/* For a store opened on a read-only file system, or while the database was
 * down. */
static int reopen(struct hs_store *store, struct hs_error *err)
{
    if (hs_monotonic_ms() - store->tried_at < RETRY_MS &&
        hs_store_healthy(store, err) != 0)
        return -1;
    store->tried_at = hs_monotonic_ms();
    if ((store->unmigrated && hs_migrate(store->path, 0, NULL, err) != 0) ||
        hs_writer_open(store, err) != 0) {
        hs_store_unhealthy(store, err);
        return -1;
    }
    store->unmigrated = 0;
    atomic_fetch_add(&store->epoch, 1);
    hs_store_move(store, ~0u);
    hs_store_recovered(store);
    return 0;
}

/* Set what the queue is waiting for. */
static void enter(struct hs_store *store, enum hs_writing phase)
{
    if (phase != HS_WRITING_NOTHING)
        atomic_store(&store->phase_since, hs_running_ms());
    atomic_store(&store->phase, phase);
}

/* Another process has the lock. */
static void locked(struct hs_store *store, const struct hs_error *err)
{
    if (!store->busy_since) {
        store->busy_since = hs_running_ms();
        enter(store, HS_WRITING_LOCKED);
    } else if (hs_running_ms() - store->busy_since >= LOCKED_MS) {
        hs_store_unhealthy(store, err);
    }
    (void)look(store, &(struct hs_error){0});
}

/* Begin a transaction. 0, or -1 with `err`. */
static int begin(struct hs_store *store, struct hs_error *err)
{
    if (store->conn->driver->own(store->conn, HS_OWN_BEGIN, err) == 0) {
        store->busy_since = 0;
        enter(store, HS_WRITING_DISK);
        return 0;
    }
    if (strcmp(err->code, "busy") == 0) {
        locked(store, err);
    } else {
        store->busy_since = 0;
        hs_store_unhealthy(store, err);
    }
    return -1;
}

static void roll_back(struct hs_store *store)
{
    if (store->conn->driver->in_transaction(store->conn))
        store->conn->driver->own(store->conn, HS_OWN_ROLLBACK, NULL);
}

/* The only way to learn that the disk has room again, since nothing else writes
 * after it was full. */
static void probe(struct hs_store *store)
{
    struct hs_error err;

    store->tried_at = hs_monotonic_ms();
    if (begin(store, &err) != 0)
        return;
    if (store->conn->driver->probe(store->conn, &err) == 0 &&
        store->conn->driver->own(store->conn, HS_OWN_COMMIT, &err) == 0)
        hs_store_recovered(store);
    roll_back(store);
    enter(store, HS_WRITING_NOTHING);
}

static void idle(struct hs_store *store)
{
    struct hs_error err;

    if (!store->conn) {
        reopen(store, &err);
        return;
    }
    (void)look(store, &err);
    hs_store_steady(store);
    if (store->busy_since || (atomic_load(&store->unhealthy) &&
                              hs_monotonic_ms() - store->tried_at >= RETRY_MS))
        probe(store);
}

/* ---- a group ---- */

static void join_group(struct hs_store *store, struct hs_item *item)
{
    item->next = NULL;
    *store->group_end = item;
    store->group_end = &item->next;
    store->group_size++;
}

static void answer_group(struct hs_store *store, const struct hs_error *err)
{
    struct hs_item *item = store->group;

    store->group = NULL;
    store->group_end = &store->group;
    store->group_size = 0;
    while (item) {
        struct hs_item *next = item->next;

        hs_item_finish(item, err); /* not ours any more */
        item = next;
    }
}

static void refuse_queue(struct hs_store *store, const struct hs_error *err)
{
    struct hs_item *item;

    while ((item = hs_queue_take(store, 1)))
        hs_item_finish(item, err);
}

static int begin_group(struct hs_store *store)
{
    struct hs_error err;

    if (!store->conn && reopen(store, &err) != 0) {
        refuse_queue(store, &err);
        return -1;
    }
    if (begin(store, &err) == 0) {
        (void)store->conn->driver->changed(store->conn);
        if (look(store, &err) == 0)
            return 0;
        roll_back(store);
        hs_store_unhealthy(store, &err);
        enter(store, HS_WRITING_NOTHING);
    }
    if (!store->busy_since)
        refuse_queue(store, &err);
    return -1;
}

static void ran(struct hs_store *store, struct hs_item *item)
{
    join_group(store, item);
    atomic_store(&item->state, HS_ITEM_RAN);
}

static void run_item(struct hs_store *store, struct hs_item *item)
{
    struct hs_error err;

    store->conn->until = item->until;
    if (store->conn->driver->run_batch(store->conn, item->batch, item->count,
                                       item->keep_rows ? &item->rows : NULL,
                                       &err) == 0) {
        ran(store, item);
        return;
    }
    if (hs_error_from_outside(&err))
        hs_store_unhealthy(store, &err);
    hs_item_finish(item, &err);
    if (!store->conn->driver->in_transaction(store->conn))
        answer_group(store, &err); /* all of it is undone */
}

/* 0, or -1 if each has to run alone. */
static int run_together(struct hs_store *store, struct hs_item **items,
                        int count)
{
    struct hs_work works[HS_TOGETHER];

    store->conn->until = 0;
    for (int i = 0; i < count; i++) {
        struct hs_item *item = items[i];

        works[i] =
            (struct hs_work){.batch = item->batch,
                             .count = item->count,
                             .rows = item->keep_rows ? &item->rows : NULL};
        if (!store->conn->until || item->until < store->conn->until)
            store->conn->until = item->until;
    }
    if (store->conn->driver->run_together(store->conn, works, count) == 0)
        return 0;
    for (int i = 0; i < count; i++) {
        hs_rows_free(items[i]->rows);
        items[i]->rows = NULL;
    }
    return -1;
}

static void run_items(struct hs_store *store, struct hs_item **items, int count)
{
    int together = count > 1 && run_together(store, items, count) == 0;

    for (int i = 0; i < count; i++) {
        if (together)
            ran(store, items[i]);
        else
            run_item(store, items[i]);
    }
}

/* The session has the connection until it gives it back. It is alone in its
 * transaction, so that no other answer waits for its code. */
static void lend(struct hs_store *store, struct hs_item *item)
{
    enter(store, HS_WRITING_LENT);
    store->conn->until = 0;
    atomic_store(&item->state, HS_ITEM_LENT);
    sem_post(&item->wake);
    while (sem_wait(&store->returned) != 0)
        ;
    enter(store, HS_WRITING_DISK);
    if (store->returned_commit)
        join_group(store, item);
    else
        roll_back(store);
}

/* At most `most` items. How many they were; 0 if the group ends here. */
static int run_some(struct hs_store *store, int most)
{
    struct hs_item *items[HS_TOGETHER];
    int count;

    if (!store->conn->driver->run_together)
        most = 1;
    else if (most > HS_TOGETHER)
        most = HS_TOGETHER;

    items[0] = hs_queue_take(store, store->group == NULL);
    if (!items[0])
        return 0;
    for (count = 1; count < most && items[0]->batch; count++) {
        if (!(items[count] = hs_queue_take(store, 0)))
            break;
    }
    if (items[0]->batch)
        run_items(store, items, count);
    else
        lend(store, items[0]);
    return store->conn->driver->in_transaction(store->conn) ? count : 0;
}

static void run_queue(struct hs_store *store)
{
    int left = GROUP_MAX, count;

    while (left > 0 && (count = run_some(store, left)) > 0)
        left -= count;
}

/* Other hosts are told of settings and logins; presence they see soon enough
 * by looking. */
static void tell_moved(struct hs_store *store, unsigned kinds)
{
    hs_store_move(store, kinds);
    kinds &= ~(1u << HS_PRESENCE);
    if (!kinds || !store->driver->bus_moved)
        return;
    pthread_mutex_lock(&store->lock);
    if (store->bus)
        store->driver->bus_moved(store->bus, kinds);
    pthread_mutex_unlock(&store->lock);
}

static void committed(struct hs_store *store)
{
    tell_moved(store, store->conn->driver->changed(store->conn));
    hs_count(HS_C_COMMITS, 1);
    hs_count(HS_C_WRITES, store->group_size);
    hs_store_recovered(store);
    answer_group(store, NULL);
}

/* 0, or -1 when the group could not be committed. */
static int commit_group(struct hs_store *store)
{
    struct hs_error err;

    if (!store->conn->driver->in_transaction(store->conn))
        return 0;
    if (!store->group) {
        roll_back(store);
        return 0;
    }
    if (store->conn->driver->own(store->conn, HS_OWN_COMMIT, &err) == 0) {
        committed(store);
        return 0;
    }
    roll_back(store);
    hs_store_unhealthy(store, &err);
    answer_group(store, &err);
    return -1;
}

/* 0 if the store is closing and nothing is left to do. */
static int wait_for_work(struct hs_store *store)
{
    int found;

    pthread_mutex_lock(&store->lock);
    while (!store->first && !store->stopping) {
        struct timespec until = hs_running_moment(hs_running_ms() + IDLE_MS);
        int rc;

        store->sleeping = 1;
        rc = pthread_cond_timedwait(&store->work, &store->lock, &until);
        store->sleeping = 0;
        if (rc == ETIMEDOUT && !store->first) {
            pthread_mutex_unlock(&store->lock);
            idle(store);
            pthread_mutex_lock(&store->lock);
        }
    }
    found = store->first != NULL;
    pthread_mutex_unlock(&store->lock);
    return found;
}

void *hs_writer_main(void *arg)
{
    struct hs_store *store = arg;

    pthread_setname_np(pthread_self(), "hs-writer"); /* for top and the specs */
    while (wait_for_work(store)) {
        if (begin_group(store) != 0)
            continue;
        run_queue(store);
        store->conn->driver->rest(store->conn, commit_group(store) != 0);
        enter(store, HS_WRITING_NOTHING);
    }
    return NULL;
}
