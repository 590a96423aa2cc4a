/* store_support.h: a database in a folder of its own, and short ways to use it.
 * Included once by each test of the store. */
#ifndef STORE_SUPPORT_H
#define STORE_SUPPORT_H

#include <ftw.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <sqlite3.h>

#include "base/clock.h"
#include "store/state.h"
#include "test.h"

#define PATIENT_MS 60000 /* where time is not the point */

static const char *const HOT[] = {"calls", "notes", NULL};

struct place {
    char folder[256];
    char path[300];
};

static inline void make_place(struct place *place)
{
    const char *base = getenv("TMPDIR");

    snprintf(place->folder, sizeof place->folder, "%s/hs-store-XXXXXX",
             base && *base ? base : "/tmp");
    assert_non_null(mkdtemp(place->folder));
    snprintf(place->path, sizeof place->path, "%s/a.db", place->folder);
}

static inline int remove_one(const char *path, const struct stat *about,
                             int kind, struct FTW *walk)
{
    (void)about;
    (void)kind;
    (void)walk;
    return remove(path);
}

static inline void drop_place(struct place *place)
{
    nftw(place->folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static inline struct hs_value text(const char *s)
{
    return (struct hs_value){.type = HS_TEXT, .bytes = s, .len = strlen(s)};
}

static inline struct hs_value integer(int64_t n)
{
    return (struct hs_value){.type = HS_INTEGER, .integer = n};
}

static inline struct hs_statement sql(const char *s,
                                      const struct hs_value *values, int count)
{
    return (struct hs_statement){
        .sql = s, .sql_len = strlen(s), .values = values, .count = count};
}

/* Run one statement without values; its error code, or "". */
static inline const char *attempt(struct hs_session *session, const char *s,
                                  int wait_ms)
{
    static _Thread_local struct hs_error err;
    struct hs_statement one = sql(s, NULL, 0);

    if (hs_session_write(session, &one, 1, wait_ms, &err) == 0)
        return "";
    return err.code;
}

static inline void run(struct hs_session *session, const char *s)
{
    assert_string_equal(attempt(session, s, PATIENT_MS), "");
}

/* The first column of the first row; -1 without one; -2 when it failed. */
static inline int64_t number(struct hs_session *session, const char *s)
{
    struct hs_statement one = sql(s, NULL, 0);
    struct hs_error err;
    struct hs_cursor *cursor =
        hs_session_query(session, &one, PATIENT_MS, &err);
    struct hs_value value = {.integer = -1};
    int found = cursor ? hs_cursor_step(cursor, &err) : -1;

    if (found == 1)
        hs_cursor_value(cursor, 0, &value);
    hs_cursor_close(cursor);
    return found < 0 ? -2 : value.integer;
}

static inline void assert_intact(struct hs_session *session)
{
    struct hs_statement check = sql("PRAGMA integrity_check", NULL, 0);
    struct hs_cursor *cursor =
        hs_session_query(session, &check, PATIENT_MS, NULL);
    struct hs_value value;

    assert_non_null(cursor);
    assert_int_equal(hs_cursor_step(cursor, NULL), 1);
    hs_cursor_value(cursor, 0, &value);
    assert_int_equal(value.len, 2);
    assert_memory_equal(value.bytes, "ok", 2);
    hs_cursor_close(cursor);
}

static inline struct hs_store *open_store(const char *path)
{
    struct hs_error err = {0};
    struct hs_store *store = hs_store_open(path, HOT, &err);

    if (!store)
        fail_msg("%s: %s", err.code, err.message);
    return store;
}

static inline struct hs_session *open_session(struct hs_store *store)
{
    struct hs_session *session = hs_session_new(store, NULL);

    assert_non_null(session);
    return session;
}

static inline void make_tables(struct hs_session *session)
{
    run(session, "CREATE TABLE calls (id INTEGER PRIMARY KEY, "
                 "sid TEXT NOT NULL UNIQUE, n INTEGER) STRICT");
    run(session, "CREATE TABLE notes (id INTEGER PRIMARY KEY, sid TEXT) "
                 "STRICT");
    run(session, "CREATE TABLE settings (name TEXT PRIMARY KEY, value TEXT) "
                 "STRICT");
}

static inline void pause_ms(int ms)
{
    struct timespec pause = {.tv_sec = ms / 1000,
                             .tv_nsec = ms % 1000 * 1000000L};

    nanosleep(&pause, NULL);
}

/* Wait until so many items are in the queue. */
static inline void wait_queued(struct hs_store *store, int wanted)
{
    int count = 0;

    for (int i = 0; i < PATIENT_MS && count < wanted; i++) {
        pause_ms(1);
        count = 0;
        pthread_mutex_lock(&store->lock);
        for (struct hs_item *item = store->first; item; item = item->next)
            count++;
        pthread_mutex_unlock(&store->lock);
    }
    assert_int_equal(count, wanted);
}

/* Another process with the same database: it runs one SQL text at a time. Start
 * it before this process opens the file: SQLite does not survive a fork. */
struct other {
    pid_t pid;
    int to;
    int from;
};

static inline void other_main(const char *path, int in, int out)
{
    char command[512];
    sqlite3 *db = NULL;
    ssize_t n;

    while ((n = read(in, command, sizeof command - 1)) > 0) {
        int rc;

        command[n] = '\0';
        if (!db)
            sqlite3_open(path, &db);
        sqlite3_busy_timeout(db, PATIENT_MS);
        rc = sqlite3_exec(db, command, NULL, NULL, NULL);
        if (write(out, &rc, sizeof rc) != sizeof rc)
            break;
    }
    _exit(0);
}

static inline void other_start(struct other *other, const char *path)
{
    int to[2];
    int from[2];

    assert_int_equal(pipe(to), 0);
    assert_int_equal(pipe(from), 0);
    other->pid = fork();
    assert_true(other->pid >= 0);
    if (other->pid == 0) {
        close(to[1]);
        close(from[0]);
        other_main(path, to[0], from[1]);
    }
    close(to[0]);
    close(from[1]);
    other->to = to[1];
    other->from = from[0];
}

static inline void other_runs(struct other *other, const char *s)
{
    int rc = -1;

    assert_int_equal(write(other->to, s, strlen(s)), (ssize_t)strlen(s));
    assert_int_equal(read(other->from, &rc, sizeof rc), sizeof rc);
    assert_int_equal(rc, SQLITE_OK);
}

static inline void other_stop(struct other *other)
{
    close(other->to);
    close(other->from);
    waitpid(other->pid, NULL, 0);
}

/* A store, a session and the tables of these tests, for one test. */
struct fixture {
    struct place place;
    struct other other; /* set_up_beside_another() alone starts it */
    struct hs_store *store;
    struct hs_session *session;
};

static inline struct fixture *fixture_new(int beside_another)
{
    struct fixture *f = calloc(1, sizeof *f);

    assert_non_null(f);
    make_place(&f->place);
    if (beside_another)
        other_start(&f->other, f->place.path); /* before there are threads */
    f->store = open_store(f->place.path);
    f->session = open_session(f->store);
    make_tables(f->session);
    return f;
}

static inline int set_up(void **state)
{
    *state = fixture_new(0);
    return 0;
}

static inline int set_up_beside_another(void **state)
{
    *state = fixture_new(1);
    return 0;
}

static inline int tear_down(void **state)
{
    struct fixture *f = *state;

    hs_session_free(f->session);
    hs_store_close(f->store);
    if (f->other.pid)
        other_stop(&f->other);
    drop_place(&f->place);
    free(f);
    return 0;
}

#endif
