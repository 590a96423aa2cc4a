/* store_transaction_test.c: transactions with code in between, and what tells
 * readers that the settings have changed. */
#include "slow.h"
#include "store_support.h"

/* ---- transactions with code in between ---- */

TEST_WITH(a_transaction_is_seen_when_it_is_committed, set_up, tear_down)
{
    struct fixture *f = *state;
    struct hs_session *other = open_session(f->store);

    assert_int_equal(hs_session_begin(f->session, PATIENT_MS, NULL), 0);
    assert_true(hs_session_in_transaction(f->session));
    run(f->session, "INSERT INTO calls(sid) VALUES('a')");
    assert_int_equal(number(f->session, "SELECT count(*) FROM calls"), 1);
    assert_int_equal(number(other, "SELECT count(*) FROM calls"), 0);
    assert_int_equal(
        number(f->session, "INSERT INTO calls(sid) VALUES('b') RETURNING id"),
        2);
    assert_int_equal(hs_session_end(f->session, 1, PATIENT_MS, NULL), 0);
    assert_false(hs_session_in_transaction(f->session));
    assert_int_equal(number(other, "SELECT count(*) FROM calls"), 2);
    hs_session_free(other);
}

TEST_WITH(a_nested_transaction_rolls_back_alone, set_up, tear_down)
{
    struct fixture *f = *state;

    assert_int_equal(hs_session_begin(f->session, PATIENT_MS, NULL), 0);
    run(f->session, "INSERT INTO calls(sid) VALUES('outer')");
    assert_int_equal(hs_session_begin(f->session, PATIENT_MS, NULL), 0);
    run(f->session, "INSERT INTO calls(sid) VALUES('inner')");
    assert_string_equal(
        attempt(f->session, "INSERT INTO calls(sid) VALUES('outer')", 0),
        "constraint");
    assert_int_equal(hs_session_end(f->session, 0, PATIENT_MS, NULL), 0);
    assert_int_equal(hs_session_begin(f->session, PATIENT_MS, NULL), 0);
    run(f->session, "INSERT INTO calls(sid) VALUES('kept')");
    assert_int_equal(hs_session_end(f->session, 1, PATIENT_MS, NULL), 0);
    assert_int_equal(hs_session_end(f->session, 1, PATIENT_MS, NULL), 0);
    assert_int_equal(number(f->session, "SELECT count(*) FROM calls"), 2);
    assert_int_equal(
        number(f->session, "SELECT count(*) FROM calls WHERE sid = 'inner'"),
        0);
    assert_int_equal(hs_session_end(f->session, 1, PATIENT_MS, NULL), -1);
}

TEST_WITH(a_lent_connection_makes_others_wait_but_not_fail, set_up, tear_down)
{
    struct fixture *f = *state;
    struct hs_session *other = open_session(f->store);
    struct hs_error err;

    assert_int_equal(hs_session_begin(f->session, PATIENT_MS, NULL), 0);
    run(f->session, "INSERT INTO calls(sid) VALUES('a')");
    assert_string_equal(
        attempt(other, "INSERT INTO calls(sid) VALUES('late')", 50), "busy");
    assert_int_equal(hs_session_begin(other, 50, &err), -1);
    assert_string_equal(err.code, "busy");
    assert_int_equal(hs_session_end(f->session, 1, PATIENT_MS, NULL), 0);
    /* Withdrawn means: not written then, nor later. */
    run(other, "INSERT INTO calls(sid) VALUES('b')");
    assert_int_equal(number(other, "SELECT count(*) FROM calls"), 2);
    hs_session_free(other);
}

TEST_WITH(a_session_that_ends_gives_the_connection_back, set_up, tear_down)
{
    struct fixture *f = *state;
    struct hs_session *other = open_session(f->store);
    struct hs_statement select = sql("SELECT sid FROM calls", NULL, 0);
    struct hs_cursor *cursor;

    assert_int_equal(hs_session_begin(other, PATIENT_MS, NULL), 0);
    assert_int_equal(hs_session_begin(other, PATIENT_MS, NULL), 0);
    run(other, "INSERT INTO calls(sid) VALUES('a')");
    cursor = hs_session_query(other, &select, PATIENT_MS, NULL);
    assert_int_equal(hs_cursor_step(cursor, NULL), 1);
    hs_session_free(other);
    hs_cursor_close(cursor);
    run(f->session, "INSERT INTO calls(sid) VALUES('b')");
    assert_int_equal(number(f->session, "SELECT count(*) FROM calls"), 1);
}

TEST_WITH(rows_of_a_transaction_end_with_it, set_up, tear_down)
{
    struct fixture *f = *state;
    struct hs_statement select = sql("SELECT sid FROM calls", NULL, 0);
    struct hs_cursor *cursor;
    struct hs_error err;

    run(f->session, "INSERT INTO calls(sid) VALUES('a'), ('b')");
    assert_int_equal(hs_session_begin(f->session, PATIENT_MS, NULL), 0);
    cursor = hs_session_query(f->session, &select, PATIENT_MS, NULL);
    assert_int_equal(hs_cursor_step(cursor, NULL), 1);
    assert_int_equal(hs_session_end(f->session, 1, PATIENT_MS, NULL), 0);
    assert_int_equal(hs_cursor_step(cursor, &err), -1);
    assert_string_equal(err.code, "sql");
    hs_cursor_close(cursor);
}

/* ---- the generation ---- */

static int moves(struct fixture *f, const char *statement)
{
    uint64_t before = hs_store_generation(f->store, HS_SETTINGS);

    run(f->session, statement);
    return hs_store_generation(f->store, HS_SETTINGS) != before;
}

TEST_WITH(only_changed_settings_move_the_generation, set_up, tear_down)
{
    struct fixture *f = *state;
    uint64_t before;

    assert_false(moves(f, "INSERT INTO calls(sid) VALUES('a')"));
    assert_false(moves(f, "UPDATE calls SET n = 1"));
    assert_false(moves(f, "DELETE FROM notes"));
    assert_false(moves(f, "SELECT * FROM settings"));
    assert_true(moves(f, "INSERT INTO settings VALUES('a', '1')"));
    assert_false(moves(f, "INSERT INTO settings VALUES('a', '1') "
                          "ON CONFLICT DO NOTHING"));
    assert_false(moves(f, "UPDATE settings SET value = 1 WHERE name = 'b'"));
    assert_true(moves(f, "DELETE FROM settings"));
    assert_true(moves(f, "CREATE TRIGGER t AFTER INSERT ON notes BEGIN "
                         "INSERT INTO settings VALUES(new.sid, ''); END"));
    assert_true(moves(f, "INSERT INTO notes(sid) VALUES('by trigger')"));

    before = hs_store_generation(f->store, HS_SETTINGS);
    assert_int_equal(hs_session_begin(f->session, PATIENT_MS, NULL), 0);
    run(f->session, "INSERT INTO settings VALUES('c', '1')");
    assert_int_equal(hs_store_generation(f->store, HS_SETTINGS), before);
    assert_int_equal(hs_session_end(f->session, 0, PATIENT_MS, NULL), 0);
    run(f->session, "INSERT INTO calls(sid) VALUES('b')");
    assert_int_equal(hs_store_generation(f->store, HS_SETTINGS), before);
    assert_int_equal(hs_session_begin(f->session, PATIENT_MS, NULL), 0);
    run(f->session, "INSERT INTO settings VALUES('c', '1')");
    assert_int_equal(hs_session_end(f->session, 1, PATIENT_MS, NULL), 0);
    assert_true(hs_store_generation(f->store, HS_SETTINGS) != before);
}

TEST_WITH(commits_of_other_processes_move_the_generation, set_up_beside_another,
          tear_down)
{
    struct fixture *f = *state;
    uint64_t before;
    int64_t started;

    other_runs(&f->other, "SELECT * FROM calls");
    before = hs_store_generation(f->store, HS_SETTINGS);
    pause_ms(250);
    assert_int_equal(hs_store_generation(f->store, HS_SETTINGS), before);
    for (int i = 0; i < 3; i++) {
        before = hs_store_generation(f->store, HS_SETTINGS);
        other_runs(&f->other, "INSERT INTO settings VALUES(random(), '1')");
        started = hs_monotonic_ms();
        while (hs_store_generation(f->store, HS_SETTINGS) == before &&
               hs_monotonic_ms() - started < lenient(2000))
            pause_ms(1);
        assert_true(hs_monotonic_ms() - started <= lenient(300));
    }
    /* A new table there is a new table here. */
    other_runs(&f->other, "ALTER TABLE calls ADD COLUMN extra INTEGER");
    run(f->session, "INSERT INTO calls(sid, extra) VALUES('a', 5)");
    assert_int_equal(number(f->session, "SELECT extra FROM calls"), 5);
}

int main(void)
{
    return cmocka_run_group_tests(tests, NULL, NULL);
}
