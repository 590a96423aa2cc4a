/* sql_text.h: a statement's text as PostgreSQL wants it. */
#ifndef HS_POSTGRES_SQL_TEXT_H
#define HS_POSTGRES_SQL_TEXT_H

#include "base/buf.h"
#include "base/err.h"

struct hs_sql_text {
    struct hs_buf sql; /* `?` outside quotes and comments became $1, $2 ... */
    int places;
    int writes; /* it changes rows */
};

/* Where the token at `at` ends: a quoted text or name, a comment, a word, a
 * number, space, or one other character. What isn't closed ends with the
 * text. */
const char *hs_sql_token(const char *at, const char *end);
/* Fill `out`, whose buffer the caller frees. 0, or -1 with `err`: "sql" for
 * anything but one SELECT, WITH, VALUES, INSERT, UPDATE or DELETE, "memory". */
int hs_sql_translate(const char *sql, size_t len, struct hs_sql_text *out,
                     struct hs_error *err);

#endif
