/* alert.c: rows of the table alerts. */
#include "server/release/alert.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "server/sql.h"
#include "store/memory/feed.h"

#define WAIT_MS 2000

static struct hs_value text_value(const char *text)
{
    return hs_text_value(text, strlen(text));
}

/* Run one statement. If it changed something, listening consoles refresh. */
static int run(struct hs_store *store, const struct hs_sql *sql,
               const struct hs_value *values, struct hs_error *err)
{
    static const char event[] = "{}";
    struct hs_statement statement = hs_sql_with(sql, values);
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
    struct hs_value now = {.type = HS_INTEGER, .integer = hs_now_ms()};
    struct hs_value values[] = {text_value(kind), text_value(subject),
                                text_value(detail), now, now};

    return run(store, &hs_sql_alert_raise, values, err);
}

static int close_alert(struct hs_store *store, const char *kind,
                       const char *subject, struct hs_error *err)
{
    struct hs_value values[] = {{.type = HS_INTEGER, .integer = hs_now_ms()},
                                text_value(kind),
                                text_value(subject)};

    return run(store, &hs_sql_alert_close, values, err);
}

void hs_alert_keep(struct hs_store *store, struct hs_alert *alert,
                   const char *text)
{
    struct hs_error err;
    int failed;

    if (alert->known && strcmp(alert->text, text) == 0)
        return;
    failed =
        text[0] ? hs_alert_raise(store, alert->kind, alert->subject, text, &err)
                : close_alert(store, alert->kind, alert->subject, &err);
    if (failed && !alert->failed)
        hs_log(HS_LOG_WARN, "alert_not_stored", HS_S("code", err.code),
               HS_S("message", err.message));
    alert->failed = failed;
    if (failed)
        return;
    alert->known = 1;
    (void)snprintf(alert->text, sizeof alert->text, "%s", text);
}
