/* checkpoint.c: moving the WAL into the database's file. */
#include "store/sqlite/checkpoint.h"

#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "store/sqlite/conn.h"

#define COPY_ROUNDS 5
#define COPY_REST 200

enum stage {
    NONE,
    RUNS, /* the thread copies */
    REST  /* the writer copies later commits */
};

struct hs_checkpoint {
    struct hs_lite *writer;
    struct hs_lite conn; /* the thread's */
    int pages;           /* of the WAL, before it is moved */
    int at;              /* the next time */
    _Atomic int wal_pages;
    _Atomic int stage;
    _Atomic int stop;
    sem_t wanted;
    pthread_t thread;
};

static int wal_grew(void *ctx, sqlite3 *db, const char *schema, int pages)
{
    struct hs_checkpoint *checkpoint = ctx;

    (void)db;
    (void)schema;
    if (pages < checkpoint->wal_pages) /* it started over */
        checkpoint->at = checkpoint->pages;
    checkpoint->wal_pages = pages;
    return SQLITE_OK;
}

/* Copy again if much was committed meanwhile, so that little is left. SQLite
 * syncs the file only after copying everything, and would then wait for all of
 * it; so sync after each round. */
static void copy_wal(struct hs_checkpoint *checkpoint)
{
    sqlite3 *db = checkpoint->conn.db;
    sqlite3_file *file = NULL;
    int copied = 0;

    sqlite3_file_control(db, NULL, SQLITE_FCNTL_FILE_POINTER, &file);
    for (int i = 0; i < COPY_ROUNDS; i++) {
        if (sqlite3_wal_checkpoint_v2(db, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL,
                                      &copied) != SQLITE_OK ||
            file->pMethods->xSync(file, SQLITE_SYNC_DATAONLY) != SQLITE_OK ||
            atomic_load(&checkpoint->wal_pages) - copied < COPY_REST)
            return;
    }
}

static void *run(void *arg)
{
    struct hs_checkpoint *checkpoint = arg;

    for (;;) {
        while (sem_wait(&checkpoint->wanted) != 0)
            ;
        if (atomic_load(&checkpoint->stop))
            return NULL;
        copy_wal(checkpoint);
        atomic_store(&checkpoint->stage, REST);
    }
}

/* The bulk is copied in parallel, since it would block the writer. Later
 * commits are few; copying them here, between two groups, leaves a WAL that is
 * completely in the file and so starts over. */
void hs_checkpoint_look(struct hs_checkpoint *checkpoint, int now)
{
    int stage = atomic_load(&checkpoint->stage);

    if (now)
        checkpoint->at = 0;
    if (stage == REST) {
        sqlite3_wal_checkpoint_v2(checkpoint->writer->db, NULL,
                                  SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
        checkpoint->at = checkpoint->wal_pages + checkpoint->pages;
        atomic_store(&checkpoint->stage, NONE);
    } else if (stage == NONE && checkpoint->wal_pages >= checkpoint->at) {
        atomic_store(&checkpoint->stage, RUNS);
        sem_post(&checkpoint->wanted);
    }
}

/* It takes no signals. 0 or -1. */
static int start(struct hs_checkpoint *checkpoint)
{
    sigset_t all;
    sigset_t before;
    int failed;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    failed = pthread_create(&checkpoint->thread, NULL, run, checkpoint) != 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return failed ? -1 : 0;
}

struct hs_checkpoint *hs_checkpoint_new(struct hs_lite *writer,
                                        const char *path,
                                        const struct hs_tuning *tuning,
                                        struct hs_error *err)
{
    struct hs_checkpoint *new = calloc(1, sizeof *new);

    if (!new) {
        hs_no_memory(err);
        return NULL;
    }
    new->writer = writer;
    new->pages = new->at = tuning->checkpoint_pages;
    if (hs_lite_open(&new->conn, path, HS_LITE_CHECKPOINTER, tuning->pragmas,
                     err) != 0) {
        free(new);
        return NULL;
    }
    sem_init(&new->wanted, 0, 0);
    if (start(new) == 0) {
        sqlite3_wal_hook(writer->db, wal_grew, new);
        return new;
    }
    hs_error_set(err, "memory", "cannot start the database threads");
    sem_destroy(&new->wanted);
    hs_lite_close(&new->conn);
    free(new);
    return NULL;
}

void hs_checkpoint_free(struct hs_checkpoint *checkpoint)
{
    if (!checkpoint)
        return;
    atomic_store(&checkpoint->stop, 1);
    sem_post(&checkpoint->wanted);
    pthread_join(checkpoint->thread, NULL);
    hs_lite_close(&checkpoint->conn);
    sem_destroy(&checkpoint->wanted);
    free(checkpoint);
}
