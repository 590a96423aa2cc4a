/* plan.h: statements as a link has prepared them, and sending them. */
#ifndef HS_POSTGRES_PLAN_H
#define HS_POSTGRES_PLAN_H

#include "store/engine/rows.h"
#include "store/postgres/connection/link.h"
#include "store/postgres/dialect/sql_text.h"

/* The plan of the statement `sql`, which `text` translates: prepared when this
 * link hasn't seen it yet. A transaction that is open stays sound whatever is
 * wrong with the statement. NULL and `err`. */
struct hs_plan *hs_plan_of(struct hs_link *link, const char *sql, size_t len,
                           const struct hs_sql_text *text, int64_t until,
                           struct hs_error *err);
/* Send it with the statement's values. 0, or -1 with `err`: "sql" for a wrong
 * number of values, "constraint" for a value that no text of the database can
 * be, "memory"; nothing was sent then. */
int hs_plan_send(struct hs_link *link, const struct hs_plan *plan,
                 const struct hs_statement *statement, struct hs_error *err);
/* A value of a result. What it points to is the result's, or is in `kept`,
 * which the caller frees with hs_pq.freemem() when it is not NULL. 0, or -1
 * when memory ran out. */
int hs_result_value(const struct pg_result *result, int row, int column,
                    struct hs_value *out, void **kept);

#endif
