/* migrate_test.c: schema files into databases of all ages; backups. */
#include <pthread.h>
#include <sys/stat.h>

#include "slow.h"
#include "store/engine/schema.h"
#include "store_support.h"

static int set_up_place(void **state)
{
    struct place *place = calloc(1, sizeof *place);

    assert_non_null(place);
    make_place(place);
    *state = place;
    return 0;
}

static int tear_down_place(void **state)
{
    drop_place(*state);
    free(*state);
    return 0;
}

/* Without the NUL at the end: files need none. */
#define SCHEMA_FILE(n, text)                                                   \
    {                                                                          \
        .name = n, .sql = text, .len = sizeof text - 1                         \
    }

static const struct hs_schema_file files[] = {
    SCHEMA_FILE("0001_a.sql",
                "-- the first\nCREATE TABLE calls (id INTEGER PRIMARY KEY, "
                "sid TEXT) STRICT;\nCREATE INDEX calls_sid ON calls (sid);\n"
                "INSERT INTO calls(sid) VALUES('old');\n-- end"),
    SCHEMA_FILE("0002_b.sql",
                "ALTER TABLE calls ADD COLUMN n INTEGER NOT NULL DEFAULT 7;"
                "CREATE TABLE notes (call INTEGER REFERENCES calls (id))"),
    SCHEMA_FILE("0003_c.sql",
                "CREATE TABLE other (id INTEGER PRIMARY KEY, sid TEXT, n "
                "INTEGER) STRICT; INSERT INTO other SELECT id, sid, n FROM "
                "calls; DROP TABLE calls; ALTER TABLE other RENAME TO calls;"),
};

static int migrate(const struct place *place, unsigned count, int *applied,
                   struct hs_error *err)
{
    return hs_migrate_files(place->path, files, count, 0, applied, err);
}

/* Run SQL around the guard, or read one number. */
static int64_t raw(const struct place *place, const char *text)
{
    sqlite3 *db = NULL;
    sqlite3_stmt *stmt = NULL;
    int64_t result = -1;

    assert_int_equal(sqlite3_open(place->path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, text, -1, &stmt, NULL), SQLITE_OK);
    if (sqlite3_step(stmt) == SQLITE_ROW)
        result = sqlite3_column_int64(stmt, 0);
    assert_int_equal(sqlite3_finalize(stmt), SQLITE_OK);
    sqlite3_close(db);
    return result;
}

TEST_WITH(files_run_once_and_in_order, set_up_place, tear_down_place)
{
    struct place *place = *state;
    struct hs_error err = {0};
    int applied = -1;

    assert_int_equal(migrate(place, 1, &applied, &err), 0);
    assert_int_equal(applied, 1);
    assert_int_equal(migrate(place, 3, &applied, &err), 0);
    assert_int_equal(applied, 2);
    assert_int_equal(raw(place, "SELECT n FROM calls WHERE sid = 'old'"), 7);
    assert_int_equal(migrate(place, 3, &applied, &err), 0);
    assert_int_equal(applied, 0);
    assert_int_equal(raw(place, "SELECT count(*) FROM schema_migrations WHERE "
                                "length(sha256) = 64 AND applied_at > 0"),
                     3);
    assert_int_equal(raw(place, "SELECT count(*) FROM calls"), 1);
}

TEST_WITH(the_embedded_files_fit_a_new_database, set_up_place, tear_down_place)
{
    struct place *place = *state;
    struct hs_error err = {0};
    int applied = -1;

    assert_int_equal(hs_migrate(place->path, 0, &applied, &err), 0);
    assert_int_equal(applied, (int)hs_schema_count);
    assert_int_equal(hs_migrate(place->path, 0, &applied, &err), 0);
    assert_int_equal(applied, 0);
}

TEST_WITH(a_trial_changes_nothing, set_up_place, tear_down_place)
{
    struct place *place = *state;
    struct hs_error err = {0};
    int applied = -1;

    /* Not even a file. */
    assert_int_equal(hs_migrate_files(place->path, files, 3, 1, &applied, &err),
                     0);
    assert_int_equal(applied, 3);
    assert_int_not_equal(access(place->path, F_OK), 0);

    assert_int_equal(migrate(place, 1, NULL, &err), 0);
    assert_int_equal(hs_migrate_files(place->path, files, 3, 1, &applied, &err),
                     0);
    assert_int_equal(applied, 2);
    assert_int_equal(raw(place, "SELECT count(*) FROM schema_migrations"), 1);
    assert_int_equal(migrate(place, 3, &applied, &err), 0);
    assert_int_equal(applied, 2);
}

TEST_WITH(a_newer_database_is_refused, set_up_place, tear_down_place)
{
    struct place *place = *state;
    struct hs_error err = {0};

    assert_int_equal(migrate(place, 3, NULL, &err), 0);
    assert_int_equal(migrate(place, 2, NULL, &err), -1);
    assert_string_equal(err.code, "newer_schema");
    assert_non_null(strstr(err.message, "0003_c.sql"));
    assert_int_equal(raw(place, "SELECT count(*) FROM schema_migrations"), 3);
}

TEST_WITH(a_changed_file_is_refused, set_up_place, tear_down_place)
{
    static const struct hs_schema_file changed[] = {
        SCHEMA_FILE("0001_a.sql", "CREATE TABLE calls (id INTEGER)"),
        SCHEMA_FILE("0002_b.sql", "CREATE TABLE more (id INTEGER)"),
    };
    struct place *place = *state;
    struct hs_error err = {0};

    assert_int_equal(migrate(place, 1, NULL, &err), 0);
    assert_int_equal(hs_migrate_files(place->path, changed, 2, 0, NULL, &err),
                     -1);
    assert_string_equal(err.code, "changed");
    assert_non_null(strstr(err.message, "0001_a.sql"));
    assert_int_equal(
        raw(place, "SELECT count(*) FROM sqlite_schema WHERE name = 'more'"),
        0);
}

TEST_WITH(a_file_slipped_in_before_an_applied_one_is_refused, set_up_place,
          tear_down_place)
{
    struct place *place = *state;
    struct hs_error err = {0};

    assert_int_equal(migrate(place, 3, NULL, &err), 0);
    raw(place, "DELETE FROM schema_migrations WHERE name = '0002_b.sql'");
    assert_int_equal(migrate(place, 3, NULL, &err), -1);
    assert_string_equal(err.code, "changed");
    assert_non_null(strstr(err.message, "0002_b.sql"));
}

TEST_WITH(a_failing_file_leaves_nothing_behind, set_up_place, tear_down_place)
{
    static const char *const broken[] = {
        "CREATE TABLE half (id INTEGER); CREATE TABLE half (id INTEGER)",
        "CREATE TABLE half (id INTEGER); this is not SQL",
        "CREATE TABLE half (id INTEGER); COMMIT; BEGIN",
        "CREATE TABLE half (id INTEGER); ROLLBACK",
        "CREATE TABLE half (id INTEGER); PRAGMA journal_mode = DELETE",
        "CREATE TABLE half (id INTEGER); ATTACH 'x' AS x",
        "CREATE TABLE half (id INTEGER); "
        "INSERT INTO notes(call) VALUES(4711)",
    };
    struct place *place = *state;
    struct hs_error err = {0};

    assert_int_equal(migrate(place, 2, NULL, &err), 0);
    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
        struct hs_schema_file list[] = {
            files[0],
            files[1],
            {.name = "0003_x.sql",
             .sql = broken[i],
             .len = (unsigned)strlen(broken[i])},
        };
        int applied = -1;

        err.code[0] = '\0';
        assert_int_equal(
            hs_migrate_files(place->path, list, 3, 0, &applied, &err), -1);
        assert_true(err.code[0] != '\0');
        assert_non_null(strstr(err.message, "0003_x.sql"));
        assert_int_equal(applied, 0);
        assert_int_equal(raw(place, "SELECT count(*) FROM sqlite_schema "
                                    "WHERE name = 'half'"),
                         0);
    }
    assert_int_equal(raw(place, "SELECT count(*) FROM schema_migrations"), 2);
}

/* Killed anywhere in the middle of a long file: all of it or nothing. */
TEST_WITH(a_crash_leaves_a_file_applied_or_untouched, set_up_place,
          tear_down_place)
{
    static const struct hs_schema_file list[] = {
        SCHEMA_FILE("0001_a.sql", "CREATE TABLE calls (sid TEXT)"),
        SCHEMA_FILE(
            "0002_long.sql",
            "INSERT INTO calls WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL "
            "SELECT x + 1 FROM c LIMIT 60000) SELECT hex(randomblob(50)) FROM "
            "c; CREATE INDEX calls_sid ON calls (sid);"
            "CREATE TABLE last (id INTEGER)"),
    };
    int untouched = 0;

    for (int round = 0; round < 8; round++) {
        struct place place;
        struct hs_error err = {0};
        int64_t rows;
        pid_t pid;

        make_place(&place);
        assert_int_equal(hs_migrate_files(place.path, list, 1, 0, NULL, &err),
                         0);
        pid = fork();
        if (pid == 0) {
            hs_migrate_files(place.path, list, 2, 0, NULL, NULL);
            _exit(0);
        }
        pause_ms(3 + 12 * round);
        kill(pid, SIGKILL);
        waitpid(pid, NULL, 0);
        rows = raw(&place, "SELECT count(*) FROM calls");
        assert_true(rows == 0 || rows == 60000);
        untouched += rows == 0;
        assert_int_equal(raw(&place, "SELECT count(*) FROM schema_migrations"),
                         rows == 0 ? 1 : 2);
        assert_int_equal(hs_migrate_files(place.path, list, 2, 0, NULL, &err),
                         0);
        assert_int_equal(raw(&place, "SELECT count(*) FROM calls"), 60000);
        drop_place(&place);
    }
    assert_true(untouched > 0);
}

TEST_WITH(an_applied_schema_needs_no_lock, set_up_place, tear_down_place)
{
    struct place *place = *state;
    struct hs_error err = {0};
    struct other other;

    other_start(&other, place->path);
    assert_int_equal(migrate(place, 3, NULL, &err), 0);
    other_runs(&other, "BEGIN EXCLUSIVE");
    assert_int_equal(migrate(place, 3, NULL, &err), 0);
    other_runs(&other, "COMMIT");
    other_stop(&other);
}

TEST_WITH(two_at_once_apply_each_file_once, set_up_place, tear_down_place)
{
    struct place *place = *state;
    struct hs_error err = {0};
    pid_t pids[4];

    for (int i = 0; i < 4; i++) {
        pids[i] = fork();
        if (pids[i] == 0) {
            if (migrate(place, 3, NULL, &err) == 0)
                _exit(0);
            print_message("%s: %s\n", err.code, err.message);
            _exit(1);
        }
    }
    for (int i = 0; i < 4; i++) {
        int status = -1;

        waitpid(pids[i], &status, 0);
        assert_int_equal(status, 0);
    }
    assert_int_equal(migrate(place, 3, NULL, &err), 0);
    assert_int_equal(raw(place, "SELECT count(*) FROM calls"), 1);
}

TEST_WITH(what_is_no_database_is_refused, set_up_place, tear_down_place)
{
    struct place *place = *state;
    struct hs_error err = {0};
    FILE *file = fopen(place->path, "w");

    for (int i = 0; i < 1000; i++)
        fputs("This is no database at all. ", file);
    fclose(file);
    assert_int_equal(migrate(place, 3, NULL, &err), -1);
    assert_string_equal(err.code, "corrupt");
    assert_int_equal(
        hs_migrate_files("/nonexistent/a.db", files, 3, 0, NULL, &err), -1);
    assert_string_equal(err.code, "open");
}

/* ---- backup ---- */

struct writer {
    struct hs_store *store;
    pthread_t thread;
    _Atomic int stop;
    int64_t written;
    int64_t slowest_ms;
    int failed;
};

/* Two rows at a time, so that a copy from the middle would show. */
static void *write_pairs(void *arg)
{
    struct writer *w = arg;
    struct hs_session *session = hs_session_new(w->store, NULL);

    while (!atomic_load(&w->stop)) {
        struct hs_value value = integer(w->written);
        struct hs_statement pair[] = {
            sql("INSERT INTO calls(sid, n) VALUES(hex(randomblob(100)), ?)",
                &value, 1),
            sql("INSERT INTO notes(id) VALUES(? + 1)", &value, 1)};
        int64_t started = hs_monotonic_ms();
        int64_t took;

        w->failed |= hs_session_write(session, pair, 2, 5000, NULL) != 0;
        took = hs_monotonic_ms() - started;
        if (took > w->slowest_ms)
            w->slowest_ms = took;
        w->written++;
    }
    hs_session_free(session);
    return NULL;
}

static void note_progress(void *ctx, int done, int total)
{
    int *last = ctx;

    assert_true(done >= *last && done <= total);
    *last = done;
}

TEST_WITH(a_backup_while_writing_is_of_one_moment, set_up_place,
          tear_down_place)
{
    struct place *place = *state;
    struct writer writer = {.store = open_store(place->path)};
    struct hs_session *session = open_session(writer.store);
    struct hs_error err = {0};
    struct place copy = *place;
    struct stat about;
    int64_t before;
    int64_t rows;
    int last = 0;

    make_tables(session);
    run(session, "INSERT INTO settings WITH RECURSIVE c(x) AS (SELECT 1 UNION "
                 "ALL SELECT x + 1 FROM c LIMIT 20000) "
                 "SELECT x, hex(randomblob(200)) FROM c");
    pthread_create(&writer.thread, NULL, write_pairs, &writer);
    pause_ms(50);
    before = number(session, "SELECT count(*) FROM calls");
    snprintf(copy.path, sizeof copy.path, "%s/copy.db", place->folder);
    if (hs_backup(place->path, copy.path, note_progress, &last, &err) != 0)
        fail_msg("%s: %s", err.code, err.message);
    writer.stop = 1;
    pthread_join(writer.thread, NULL);
    assert_false(writer.failed);
    assert_true(writer.slowest_ms < lenient(1000));
    assert_true(last > 1000);

    rows = raw(&copy, "SELECT count(*) FROM calls");
    assert_true(rows >= before && rows <= writer.written);
    assert_int_equal(raw(&copy, "SELECT count(*) FROM notes"), rows);
    assert_int_equal(raw(&copy, "SELECT max(n) FROM calls"), rows - 1);
    assert_int_equal(raw(&copy, "SELECT count(*) FROM settings"), 20000);
    assert_int_equal(stat(copy.path, &about), 0);
    assert_int_equal(about.st_mode & 0777, 0600);

    assert_int_equal(hs_backup(place->path, copy.path, NULL, NULL, &err), -1);
    assert_string_equal(err.code, "exists");
    hs_session_free(session);
    hs_store_close(writer.store);

    writer.store = open_store(copy.path); /* a copy is a database again */
    hs_store_close(writer.store);
}

TEST_WITH(a_backup_that_fails_leaves_no_file, set_up_place, tear_down_place)
{
    struct place *place = *state;
    struct hs_error err = {0};
    char to[400];
    char partial[450];

    snprintf(to, sizeof to, "%s/copy.db", place->folder);
    snprintf(partial, sizeof partial, "%s.partial", to);
    assert_int_equal(hs_backup(place->path, to, NULL, NULL, &err), -1);
    assert_string_equal(err.code, "open");
    assert_int_not_equal(access(to, F_OK), 0);
    assert_int_not_equal(access(partial, F_OK), 0);

    assert_int_equal(migrate(place, 1, NULL, &err), 0);
    assert_int_equal(
        hs_backup(place->path, "/nonexistent/copy.db", NULL, NULL, &err), -1);
    assert_string_equal(err.code, "open");
}

int main(void)
{
    return cmocka_run_group_tests(tests, NULL, NULL);
}
