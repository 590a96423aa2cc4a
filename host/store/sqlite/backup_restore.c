/* backup_restore.c: a copy replaces the database. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "store/engine/schema.h"
#include "store/sqlite/conn.h"
#include "store/sqlite/files.h"

#define LOCK_MS "500"

struct restore {
    const char *from;
    const char *to;
    struct hs_buf fresh; /* the checked copy, beside the database */
    struct hs_buf old;   /* where the old database goes */
    struct hs_lite lock; /* on the database, so that no server opens it */
};

static int is_same_file(const char *a, const char *b)
{
    struct stat x, y;

    return stat(a, &x) == 0 && stat(b, &y) == 0 && x.st_dev == y.st_dev &&
           x.st_ino == y.st_ino;
}

/* Our own copy beside the database, intact and of a version we know. */
static int make_fresh(struct restore *r, struct hs_error *err)
{
    struct hs_error why = {0};
    int missing = 0;

    if (access(r->from, R_OK) != 0)
        return hs_error_set(err, "open", "can't read %s: %s", r->from,
                            strerrordesc_np(errno));
    if (unlink(r->fresh.data) != 0 && errno != ENOENT)
        return hs_error_set(err, "io", "can't remove %s: %s", r->fresh.data,
                            strerrordesc_np(errno));
    if (hs_lite_backup(r->from, r->fresh.data, NULL, NULL, &why) != 0)
        return hs_error_set(err, why.code, "%s is not an intact backup: %s",
                            r->from, why.message);
    if (hs_lite_migrate(r->fresh.data, hs_schema_files, hs_schema_count, 1,
                        &missing, err) != 0)
        return -1;
    if (missing == (int)hs_schema_count)
        return hs_error_set(err, "foreign",
                            "%s is not a database of Hookswitch", r->from);
    return 0;
}

/* Leaving WAL mode only works if no other process has it open. */
int hs_lite_lock(struct hs_lite *conn, const char *path, struct hs_error *err)
{
    struct hs_error why = {0};

    if (hs_lite_open(conn, path, HS_LITE_COPY, NULL, &why) == 0 &&
        hs_lite_exec(conn,
                     "PRAGMA busy_timeout=" LOCK_MS
                     ";PRAGMA journal_mode=DELETE;BEGIN EXCLUSIVE",
                     &why) == 0)
        return 0;
    if (strcmp(why.code, "busy") == 0)
        hs_error_set(err, "in_use",
                     "%s is in use: stop the server first (and whatever else "
                     "has it open)",
                     path);
    else
        hs_error_set(err, why.code, "%s: %s", path, why.message);
    return -1;
}

/* A damaged one can't be locked, and needn't be. */
static int lock_database(struct restore *r, struct hs_error *err)
{
    if (access(r->to, F_OK) != 0 || hs_lite_lock(&r->lock, r->to, err) == 0 ||
        strcmp(err->code, "corrupt") == 0)
        return 0;
    return -1;
}

/* Remove what SQLite keeps beside a damaged file. */
static int move_beside(const struct restore *r, const char *suffix)
{
    struct hs_buf from = {0}, to = {0};
    int failed = hs_buf_printf(&from, "%s%s", r->to, suffix) != 0 ||
                 hs_buf_printf(&to, "%s%s", r->old.data, suffix) != 0;

    if (!failed)
        failed = (unlink(to.data) != 0 && errno != ENOENT) ||
                 (rename(from.data, to.data) != 0 && errno != ENOENT);
    hs_buf_free(&from);
    hs_buf_free(&to);
    return failed ? -1 : 0;
}

/* The old database keeps its second name, the new one takes over the first: at
 * every moment there is one. */
static int swap(struct restore *r, struct hs_error *err)
{
    int failed = 0;

    if (access(r->to, F_OK) == 0) {
        unlink(r->old.data);
        failed = link(r->to, r->old.data) != 0;
        if (failed && (errno == EPERM || errno == EOPNOTSUPP))
            failed =
                rename(r->to, r->old.data) != 0; /* links aren't supported */
    }
    failed = failed || move_beside(r, "-wal") != 0 ||
             move_beside(r, "-shm") != 0 || rename(r->fresh.data, r->to) != 0;
    if (failed)
        hs_error_set(err, "io", "can't replace %s: %s", r->to,
                     strerrordesc_np(errno));
    else
        failed = hs_lite_sync_name(r->to, err) != 0;
    return failed ? -1 : 0;
}

int hs_lite_restore(const char *from, const char *to, struct hs_error *err)
{
    struct restore *r = calloc(1, sizeof *r);
    int rc = -1;

    if (!r)
        return hs_no_memory(err);
    r->from = from;
    r->to = to;
    if (hs_buf_printf(&r->fresh, "%s.restoring", to) != 0 ||
        hs_buf_printf(&r->old, "%s.before-restore", to) != 0)
        rc = hs_no_memory(err);
    else if (is_same_file(from, to))
        hs_error_set(err, "same", "%s is the database itself", from);
    else if (lock_database(r, err) == 0 && make_fresh(r, err) == 0)
        rc = swap(r, err);
    hs_lite_close(&r->lock);
    if (r->fresh.len > 0)
        unlink(r->fresh.data); /* gone if it was renamed */
    hs_buf_free(&r->fresh);
    hs_buf_free(&r->old);
    free(r);
    return rc;
}
