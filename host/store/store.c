/* store.c: opening the store, sessions, and what they write. */
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/metrics.h"
#include "store/internal.h"

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

static struct hs_store *store_new(const char *path, const char *const *hot)
{
    struct hs_store *store = calloc(1, sizeof *store);
    pthread_condattr_t monotonic;

    if (!store)
        return NULL;
    store->path = strdup(path);
    store->hot = copy_names(hot);
    store->group_end = &store->group;
    atomic_store(&store->generation, 1);
    pthread_mutex_init(&store->lock, NULL);
    pthread_mutex_init(&store->health_lock, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&store->work, &monotonic);
    pthread_condattr_destroy(&monotonic);
    sem_init(&store->returned, 0, 0);
    sem_init(&store->checkpoint_wanted, 0, 0);
    if (store->path && store->hot)
        return store;
    hs_store_close(store);
    return NULL;
}

/* Our threads take no signals: those are for the main thread and for the
 * watchdog of the workers. */
static int start_threads(struct hs_store *store)
{
    sigset_t all;
    sigset_t before;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    if (pthread_create(&store->writer_thread, NULL, hs_writer_main, store) == 0)
        store->started = 1;
    if (store->started && pthread_create(&store->checkpoint_thread, NULL,
                                         hs_checkpoint_main, store) == 0)
        store->started = 2;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return store->started == 2 ? 0 : -1;
}

/* When it cannot be written at all, it may still be read: calls are answered
 * from what is there, and the writer tries again from time to time. */
static int open_database(struct hs_store *store, struct hs_error *err)
{
    struct hs_conn *reader;
    int rc;

    if (hs_writer_open(store, err) == 0)
        return 0;
    if (strcmp(err->code, "readonly") != 0)
        return -1;
    hs_store_unhealthy(store, err);
    reader = calloc(1, sizeof *reader);
    if (!reader)
        return -1;
    rc = hs_conn_open(reader, store->path, HS_CONN_READER, NULL, err);
    hs_conn_close(reader);
    free(reader);
    return rc;
}

struct hs_store *hs_store_open_with(const char *path, const char *const *hot,
                                    const struct hs_tuning *tuning,
                                    struct hs_error *err)
{
    struct hs_store *store = store_new(path, hot);
    struct hs_error ignored;

    if (!err)
        err = &ignored;
    if (!store) {
        hs_error_set(err, "memory", "out of memory");
        return NULL;
    }
    store->tuning = *tuning;
    if (open_database(store, err) != 0)
        goto failed;
    if (start_threads(store) != 0) {
        hs_error_set(err, "memory", "cannot start the database threads");
        goto failed;
    }
    return store;

failed:
    hs_store_close(store);
    return NULL;
}

struct hs_store *hs_store_open(const char *path, const char *const *hot,
                               struct hs_error *err)
{
    static const struct hs_tuning usual = {.checkpoint_pages = 8000};

    return hs_store_open_with(path, hot, &usual, err);
}

void hs_store_close(struct hs_store *store)
{
    if (!store)
        return;
    pthread_mutex_lock(&store->lock);
    store->stopping = 1;
    pthread_cond_signal(&store->work);
    pthread_mutex_unlock(&store->lock);
    if (store->started >= 1)
        pthread_join(store->writer_thread, NULL);
    atomic_store(&store->checkpoint_stop, 1);
    sem_post(&store->checkpoint_wanted);
    if (store->started >= 2)
        pthread_join(store->checkpoint_thread, NULL);
    hs_conn_close(&store->checkpointer);
    hs_conn_close(&store->conn); /* the last one moves the WAL into the file */
    sem_destroy(&store->checkpoint_wanted);
    sem_destroy(&store->returned);
    pthread_cond_destroy(&store->work);
    pthread_mutex_destroy(&store->health_lock);
    pthread_mutex_destroy(&store->lock);
    free_names(store->hot);
    free(store->path);
    free(store);
}

uint64_t hs_store_generation(const struct hs_store *store)
{
    return atomic_load_explicit(&store->generation, memory_order_acquire);
}

void hs_store_be_impatient(struct hs_store *store)
{
    atomic_store(&store->impatient, 1);
}

int hs_store_healthy(struct hs_store *store, struct hs_error *err)
{
    int bad = atomic_load(&store->unhealthy);

    if (!bad)
        return 0;
    pthread_mutex_lock(&store->health_lock);
    bad = atomic_load(&store->unhealthy);
    if (bad && err)
        *err = store->health;
    pthread_mutex_unlock(&store->health_lock);
    return bad ? -1 : 0;
}

/* ---- sessions ---- */

struct hs_session *hs_session_new(struct hs_store *store, struct hs_error *err)
{
    struct hs_session *session = calloc(1, sizeof *session);

    if (session) {
        session->store = store;
        session->item = hs_item_new();
        if (session->item)
            return session;
        free(session);
    }
    hs_error_set(err, "memory", "out of memory");
    return NULL;
}

void hs_session_free(struct hs_session *session)
{
    if (!session)
        return;
    if (session->depth > 0) { /* its code was cut short */
        session->depth = 1;
        hs_session_end(session, 0, 0, NULL);
    }
    hs_session_free_cursors(session);
    hs_conn_close(&session->reader);
    hs_item_free(session->item);
    free(session);
}

struct hs_store *hs_session_store(struct hs_session *session)
{
    return session->store;
}

static int count_failure(const struct hs_error *err)
{
    if (strcmp(err->code, "constraint") != 0 && strcmp(err->code, "sql") != 0)
        hs_count(HS_C_WRITE_ERRORS, 1);
    return -1;
}

/* The writer has answered: take what it left in the item. */
static int take_answer(struct hs_session *session, struct hs_rows **rows,
                       struct hs_error *err)
{
    struct hs_item *item = session->item;

    if (item->failed) {
        hs_rows_free(item->rows);
        item->rows = NULL;
        *err = item->err;
        return count_failure(err);
    }
    if (rows)
        *rows = item->rows;
    item->rows = NULL;
    return 0;
}

int hs_session_submit(struct hs_session *session, struct hs_statement *batch,
                      int count, struct hs_rows **rows, int wait_ms,
                      struct hs_error *err)
{
    struct timespec deadline = hs_deadline(wait_ms);
    struct hs_item *item = session->item;

    if (!item) {
        item = session->item = hs_item_new();
        if (!item) {
            hs_error_set(err, "memory", "out of memory");
            return count_failure(err);
        }
    }
    if (hs_queue_is_stuck(session->store, wait_ms, err))
        return count_failure(err);
    item->batch = batch;
    item->count = count;
    item->keep_rows = rows != NULL;
    item->failed = 0;
    hs_queue_add(session->store, item);
    if (hs_item_wait(session->store, &session->item, &deadline, wait_ms, err) !=
        0)
        return count_failure(err);
    return take_answer(session, rows, err);
}

/* ---- transactions with code in between ---- */

int hs_session_check(struct hs_session *session, struct hs_error *err)
{
    if (!sqlite3_get_autocommit(session->store->conn.db))
        return 0;
    *err = session->lost;
    return -1;
}

int hs_session_failed(struct hs_session *session, const struct hs_error *err)
{
    struct hs_store *store = session->store;

    if (!session->lost.code[0] && sqlite3_get_autocommit(store->conn.db))
        session->lost = *err;
    if (hs_error_from_outside(err))
        hs_store_unhealthy(store, err);
    return count_failure(err);
}

int hs_session_write(struct hs_session *session, struct hs_statement *batch,
                     int count, int wait_ms, struct hs_error *err)
{
    struct hs_error ignored;

    if (!err)
        err = &ignored;
    if (session->depth == 0)
        return hs_session_submit(session, batch, count, NULL, wait_ms, err);
    if (hs_session_check(session, err) != 0)
        return -1;
    if (hs_conn_run_batch(&session->store->conn, batch, count, NULL, err) != 0)
        return hs_session_failed(session, err);
    return 0;
}

/* A statement of our own on the borrowed connection. */
static int own(struct hs_session *session, enum hs_own which,
               struct hs_error *err)
{
    struct hs_conn *conn = &session->store->conn;
    int rc = hs_conn_own(conn, which, NULL);

    if (rc == SQLITE_OK)
        return 0;
    hs_conn_error(conn, rc, err);
    return hs_session_failed(session, err);
}

int hs_session_begin(struct hs_session *session, int wait_ms,
                     struct hs_error *err)
{
    struct hs_error ignored;

    if (!err)
        err = &ignored;
    if (session->depth > 0) {
        if (hs_session_check(session, err) != 0 ||
            own(session, HS_OWN_SAVEPOINT, err) != 0)
            return -1;
    } else {
        if (hs_session_submit(session, NULL, 0, NULL, wait_ms, err) != 0)
            return -1;
        session->lost.code[0] = '\0';
    }
    session->depth++;
    return 0;
}

static int end_nested(struct hs_session *session, int commit,
                      struct hs_error *err)
{
    int lost = hs_session_check(session, err) != 0;

    session->depth--;
    if (lost)
        return commit ? -1 : 0;
    if (!commit && own(session, HS_OWN_ROLLBACK_TO, err) != 0)
        return -1;
    return own(session, HS_OWN_RELEASE, err);
}

/* From the post on, the connection is the writer's again. */
static void give_back(struct hs_session *session, int commit)
{
    struct hs_store *store = session->store;

    session->depth = 0;
    hs_session_detach_cursors(session);
    atomic_store(&session->item->state, commit ? HS_ITEM_RAN : HS_ITEM_IDLE);
    store->returned_commit = commit;
    sem_post(&store->returned);
}

int hs_session_end(struct hs_session *session, int commit, int wait_ms,
                   struct hs_error *err)
{
    struct timespec deadline = hs_deadline(wait_ms);
    struct hs_error ignored;
    int lost;

    if (!err)
        err = &ignored;
    if (session->depth == 0) {
        hs_error_set(err, "sql", "no transaction is open");
        return -1;
    }
    if (session->depth > 1)
        return end_nested(session, commit, err);
    lost = hs_session_check(session, err) != 0;
    give_back(session, commit && !lost);
    if (!commit)
        return 0;
    if (lost)
        return -1;
    if (hs_item_wait(session->store, &session->item, &deadline, wait_ms, err) !=
        0)
        return count_failure(err);
    return take_answer(session, NULL, err);
}

int hs_session_in_transaction(const struct hs_session *session)
{
    return session->depth > 0;
}
