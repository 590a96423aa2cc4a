/* open.c: opening and closing the near file. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/engine/schema.h"
#include "store/near/courier.h"
#include "store/near/inside.h"
#include "store/near/journal.h"
#include "store/near/near.h"
#include "store/near/owner.h"
#include "store/state.h"

#define WAIT_MS 2000

/* Beside the tables of every database. A file is used by one host. */
static const char own_tables[] =
    "CREATE TABLE near_spool (id INTEGER PRIMARY KEY, uid TEXT NOT NULL,"
    " at INTEGER NOT NULL, refused INTEGER NOT NULL DEFAULT 0,"
    " batch BLOB NOT NULL) STRICT;\n"
    "CREATE TABLE near_state (name TEXT PRIMARY KEY, value INTEGER NOT NULL)"
    " STRICT;\n"
    "CREATE TABLE near_recent (name TEXT PRIMARY KEY, text BLOB NOT NULL,"
    " at INTEGER NOT NULL) STRICT;\n";

static const struct hs_schema_file own_file = {"0000_near.sql", own_tables,
                                               sizeof own_tables - 1};

/* ---- opening ---- */

static int make_folder(const char *path, struct hs_error *err)
{
    const char *slash = strrchr(path, '/');
    char *folder = slash ? strndup(path, (size_t)(slash - path)) : NULL;
    int failed =
        folder && *folder && mkdir(folder, 0700) != 0 && errno != EEXIST;

    if (failed)
        hs_error_set(err, "open", "can't make the folder %s: %s", folder,
                     strerrordesc_np(errno));
    free(folder);
    return failed ? -1 : 0;
}

/* Its schema is that of the program, after the tables of its own. */
static int migrate(const char *path, struct hs_error *err)
{
    struct hs_schema_file *files = calloc(hs_schema_count + 1, sizeof *files);
    int rc;

    if (!files)
        return hs_no_memory(err);
    files[0] = own_file;
    memcpy(files + 1, hs_schema_files, hs_schema_count * sizeof *files);
    rc = hs_migrate_files(path, files, hs_schema_count + 1, 0, NULL, err);
    free(files);
    return rc;
}

/* Integers of the first row; places without one are left alone. */
static int read_numbers(struct hs_session *session,
                        const struct hs_statement *select, int64_t *out,
                        int count, struct hs_error *err)
{
    struct hs_cursor *cursor = hs_session_query(session, select, WAIT_MS, err);
    int found;

    if (!cursor)
        return -1;
    found = hs_cursor_step(cursor, err);
    for (int i = 0; found > 0 && i < count; i++) {
        struct hs_value value;

        hs_cursor_value(cursor, i, &value);
        out[i] = value.integer;
    }
    hs_cursor_close(cursor);
    return found < 0 ? -1 : 0;
}

/* What an earlier process has left, and may be accepted now. */
static int read_state(struct hs_near *near, struct hs_error *err)
{
    struct hs_statement again = hs_near_statement(
        HS_NEAR_SQL("UPDATE near_spool SET refused = 0"), NULL, 0);
    struct hs_statement size = hs_near_statement(
        HS_NEAR_SQL("SELECT COUNT(*), COALESCE(SUM(LENGTH(batch)), 0) "
                    "FROM near_spool"),
        NULL, 0);
    struct hs_statement filled = hs_near_statement(
        HS_NEAR_SQL("SELECT value FROM near_state WHERE name = 'filled'"), NULL,
        0);
    int64_t numbers[2] = {0}, is_filled = 0;

    if (hs_session_write(near->here, &again, 1, WAIT_MS, err) != 0 ||
        read_numbers(near->here, &size, numbers, 2, err) != 0 ||
        read_numbers(near->here, &filled, &is_filled, 1, err) != 0)
        return -1;
    atomic_store(&near->batches, numbers[0]);
    atomic_store(&near->bytes, numbers[1]);
    atomic_store(&near->filled, is_filled != 0);
    return 0;
}

static struct hs_near *near_new(int64_t limit)
{
    struct hs_near *near = calloc(1, sizeof *near);
    pthread_condattr_t monotonic;

    if (!near)
        return NULL;
    near->limit = limit;
    near->owner = -1;
    pthread_mutex_init(&near->lock, NULL);
    hs_trouble_init(&near->trouble);
    hs_trouble_init(&near->journal_trouble);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&near->wake, &monotonic);
    pthread_condattr_destroy(&monotonic);
    return near;
}

/* Rows come from another database, which has checked them. */
static int open_file(struct hs_near *near, const char *path,
                     struct hs_error *err)
{
    static const struct hs_tuning tuning = {
        .pragmas = "PRAGMA foreign_keys=OFF", .checkpoint_pages = 8000};

    if (make_folder(path, err) != 0)
        return -1;
    near->owner = hs_near_owner_become(path, err);
    if (near->owner < 0 || migrate(path, err) != 0)
        return -1;
    near->file = hs_store_open_with(path, NULL, &tuning, err);
    if (!near->file)
        return -1;
    near->here = hs_session_new(near->file, err);
    return near->here && read_state(near, err) == 0 ? hs_journal_load(near, err)
                                                    : -1;
}

struct hs_near *hs_near_open(const char *path, int64_t limit,
                             struct hs_error *err)
{
    struct hs_near *near = near_new(limit);
    struct hs_error why;

    if (!near) {
        hs_no_memory(err);
        return NULL;
    }
    if (open_file(near, path, &why) == 0)
        return near;
    hs_error_set(err, why.code, "the near file %s: %s%s", path, why.message,
                 strcmp(why.code, "newer_schema") == 0
                     ? "; if nothing waits in it (hookswitch_spool_batches was "
                       "0), move it away"
                     : "");
    hs_near_close(near);
    return NULL;
}

int hs_near_start(struct hs_near *near, struct hs_store *store,
                  _Atomic uint64_t *moved, struct hs_error *err)
{
    near->store = store;
    near->moved = moved;
    near->there = hs_session_new(store, err);
    if (!near->there)
        return -1;
    near->started = hs_courier_start(near) == 0;
    if (near->started)
        return hs_journal_start(near, err);
    return hs_error_set(err, "memory", "cannot start the near file's thread");
}

void hs_near_leaving(struct hs_near *near)
{
    if (near)
        hs_near_owner_leaving(near->owner);
}

void hs_near_close(struct hs_near *near)
{
    if (!near)
        return;
    pthread_mutex_lock(&near->lock);
    near->stopping = 1;
    pthread_cond_broadcast(&near->wake);
    pthread_mutex_unlock(&near->lock);
    if (near->started)
        pthread_join(near->thread, NULL);
    if (near->journal_started)
        pthread_join(near->journal_thread, NULL);
    hs_session_free(near->journal);
    hs_session_free(near->there);
    hs_session_free(near->here);
    hs_store_close(near->file);
    if (near->owner >= 0)
        (void)close(near->owner);
    pthread_cond_destroy(&near->wake);
    pthread_mutex_destroy(&near->lock);
    hs_trouble_free(&near->trouble);
    hs_trouble_free(&near->journal_trouble);
    free(near);
}
