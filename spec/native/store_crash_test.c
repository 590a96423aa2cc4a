/* store_crash_test.c: what is left of acknowledged writes when the process is
 * killed, when the power fails, and when memory runs out. */
#include <errno.h>
#include <pthread.h>

#include "disk_shim.c" /* NOLINT(bugprone-suspicious-include): stands in front
                          of the C library's sync and write calls */
#include "store/engine/schema.h"
#include "store_support.h"

/* ---- a process that dies ---- */

struct victim {
    const char *path;
    const char *mirror; /* "" without power cuts */
    struct hs_tuning tuning;
    int out;
    struct hs_store *store;
};

struct victim_thread {
    struct victim *victim;
    int number;
};

/* Write, and tell the parent each number once it is acknowledged. */
static void *acknowledge(void *arg)
{
    struct victim_thread *t = arg;
    struct hs_session *session = hs_session_new(t->victim->store, NULL);

    for (int i = 0;; i++) {
        int32_t id = t->number * 1000000 + i;
        struct hs_value value = integer(id);
        struct hs_statement batch[] = {
            sql("INSERT INTO calls(sid, n) VALUES(hex(randomblob(9)), ?)",
                &value, 1),
            sql("INSERT INTO notes(id) VALUES(?)", &value, 1)};

        if (hs_session_write(session, batch, 2, 10000, NULL) != 0 ||
            write(t->victim->out, &id, sizeof id) != sizeof id)
            _exit(1);
    }
    return NULL;
}

static void be_victim(struct victim *victim)
{
    struct victim_thread threads[4];
    struct hs_session *session;

    snprintf(disk_mirror, sizeof disk_mirror, "%s", victim->mirror);
    victim->store =
        hs_store_open_with(victim->path, HOT, &victim->tuning, NULL);
    session = hs_session_new(victim->store, NULL);
    attempt(session, "CREATE TABLE calls (sid TEXT UNIQUE, n INTEGER)", 5000);
    attempt(session, "CREATE TABLE notes (id INTEGER PRIMARY KEY)", 5000);
    for (int i = 0; i < 4; i++) {
        pthread_t thread;

        threads[i] = (struct victim_thread){victim, i};
        pthread_create(&thread, NULL, acknowledge, &threads[i]);
    }
    pause();
}

/* Let a child write until `after` acknowledgements and a moment; kill it; read
 * all that it acknowledged. Returns how many ids are in `ids`. */
static int run_victim(struct victim *victim, int after, int32_t *ids, int room)
{
    int pipes[2];
    int count = 0;
    pid_t pid;

    assert_int_equal(pipe(pipes), 0);
    pid = fork();
    if (pid == 0) {
        close(pipes[0]);
        victim->out = pipes[1];
        be_victim(victim);
        _exit(1);
    }
    close(pipes[1]);
    while (count < room &&
           read(pipes[0], &ids[count], sizeof *ids) == sizeof *ids) {
        if (++count == after)
            kill(pid, SIGKILL);
    }
    close(pipes[0]);
    waitpid(pid, NULL, 0);
    assert_true(count >= after);
    return count;
}

/* How many of the acknowledged ids are missing; each must be in both. */
static int count_lost(const char *path, const int32_t *ids, int count)
{
    struct hs_store *store = open_store(path);
    struct hs_session *session = open_session(store);
    char select[200];
    int lost = 0;

    assert_intact(session);
    for (int i = 0; i < count; i++) {
        snprintf(select, sizeof select,
                 "SELECT count(*) FROM notes WHERE id = %d", (int)ids[i]);
        lost += number(session, select) != 1;
    }
    if (lost == 0)
        assert_int_equal(number(session, "SELECT count(*) FROM notes"),
                         number(session, "SELECT count(*) FROM calls"));
    hs_session_free(session);
    hs_store_close(store);
    return lost;
}

#define ACKS 5000

TEST_CASE(a_killed_process_loses_nothing_acknowledged)
{
    static int32_t ids[ACKS];

    for (int round = 0; round < 10; round++) {
        struct place place;
        struct victim victim = {.mirror = ""};
        int count;

        make_place(&place);
        victim.path = place.path;
        victim.tuning.checkpoint_pages = 50;
        count = run_victim(&victim, 20 + round * 83, ids, ACKS);
        assert_int_equal(count_lost(place.path, ids, count), 0);
        drop_place(&place);
    }
}

/* What the disk would hold after a power cut, for some moments. */
static int lost_to_power_cuts(const char *pragmas, int rounds)
{
    static int32_t ids[ACKS];
    int lost = 0;

    for (int round = 0; round < rounds; round++) {
        struct place place;
        struct place disk;
        struct victim victim = {.tuning = {pragmas, 50}};
        int count;

        make_place(&place);
        make_place(&disk);
        victim.path = place.path;
        victim.mirror = disk.folder;
        count = run_victim(&victim, 10 + round * 57, ids, ACKS);
        lost += count_lost(disk.path, ids, count);
        drop_place(&place);
        drop_place(&disk);
    }
    return lost;
}

TEST_CASE(a_power_cut_loses_nothing_acknowledged)
{
    assert_int_equal(lost_to_power_cuts(NULL, 10), 0);
}

TEST_CASE(the_power_cut_test_would_notice_a_loss)
{
    int lost = lost_to_power_cuts("PRAGMA synchronous=NORMAL", 3);

    assert_true(lost > 0);
}

/* ---- no memory ---- */

static sqlite3_mem_methods heap;
static _Atomic int heap_fails; /* the n-th allocation from now, once */

static void *limited_malloc(int size)
{
    return fails(&heap_fails) ? NULL : heap.xMalloc(size);
}

static void *limited_realloc(void *p, int size)
{
    return fails(&heap_fails) ? NULL : heap.xRealloc(p, size);
}

static void limit_heap(void)
{
    sqlite3_mem_methods limited;

    sqlite3_config(SQLITE_CONFIG_GETMALLOC, &heap);
    limited = heap;
    limited.xMalloc = limited_malloc;
    limited.xRealloc = limited_realloc;
    sqlite3_config(SQLITE_CONFIG_MALLOC, &limited);
}

TEST_WITH(every_failing_allocation_is_survived, set_up, tear_down)
{
    struct fixture *f = *state;
    int64_t rows = 0;
    char insert[200];

    for (int n = 1; n <= 400; n++) {
        struct hs_session *session = open_session(f->store);
        const char *code;

        heap_fails = n;
        /* Another text each time: it is compiled, not found in the cache. */
        snprintf(insert, sizeof insert,
                 "INSERT INTO calls(sid, n) VALUES(hex(randomblob(%d)), %d) "
                 "RETURNING id, sid",
                 30 + n, n);
        code = attempt(session, insert, 5000);
        rows += !*code;
        number(session, "SELECT count(*) FROM notes JOIN calls USING (sid)");
        if (hs_session_begin(session, 5000, NULL) == 0) {
            if (!*attempt(session, insert, 0))
                rows += hs_session_end(session, 1, 5000, NULL) == 0;
            else
                hs_session_end(session, 0, 5000, NULL);
        }
        heap_fails = 0;
        assert_int_equal(number(session, "SELECT count(*) FROM calls"), rows);
        hs_session_free(session);
    }
    assert_true(rows > 400);
    assert_intact(f->session);
}

TEST_CASE(opening_without_memory_is_an_error)
{
    int opened = 0;

    for (int n = 1; !opened && n < 3000; n++) {
        struct place place;
        struct hs_store *store;
        struct hs_error err;

        make_place(&place);
        heap_fails = n;
        store = hs_store_open(place.path, HOT, &err);
        opened = heap_fails > 0;
        heap_fails = 0;
        assert_true(store || err.code[0]);
        hs_store_close(store);
        drop_place(&place);
    }
    assert_true(opened);
}

int main(void)
{
    limit_heap();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
