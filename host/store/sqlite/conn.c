/* conn.c: opening and closing a connection. */
#include "store/sqlite/conn.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/memory.h"
#include "store/sqlite/stmt.h"

#define OPEN_BUSY_MS 5000
#define READER_BUSY_MS 250

/* Pragmas per role. The store itself moves the WAL into the file, and the WAL
 * keeps its size: overwriting syncs twice as fast as growing. */
static const char *const role_pragmas[] = {
    [HS_LITE_WRITER] = "PRAGMA synchronous=FULL;"
                       "PRAGMA foreign_keys=ON;"
                       "PRAGMA secure_delete=ON;"
                       "PRAGMA wal_autocheckpoint=0;"
                       "PRAGMA journal_size_limit=67108864;"
                       "PRAGMA cache_size=-4000",
    [HS_LITE_READER] = "PRAGMA cache_size=-256",
    [HS_LITE_CHECKPOINTER] = "PRAGMA synchronous=FULL;"
                             "PRAGMA secure_delete=ON;"
                             "PRAGMA wal_autocheckpoint=0;"
                             "PRAGMA journal_size_limit=67108864;"
                             "PRAGMA cache_size=-64",
    [HS_LITE_MIGRATION] = ("PRAGMA synchronous=FULL;"
                           "PRAGMA foreign_keys=OFF;"
                           "PRAGMA secure_delete=ON"),
    [HS_LITE_MEMORY] = "PRAGMA foreign_keys=OFF",
    [HS_LITE_COPY] = "PRAGMA synchronous=FULL",
};

static const int role_flags[] = {
    [HS_LITE_WRITER] = SQLITE_OPEN_READWRITE,
    [HS_LITE_READER] = SQLITE_OPEN_READONLY,
    [HS_LITE_CHECKPOINTER] = SQLITE_OPEN_READWRITE,
    [HS_LITE_MIGRATION] = SQLITE_OPEN_READWRITE,
    [HS_LITE_MEMORY] = SQLITE_OPEN_READWRITE | SQLITE_OPEN_MEMORY,
    [HS_LITE_COPY] = SQLITE_OPEN_READWRITE,
};

/* ---- SQLite as a whole ---- */

static sqlite3_mem_methods heap; /* SQLite's own */

static void *allocate(int size)
{
    void *block = heap.xMalloc(size);

    if (!block)
        hs_memory_missed();
    return block;
}

static void *reallocate(void *block, int size)
{
    void *grown = heap.xRealloc(block, size);

    if (!grown)
        hs_memory_missed();
    return grown;
}

/* To count failed allocations (base/memory.h): SQLite copes without some, and
 * reports others as "disk I/O error". */
static void count_allocations(void)
{
    sqlite3_mem_methods counted;

    if (sqlite3_config(SQLITE_CONFIG_GETMALLOC, &heap) != SQLITE_OK)
        return;
    counted = heap;
    counted.xMalloc = allocate;
    counted.xRealloc = reallocate;
    (void)sqlite3_config(SQLITE_CONFIG_MALLOC, &counted);
}

/* Each connection is used by one thread at a time, so SQLite needs no locks of
 * its own around it; its memory statistics would share one lock between all
 * threads. Refused, harmlessly, when SQLite is running already. */
static void configure(void)
{
    (void)sqlite3_config(SQLITE_CONFIG_MULTITHREAD);
    (void)sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    (void)sqlite3_config(SQLITE_CONFIG_PAGECACHE, NULL, 0, 0);
    count_allocations();
}

/* ---- one connection ---- */

/* A database of calls and passwords is for its owner only; SQLite gives the WAL
 * the same mode. */
static int create_file(const char *path, struct hs_error *err)
{
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    int reason = errno;

    if (fd >= 0) {
        close(fd);
        return 0;
    }
    if (access(path, F_OK) == 0)
        return 0; /* SQLite's error is more precise */
    return hs_error_set(err, reason == ENOSPC ? "full" : "open",
                        "cannot create the database %s (errno %d)", path,
                        reason);
}

char *hs_lite_folder(const char *path)
{
    const char *slash = strrchr(path, '/');

    if (!slash)
        return strdup(".");
    return strndup(path, slash == path ? 1 : (size_t)(slash - path));
}

static int on_read_only_mount(const char *path)
{
    char *folder = hs_lite_folder(path);
    int found = folder && access(folder, W_OK) != 0 && errno == EROFS;

    free(folder);
    return found;
}

static int open_handle(struct hs_lite *conn, const char *path, const char *vfs,
                       int uri, struct hs_error *err)
{
    int flags = role_flags[conn->role] | SQLITE_OPEN_NOMUTEX |
                SQLITE_OPEN_PRIVATECACHE | SQLITE_OPEN_EXRESCODE | uri;
    int rc = sqlite3_open_v2(path, &conn->db, flags, vfs);

    if (rc != SQLITE_OK)
        return hs_error_set(err, rc == SQLITE_NOMEM ? "memory" : "open",
                            "%s: %s", path, sqlite3_errstr(rc));
    sqlite3_busy_timeout(conn->db, conn->role == HS_LITE_READER ? READER_BUSY_MS
                                                                : OPEN_BUSY_MS);
    sqlite3_db_config(conn->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    sqlite3_db_config(conn->db, SQLITE_DBCONFIG_DQS_DML, 0, NULL);
    sqlite3_db_config(conn->db, SQLITE_DBCONFIG_DQS_DDL, 0, NULL);
    sqlite3_db_config(conn->db, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0, NULL);
    sqlite3_limit(conn->db, SQLITE_LIMIT_ATTACHED, 0);
    sqlite3_set_authorizer(conn->db, hs_lite_guard, conn);
    return 0;
}

/* The mode the database is in afterwards; SQLite's code. */
static int ask_for_wal(struct hs_lite *conn, char mode[16])
{
    sqlite3_stmt *stmt = NULL;
    int rc = sqlite3_prepare_v2(conn->db, "PRAGMA journal_mode=WAL", -1, &stmt,
                                NULL);

    errno = 0;
    if (rc == SQLITE_OK)
        rc = sqlite3_step(stmt);
    if (rc == SQLITE_ROW)
        snprintf(mode, 16, "%s", (const char *)sqlite3_column_text(stmt, 0));
    sqlite3_finalize(stmt);
    return rc;
}

/* Two processes that turn a new file into a WAL database at once block each
 * other, and SQLite doesn't wait, to avoid a deadlock. */
static int enter_wal(struct hs_lite *conn, struct hs_error *err)
{
    static const struct timespec pause = {.tv_nsec = 5000000};
    int64_t until = hs_running_ms() + OPEN_BUSY_MS;
    char mode[16] = "";
    int rc;

    conn->trusted = 1;
    while (((rc = ask_for_wal(conn, mode)) & 0xff) == SQLITE_BUSY &&
           hs_running_ms() < until)
        nanosleep(&pause, NULL);
    conn->trusted = 0;
    if (rc != SQLITE_ROW)
        return hs_lite_error(conn, rc, err);
    if (strcmp(mode, "wal") == 0)
        return 0;
    return hs_error_set(err, "pragma",
                        "the database cannot use a write-ahead log here (%s)",
                        mode);
}

static int set_up(struct hs_lite *conn, const char *pragmas,
                  struct hs_error *err)
{
    if (conn->role == HS_LITE_WRITER || conn->role == HS_LITE_MIGRATION) {
        if (sqlite3_db_readonly(conn->db, "main") == 1)
            return hs_error_set(err, "readonly", "the database is read-only");
        if (enter_wal(conn, err) != 0)
            return -1;
    }
    if (hs_lite_exec(conn, role_pragmas[conn->role], err) != 0)
        return -1;
    if (pragmas && hs_lite_exec(conn, pragmas, err) != 0)
        return -1;
    /* Reading shows whether it is a database. */
    if (hs_lite_exec(conn, "SELECT count(*) FROM sqlite_schema", err) != 0)
        return -1;
    if (conn->role == HS_LITE_READER)
        sqlite3_busy_timeout(conn->db, READER_BUSY_MS);
    return 0;
}

static void close_handle(struct hs_lite *conn)
{
    sqlite3_close(conn->db);
    conn->db = NULL;
}

/* "file:" and the path, escaped for a URI. */
static char *immutable_uri(const char *path)
{
    static const char end[] = "?immutable=1";
    char *uri = malloc(strlen(path) * 3 + sizeof "file:" + sizeof end);
    char *at = uri;

    if (!uri)
        return NULL;
    at = stpcpy(at, "file:");
    for (; *path; path++) {
        if (strchr("%?#", *path))
            at += snprintf(at, 4, "%%%02X", (unsigned char)*path);
        else
            *at++ = *path;
    }
    memcpy(at, end, sizeof end);
    return uri;
}

static int has_wal(const char *path)
{
    static const char end[] = "-wal";
    size_t len = strlen(path);
    char *name = malloc(len + sizeof end);
    int found = 1;

    if (!name)
        return found;
    memcpy(name, path, len);
    memcpy(name + len, end, sizeof end);
    found = access(name, F_OK) == 0;
    free(name);
    return found;
}

/* On a read-only file system a reader can't create the shared WAL index, and
 * must not share an existing one: the writer couldn't write to it later.
 * Nothing can be written there, so it reads without locks, with an index of its
 * own; without a WAL, as if the file never changed. */
static int open_unshared(struct hs_lite *conn, const char *path,
                         struct hs_error *err)
{
    char *uri = has_wal(path) ? NULL : immutable_uri(path);
    int failed = open_handle(conn, uri ? uri : path, "unix-none",
                             uri ? SQLITE_OPEN_URI : 0, err) != 0 ||
                 (!uri && hs_lite_exec(conn, "PRAGMA locking_mode=EXCLUSIVE",
                                       err) != 0) ||
                 set_up(conn, NULL, err) != 0;

    free(uri);
    if (failed)
        close_handle(conn);
    return failed ? -1 : 0;
}

int hs_lite_open(struct hs_lite *conn, const char *path, enum hs_lite_role role,
                 const char *pragmas, struct hs_error *err)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;

    pthread_once(&once, configure);
    conn->db = NULL;
    conn->role = role;
    conn->capacity = role == HS_LITE_READER ? 64 : 256;
    if (role == HS_LITE_MEMORY)
        path = ":memory:";
    else if (!*path || *path == ':')
        return hs_error_set(err, "open", "\"%s\" is not a file name", path);
    if ((role == HS_LITE_WRITER || role == HS_LITE_MIGRATION) &&
        create_file(path, err) != 0)
        return -1;
    if (role == HS_LITE_READER && on_read_only_mount(path))
        return open_unshared(conn, path, err);
    if (open_handle(conn, path, NULL, 0, err) == 0 &&
        set_up(conn, pragmas, err) == 0)
        return 0;
    close_handle(conn);
    return -1;
}

void hs_lite_close(struct hs_lite *conn)
{
    if (!conn->db)
        return;
    hs_lite_drop_cache(conn);
    for (int i = 0; i < HS_LITE_OWN_COUNT; i++) {
        sqlite3_finalize(conn->own[i]);
        conn->own[i] = NULL;
    }
    close_handle(conn);
}
