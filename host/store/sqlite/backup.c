/* backup.c: a copy of the database while it is being written. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "store/sqlite/conn.h"
#include "store/sqlite/files.h"

#define STEP_PAGES 256

struct backup {
    struct hs_lite from;
    struct hs_lite to;
    struct hs_buf partial; /* the copy's name until it has been checked */
    void (*progress)(void *ctx, int done, int total);
    void *ctx;
};

static int copy_pages(struct backup *b, struct hs_error *err)
{
    sqlite3_backup *copy =
        sqlite3_backup_init(b->to.db, "main", b->from.db, "main");
    int rc;

    if (!copy)
        return hs_lite_error(&b->to, sqlite3_errcode(b->to.db), err);
    do {
        rc = sqlite3_backup_step(copy, STEP_PAGES);
        if (b->progress && (rc == SQLITE_OK || rc == SQLITE_DONE)) {
            int total = sqlite3_backup_pagecount(copy);

            b->progress(b->ctx, total - sqlite3_backup_remaining(copy), total);
        }
    } while (rc == SQLITE_OK);
    sqlite3_backup_finish(copy);
    return rc == SQLITE_DONE ? 0 : hs_lite_error(&b->to, rc, err);
}

int hs_lite_check_copy(struct hs_lite *copy, struct hs_error *err)
{
    sqlite3_stmt *stmt = NULL;
    const char *text = NULL;
    int good;
    int rc = sqlite3_prepare_v2(copy->db, "PRAGMA integrity_check(1)", -1,
                                &stmt, NULL);

    if (rc == SQLITE_OK)
        rc = sqlite3_step(stmt);
    if (rc == SQLITE_ROW)
        text = (const char *)sqlite3_column_text(stmt, 0);
    good = text && strcmp(text, "ok") == 0;
    if (text && !good)
        hs_error_set(err, "corrupt", "the copy is damaged: %s", text);
    else if (!text)
        hs_lite_error(copy, rc, err);
    sqlite3_finalize(stmt);
    return good ? 0 : -1;
}

/* One read transaction for the whole copy: it shows one moment and doesn't
 * restart with every commit. In WAL mode it blocks no one. */
static int copy_snapshot(struct backup *b, struct hs_error *err)
{
    int rc;

    if (hs_lite_exec(&b->from, "BEGIN; SELECT count(*) FROM sqlite_schema",
                     err) != 0)
        return -1;
    rc = copy_pages(b, err);
    hs_lite_exec(&b->from, "COMMIT", NULL);
    if (rc != 0)
        return -1;
    /* One plain file, which also opens on read-only media. */
    return hs_lite_exec(&b->to, "PRAGMA journal_mode=DELETE", err);
}

static int sync_name(const char *path, int flags)
{
    int fd = open(path, flags | O_CLOEXEC);
    int rc = fd < 0 ? -1 : fsync(fd), saved = errno;

    if (fd >= 0)
        close(fd);
    errno = saved;
    return rc;
}

int hs_lite_sync_name(const char *path, struct hs_error *err)
{
    char *folder = hs_lite_folder(path);
    int failed = !folder || sync_name(folder, O_RDONLY | O_DIRECTORY) != 0;

    free(folder);
    if (!failed || errno == EINVAL || errno == EOPNOTSUPP)
        return 0; /* some network file systems sync no folders */
    return hs_error_set(
        err, "io",
        "%s is in place, but may be gone after a power cut: its "
        "folder can't be synced: %s",
        path, strerrordesc_np(errno));
}

int hs_lite_publish(const char *partial, const char *to, struct hs_error *err)
{
    int failed = sync_name(partial, O_RDONLY) != 0 || link(partial, to) != 0;

    if (failed && (errno == EPERM || errno == EOPNOTSUPP))
        failed = rename(partial, to) != 0; /* no links on this file system */
    if (failed)
        hs_error_set(err, errno == EEXIST ? "exists" : "io",
                     "can't write %s: %s", to, strerrordesc_np(errno));
    else
        failed = hs_lite_sync_name(to, err) != 0;
    return failed ? -1 : 0;
}

int hs_lite_begin_partial(const char *to, struct hs_buf *partial,
                          struct hs_error *err)
{
    int fd;

    if (access(to, F_OK) == 0)
        return hs_error_set(err, "exists", "%s exists already", to);
    if (hs_buf_printf(partial, "%s.partial", to) != 0)
        return hs_no_memory(err);
    unlink(partial->data);
    fd = open(partial->data, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        return hs_error_set(err, "open", "can't create %s: %s", partial->data,
                            strerrordesc_np(errno));
    close(fd);
    return 0;
}

static int run(struct backup *b, const char *from, const char *to,
               struct hs_error *err)
{
    if (hs_lite_open(&b->from, from, HS_LITE_READER, NULL, err) != 0 ||
        hs_lite_begin_partial(to, &b->partial, err) != 0 ||
        hs_lite_open(&b->to, b->partial.data, HS_LITE_COPY, NULL, err) != 0 ||
        copy_snapshot(b, err) != 0 || hs_lite_check_copy(&b->to, err) != 0)
        return -1;
    hs_lite_close(&b->to);
    return hs_lite_publish(b->partial.data, to, err);
}

int hs_lite_backup(const char *from, const char *to,
                   void (*progress)(void *ctx, int done, int total), void *ctx,
                   struct hs_error *err)
{
    struct backup *b = calloc(1, sizeof *b);
    struct hs_error ignored;
    int rc;

    if (!err)
        err = &ignored;
    if (!b)
        return hs_no_memory(err);
    b->progress = progress;
    b->ctx = ctx;
    rc = run(b, from, to, err);
    hs_lite_close(&b->to);
    hs_lite_close(&b->from);
    if (b->partial.len > 0)
        unlink(b->partial.data);
    hs_buf_free(&b->partial);
    free(b);
    return rc;
}
