/* store_engines_test.c: what every engine behind the store does alike, SQLite
 * always and PostgreSQL where HS_POSTGRES is set. */
#include "engine_support.h"
#include "slow.h"

static int set_up_sqlite(void **state)
{
    return set_up_engine(state, 0);
}

/* The first column of the first row. */
static struct hs_value first(struct hs_session *session, const char *s,
                             const struct hs_value *values, int count,
                             char kept[256])
{
    struct hs_statement one = sql(s, values, count);
    struct hs_error err = {0};
    struct hs_cursor *cursor =
        hs_session_query(session, &one, PATIENT_MS, &err);
    struct hs_value value = {.type = HS_NULL};

    if (!cursor || hs_cursor_step(cursor, &err) != 1)
        fail_msg("%s: %s: %s", s, err.code, err.message);
    hs_cursor_value(cursor, 0, &value);
    if (value.type == HS_TEXT) {
        snprintf(kept, 256, "%.*s", (int)value.len, value.bytes);
        value.bytes = kept;
    }
    hs_cursor_close(cursor);
    return value;
}

static void values_come_back_as_they_went(void **state)
{
    static const int64_t edges[] = {0, -1, INT64_MAX, INT64_MIN, 1LL << 53};
    struct engine *e = *state;
    struct hs_value value, result;
    char kept[256];

    for (size_t i = 0; i < sizeof edges / sizeof *edges; i++) {
        value = integer(edges[i]);
        result =
            first(e->session, "SELECT CAST(? AS BIGINT) AS v", &value, 1, kept);
        assert_int_equal(result.type, HS_INTEGER);
        assert_true(result.integer == edges[i]);
    }
    value = text("it's \"so\" \xc3\xa9 ? $1");
    result = first(e->session, "SELECT CAST(? AS TEXT)", &value, 1, kept);
    assert_int_equal(result.type, HS_TEXT);
    assert_string_equal(result.bytes, value.bytes);
    value = (struct hs_value){.type = HS_REAL, .real = 0.1};
    run(e->session, "INSERT INTO calls(sid, n) VALUES('a', 3), ('b', 4)");
    assert_int_equal(hs_session_write(e->session,
                                      &(struct hs_statement){
                                          .sql = "UPDATE calls SET price = ?",
                                          .sql_len = 26,
                                          .values = &value,
                                          .count = 1},
                                      1, PATIENT_MS, NULL),
                     0);
    result = first(e->session, "SELECT price FROM calls", NULL, 0, kept);
    assert_int_equal(result.type, HS_REAL);
    assert_true(result.real == 0.1);
    result = first(e->session, "SELECT SUM(n) FROM calls", NULL, 0, kept);
    assert_int_equal(result.type, HS_INTEGER);
    assert_int_equal(result.integer, 7);
    result = first(e->session, "SELECT 1 = 1", NULL, 0, kept);
    assert_int_equal(result.type, HS_INTEGER);
    assert_int_equal(result.integer, 1);
    result = first(e->session, "SELECT NULL", NULL, 0, kept);
    assert_int_equal(result.type, HS_NULL);
    value = (struct hs_value){.type = HS_NULL};
    result = first(e->session, "SELECT ? IS NULL", &value, 1, kept);
    assert_int_equal(result.integer, 1);
}

/* Milliseconds beside a small number in the text, and 12.0 for 12. */
static void numbers_are_wide(void **state)
{
    struct engine *e = *state;
    struct hs_value values[] = {integer(1795949560393),
                                {.type = HS_REAL, .real = 12.0}};
    struct hs_statement insert =
        sql("INSERT INTO calls(sid, n) VALUES('whole', ?)", &values[1], 1);
    char kept[256];

    assert_true(
        first(e->session, "SELECT ? / 1000 + 1", values, 1, kept).integer ==
        1795949561);
    assert_int_equal(hs_session_write(e->session, &insert, 1, PATIENT_MS, NULL),
                     0);
    assert_int_equal(number(e->session, "SELECT n FROM calls"), 12);
}

static void changes_are_counted_and_rows_come_back(void **state)
{
    struct engine *e = *state;
    struct hs_statement batch[] = {
        sql("INSERT INTO calls(sid, n) VALUES('a', 1), ('b', 2)", NULL, 0),
        sql("UPDATE calls SET n = n + 1 WHERE sid = 'nobody'", NULL, 0),
        sql("DELETE FROM calls", NULL, 0)};

    assert_int_equal(hs_session_write(e->session, batch, 3, PATIENT_MS, NULL),
                     0);
    assert_int_equal(batch[0].changes, 2);
    assert_int_equal(batch[1].changes, 0);
    assert_int_equal(batch[2].changes, 2);
    assert_int_equal(number(e->session, "INSERT INTO calls(sid, n) VALUES"
                                        "('c', 5) RETURNING n * 2"),
                     10);
    assert_int_equal(number(e->session, "SELECT total FROM sums"), 5);
}

static void triggers_of_the_schema_work(void **state)
{
    struct engine *e = *state;

    run(e->session, "INSERT INTO calls(sid, n) VALUES('a', 11)");
    run(e->session, "INSERT INTO calls(sid, n) VALUES('b', 12), ('quiet', 13)");
    assert_int_equal(number(e->session, "SELECT total FROM sums"), 23);
    run(e->session, "DELETE FROM calls WHERE sid = 'a'");
    assert_int_equal(number(e->session, "SELECT total FROM sums"), 12);
    assert_true(number(e->session, "SELECT started FROM sums") > 1000000000);
    assert_int_equal(number(e->session, "SELECT count(*) FROM settings"), 1);
}

static void what_fails_is_undone_alone(void **state)
{
    struct engine *e = *state;
    struct hs_statement batch[] = {
        sql("INSERT INTO calls(sid) VALUES('b')", NULL, 0),
        sql("INSERT INTO calls(sid) VALUES('a')", NULL, 0)};
    struct hs_error err;

    run(e->session, "INSERT INTO calls(sid) VALUES('a')");
    assert_int_equal(hs_session_write(e->session, batch, 2, PATIENT_MS, &err),
                     -1);
    assert_string_equal(err.code, "constraint");
    assert_string_equal(
        attempt(e->session, "INSERT INTO calls(sid, n) VALUES('c', 2000000)",
                PATIENT_MS),
        "constraint");
    assert_int_equal(number(e->session, "SELECT count(*) FROM calls"), 1);
    assert_int_equal(hs_session_begin(e->session, PATIENT_MS, NULL), 0);
    run(e->session, "INSERT INTO calls(sid) VALUES('d')");
    assert_int_equal(hs_session_write(e->session, batch, 2, PATIENT_MS, &err),
                     -1);
    assert_int_equal(number(e->session, "SELECT nonsense FROM calls"), -2);
    assert_string_equal(
        attempt(e->session, "UPDATE nothing SET x = 1", PATIENT_MS), "sql");
    assert_int_equal(number(e->session, "SELECT count(*) FROM calls"), 2);
    assert_int_equal(hs_session_begin(e->session, PATIENT_MS, NULL), 0);
    run(e->session, "DELETE FROM calls");
    assert_int_equal(hs_session_end(e->session, 0, PATIENT_MS, NULL), 0);
    assert_int_equal(hs_session_end(e->session, 1, PATIENT_MS, NULL), 0);
    assert_int_equal(number(e->session, "SELECT count(*) FROM calls"), 2);
}

static void a_new_row_leaves_out_what_is_for_old_ones(void **state)
{
    struct engine *e = *state;
    struct hs_statement batch[] = {
        sql("INSERT INTO calls(sid) VALUES('a') ON CONFLICT DO NOTHING", NULL,
            0),
        sql("UPDATE calls SET n = 2", NULL, 0),
        sql("INSERT INTO calls(sid) VALUES('a')", NULL, 0),
    };

    batch[1].unless_new = batch[2].unless_new = 1;
    batch[1].changes = 7;
    assert_int_equal(hs_session_write(e->session, batch, 3, PATIENT_MS, NULL),
                     0);
    assert_int_equal(batch[0].changes, 1);
    assert_int_equal(batch[1].changes, 0);
    assert_int_equal(hs_session_write(e->session, batch, 2, PATIENT_MS, NULL),
                     0);
    assert_int_equal(batch[0].changes, 0);
    assert_int_equal(batch[1].changes, 1);
    run(e->session, "UPDATE calls SET n = 5");
    assert_int_equal(hs_session_write(e->session, batch, 3, PATIENT_MS, NULL),
                     -1); /* and nothing of it stays */
    assert_int_equal(number(e->session, "SELECT n FROM calls"), 5);
    batch[1].unless_new = 2; /* no statement before it */
    assert_int_equal(hs_session_write(e->session, batch, 2, PATIENT_MS, NULL),
                     0);
    assert_int_equal(batch[1].changes, 1);
}

#define WRITERS 24
#define WRITES 40

struct member {
    struct hs_session *session;
    int number;
    int wrong;
    pthread_t thread;
};

/* Every fifth fails; every third is made in two parts; the others ask for rows.
 * Whoever waits for each alone makes groups of many. */
static void *write_many(void *arg)
{
    struct member *member = arg;

    for (int i = 0; i < WRITES; i++) {
        struct hs_value values[] = {
            integer((int64_t)member->number * WRITES + i)};
        struct hs_statement batch[] = {
            sql("INSERT INTO calls(sid, n) VALUES(CAST(? AS TEXT), 1)"
                " ON CONFLICT DO NOTHING",
                values, 1),
            sql("UPDATE calls SET n = 2 WHERE sid = CAST(? AS TEXT)", values,
                1),
            sql("INSERT INTO calls(sid) VALUES('there')", NULL, 0)};
        struct hs_statement asked =
            sql("INSERT INTO calls(sid, n) VALUES(CAST(? AS TEXT), 1)"
                " RETURNING n + 6",
                values, 1);
        struct hs_error err;

        if (i % 5 == 0) {
            member->wrong +=
                hs_session_write(member->session, batch, 3, 20000, &err) == 0 ||
                strcmp(err.code, "constraint") != 0;
            continue;
        }
        if (i % 3 == 0) {
            batch[1].unless_new = 1;
            member->wrong +=
                hs_session_write(member->session, batch, 2, 20000, NULL) != 0 ||
                hs_session_write(member->session, batch, 2, 20000, NULL) != 0;
            continue;
        }
        struct hs_cursor *cursor =
            hs_session_query(member->session, &asked, 20000, NULL);
        struct hs_value value = {0};

        if (cursor && hs_cursor_step(cursor, NULL) == 1)
            hs_cursor_value(cursor, 0, &value);
        member->wrong += value.integer != 7;
        hs_cursor_close(cursor);
    }
    return NULL;
}

static void those_of_a_group_fail_alone(void **state)
{
    struct engine *e = *state;
    struct member members[WRITERS] = {0};
    int wrong = 0, twice = 0, once = 0;

    run(e->session, "INSERT INTO calls(sid, n) VALUES('there', 0)");
    for (int i = 0; i < WRITERS; i++) {
        members[i].number = i;
        members[i].session = open_session(e->store);
        assert_int_equal(
            pthread_create(&members[i].thread, NULL, write_many, &members[i]),
            0);
    }
    for (int i = 0; i < WRITERS; i++) {
        pthread_join(members[i].thread, NULL);
        hs_session_free(members[i].session);
        wrong += members[i].wrong;
    }
    for (int i = 0; i < WRITES; i++) {
        twice += i % 5 != 0 && i % 3 == 0;
        once += i % 5 != 0 && i % 3 != 0;
    }
    assert_int_equal(wrong, 0);
    assert_int_equal(number(e->session, "SELECT count(*) FROM calls"
                                        " WHERE n = 1"),
                     WRITERS * once);
    assert_int_equal(number(e->session, "SELECT count(*) FROM calls"
                                        " WHERE n = 2"),
                     WRITERS * twice);
    assert_int_equal(number(e->session, "SELECT count(*) FROM calls"),
                     WRITERS * (once + twice) + 1);
}

/* More than a server is asked to keep prepared. */
static void statements_that_all_differ_are_no_obstacle(void **state)
{
    struct engine *e = *state;
    char text[80];

    for (int i = 0; i < 1100; i++) {
        snprintf(text, sizeof text, "INSERT INTO calls(sid) VALUES('%d')", i);
        run(e->session, text);
    }
    assert_int_equal(number(e->session, "SELECT count(*) FROM calls"), 1100);
}

static void nothing_else_is_let_through(void **state)
{
    static const char *const refused[] = {
        "BEGIN", "COMMIT",    "ROLLBACK", "SAVEPOINT x", "SELECT 1; SELECT 2",
        "",      "-- nothing"};
    struct engine *e = *state;
    struct hs_value two[] = {integer(1), integer(2)};
    struct hs_statement many = sql("SELECT ?", two, 2);
    struct hs_statement few = sql("SELECT ?, ?", two, 1);
    struct hs_error err;

    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
        assert_string_equal(attempt(e->session, refused[i], PATIENT_MS), "sql");
    assert_null(hs_session_query(e->session, &many, PATIENT_MS, &err));
    assert_string_equal(err.code, "sql");
    assert_null(hs_session_query(e->session, &few, PATIENT_MS, &err));
    assert_string_equal(err.code, "sql");
}

/* Wait until what `there` has done is seen: the generation moves. */
static void seen(struct hs_store *store, enum hs_kind kind, uint64_t before)
{
    for (int i = 0;
         i < PATIENT_MS / 10 && hs_store_generation(store, kind) == before; i++)
        pause_ms(10);
    assert_true(hs_store_generation(store, kind) > before);
}

static void the_generation_moves_with_settings(void **state)
{
    struct engine *e = *state;
    struct hs_store *other = open_hot(e->database);
    struct hs_session *there = open_session(other);
    uint64_t before, beats;

    pause_ms(lenient(300)); /* what the start has moved is seen */
    before = hs_store_generation(e->store, HS_SETTINGS);
    beats = hs_store_generation(e->store, HS_PRESENCE);
    run(e->session, "INSERT INTO calls(sid, n) VALUES('a', 1)");
    run(e->session, "UPDATE settings SET value = 'x' WHERE name = 'none'");
    pause_ms(lenient(300));
    assert_int_equal(hs_store_generation(e->store, HS_SETTINGS), before);
    run(e->session, "INSERT INTO presence VALUES('tab')");
    assert_int_equal(hs_store_generation(e->store, HS_SETTINGS), before);
    assert_true(hs_store_generation(e->store, HS_PRESENCE) > beats);
    beats = hs_store_generation(e->store, HS_PRESENCE);
    run(e->session, "UPDATE settings SET value = 'other' WHERE name = 'made'");
    assert_true(hs_store_generation(e->store, HS_SETTINGS) > before);
    assert_int_equal(hs_store_generation(e->store, HS_PRESENCE), beats);
    pause_ms(lenient(300));
    before = hs_store_generation(e->store, HS_SETTINGS);
    run(there, "INSERT INTO settings VALUES('there', 'x')");
    seen(e->store, HS_SETTINGS, before);
    beats = hs_store_generation(e->store, HS_PRESENCE);
    run(there, "INSERT INTO presence VALUES('there')");
    seen(e->store, HS_PRESENCE, beats);
    hs_session_free(there);
    hs_store_close(other);
}

/* ---- two hosts ---- */

#define ROUNDS 40

struct host {
    struct hs_session *session;
    int down; /* which row first */
    int failed;
    pthread_t thread;
};

/* Reads, thinks, writes what it made of it. */
static void *count_up(void *arg)
{
    struct host *host = arg;
    char text[128];

    for (int i = 0; i < ROUNDS; i++) {
        if (hs_session_begin(host->session, 20000, NULL) != 0) {
            host->failed++;
            continue;
        }
        snprintf(text, sizeof text,
                 "UPDATE calls SET n = %lld WHERE sid = 'row'",
                 (long long)number(host->session,
                                   "SELECT n FROM calls WHERE sid = 'row'") +
                     1);
        pause_ms(1);
        host->failed += attempt(host->session, text, 20000)[0] != '\0';
        host->failed += hs_session_end(host->session, 1, 20000, NULL) != 0;
    }
    return NULL;
}

/* The same rows, in the other order. */
static void *cross(void *arg)
{
    struct host *host = arg;
    struct hs_statement batch[] = {
        sql("UPDATE settings SET value = 'x' WHERE name = 'a'", NULL, 0),
        sql("UPDATE settings SET value = 'y' WHERE name = 'b'", NULL, 0)};
    struct hs_statement turned[] = {batch[1], batch[0]};

    for (int i = 0; i < ROUNDS; i++)
        host->failed +=
            hs_session_write(host->session, host->down ? turned : batch, 2,
                             20000, NULL) != 0;
    return NULL;
}

static void race(struct engine *e, void *(*act)(void *))
{
    struct hs_store *other = open_hot(e->database);
    struct host hosts[2] = {{.session = e->session},
                            {.session = open_session(other), .down = 1}};

    for (int i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&hosts[i].thread, NULL, act, &hosts[i]),
                         0);
    for (int i = 0; i < 2; i++)
        pthread_join(hosts[i].thread, NULL);
    assert_int_equal(hosts[0].failed + hosts[1].failed, 0);
    hs_session_free(hosts[1].session);
    hs_store_close(other);
}

static void two_hosts_lose_nothing(void **state)
{
    struct engine *e = *state;

    run(e->session, "INSERT INTO calls(sid, n) VALUES('row', 0)");
    race(e, count_up);
    assert_int_equal(number(e->session, "SELECT n FROM calls"), 2 * ROUNDS);
}

static void two_hosts_do_not_wait_for_each_other_for_ever(void **state)
{
    struct engine *e = *state;

    run(e->session, "INSERT INTO settings VALUES('a', ''), ('b', '')");
    race(e, cross);
}

static void a_schema_that_does_not_fit_is_refused(void **state)
{
    struct engine *e = *state;
    struct hs_schema_file changed[] = {files[0], files[1]};
    struct hs_schema_file wrong[] = {
        files[0], files[1], {"0003_c.sql", "CREATE nonsense;", 16}};
    struct hs_error err;
    int applied;

    assert_int_equal(hs_migrate_files(e->database, files, 1, 0, &applied, &err),
                     -1);
    assert_string_equal(err.code, "newer_schema");
    changed[0].len--;
    assert_int_equal(
        hs_migrate_files(e->database, changed, 2, 0, &applied, &err), -1);
    assert_string_equal(err.code, "changed");
    assert_int_equal(hs_migrate_files(e->database, wrong, 3, 0, &applied, &err),
                     -1);
    assert_non_null(strstr(err.message, "0003_c.sql"));
    assert_int_equal(hs_migrate_files(e->database, files, 2, 0, &applied, &err),
                     0);
    assert_int_equal(applied, 0);
}

#define BOTH(X, name)                                                          \
    X(name, values_come_back_as_they_went), X(name, numbers_are_wide),         \
        X(name, changes_are_counted_and_rows_come_back),                       \
        X(name, triggers_of_the_schema_work),                                  \
        X(name, what_fails_is_undone_alone),                                   \
        X(name, a_new_row_leaves_out_what_is_for_old_ones),                    \
        X(name, those_of_a_group_fail_alone),                                  \
        X(name, statements_that_all_differ_are_no_obstacle),                   \
        X(name, nothing_else_is_let_through),                                  \
        X(name, the_generation_moves_with_settings),                           \
        X(name, two_hosts_lose_nothing),                                       \
        X(name, two_hosts_do_not_wait_for_each_other_for_ever),                \
        X(name, a_schema_that_does_not_fit_is_refused)

int main(void)
{
    const struct CMUnitTest sqlite[] = {BOTH(ON, sqlite)};
    const struct CMUnitTest postgres[] = {BOTH(ON, postgres)};
    int failed = cmocka_run_group_tests(sqlite, NULL, NULL);

    if (getenv("HS_POSTGRES"))
        return failed + cmocka_run_group_tests(postgres, NULL, NULL);
    printf("PostgreSQL is left out: HS_POSTGRES is not set (spec/run postgres "
           "sets it)\n");
    return failed;
}
