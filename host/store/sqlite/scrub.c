/* scrub.c: removes deleted texts from the files too, and checks that what is
 * there is whole. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "store/sqlite/conn.h"
#include "store/sqlite/files.h"

#define BLOCK (1 << 20)
#define NEEDLE_MAX 256
#define WAIT_MS 5000

/* Does the database's file hold one of the texts? 1 or 0; -1 when it cannot be
 * read. It is read through SQLite's own descriptor: closing another one would
 * end all locks that this process has on the file. */
static int search(const struct hs_lite *conn, const struct hs_value *needles,
                  int count)
{
    sqlite3_file *file = NULL;
    sqlite3_int64 size = 0, at = 0;
    char *block = malloc(NEEDLE_MAX + BLOCK);
    int kept = 0, found = 0;

    sqlite3_file_control(conn->db, NULL, SQLITE_FCNTL_FILE_POINTER, &file);
    if (!block || !file || file->pMethods->xFileSize(file, &size) != SQLITE_OK)
        found = -1;
    while (found == 0 && at < size) {
        int len = size - at < BLOCK ? (int)(size - at) : BLOCK;

        if (file->pMethods->xRead(file, block + kept, len, at) != SQLITE_OK)
            found = -1;
        at += len;
        len += kept;
        for (int i = 0; found == 0 && i < count; i++)
            found = memmem(block, (size_t)len, needles[i].bytes,
                           needles[i].len) != NULL;
        /* A text may span two blocks. */
        kept = len < NEEDLE_MAX ? len : NEEDLE_MAX;
        memmove(block, block + len - kept, (size_t)kept);
    }
    free(block);
    return found;
}

/* Move the WAL into the file and leave none of it. */
static int truncate_wal(struct hs_lite *conn, struct hs_error *err)
{
    int rc = sqlite3_wal_checkpoint_v2(conn->db, NULL,
                                       SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);

    return rc == SQLITE_OK ? 0 : hs_lite_error(conn, rc, err);
}

/* Split pages keep copies of rows in their free space; VACUUM rewrites all
 * pages, and attaches a file for it. */
static int rewrite(struct hs_lite *conn, struct hs_error *err)
{
    sqlite3_limit(conn->db, SQLITE_LIMIT_ATTACHED, 1);
    return hs_lite_exec(conn, "VACUUM", err) != 0 ||
                   truncate_wal(conn, err) != 0
               ? -1
               : 0;
}

/* Nobody rewrites what was put aside by a restore. */
static int is_put_aside(const char *path, struct hs_error *err)
{
    char old[PATH_MAX];

    (void)snprintf(old, sizeof old, "%s.before-restore", path);
    if (access(old, F_OK) != 0)
        return 0;
    hs_error_set(err, "held",
                 "%s, from before the last restore, may still hold them: "
                 "delete it.",
                 old);
    return 1;
}

int hs_lite_scrub(const char *path, const struct hs_value *needles, int count,
                  struct hs_error *err)
{
    struct hs_lite conn = {0};
    int found = 0, rc;

    for (int i = 0; i < count; i++) {
        if (needles[i].len == 0 || needles[i].len > NEEDLE_MAX)
            return hs_error_set(err, "sql",
                                "a text of 1 to 256 bytes is expected");
    }
    if (hs_lite_open(&conn, path, HS_LITE_CHECKPOINTER, NULL, err) != 0)
        return -1;
    sqlite3_busy_timeout(conn.db, WAIT_MS);
    rc = truncate_wal(&conn, err);
    if (rc == 0 && count > 0) {
        found = search(&conn, needles, count);
        if (found != 0)
            rc = rewrite(&conn, err);
        if (rc == 0 && found != 0)
            found = search(&conn, needles, count) != 0;
        if (rc == 0 && found != 0)
            hs_error_set(err, "held",
                         "Other rows still hold the digits, as part of "
                         "something else.");
        else if (rc == 0)
            found = is_put_aside(path, err);
    }
    hs_lite_close(&conn);
    return rc == 0 ? found : -1;
}

int hs_lite_check(const char *path, struct hs_buf *notes, struct hs_error *err)
{
    struct hs_lite conn = {0};
    sqlite3_stmt *stmt = NULL;
    const char *text = NULL;
    int rc;

    (void)notes;
    if (hs_lite_open(&conn, path, HS_LITE_READER, NULL, err) != 0)
        return -1;
    rc = sqlite3_prepare_v2(conn.db, "PRAGMA quick_check(1)", -1, &stmt, NULL);
    if (rc == SQLITE_OK && (rc = sqlite3_step(stmt)) == SQLITE_ROW)
        text = (const char *)sqlite3_column_text(stmt, 0);
    if (text && strcmp(text, "ok") == 0)
        rc = 0;
    else if (text)
        hs_error_set(err, "corrupt", "%s", text);
    else
        hs_lite_error(&conn, rc, err);
    sqlite3_finalize(stmt);
    hs_lite_close(&conn);
    return rc == 0 ? 0 : -1;
}
