/* store_test.c: what the store does while nothing is wrong with the disk. */
#include <pthread.h>

#include "base/metrics.h"
#include "store_support.h"

/* ---- statements ---- */

TEST_WITH(values_come_back_as_they_went_in, set_up, tear_down)
{
    struct fixture *f = *state;
    struct hs_value in[] = {
        {.type = HS_NULL},
        integer(INT64_MIN),
        {.type = HS_REAL, .real = 0.1},
        {.type = HS_TEXT, .bytes = "a\0b", .len = 3},
        {.type = HS_BLOB, .bytes = "\xff\0", .len = 2},
        text(""),
    };
    struct hs_statement select = sql("SELECT ?, ?, ?, ?, ?, ? AS last", in, 6);
    struct hs_cursor *cursor =
        hs_session_query(f->session, &select, PATIENT_MS, NULL);
    struct hs_value out;

    assert_non_null(cursor);
    assert_int_equal(hs_cursor_columns(cursor), 6);
    assert_string_equal(hs_cursor_name(cursor, 5), "last");
    assert_int_equal(hs_cursor_step(cursor, NULL), 1);
    hs_cursor_value(cursor, 0, &out);
    assert_int_equal(out.type, HS_NULL);
    hs_cursor_value(cursor, 1, &out);
    assert_true(out.type == HS_INTEGER && out.integer == INT64_MIN);
    hs_cursor_value(cursor, 2, &out);
    assert_true(out.type == HS_REAL && out.real == 0.1);
    hs_cursor_value(cursor, 3, &out);
    assert_true(out.type == HS_TEXT && out.len == 3);
    assert_memory_equal(out.bytes, "a\0b", 3);
    hs_cursor_value(cursor, 4, &out);
    assert_true(out.type == HS_BLOB && out.len == 2);
    hs_cursor_value(cursor, 5, &out);
    assert_true(out.type == HS_TEXT && out.len == 0);
    hs_cursor_value(cursor, 6, &out); /* there is no such column */
    assert_int_equal(out.type, HS_NULL);
    assert_int_equal(hs_cursor_step(cursor, NULL), 0);
    hs_cursor_close(cursor);
}

TEST_WITH(what_is_not_one_allowed_statement_is_refused, set_up, tear_down)
{
    static const char *const refused[] = {
        "",
        "-- nothing",
        "SELEKT 1",
        "INSERT INTO notes(sid) VALUES('a'); DELETE FROM notes",
        "INSERT INTO notes(sid) VALUES('a'); nonsense",
        "INSERT INTO notes(sid) VALUES(\"a\")",
        "INSERT INTO notes(sid) VALUES(?)",
        "BEGIN",
        "COMMIT",
        "ROLLBACK",
        "SAVEPOINT a",
        "VACUUM",
        "VACUUM INTO 'b.db'",
        "ATTACH 'b.db' AS b",
        "DETACH b",
        "PRAGMA synchronous=OFF",
        "PRAGMA writable_schema=1",
        "PRAGMA wal_checkpoint",
        "SELECT load_extension('x')",
        "CREATE TEMP TABLE t(a)",
        "CREATE VIRTUAL TABLE t USING fts5(a)",
    };
    struct fixture *f = *state;

    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        struct hs_statement one = sql(refused[i], NULL, 0);
        struct hs_error err;

        assert_string_equal(attempt(f->session, refused[i], PATIENT_MS), "sql");
        assert_null(hs_session_query(f->session, &one, PATIENT_MS, &err));
        assert_string_equal(err.code, "sql");
    }
    assert_int_equal(number(f->session, "SELECT count(*) FROM notes"), 0);
    assert_int_equal(hs_store_healthy(f->store, NULL), 0);
}

TEST_WITH(harmless_text_around_a_statement_is_accepted, set_up, tear_down)
{
    struct fixture *f = *state;

    run(f->session, " -- why\nINSERT INTO notes(sid) VALUES('a') ; -- end\n ;");
    assert_int_equal(number(f->session, "SELECT count(*) FROM notes;"), 1);
    assert_int_equal(number(f->session, "PRAGMA table_info(notes)"), 0);
    assert_int_equal(number(f->session, "PRAGMA foreign_keys"), 0);
}

TEST_WITH(missing_values_are_an_error_or_null, set_up, tear_down)
{
    struct fixture *f = *state;
    struct hs_value values[] = {text("a"), integer(1), integer(2)};
    struct hs_statement one =
        sql("INSERT INTO calls(sid, n) VALUES(?, ?)", values, 1);
    struct hs_error err;

    assert_int_equal(hs_session_write(f->session, &one, 1, PATIENT_MS, &err),
                     -1);
    assert_string_equal(err.code, "sql");
    one.pad_nulls = 1;
    assert_int_equal(hs_session_write(f->session, &one, 1, PATIENT_MS, &err),
                     0);
    assert_int_equal(
        number(f->session, "SELECT count(*) FROM calls WHERE n IS NULL"), 1);
    one.count = 3;
    assert_int_equal(hs_session_write(f->session, &one, 1, PATIENT_MS, &err),
                     -1);
    assert_string_equal(err.code, "sql");
}

TEST_WITH(changes_and_id_are_those_of_the_statement, set_up, tear_down)
{
    struct fixture *f = *state;
    struct hs_statement batch[] = {
        sql("INSERT INTO calls(sid) VALUES('a'), ('b')", NULL, 0),
        sql("INSERT INTO calls(sid) VALUES('a') ON CONFLICT DO NOTHING", NULL,
            0),
        sql("UPDATE calls SET n = 1", NULL, 0),
        sql("SELECT 1", NULL, 0),
    };

    assert_int_equal(hs_session_write(f->session, batch, 4, PATIENT_MS, NULL),
                     0);
    assert_int_equal(batch[0].changes, 2);
    assert_int_equal(batch[0].last_id, 2);
    assert_int_equal(batch[1].changes, 0);
    assert_int_equal(batch[1].last_id, 0);
    assert_int_equal(batch[2].changes, 2);
    assert_int_equal(batch[2].last_id, 0);
    assert_int_equal(batch[3].changes, 0);
}

TEST_WITH(returning_rows_of_a_write_are_kept, set_up, tear_down)
{
    struct fixture *f = *state;
    struct hs_statement insert =
        sql("INSERT INTO calls(sid, n) VALUES('a', 7), ('b', NULL) "
            "RETURNING id, sid AS name, n",
            NULL, 0);
    struct hs_cursor *cursor =
        hs_session_query(f->session, &insert, PATIENT_MS, NULL);
    struct hs_value value;

    assert_non_null(cursor);
    /* Committed already, whether or not anybody reads the rows. */
    assert_int_equal(number(f->session, "SELECT count(*) FROM calls"), 2);
    assert_int_equal(hs_cursor_columns(cursor), 3);
    assert_string_equal(hs_cursor_name(cursor, 1), "name");
    assert_int_equal(hs_cursor_step(cursor, NULL), 1);
    assert_int_equal(hs_cursor_step(cursor, NULL), 1);
    hs_cursor_value(cursor, 1, &value);
    assert_true(value.type == HS_TEXT && value.len == 1);
    assert_memory_equal(value.bytes, "b", 1);
    hs_cursor_value(cursor, 2, &value);
    assert_int_equal(value.type, HS_NULL);
    assert_int_equal(hs_cursor_step(cursor, NULL), 0);
    hs_cursor_close(cursor);
}

TEST_WITH(more_statements_than_are_kept_work, set_up, tear_down)
{
    struct fixture *f = *state;
    char one[100];

    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < 600; i++) {
            snprintf(one, sizeof one, "SELECT %d", i);
            assert_int_equal(number(f->session, one), i);
        }
        for (int i = 0; i < 300; i++) {
            snprintf(one, sizeof one, "INSERT INTO notes(sid) VALUES('%d')", i);
            run(f->session, one);
        }
    }
    assert_int_equal(number(f->session, "SELECT count(*) FROM notes"), 600);
}

TEST_WITH(the_same_query_can_be_open_twice, set_up, tear_down)
{
    struct fixture *f = *state;
    struct hs_statement select = sql("SELECT n FROM calls ORDER BY n", NULL, 0);
    struct hs_cursor *a;
    struct hs_cursor *b;
    struct hs_value value;

    run(f->session, "INSERT INTO calls(sid, n) VALUES('a', 1), ('b', 2)");
    a = hs_session_query(f->session, &select, PATIENT_MS, NULL);
    assert_int_equal(hs_cursor_step(a, NULL), 1);
    b = hs_session_query(f->session, &select, PATIENT_MS, NULL);
    assert_int_equal(hs_cursor_step(b, NULL), 1);
    assert_int_equal(hs_cursor_step(a, NULL), 1);
    hs_cursor_value(a, 0, &value);
    assert_int_equal(value.integer, 2);
    hs_cursor_value(b, 0, &value);
    assert_int_equal(value.integer, 1);
    hs_cursor_close(b);
    hs_cursor_close(a);
}

TEST_WITH(a_query_sees_what_was_committed_before_it, set_up, tear_down)
{
    struct fixture *f = *state;
    struct hs_session *other = open_session(f->store);
    struct hs_statement select = sql("SELECT n FROM calls", NULL, 0);
    struct hs_cursor *cursor;

    for (int i = 1; i < 50; i++) {
        cursor = hs_session_query(other, &select, PATIENT_MS, NULL);
        hs_cursor_step(cursor, NULL);
        hs_cursor_close(cursor); /* in the middle of its rows */
        run(f->session, "INSERT INTO calls(sid) VALUES(hex(randomblob(9)))");
        assert_int_equal(number(other, "SELECT count(*) FROM calls"), i);
    }
    cursor = hs_session_query(other, &select, PATIENT_MS, NULL);
    while (hs_cursor_step(cursor, NULL) == 1)
        ;
    run(f->session, "INSERT INTO calls(sid) VALUES('last')");
    assert_int_equal(number(other, "SELECT count(*) FROM calls"), 50);
    hs_cursor_close(cursor);
    hs_session_free(other);
}

/* ---- groups ---- */

/* A thread that runs one write of two statements, to be part of a group. */
struct writer {
    pthread_t thread;
    struct hs_store *store;
    const char *first;
    const char *second;
    int wait_ms;
    struct hs_error err;
    int rc;
};

static void *write_two(void *arg)
{
    struct writer *w = arg;
    struct hs_session *session = hs_session_new(w->store, NULL);
    struct hs_statement batch[] = {sql(w->first, NULL, 0),
                                   sql(w->second, NULL, 0)};

    w->rc = hs_session_write(session, batch, 2, w->wait_ms, &w->err);
    hs_session_free(session);
    return NULL;
}

/* Start writers while the connection is lent, so that they queue up, then let
 * them run. */
static void run_as_group(struct fixture *f, struct writer *writers, int count)
{
    assert_int_equal(hs_session_begin(f->session, PATIENT_MS, NULL), 0);
    for (int i = 0; i < count; i++) {
        writers[i].store = f->store;
        writers[i].wait_ms = 10000;
        pthread_create(&writers[i].thread, NULL, write_two, &writers[i]);
    }
    wait_queued(f->store, count);
    assert_int_equal(hs_session_end(f->session, 0, PATIENT_MS, NULL), 0);
    for (int i = 0; i < count; i++)
        pthread_join(writers[i].thread, NULL);
}

TEST_WITH(one_failing_write_leaves_its_group_alone, set_up, tear_down)
{
    struct fixture *f = *state;
    struct writer writers[] = {
        {.first = "INSERT INTO calls(sid) VALUES('a')",
         .second = "INSERT INTO notes(sid) VALUES('a')"},
        {.first = "INSERT INTO notes(sid) VALUES('half')",
         .second = "INSERT INTO calls(sid) VALUES('taken')"},
        {.first = "INSERT INTO notes(sid) VALUES('half')",
         .second = "INSERT INTO calls(sid, n) VALUES('x', 'not a number')"},
        {.first = "INSERT INTO notes(sid) VALUES('half')",
         .second = "INSERT INTO nowhere VALUES(1)"},
        {.first = "INSERT INTO calls(sid) VALUES('b')",
         .second = "INSERT INTO notes(sid) VALUES('b')"},
    };
    int64_t commits;

    run(f->session, "INSERT INTO calls(sid) VALUES('taken')");
    commits = hs_counted(HS_C_COMMITS);
    run_as_group(f, writers, 5);
    assert_int_equal(hs_counted(HS_C_COMMITS) - commits, 1);
    assert_int_equal(writers[0].rc, 0);
    assert_string_equal(writers[1].err.code, "constraint");
    assert_string_equal(writers[2].err.code, "constraint");
    assert_string_equal(writers[3].err.code, "sql");
    assert_int_equal(writers[4].rc, 0);
    assert_int_equal(number(f->session, "SELECT count(*) FROM calls"), 3);
    assert_int_equal(number(f->session, "SELECT count(*) FROM notes"), 2);
    assert_int_equal(
        number(f->session, "SELECT count(*) FROM notes WHERE sid = 'half'"), 0);
}

#define THREADS 16
#define WRITES 100

static void *write_many(void *arg)
{
    struct writer *w = arg;
    struct hs_session *session = hs_session_new(w->store, NULL);

    for (int i = 0; i < WRITES && w->rc == 0; i++) {
        struct hs_value values[] = {integer(i)};
        struct hs_statement batch[] = {
            sql("INSERT INTO calls(sid, n) VALUES(hex(randomblob(9)), ?)",
                values, 1),
            sql("INSERT INTO notes(sid) VALUES(?)", values, 1)};

        batch[1].values = &(struct hs_value){.type = HS_NULL};
        w->rc = hs_session_write(session, batch, 2, 10000, &w->err);
        if (batch[0].changes != 1 || batch[0].last_id == 0 ||
            number(session, "SELECT count(*) FROM calls") < i)
            w->rc = -1;
    }
    hs_session_free(session);
    return NULL;
}

TEST_WITH(many_threads_share_commits, set_up, tear_down)
{
    struct fixture *f = *state;
    struct writer writers[THREADS] = {{0}};
    int64_t commits = hs_counted(HS_C_COMMITS);
    int64_t writes = hs_counted(HS_C_WRITES);

    for (int i = 0; i < THREADS; i++) {
        writers[i].store = f->store;
        pthread_create(&writers[i].thread, NULL, write_many, &writers[i]);
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(writers[i].thread, NULL);
        assert_int_equal(writers[i].rc, 0);
    }
    assert_int_equal(number(f->session, "SELECT count(*) FROM calls"),
                     THREADS * WRITES);
    assert_int_equal(number(f->session, "SELECT count(*) FROM notes"),
                     THREADS * WRITES);
    assert_int_equal(hs_counted(HS_C_WRITES) - writes, THREADS * WRITES);
    assert_true(hs_counted(HS_C_COMMITS) - commits < THREADS * WRITES / 2);
}

TEST_WITH(the_file_is_for_its_owner_only, set_up, tear_down)
{
    struct fixture *f = *state;
    struct stat about;

    assert_int_equal(stat(f->place.path, &about), 0);
    assert_int_equal(about.st_mode & 0777, 0600);
}

TEST_WITH(what_cannot_be_opened_is_refused, set_up, tear_down)
{
    struct fixture *f = *state;
    struct hs_error err;
    char path[300];
    FILE *file;

    assert_null(hs_store_open("", HOT, &err));
    assert_string_equal(err.code, "open");
    assert_null(hs_store_open(":memory:", HOT, &err));
    assert_null(hs_store_open("/nonexistent/a.db", HOT, &err));
    assert_string_equal(err.code, "open");
    assert_null(hs_store_open(f->place.folder, HOT, &err));
    snprintf(path, sizeof path, "%.200s/text", f->place.folder);
    file = fopen(path, "w");
    for (int i = 0; i < 1000; i++)
        fputs("This is no database at all. ", file);
    fclose(file);
    assert_null(hs_store_open(path, HOT, &err));
    assert_string_equal(err.code, "corrupt");
}

int main(void)
{
    return cmocka_run_group_tests(tests, NULL, NULL);
}
