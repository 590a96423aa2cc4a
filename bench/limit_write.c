/* limit_write.c: one thread that writes, with group commit.
 *
 * It takes everything that waits into one transaction, commits and then wakes
 * each worker; what arrives meanwhile is the next group. A second thread moves
 * the WAL into the database beside it, so that no group waits for the bulk of
 * that; the writer moves the small rest between two groups, after which the
 * WAL starts over. */
#include "limit_write.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

enum { WAL_PAGES = 8000, COPY_ROUNDS = 5, COPY_REST = 200 };
enum stage { NOTHING, COPYING, REST };

static const char write_call_sql[] =
    "INSERT INTO twilio_call_logs (call_sid, user_id, phone_number_id,"
    " direction, \"from\", \"to\", status, status_rank, sequence_number,"
    " started_at, rule_version, updated_at)"
    " VALUES (?, ?, ?, 'inbound', ?, ?, ?, 2, -1, ?, 1, ?)"
    " ON CONFLICT (call_sid) DO UPDATE SET updated_at = excluded.updated_at";
static const char write_decision_sql[] =
    "INSERT INTO call_decisions (call_sid, decided_at, source, rule,"
    " rule_line, rule_version, plan, inputs, reads)"
    " VALUES (?, ?, 'settings', 'always', NULL, 1, ?, ?, ?)"
    " ON CONFLICT (call_sid) DO NOTHING";

static struct {
    pthread_mutex_t lock;
    pthread_cond_t filled;
    struct hs_job *first;
    struct hs_job **last;
    int ending;
    int idle;
    pthread_t thread;
    sqlite3 *db;
    sqlite3_stmt *begin;
    sqlite3_stmt *commit;
    sqlite3_stmt *call;
    sqlite3_stmt *decision;
    /* Moving the WAL. */
    sqlite3 *copier;
    pthread_t copy_thread;
    sem_t copy;
    _Atomic int stage; /* enum stage */
    _Atomic int pages; /* in the WAL */
    int next_copy;     /* at so many pages */
} writer = {.lock = PTHREAD_MUTEX_INITIALIZER,
            .filled = PTHREAD_COND_INITIALIZER,
            .last = &writer.first,
            .next_copy = WAL_PAGES};

sqlite3 *hs_limit_connect(const struct hs_limit *limit, const char *pragmas)
{
    sqlite3 *db = NULL;
    char all[512];

    snprintf(all, sizeof all,
             "PRAGMA busy_timeout=5000; PRAGMA journal_mode=WAL;"
             "PRAGMA synchronous=%s; PRAGMA foreign_keys=ON; %s",
             limit->normal ? "NORMAL" : "FULL", pragmas);
    if (!limit->database ||
        sqlite3_open_v2(limit->database, &db,
                        SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX,
                        NULL) != SQLITE_OK ||
        sqlite3_exec(db, all, NULL, NULL, NULL) != SQLITE_OK) {
        fprintf(stderr, "database: %s\n", db ? sqlite3_errmsg(db) : "none");
        sqlite3_close(db);
        return NULL;
    }
    return db;
}

sqlite3_stmt *hs_limit_statement(sqlite3 *db, const char *sql)
{
    sqlite3_stmt *stmt = NULL;

    if (sqlite3_prepare_v3(db, sql, -1, SQLITE_PREPARE_PERSISTENT, &stmt,
                           NULL) != SQLITE_OK)
        fprintf(stderr, "%s: %s\n", sql, sqlite3_errmsg(db));
    return stmt;
}

static void bind_text(sqlite3_stmt *stmt, int at, const char *text, size_t len)
{
    sqlite3_bind_text(stmt, at, text, (int)len, SQLITE_STATIC);
}

void hs_limit_bind(sqlite3_stmt *stmt, int at, const struct hs_field *field)
{
    bind_text(stmt, at, field->value, field->value_len);
}

/* A statement that returns no row. */
static int run(sqlite3_stmt *stmt)
{
    int rc = sqlite3_step(stmt);

    sqlite3_reset(stmt);
    return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

/* ---- moving the WAL ---- */

static int wal_grew(void *unused, sqlite3 *db, const char *schema, int pages)
{
    (void)unused;
    (void)db;
    (void)schema;
    if (pages < writer.pages) /* it started over */
        writer.next_copy = WAL_PAGES;
    writer.pages = pages;
    return SQLITE_OK;
}

/* Again while much was committed meanwhile, so that little is left over. */
static void *copy_wal(void *unused)
{
    (void)unused;
    for (;;) {
        int copied = 0;

        while (sem_wait(&writer.copy) != 0)
            ;
        if (writer.ending)
            return NULL;
        for (int i = 0; i < COPY_ROUNDS; i++)
            if (sqlite3_wal_checkpoint_v2(writer.copier, NULL,
                                          SQLITE_CHECKPOINT_PASSIVE, NULL,
                                          &copied) != SQLITE_OK ||
                writer.pages - copied < COPY_REST)
                break;
        writer.stage = REST;
    }
}

static void move_wal(void)
{
    if (writer.stage == REST) {
        sqlite3_wal_checkpoint_v2(writer.db, NULL, SQLITE_CHECKPOINT_PASSIVE,
                                  NULL, NULL);
        writer.next_copy = writer.pages + WAL_PAGES;
        writer.stage = NOTHING;
    } else if (writer.stage == NOTHING && writer.pages >= writer.next_copy) {
        writer.stage = COPYING;
        sem_post(&writer.copy);
    }
}

/* ---- groups ---- */

static int write_job(const struct hs_job *job)
{
    const struct hs_worker *worker = job->worker;
    sqlite3_stmt *call = writer.call;
    sqlite3_stmt *decision = writer.decision;
    int rc;

    hs_limit_bind(call, 1, job->call_sid);
    bind_text(call, 2, job->user_id, strlen(job->user_id));
    sqlite3_bind_int64(call, 3, job->number_id);
    hs_limit_bind(call, 4, job->from);
    hs_limit_bind(call, 5, job->to);
    hs_limit_bind(call, 6, job->status);
    sqlite3_bind_int64(call, 7, job->at);
    sqlite3_bind_int64(call, 8, job->at);
    rc = run(call);
    if (rc != SQLITE_OK)
        return rc;
    hs_limit_bind(decision, 1, job->call_sid);
    sqlite3_bind_int64(decision, 2, job->at);
    bind_text(decision, 3, worker->plan, job->plan_len);
    bind_text(decision, 4, worker->inputs, job->inputs_len);
    bind_text(decision, 5, worker->reads, job->reads_len);
    return run(decision);
}

static void write_group(struct hs_job *first)
{
    struct hs_job *next;
    int rc = run(writer.begin);

    for (struct hs_job *job = first; job && rc == SQLITE_OK; job = job->next)
        rc = write_job(job);
    if (rc == SQLITE_OK)
        rc = run(writer.commit);
    if (rc != SQLITE_OK) {
        fprintf(stderr, "write: %s\n", sqlite3_errmsg(writer.db));
        sqlite3_exec(writer.db, "ROLLBACK", NULL, NULL, NULL);
    }
    for (struct hs_job *job = first; job; job = next) {
        next = job->next; /* gone once its worker is awake */
        job->rc = rc;
        sem_post(job->done);
    }
}

static void *write_all(void *unused)
{
    (void)unused;
    pthread_mutex_lock(&writer.lock);
    while (writer.first || !writer.ending) {
        struct hs_job *first = writer.first;

        if (!first) {
            writer.idle = 1;
            pthread_cond_wait(&writer.filled, &writer.lock);
            writer.idle = 0;
            continue;
        }
        writer.first = NULL;
        writer.last = &writer.first;
        pthread_mutex_unlock(&writer.lock);
        write_group(first);
        move_wal();
        pthread_mutex_lock(&writer.lock);
    }
    pthread_mutex_unlock(&writer.lock);
    return NULL;
}

int hs_writer_commit(struct hs_job *job)
{
    int wake;

    pthread_mutex_lock(&writer.lock);
    job->next = NULL;
    *writer.last = job;
    writer.last = &job->next;
    wake = writer.idle;
    writer.idle = 0; /* one signal is enough */
    pthread_mutex_unlock(&writer.lock);
    if (wake)
        pthread_cond_signal(&writer.filled);
    while (sem_wait(job->done) != 0)
        ;
    return job->rc;
}

int hs_writer_start(const struct hs_limit *limit)
{
    writer.db = hs_limit_connect(limit, "PRAGMA wal_autocheckpoint=0;"
                                        "PRAGMA cache_size=-4000");
    writer.copier = hs_limit_connect(limit, "PRAGMA cache_size=-64");
    if (!writer.db || !writer.copier)
        return -1;
    sqlite3_wal_hook(writer.db, wal_grew, NULL);
    writer.begin = hs_limit_statement(writer.db, "BEGIN IMMEDIATE");
    writer.commit = hs_limit_statement(writer.db, "COMMIT");
    writer.call = hs_limit_statement(writer.db, write_call_sql);
    writer.decision = hs_limit_statement(writer.db, write_decision_sql);
    if (!writer.begin || !writer.commit || !writer.call || !writer.decision)
        return -1;
    sem_init(&writer.copy, 0, 0);
    if (pthread_create(&writer.copy_thread, NULL, copy_wal, NULL) != 0)
        return -1;
    return pthread_create(&writer.thread, NULL, write_all, NULL);
}

void hs_writer_end(void)
{
    pthread_mutex_lock(&writer.lock);
    writer.ending = 1;
    pthread_cond_signal(&writer.filled);
    pthread_mutex_unlock(&writer.lock);
    pthread_join(writer.thread, NULL);
    sem_post(&writer.copy);
    pthread_join(writer.copy_thread, NULL);
    sqlite3_finalize(writer.begin);
    sqlite3_finalize(writer.commit);
    sqlite3_finalize(writer.call);
    sqlite3_finalize(writer.decision);
    sqlite3_close(writer.copier);
    sqlite3_close(writer.db);
}
