/* alert.c: rows of the table alerts. */
#include "server/release/alert.h"

#include <string.h>

#include "base/clock.h"
#include "store/feed.h"
#include "store/store.h"

#define WAIT_MS 2000

static struct hs_value text_value(const char *text)
{
    return (struct hs_value){
        .type = HS_TEXT, .bytes = text, .len = strlen(text)};
}

/* One statement. Consoles that listen look again when it changed something. */
static int run(struct hs_store *store, const char *sql, struct hs_value *values,
               int count, struct hs_error *err)
{
    static const char event[] = "{}";
    struct hs_statement statement = {
        .sql = sql, .sql_len = strlen(sql), .values = values, .count = count};
    struct hs_session *session = hs_session_new(store, err);
    int rc;

    if (!session)
        return -1;
    rc = hs_session_write(session, &statement, 1, WAIT_MS, err);
    hs_session_free(session);
    if (rc == 0 && statement.changes > 0)
        (void)hs_feed_publish("", "alerts", event, sizeof event - 1);
    return rc;
}

int hs_alert_raise(struct hs_store *store, const char *kind,
                   const char *subject, const char *detail,
                   struct hs_error *err)
{
    static const char sql[] =
        "INSERT INTO alerts AS a "
        "(user_id, kind, subject, detail, first_at, last_at) "
        "VALUES ('', ?, ?, ?, ?, ?) "
        "ON CONFLICT (user_id, kind, subject) DO UPDATE SET "
        "detail = excluded.detail, last_at = excluded.last_at, "
        "count = a.count + 1, closed_at = NULL "
        "WHERE a.closed_at IS NOT NULL OR a.detail <> excluded.detail";
    struct hs_value now = {.type = HS_INTEGER, .integer = hs_now_ms()};
    struct hs_value values[] = {text_value(kind), text_value(subject),
                                text_value(detail), now, now};

    return run(store, sql, values, 5, err);
}

int hs_alert_close(struct hs_store *store, const char *kind,
                   struct hs_error *err)
{
    static const char sql[] =
        "UPDATE alerts SET closed_at = ? "
        "WHERE user_id = '' AND kind = ? AND closed_at IS NULL";
    struct hs_value values[] = {{.type = HS_INTEGER, .integer = hs_now_ms()},
                                text_value(kind)};

    return run(store, sql, values, 2, err);
}
