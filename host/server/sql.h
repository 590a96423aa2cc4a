/* sql.h: the host's own SQL, all of it in sql.c.
 *
 * Tables belong to their models in lua/models. C only uses them where it can't
 * take a VM: while a release is being published, or before a request is known
 * to be allowed one. Each statement names its model; when you change a table's
 * columns, look there and here. */
#ifndef HS_SQL_H
#define HS_SQL_H

#include "store/store.h"

struct hs_sql {
    const char *text;
    size_t len;
    int places; /* `?` in it */
};

extern const struct hs_sql hs_sql_login_stands, hs_sql_accounts;
extern const struct hs_sql hs_sql_alert_raise, hs_sql_alert_close;
extern const struct hs_sql hs_sql_text_keep, hs_sql_text_get,
    hs_sql_text_was_live;
extern const struct hs_sql hs_sql_version_again, hs_sql_version_keep,
    hs_sql_version_find, hs_sql_version_last;
extern const struct hs_sql hs_sql_activation_add, hs_sql_activation_author;
extern const struct hs_sql hs_sql_current_get, hs_sql_current_put;
extern const struct hs_sql hs_sql_intent_end, hs_sql_intent_accepted;
extern const struct hs_sql hs_sql_draft_newest;

/* With one value per placeholder. Both are used in place. */
struct hs_statement hs_sql_with(const struct hs_sql *sql,
                                const struct hs_value *values);
struct hs_value hs_text_value(const char *text, size_t len);

#endif
