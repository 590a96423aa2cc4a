/* writer.c: the thread that writes.
 *
 * BEGIN IMMEDIATE first: as long as another process holds the lock, items stay
 * in the queue, where their sessions can withdraw them. Then everything that
 * waits runs in this one transaction, a savepoint each; one COMMIT makes all of
 * it durable, and only then is each answered. What arrives meanwhile is the
 * next group. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/metrics.h"
#include "store/internal.h"

#define GROUP_MAX 256
#define IDLE_MS 90    /* between looks for other processes' commits */
#define RETRY_MS 1000 /* between attempts to recover while idle */
#define LOCKED_MS 500 /* a lock held that long is worth reporting */
#define COPY_ROUNDS 5
#define COPY_REST 200
#define LOCK_STEP_MS 50 /* one wait for another process's lock */

/* ---- health ---- */

void hs_store_unhealthy(struct hs_store *store, const struct hs_error *err)
{
    int news;

    pthread_mutex_lock(&store->health_lock);
    news = strcmp(store->health.code, err->code) != 0;
    store->health = *err;
    atomic_store(&store->unhealthy, 1);
    pthread_mutex_unlock(&store->health_lock);
    if (news)
        hs_log(HS_LOG_ERROR, "database_failed", HS_S("code", err->code),
               HS_S("message", err->message));
}

static void healthy(struct hs_store *store)
{
    if (!atomic_load_explicit(&store->unhealthy, memory_order_relaxed))
        return;
    pthread_mutex_lock(&store->health_lock);
    store->health.code[0] = '\0';
    atomic_store(&store->unhealthy, 0);
    pthread_mutex_unlock(&store->health_lock);
    hs_log(HS_LOG_INFO, "database_works_again", HS_S("database", store->path));
}

int hs_error_from_outside(const struct hs_error *err)
{
    return strcmp(err->code, "constraint") != 0 &&
           strcmp(err->code, "sql") != 0 && strcmp(err->code, "memory") != 0;
}

/* ---- other processes ---- */

void hs_writer_look(struct hs_store *store)
{
    int64_t version = store->version;

    if (hs_conn_own(&store->conn, HS_OWN_VERSION, &version) != SQLITE_OK ||
        version == store->version)
        return;
    store->version = version;
    atomic_fetch_add(&store->generation, 1);
}

/* ---- moving the WAL into the file ---- */

static int wal_grew(void *ctx, sqlite3 *db, const char *schema, int pages)
{
    struct hs_store *store = ctx;

    (void)db;
    (void)schema;
    if (pages < store->wal_pages) /* it started over */
        store->checkpoint_at = store->tuning.checkpoint_pages;
    store->wal_pages = pages;
    return SQLITE_OK;
}

/* Copy again while much was committed meanwhile, so that little is left over.
 * SQLite syncs the file only after copying everything, which by then means
 * waiting for all of it; so sync each round here. */
static void copy_wal(struct hs_store *store, sqlite3 *db)
{
    sqlite3_file *file = NULL;
    int copied = 0;

    if (!db)
        return;
    sqlite3_file_control(db, NULL, SQLITE_FCNTL_FILE_POINTER, &file);
    for (int i = 0; i < COPY_ROUNDS; i++) {
        if (sqlite3_wal_checkpoint_v2(db, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL,
                                      &copied) != SQLITE_OK ||
            file->pMethods->xSync(file, SQLITE_SYNC_DATAONLY) != SQLITE_OK ||
            atomic_load(&store->wal_pages) - copied < COPY_REST)
            return;
    }
}

void *hs_checkpoint_main(void *arg)
{
    struct hs_store *store = arg;

    for (;;) {
        while (sem_wait(&store->checkpoint_wanted) != 0)
            ;
        if (atomic_load(&store->checkpoint_stop))
            return NULL;
        copy_wal(store, store->checkpointer.db);
        atomic_store(&store->checkpoint, HS_CHECKPOINT_REST);
    }
}

/* The bulk is copied beside the writer, which would stand still for it. What
 * was committed meanwhile is little; copying that here, between two groups,
 * leaves a WAL that is all in the file and so starts over. */
static void checkpoint(struct hs_store *store)
{
    int stage = atomic_load(&store->checkpoint);

    if (stage == HS_CHECKPOINT_REST) {
        sqlite3_wal_checkpoint_v2(store->conn.db, NULL,
                                  SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
        store->checkpoint_at =
            store->wal_pages + store->tuning.checkpoint_pages;
        atomic_store(&store->checkpoint, HS_CHECKPOINT_NONE);
    } else if (stage == HS_CHECKPOINT_NONE &&
               store->wal_pages >= store->checkpoint_at) {
        atomic_store(&store->checkpoint, HS_CHECKPOINT_RUNS);
        sem_post(&store->checkpoint_wanted);
    }
}

/* ---- the connection ---- */

int hs_writer_open(struct hs_store *store, struct hs_error *err)
{
    store->conn.hot = (const char *const *)store->hot;
    if (hs_conn_open(&store->conn, store->path, HS_CONN_WRITER,
                     store->tuning.pragmas, err) != 0)
        return -1;
    if (!store->checkpointer.db &&
        hs_conn_open(&store->checkpointer, store->path, HS_CONN_CHECKPOINTER,
                     store->tuning.pragmas, err) != 0) {
        hs_conn_close(&store->conn);
        return -1;
    }
    sqlite3_busy_timeout(store->conn.db, LOCK_STEP_MS);
    sqlite3_wal_hook(store->conn.db, wal_grew, store);
    store->checkpoint_at = store->tuning.checkpoint_pages;
    hs_conn_own(&store->conn, HS_OWN_VERSION, &store->version);
    return 0;
}

/* A store that began on a read-only file system. */
static int reopen(struct hs_store *store, struct hs_error *err)
{
    if (hs_monotonic_ms() - store->tried_at < RETRY_MS &&
        hs_store_healthy(store, err) != 0)
        return -1;
    store->tried_at = hs_monotonic_ms();
    if (hs_writer_open(store, err) != 0) {
        hs_store_unhealthy(store, err);
        return -1;
    }
    atomic_fetch_add(&store->epoch, 1);
    atomic_fetch_add(&store->generation, 1);
    healthy(store);
    return 0;
}

/* What those who wait are waiting for from now on. */
static void enter(struct hs_store *store, enum hs_phase phase)
{
    if (phase != HS_PHASE_IDLE)
        atomic_store(&store->phase_since, hs_monotonic_ms());
    atomic_store(&store->phase, phase);
}

/* Another process has the lock. */
static void locked(struct hs_store *store, const struct hs_error *err)
{
    if (!store->busy_since) {
        store->busy_since = hs_monotonic_ms();
        enter(store, HS_PHASE_LOCKED);
    } else if (hs_monotonic_ms() - store->busy_since >= LOCKED_MS) {
        hs_store_unhealthy(store, err);
    }
    hs_writer_look(store);
}

/* Begin a transaction. 0, or -1 with `err`. */
static int begin(struct hs_store *store, struct hs_error *err)
{
    int rc = hs_conn_own(&store->conn, HS_OWN_BEGIN, NULL);

    if (rc == SQLITE_OK) {
        store->busy_since = 0;
        enter(store, HS_PHASE_DISK);
        return 0;
    }
    hs_conn_error(&store->conn, rc, err);
    if (strcmp(err->code, "busy") == 0) {
        locked(store, err);
    } else {
        store->busy_since = 0;
        hs_store_unhealthy(store, err);
    }
    return -1;
}

/* Write something that changes nothing: the only way to learn that the disk has
 * room again, when nobody else writes because it had none. */
static void probe(struct hs_store *store)
{
    sqlite3_stmt *stmt = NULL;
    struct hs_error err;
    char sql[64];

    store->tried_at = hs_monotonic_ms();
    if (begin(store, &err) != 0)
        return;
    sqlite3_prepare_v2(store->conn.db, "PRAGMA user_version", -1, &stmt, NULL);
    if (sqlite3_step(stmt) == SQLITE_ROW) {
        snprintf(sql, sizeof sql, "PRAGMA user_version=%d",
                 sqlite3_column_int(stmt, 0));
        sqlite3_finalize(stmt);
        if (hs_conn_exec(&store->conn, sql, &err) == 0 &&
            hs_conn_own(&store->conn, HS_OWN_COMMIT, NULL) == SQLITE_OK)
            healthy(store);
    } else {
        sqlite3_finalize(stmt);
    }
    if (!sqlite3_get_autocommit(store->conn.db))
        hs_conn_own(&store->conn, HS_OWN_ROLLBACK, NULL);
    enter(store, HS_PHASE_IDLE);
}

static void idle(struct hs_store *store)
{
    struct hs_error err;

    if (!store->conn.db) {
        reopen(store, &err);
        return;
    }
    hs_writer_look(store);
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

        hs_item_finish(item, err); /* not ours from here on */
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

    if (!store->conn.db && reopen(store, &err) != 0) {
        refuse_queue(store, &err);
        return -1;
    }
    if (begin(store, &err) == 0) {
        store->conn.cold = 0;
        hs_writer_look(store);
        return 0;
    }
    if (!store->busy_since)
        refuse_queue(store, &err);
    return -1;
}

static void run_item(struct hs_store *store, struct hs_item *item)
{
    struct hs_error err;

    if (hs_conn_run_batch(&store->conn, item->batch, item->count,
                          item->keep_rows ? &item->rows : NULL, &err) == 0) {
        join_group(store, item);
        atomic_store(&item->state, HS_ITEM_RAN);
        return;
    }
    if (hs_error_from_outside(&err))
        hs_store_unhealthy(store, &err);
    hs_item_finish(item, &err);
    if (sqlite3_get_autocommit(store->conn.db))
        answer_group(store, &err); /* SQLite gave up the whole transaction */
}

/* The connection is the session's until it gives it back. Alone in its
 * transaction, so that nobody's answer waits for its code. */
static void lend(struct hs_store *store, struct hs_item *item)
{
    enter(store, HS_PHASE_LENT);
    atomic_store(&item->state, HS_ITEM_LENT);
    sem_post(&item->wake);
    while (sem_wait(&store->returned) != 0)
        ;
    enter(store, HS_PHASE_DISK);
    if (store->returned_commit)
        join_group(store, item);
    else if (!sqlite3_get_autocommit(store->conn.db))
        hs_conn_own(&store->conn, HS_OWN_ROLLBACK, NULL);
}

static void run_queue(struct hs_store *store)
{
    for (int i = 0; i < GROUP_MAX; i++) {
        struct hs_item *item = hs_queue_take(store, store->group == NULL);

        if (!item)
            return;
        if (item->batch)
            run_item(store, item);
        else
            lend(store, item);
        if (sqlite3_get_autocommit(store->conn.db))
            return;
    }
}

static void commit_group(struct hs_store *store)
{
    struct hs_error err;
    int rc;

    if (sqlite3_get_autocommit(store->conn.db))
        return;
    if (!store->group) {
        hs_conn_own(&store->conn, HS_OWN_ROLLBACK, NULL);
        return;
    }
    rc = hs_conn_own(&store->conn, HS_OWN_COMMIT, NULL);
    if (rc == SQLITE_OK) {
        if (store->conn.cold)
            atomic_fetch_add(&store->generation, 1);
        hs_count(HS_C_COMMITS, 1);
        hs_count(HS_C_WRITES, store->group_size);
        healthy(store);
        answer_group(store, NULL);
        return;
    }
    hs_conn_error(&store->conn, rc, &err);
    if (!sqlite3_get_autocommit(store->conn.db))
        hs_conn_own(&store->conn, HS_OWN_ROLLBACK, NULL);
    hs_store_unhealthy(store, &err);
    store->checkpoint_at = 0; /* a WAL that starts over needs no room */
    answer_group(store, &err);
}

/* 0 when the store is closing and nothing is left to do. */
static int wait_for_work(struct hs_store *store)
{
    int found;

    pthread_mutex_lock(&store->lock);
    while (!store->first && !store->stopping) {
        struct timespec until = hs_deadline(IDLE_MS);
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
        commit_group(store);
        checkpoint(store);
        enter(store, HS_PHASE_IDLE);
    }
    return NULL;
}
