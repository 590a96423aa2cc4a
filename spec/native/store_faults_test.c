/* store_faults_test.c: the store with a disk that is locked, full, read-only,
 * slow or broken. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/mount.h>

#include "disk_shim.c" /* NOLINT(bugprone-suspicious-include): stands in front
                          of the C library's sync and write calls */
#include "base/log.h"
#include "slow.h"
#include "store/engine/schema.h"
#include "store/health.h"
#include "store_support.h"

/* ---- another process has the lock ---- */

struct late_writer {
    pthread_t thread;
    struct hs_store *store;
    int64_t took_ms;
    const char *code;
};

static void *write_patiently(void *arg)
{
    struct late_writer *w = arg;
    struct hs_session *session = hs_session_new(w->store, NULL);
    int64_t started = hs_monotonic_ms();

    w->code =
        attempt(session, "INSERT INTO calls(sid) VALUES('patient')", 10000);
    w->took_ms = hs_monotonic_ms() - started;
    hs_session_free(session);
    return NULL;
}

TEST_WITH(a_locked_database_is_left_in_time_and_recovers, set_up_beside_another,
          tear_down)
{
    struct fixture *f = *state;
    struct late_writer late = {0};
    struct hs_error err;
    int64_t started;

    late.store = f->store;
    other_runs(&f->other, "BEGIN EXCLUSIVE");
    pthread_create(&late.thread, NULL, write_patiently, &late);
    for (int i = 0; i < 4; i++) {
        started = hs_monotonic_ms();
        assert_string_equal(
            attempt(f->session, "INSERT INTO calls(sid) VALUES('gone')", 200),
            "busy");
        assert_in_range(hs_monotonic_ms() - started, 190, lenient(1000));
        assert_int_equal(hs_session_begin(f->session, 20, &err), -1);
        assert_string_equal(err.code, "busy");
        assert_int_equal(number(f->session, "SELECT count(*) FROM calls"), 0);
    }
    assert_int_equal(hs_store_healthy(f->store, &err), -1);
    assert_string_equal(err.code, "busy");
    other_runs(&f->other, "COMMIT");
    pthread_join(late.thread, NULL);
    assert_string_equal(late.code, "");
    run(f->session, "INSERT INTO calls(sid) VALUES('after')");
    assert_int_equal(hs_store_healthy(f->store, NULL), 0);
    assert_int_equal(number(f->session, "SELECT count(*) FROM calls"), 2);
}

/* ---- a server does not wait in vain ---- */

#define CROWD 40
#define PATIENCE_MS 300 /* with another process's lock */

struct waiter {
    struct hs_store *store;
    int wait_ms;
    int64_t began, took_ms, left_ms; /* of its own; since the crowd began */
    char code[32];
};

static void *write_in_a_crowd(void *arg)
{
    struct waiter *w = arg;
    struct hs_session *session = hs_session_new(w->store, NULL);
    int64_t started = hs_monotonic_ms();

    snprintf(
        w->code, sizeof w->code, "%s",
        attempt(session, "INSERT INTO calls(sid) VALUES('crowd')", w->wait_ms));
    w->took_ms = hs_monotonic_ms() - started;
    w->left_ms = hs_monotonic_ms() - w->began;
    hs_session_free(session);
    return NULL;
}

/* All at once; half of them would wait for long. */
static void crowd_writes(struct hs_store *store, struct waiter *waiters)
{
    pthread_t threads[CROWD];
    int64_t began = hs_monotonic_ms();

    for (int i = 0; i < CROWD; i++) {
        waiters[i] = (struct waiter){
            .store = store, .wait_ms = i % 2 ? 30000 : 700, .began = began};
        pthread_create(&threads[i], NULL, write_in_a_crowd, &waiters[i]);
    }
    for (int i = 0; i < CROWD; i++)
        pthread_join(threads[i], NULL);
}

TEST_WITH(a_server_waits_for_a_lock_once_not_each_in_turn,
          set_up_beside_another, tear_down)
{
    struct fixture *f = *state;
    struct waiter crowd[CROWD];
    int64_t started;
    int64_t freed;

    hs_store_be_impatient(f->store);
    other_runs(&f->other, "BEGIN EXCLUSIVE");
    crowd_writes(f->store, crowd);
    for (int i = 0; i < CROWD; i++) {
        assert_string_equal(crowd[i].code, "busy");
        /* Whoever came late on a busy machine was refused at once. */
        assert_in_range(crowd[i].left_ms, PATIENCE_MS - 50, INT64_MAX);
        assert_in_range(crowd[i].took_ms, 0, lenient(2900));
    }
    /* Now it is known; nobody waits any more, for as long as it lasts. */
    started = hs_monotonic_ms();
    for (int i = 0; i < 200; i++) {
        assert_string_equal(
            attempt(f->session, "INSERT INTO calls(sid) VALUES('gone')", 30000),
            "busy");
        assert_int_equal(hs_session_begin(f->session, 30000, NULL), -1);
    }
    assert_in_range(hs_monotonic_ms() - started, 0, lenient(1000));
    assert_int_equal(number(f->session, "SELECT count(*) FROM calls"), 0);
    other_runs(&f->other, "COMMIT");
    freed = hs_monotonic_ms();
    while (*attempt(f->session, "INSERT INTO calls(sid) VALUES('after')", 50) &&
           hs_monotonic_ms() - freed < 10000)
        usleep(5000);
    assert_in_range(hs_monotonic_ms() - freed, 0, lenient(2000));
    run(f->session, "INSERT INTO calls(sid) VALUES('later')");
    assert_int_equal(hs_store_healthy(f->store, NULL), 0);
    assert_int_equal(number(f->session, "SELECT count(*) FROM calls"), 2);
}

/* Nobody writes while the lock lasts or after it: the store finds out alone. */
TEST_WITH(a_lock_that_ends_unseen_is_noticed, set_up_beside_another, tear_down)
{
    struct fixture *f = *state;
    int64_t freed;

    hs_store_be_impatient(f->store);
    other_runs(&f->other, "BEGIN IMMEDIATE");
    assert_string_equal(
        attempt(f->session, "INSERT INTO calls(sid) VALUES('gone')", 30000),
        "busy");
    for (int i = 0; i < 1000 && hs_store_healthy(f->store, NULL) == 0; i++)
        usleep(10000);
    assert_int_equal(hs_store_healthy(f->store, NULL), -1);
    other_runs(&f->other, "COMMIT");
    freed = hs_monotonic_ms();
    for (int i = 0; i < 1000 && hs_store_healthy(f->store, NULL) != 0; i++)
        usleep(10000);
    assert_int_equal(hs_store_healthy(f->store, NULL), 0);
    assert_in_range(hs_monotonic_ms() - freed, 0, lenient(2900));
}

/* ---- a slow and a broken disk ---- */

/* The disk works again before the store is closed. */
static int mend_and_tear_down(void **state)
{
    disk_fail_sync = disk_fail_write = disk_sync_ms = 0;
    disk_errno = EIO;
    return tear_down(state);
}

/* On a busy machine the writer may not come to it in time: "busy" is not
 * stored, and asked again. */
static const char *attempt_slow(struct hs_session *session, const char *insert)
{
    const char *code = attempt(session, insert, 50);

    for (int i = 0; i < 200 && strcmp(code, "busy") == 0; i++)
        code = attempt(session, insert, 50);
    return code;
}

TEST_WITH(a_slow_commit_is_unknown_not_lost, set_up, mend_and_tear_down)
{
    struct fixture *f = *state;
    struct hs_error err;

    disk_sync_ms = 500;
    assert_string_equal(
        attempt_slow(f->session, "INSERT INTO calls(sid) VALUES('a')"),
        "unknown");
    /* The session works on: this one is queued behind the slow one. */
    assert_string_equal(
        attempt(f->session, "INSERT INTO calls(sid) VALUES('b')", 20), "busy");
    assert_string_equal(
        attempt(f->session, "INSERT INTO calls(sid) VALUES('c')", 5000), "");
    assert_int_equal(number(f->session, "SELECT count(*) FROM calls"), 2);
    assert_int_equal(hs_session_begin(f->session, 1000, NULL), 0);
    run(f->session, "INSERT INTO calls(sid) VALUES('d')");
    assert_int_equal(hs_session_end(f->session, 1, 50, &err), -1);
    assert_string_equal(err.code, "unknown");
    disk_sync_ms = 0;
    run(f->session, "INSERT INTO calls(sid) VALUES('e')");
    assert_int_equal(number(f->session, "SELECT count(*) FROM calls"), 4);
}

/* The first group is on its way to the disk; what comes after it is refused
 * once that has taken a second, and taken when the disk is itself again. */
TEST_WITH(a_server_waits_for_a_stuck_disk_once, set_up, mend_and_tear_down)
{
    struct fixture *f = *state;
    struct waiter crowd[CROWD];
    int64_t started;

    hs_store_be_impatient(f->store);
    disk_sync_ms = 4000;
    assert_string_equal(
        attempt_slow(f->session, "INSERT INTO calls(sid) VALUES('a')"),
        "unknown");
    for (int i = 0; i < PATIENT_MS && disk_waiting == 0; i++)
        usleep(1000);
    disk_sync_ms = 0;
    crowd_writes(f->store, crowd);
    for (int i = 0; i < CROWD; i++) {
        assert_string_equal(crowd[i].code, "busy");
        assert_in_range(crowd[i].took_ms, 0, lenient(2500));
    }
    started = hs_monotonic_ms();
    assert_string_equal(
        attempt(f->session, "INSERT INTO calls(sid) VALUES('b')", 30000),
        "busy");
    assert_in_range(hs_monotonic_ms() - started, 0, lenient(500));
    for (int i = 0; i < 1000 && *attempt(f->session, "DELETE FROM notes", 10);
         i++)
        usleep(10000);
    assert_int_equal(number(f->session, "SELECT count(*) FROM calls"), 1);
}

/* Someone's long code in a transaction: others leave when they would have, and
 * those who come later and would not wait that long leave at once. */
TEST_WITH(a_server_waits_for_a_long_transaction_once, set_up,
          mend_and_tear_down)
{
    struct fixture *f = *state;
    struct hs_session *other = open_session(f->store);
    int64_t started;

    hs_store_be_impatient(f->store);
    assert_int_equal(hs_session_begin(f->session, 1000, NULL), 0);
    usleep(250000);
    started = hs_monotonic_ms();
    for (int i = 0; i < 20; i++)
        assert_string_equal(
            attempt(other, "INSERT INTO calls(sid) VALUES('a')", 200), "busy");
    assert_in_range(hs_monotonic_ms() - started, 0, lenient(500));
    assert_int_equal(hs_session_end(f->session, 0, 1000, NULL), 0);
    run(other, "INSERT INTO calls(sid) VALUES('b')");
    assert_int_equal(number(other, "SELECT count(*) FROM calls"), 1);
    hs_session_free(other);
}

static void *write_one(void *arg)
{
    struct late_writer *w = arg;
    struct hs_session *session = hs_session_new(w->store, NULL);

    w->code = attempt(
        session, "INSERT INTO calls(sid) VALUES(hex(randomblob(9)))", 10000);
    hs_session_free(session);
    return NULL;
}

TEST_WITH(a_failing_commit_fails_its_whole_group, set_up, mend_and_tear_down)
{
    struct fixture *f = *state;
    struct late_writer writers[6] = {{0}};
    struct hs_error err;

    assert_int_equal(hs_session_begin(f->session, 1000, NULL), 0);
    for (int i = 0; i < 6; i++) {
        writers[i].store = f->store;
        pthread_create(&writers[i].thread, NULL, write_one, &writers[i]);
    }
    wait_queued(f->store, 6);
    disk_fail_sync = 1;
    assert_int_equal(hs_session_end(f->session, 0, 1000, NULL), 0);
    for (int i = 0; i < 6; i++) {
        pthread_join(writers[i].thread, NULL);
        assert_string_equal(writers[i].code, "io");
    }
    assert_int_equal(hs_store_healthy(f->store, &err), -1);
    assert_string_equal(err.code, "io");
    assert_int_equal(number(f->session, "SELECT count(*) FROM calls"), 0);
    run(f->session, "INSERT INTO calls(sid) VALUES('after')");
    assert_int_equal(hs_store_healthy(f->store, NULL), 0);
    assert_int_equal(number(f->session, "SELECT count(*) FROM calls"), 1);
    assert_intact(f->session);
}

/* What is acknowledged is there, what is refused is not, whichever write of the
 * disk fails; without a restart. */
TEST_WITH(every_failing_write_is_survived, set_up, mend_and_tear_down)
{
    static const int reasons[] = {EIO, ENOSPC, EROFS};
    static const char *const codes[] = {"io", "full", "readonly"};
    struct fixture *f = *state;
    int64_t rows = 0;

    for (int n = 1; n <= 60; n++) {
        const char *code;

        disk_errno = reasons[n % 3];
        disk_fail_write = n;
        do {
            code = attempt(f->session,
                           "INSERT INTO calls(sid, n) "
                           "VALUES(hex(randomblob(2000)), 1)",
                           5000);
            rows += !*code;
        } while (disk_fail_write > 0);
        if (*code)
            assert_string_equal(code, codes[n % 3]);
        assert_int_equal(number(f->session, "SELECT count(*) FROM calls"),
                         rows);
    }
    assert_intact(f->session);
}

TEST_WITH(a_store_nobody_writes_to_finds_out_that_it_works, set_up,
          mend_and_tear_down)
{
    struct fixture *f = *state;

    disk_fail_sync = 1;
    assert_string_equal(
        attempt(f->session, "INSERT INTO calls(sid) VALUES('a')", 1000), "io");
    assert_int_equal(hs_store_healthy(f->store, NULL), -1);
    for (int i = 0; i < lenient(300) && hs_store_healthy(f->store, NULL) != 0;
         i++)
        pause_ms(10);
    assert_int_equal(hs_store_healthy(f->store, NULL), 0);
}

/* ---- no room, no right to write ---- */

/* A small file system of our own; skips the test where that is not allowed. */
static void mount_small(const struct place *place, const char *options)
{
    if (mount("none", place->folder, "tmpfs", 0, options) == 0)
        return;
    print_message("skipped: cannot mount a tmpfs (errno %d)\n", errno);
    rmdir(place->folder);
    skip();
}

static void fill(const struct place *place)
{
    static const char block[4096] = {1};
    char path[400];
    int fd;

    snprintf(path, sizeof path, "%s/filler", place->folder);
    fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    while (write(fd, block, sizeof block) > 0)
        ;
    close(fd);
}

static void empty(const struct place *place)
{
    char path[400];

    snprintf(path, sizeof path, "%s/filler", place->folder);
    assert_int_equal(remove(path), 0);
}

TEST_CASE(a_full_disk_is_reported_and_recovers)
{
    static const char insert[] =
        "INSERT INTO calls(sid, n) VALUES(hex(randomblob(1000)), 1)";
    struct place place;
    struct hs_store *store;
    struct hs_session *session;
    struct hs_error err;
    int64_t rows = 0;
    const char *code;

    make_place(&place);
    mount_small(&place, "size=1m");
    store = open_store(place.path);
    session = open_session(store);
    make_tables(session);
    fill(&place);
    do {
        code = attempt(session, insert, 5000);
        rows += !*code;
    } while (!*code);
    assert_string_equal(code, "full");
    assert_int_equal(hs_store_healthy(store, &err), -1);
    assert_string_equal(err.code, "full");
    for (int i = 0; i < 20; i++) /* some fit, where the WAL starts over */
        rows += !*attempt(session, insert, 5000);
    assert_int_equal(number(session, "SELECT count(*) FROM calls"), rows);
    empty(&place);
    run(session, insert);
    assert_int_equal(hs_store_healthy(store, NULL), 0);
    assert_int_equal(number(session, "SELECT count(*) FROM calls"), rows + 1);
    assert_intact(session);
    hs_session_free(session);
    hs_store_close(store);
    umount(place.folder);
    drop_place(&place);
}

/* Inside a lent transaction SQLite may end it by itself: then nothing of it may
 * be kept, whatever the code goes on to do. */
TEST_CASE(a_transaction_lost_to_a_full_disk_is_lost_as_a_whole)
{
    struct place place;
    struct hs_store *store;
    struct hs_session *session;
    struct hs_error err;
    int committed;

    make_place(&place);
    mount_small(&place, "size=1m");
    store = open_store(place.path);
    session = open_session(store);
    make_tables(session);
    assert_int_equal(hs_session_begin(session, 1000, NULL), 0);
    run(session, "INSERT INTO calls(sid) VALUES('first')");
    assert_string_equal(
        attempt(session,
                "INSERT INTO notes(sid) WITH RECURSIVE c(x) AS (SELECT 1 UNION "
                "ALL SELECT x + 1 FROM c LIMIT 3000) "
                "SELECT hex(randomblob(2000)) FROM c",
                0),
        "full");
    attempt(session, "INSERT INTO calls(sid) VALUES('second')", 0);
    committed = hs_session_end(session, 1, 1000, &err) == 0;
    if (!committed)
        assert_string_equal(err.code, "full");
    assert_int_equal(number(session, "SELECT count(*) FROM calls"),
                     committed ? 2 : 0);
    assert_int_equal(number(session, "SELECT count(*) FROM notes"), 0);
    run(session, "INSERT INTO calls(sid) VALUES('third')");
    assert_intact(session);
    hs_session_free(session);
    hs_store_close(store);
    umount(place.folder);
    drop_place(&place);
}

/* A store that is killed, so that rows are in the WAL only. */
static void leave_a_wal_behind(const char *path)
{
    pid_t pid = fork();
    int status;

    if (pid == 0) {
        struct hs_store *store = hs_store_open(path, HOT, NULL);
        struct hs_session *session = hs_session_new(store, NULL);

        attempt(session, "CREATE TABLE calls (sid TEXT)", 5000);
        attempt(session, "INSERT INTO calls(sid) VALUES('a')", 5000);
        kill(getpid(), SIGKILL);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status));
}

TEST_CASE(a_read_only_database_is_read_until_it_can_be_written)
{
    struct place place;
    struct hs_store *store;
    struct hs_session *session;
    struct hs_error err;
    char shm[400];
    const char *code = NULL;
    uint64_t before;

    make_place(&place);
    mount_small(&place, "size=4m");
    leave_a_wal_behind(place.path);
    snprintf(shm, sizeof shm, "%s-shm", place.path);
    assert_int_equal(remove(shm), 0);
    assert_int_equal(
        mount("none", place.folder, "tmpfs", MS_REMOUNT | MS_RDONLY, NULL), 0);

    assert_int_equal(hs_migrate_files(place.path, NULL, 0, 0, NULL, &err), 0);
    store = open_store(place.path);
    session = open_session(store);
    assert_int_equal(number(session, "SELECT count(*) FROM calls"), 1);
    assert_string_equal(
        attempt(session, "INSERT INTO calls(sid) VALUES('b')", 1000),
        "readonly");
    assert_int_equal(hs_session_begin(session, 1000, &err), -1);
    assert_string_equal(err.code, "readonly");
    assert_int_equal(hs_store_healthy(store, &err), -1);
    assert_string_equal(err.code, "readonly");

    before = hs_store_generation(store, HS_SETTINGS);
    assert_int_equal(mount("none", place.folder, "tmpfs", MS_REMOUNT, NULL), 0);
    for (int i = 0; i < 50; i++) {
        code = attempt(session, "INSERT INTO calls(sid) VALUES('b')", 1000);
        if (!*code)
            break;
        pause_ms(100);
    }
    assert_string_equal(code, "");
    assert_true(hs_store_generation(store, HS_SETTINGS) != before);
    assert_int_equal(number(session, "SELECT count(*) FROM calls"), 2);
    assert_int_equal(hs_store_healthy(store, NULL), 0);
    hs_session_free(session);
    hs_store_close(store);
    umount(place.folder);
    drop_place(&place);
}

/* How often an event is in the log written to `file`. */
static int logged(FILE *file, const char *event)
{
    char line[1024];
    int count = 0;

    rewind(file);
    while (fgets(line, sizeof line, file))
        count += strstr(line, event) != NULL;
    return count;
}

/* On a full disk a small write may succeed between large ones that fail. */
TEST_WITH(what_comes_and_goes_is_logged_once, set_up_beside_another, tear_down)
{
    struct fixture *f = *state;
    FILE *file = tmpfile();
    struct hs_error full, other, err;
    int64_t started = 0, took;

    assert_non_null(file);
    hs_log_open(HS_LOG_INFO, fileno(file));
    hs_error_set(&full, "full", "no space left");
    hs_error_set(&other, "io", "not written");
    for (int i = 0; i < 10; i++) {
        started = hs_monotonic_ms();
        hs_store_unhealthy(f->store, i % 2 ? &other : &full);
        assert_int_equal(hs_store_healthy(f->store, &err), -1);
        assert_string_equal(err.code, i % 2 ? "io" : "full");
        assert_string_equal(
            attempt(f->session, "UPDATE calls SET sid = sid", 2000), "");
        assert_int_equal(hs_store_healthy(f->store, &err), 0);
    }
    assert_int_equal(logged(file, "database_failed"), 1);
    assert_int_equal(logged(file, "database_works_again"), 0);
    while (logged(file, "database_works_again") == 0 &&
           hs_monotonic_ms() - started < lenient(8000))
        usleep(50000);
    took = hs_monotonic_ms() - started;
    assert_in_range(took, 4000, lenient(8000));
    hs_store_unhealthy(f->store, &full);
    assert_string_equal(attempt(f->session, "UPDATE calls SET sid = sid", 2000),
                        "");
    assert_int_equal(logged(file, "database_failed"), 2);
    assert_int_equal(logged(file, "database_works_again"), 1);
    hs_log_open(HS_LOG_INFO, -1);
    (void)fclose(file);
}

int main(void)
{
    return cmocka_run_group_tests(tests, NULL, NULL);
}
