/* queue.c: items, the queue, and waiting for the writer's answer. */
#include "store/queue.h"

#include <errno.h>
#include <stdlib.h>

#include "base/clock.h"
#include "store/state.h"

#define LOOK_MS 50 /* between checks of what the writer is doing */

struct hs_item *hs_item_new(void)
{
    struct hs_item *item = calloc(1, sizeof *item);

    if (item && sem_init(&item->wake, 0, 0) != 0) {
        free(item);
        return NULL;
    }
    return item;
}

void hs_item_free(struct hs_item *item)
{
    if (!item)
        return;
    hs_rows_free(item->rows);
    sem_destroy(&item->wake);
    free(item);
}

void hs_queue_add(struct hs_store *store, struct hs_item *item)
{
    int wake;

    pthread_mutex_lock(&store->lock);
    item->next = NULL;
    item->prev = store->last;
    *(store->last ? &store->last->next : &store->first) = item;
    store->last = item;
    atomic_store_explicit(&item->state, HS_ITEM_QUEUED, memory_order_relaxed);
    wake = store->sleeping;
    store->sleeping = 0; /* one signal is enough */
    pthread_mutex_unlock(&store->lock);
    if (wake)
        pthread_cond_signal(&store->work);
}

static void queue_remove(struct hs_store *store, struct hs_item *item)
{
    *(item->prev ? &item->prev->next : &store->first) = item->next;
    *(item->next ? &item->next->prev : &store->last) = item->prev;
}

struct hs_item *hs_queue_take(struct hs_store *store, int alone)
{
    struct hs_item *item;

    pthread_mutex_lock(&store->lock);
    item = store->first;
    if (item && !item->batch && !alone)
        item = NULL;
    if (item) {
        queue_remove(store, item);
        atomic_store_explicit(&item->state, HS_ITEM_RUNNING,
                              memory_order_relaxed);
    }
    pthread_mutex_unlock(&store->lock);
    return item;
}

static int withdraw(struct hs_store *store, struct hs_item *item)
{
    int mine;

    pthread_mutex_lock(&store->lock);
    mine = atomic_load_explicit(&item->state, memory_order_relaxed) ==
           HS_ITEM_QUEUED;
    if (mine) {
        queue_remove(store, item);
        atomic_store_explicit(&item->state, HS_ITEM_IDLE, memory_order_relaxed);
    }
    pthread_mutex_unlock(&store->lock);
    return mine;
}

/* Time is up and the item has left the queue. While it runs, the caller's
 * values are in use, so wait: running is short; the lock before it and the disk
 * after it take long. 1 if the item was abandoned. */
static int abandon(struct hs_item *item)
{
    static const struct timespec pause = {.tv_nsec = 200000};
    int state;

    while ((state = atomic_load(&item->state)) == HS_ITEM_RUNNING)
        nanosleep(&pause, NULL);
    return state == HS_ITEM_RAN && atomic_compare_exchange_strong(
                                       &item->state, &state, HS_ITEM_ABANDONED);
}

static void wait_posted(struct hs_item *item)
{
    while (sem_wait(&item->wake) != 0)
        ;
}

int hs_queue_is_stuck(struct hs_store *store, int wait_ms, struct hs_error *err)
{
    static const struct {
        int most_ms; /* 0: as long as the caller is waiting */
        const char *what;
    } phases[HS_WRITING_COUNT] = {
        [HS_WRITING_LOCKED] = {300, "another process has locked the database"},
        [HS_WRITING_DISK] = {1000, "the disk is slow"},
        [HS_WRITING_LENT] = {0, "a long transaction is running"},
    };
    int phase = atomic_load(&store->phase);
    int64_t took;
    int most;

    if (phase == HS_WRITING_NOTHING || !atomic_load(&store->impatient))
        return 0;
    most = phases[phase].most_ms;
    if (!most || most > wait_ms)
        most = wait_ms;
    took = hs_running_ms() - atomic_load(&store->phase_since);
    /* The writer has moved on, and the two don't match. */
    if (took < most || atomic_load(&store->phase) != phase)
        return 0;
    hs_error_set(err, "busy", "%s (for %d ms already); nothing was written",
                 phases[phase].what, (int)took);
    return 1;
}

/* 1 posted; 0 time is up; -1 and `err`: withdrawn because the writer is stuck.
 * */
static int wait_while_useful(struct hs_store *store, struct hs_item *item,
                             int64_t until, int wait_ms, struct hs_error *err)
{
    int64_t now = hs_running_ms();

    do {
        struct timespec look =
            hs_running_moment(until - now < LOOK_MS ? until : now + LOOK_MS);

        if (sem_clockwait(&item->wake, CLOCK_MONOTONIC, &look) == 0)
            return 1;
        if (atomic_load(&item->state) == HS_ITEM_QUEUED &&
            hs_queue_is_stuck(store, wait_ms, err) && withdraw(store, item))
            return -1;
    } while ((now = hs_running_ms()) < until);
    return sem_trywait(&item->wake) == 0;
}

int hs_item_wait(struct hs_store *store, struct hs_item **item, int64_t until,
                 int wait_ms, struct hs_error *err)
{
    int rc = wait_while_useful(store, *item, until, wait_ms, err);

    if (rc < 0)
        return -1;
    if (rc == 0) {
        if (withdraw(store, *item))
            return hs_error_set(
                err, "busy",
                "the database was busy for %d ms; nothing was written",
                wait_ms);
        if (abandon(*item)) {
            *item = NULL;
            return hs_error_set(err, "unknown",
                                "not committed within %d ms, but may yet be",
                                wait_ms);
        }
        wait_posted(*item); /* it has just finished */
    }
    atomic_load(&(*item)->state); /* the writer's results are ours */
    return 0;
}

void hs_item_finish(struct hs_item *item, const struct hs_error *err)
{
    item->failed = err != NULL;
    if (err)
        item->err = *err;
    if (atomic_exchange(&item->state, HS_ITEM_DONE) == HS_ITEM_ABANDONED)
        hs_item_free(item);
    else
        sem_post(&item->wake);
}
