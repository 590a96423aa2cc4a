/* sql_test.c: the host's own SQL fits the schema, and counts its places right.
 */
#include "server/sql.h"
#include "store_support.h"

TEST_CASE(every_statement_fits_the_schema)
{
    static const struct hs_sql *const all[] = {
        &hs_sql_login_stands,   &hs_sql_alert_raise,
        &hs_sql_alert_close,    &hs_sql_text_keep,
        &hs_sql_text_get,       &hs_sql_version_keep,
        &hs_sql_version_find,   &hs_sql_version_last,
        &hs_sql_activation_add, &hs_sql_activation_author,
        &hs_sql_intent_end,     &hs_sql_intent_accepted,
    };
    struct hs_value values[16];
    struct hs_error err = {0};
    struct place place;
    struct hs_store *store;
    struct hs_session *session;

    make_place(&place);
    if (hs_migrate(place.path, 0, NULL, &err) != 0)
        fail_msg("%s", err.message);
    store = open_store(place.path);
    session = open_session(store);
    for (size_t i = 0; i < sizeof values / sizeof *values; i++)
        values[i] = integer(1); /* SQLite makes a text of it where need be */
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        struct hs_statement statement = hs_sql_with(all[i], values);
        struct hs_cursor *cursor =
            hs_session_query(session, &statement, 5000, &err);

        /* A value may be out of its column's bounds: that is not the SQL. */
        if ((!cursor || hs_cursor_step(cursor, &err) < 0) &&
            strcmp(err.code, "constraint") != 0)
            fail_msg("%s: %s", all[i]->text, err.message);
        hs_cursor_close(cursor);
    }
    hs_session_free(session);
    hs_store_close(store);
    drop_place(&place);
}

int main(void)
{
    return cmocka_run_group_tests(tests, NULL, NULL);
}
