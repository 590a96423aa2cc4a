/* open.c: opening and closing the store. */
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/clock.h"
#include "store/health.h"
#include "store/near/near.h"
#include "store/spare_readers.h"
#include "store/state.h"
#include "store/writer.h"

static const struct hs_tuning usual = {.checkpoint_pages = 8000};

static char **copy_names(const char *const *names)
{
    size_t count = 0;
    char **copy;

    while (names && names[count])
        count++;
    copy = calloc(count + 1, sizeof *copy);
    for (size_t i = 0; copy && i < count; i++) {
        copy[i] = strdup(names[i]);
        if (!copy[i]) {
            while (i > 0)
                free(copy[--i]);
            free(copy);
            return NULL;
        }
    }
    return copy;
}

static void free_names(char **names)
{
    for (size_t i = 0; names && names[i]; i++)
        free(names[i]);
    free(names);
}

static void name_host(struct hs_store *store)
{
    uint64_t number = 0;

    if (getrandom(&number, sizeof number, GRND_NONBLOCK) !=
        (ssize_t)sizeof number)
        number = (uint64_t)hs_now_ms() << 20 | (uint64_t)getpid();
    (void)snprintf(store->host, sizeof store->host, "%016" PRIx64, number);
}

static struct hs_store *store_new(const char *path, const char *const *hot)
{
    struct hs_store *store = calloc(1, sizeof *store);
    pthread_condattr_t monotonic;

    if (!store)
        return NULL;
    store->driver = hs_driver_of(path);
    store->path = strdup(path);
    store->hot = copy_names(hot);
    store->group_end = &store->group;
    name_host(store);
    for (int kind = 0; kind < HS_KINDS; kind++)
        atomic_store(&store->generations[kind], 1);
    pthread_mutex_init(&store->lock, NULL);
    pthread_mutex_init(&store->health_lock, NULL);
    hs_trouble_init(&store->trouble);
    pthread_mutex_init(&store->spare_lock, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&store->work, &monotonic);
    pthread_condattr_destroy(&monotonic);
    sem_init(&store->returned, 0, 0);
    if (store->path && store->hot)
        return store;
    hs_store_close(store);
    return NULL;
}

/* Our threads take no signals: those are for the main thread and for the
 * watchdog of the workers. */
static int start_writer(struct hs_store *store)
{
    sigset_t all;
    sigset_t before;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    store->started =
        pthread_create(&store->writer_thread, NULL, hs_writer_main, store) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return store->started ? 0 : -1;
}

/* If it can't be written, it may still be readable: calls are answered from it,
 * and the writer retries from time to time. */
static int open_database(struct hs_store *store, struct hs_error *err)
{
    static const struct hs_conn_setup plain;
    struct hs_conn *reader;

    if (store->unmigrated)
        return 0;
    if (hs_writer_open(store, err) == 0)
        return 0;
    if (strcmp(err->code, "readonly") != 0)
        return -1;
    hs_store_unhealthy(store, err);
    reader = store->driver->reader(store->path, &plain, err);
    hs_conn_free(reader);
    return reader ? 0 : -1;
}

/* Takes the near file, or closes it. */
static struct hs_store *open_store(const char *path, const char *const *hot,
                                   const struct hs_tuning *tuning,
                                   struct hs_near *near,
                                   const struct hs_error *down,
                                   struct hs_error *err)
{
    struct hs_store *store = store_new(path, hot);

    if (!store) {
        hs_near_close(near);
        hs_no_memory(err);
        return NULL;
    }
    store->tuning = *tuning;
    store->near = near;
    store->unmigrated = down != NULL;
    if (down)
        hs_store_unhealthy(store, down);
    if (open_database(store, err) != 0)
        goto failed;
    if (start_writer(store) != 0) {
        hs_error_set(err, "memory", "cannot start the database thread");
        goto failed;
    }
    if (near && down)
        hs_near_failed(near, down);
    if (!near || hs_near_start(near, store, store->generations, err) == 0)
        return store;

failed:
    hs_store_close(store);
    return NULL;
}

struct hs_store *hs_store_open_with(const char *path, const char *const *hot,
                                    const struct hs_tuning *tuning,
                                    struct hs_error *err)
{
    struct hs_error ignored;

    return open_store(path, hot, tuning, NULL, NULL, err ? err : &ignored);
}

struct hs_store *hs_store_open(const char *path, const char *const *hot,
                               struct hs_error *err)
{
    return hs_store_open_with(path, hot, &usual, err);
}

struct hs_store *hs_store_open_near(const char *path, const char *const *hot,
                                    struct hs_near *near,
                                    const struct hs_error *down,
                                    struct hs_error *err)
{
    return open_store(path, hot, &usual, near, down, err);
}

struct hs_near *hs_store_near(const struct hs_store *store)
{
    return store->near;
}

void hs_store_close(struct hs_store *store)
{
    if (!store)
        return;
    hs_near_close(store->near);
    pthread_mutex_lock(&store->lock);
    store->stopping = 1;
    pthread_cond_signal(&store->work);
    pthread_mutex_unlock(&store->lock);
    if (store->started)
        pthread_join(store->writer_thread, NULL);
    hs_spare_close(store);
    hs_conn_free(store->conn);
    sem_destroy(&store->returned);
    pthread_cond_destroy(&store->work);
    pthread_mutex_destroy(&store->spare_lock);
    pthread_mutex_destroy(&store->health_lock);
    hs_trouble_free(&store->trouble);
    pthread_mutex_destroy(&store->lock);
    free_names(store->hot);
    free(store->path);
    free(store);
}

const char *hs_store_host(const struct hs_store *store)
{
    return store->driver->bus_start ? store->host : NULL;
}

uint64_t hs_store_generation(const struct hs_store *store, enum hs_kind kind)
{
    return atomic_load_explicit(&store->generations[kind],
                                memory_order_acquire);
}

void hs_store_be_impatient(struct hs_store *store)
{
    atomic_store(&store->impatient, 1);
}

int hs_store_scrub(struct hs_store *store, const struct hs_value *needles,
                   int count, struct hs_error *err)
{
    return store->driver->scrub(store->path, needles, count, err);
}

int hs_store_check(struct hs_store *store, struct hs_buf *notes,
                   struct hs_error *err)
{
    return store->driver->check(store->path, notes, err);
}
