/* sql_text.c: a statement's text as PostgreSQL wants it. */
#include "store/postgres/dialect/sql_text.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

static int is_word(char c)
{
    return isalnum((unsigned char)c) || c == '_' || (c & 0x80);
}

/* Behind the closing quote; a doubled one stands for itself. */
static const char *quoted(const char *at, const char *end, int escapes)
{
    char quote = *at++;

    for (; at < end; at++) {
        int doubled = *at == quote && at + 1 < end && at[1] == quote;

        if (*at == quote && !doubled)
            return at + 1;
        if (doubled || (escapes && *at == '\\' && at + 1 < end))
            at++;
    }
    return end;
}

static const char *comment(const char *at, const char *end)
{
    int depth = 0; /* they nest */

    for (; at + 1 < end; at++) {
        if (at[0] == '/' && at[1] == '*') {
            depth++;
            at++;
        } else if (at[0] == '*' && at[1] == '/') {
            at++;
            if (--depth == 0)
                return at + 1;
        }
    }
    return end;
}

/* $tag$ ... $tag$, or the dollar alone. */
static const char *dollar(const char *at, const char *end)
{
    const char *tag = at + 1;
    const char *found;
    size_t len;

    if (tag < end && isdigit((unsigned char)*tag))
        return tag;
    while (tag < end && is_word(*tag))
        tag++;
    if (tag == end || *tag != '$')
        return at + 1;
    tag++;
    len = (size_t)(tag - at);
    found = memmem(tag, (size_t)(end - tag), at, len);
    return found ? found + len : end;
}

const char *hs_sql_token(const char *at, const char *end)
{
    const char *from = at;
    char next = '\0';

    if (at + 1 < end)
        next = at[1];

    if ((*at == 'E' || *at == 'e') && next == '\'')
        return quoted(at + 1, end, 1);
    if (*at == '\'' || *at == '"')
        return quoted(at, end, 0);
    if (*at == '-' && next == '-') {
        at = memchr(at, '\n', (size_t)(end - at));
        return at ? at + 1 : end;
    }
    if (*at == '/' && next == '*')
        return comment(at, end);
    if (*at == '$')
        return dollar(at, end);
    while (at < end && isspace((unsigned char)*at))
        at++;
    if (at > from)
        return at;
    /* A dollar may be inside a name. */
    while (at < end && (is_word(*at) || (at > from && *at == '$')))
        at++;
    return at > from ? at : at + 1;
}

static int is(const char *at, const char *after, const char *word)
{
    size_t len = strlen(word);

    return (size_t)(after - at) == len && strncasecmp(at, word, len) == 0;
}

static int is_one_of(const char *at, const char *after,
                     const char *const *words)
{
    for (; *words; words++) {
        if (is(at, after, *words))
            return 1;
    }
    return 0;
}

static int is_blank(const char *at, const char *after)
{
    return isspace((unsigned char)*at) ||
           (after - at > 1 &&
            (memcmp(at, "--", 2) == 0 || memcmp(at, "/*", 2) == 0));
}

static int refuse(struct hs_error *err, const char *why)
{
    return hs_error_set(err, "sql", "%s", why);
}

/* One token: 0, or -1 when memory ran out. */
static int copy(struct hs_sql_text *out, const char *at, const char *after)
{
    if (is(at, after, "?"))
        return hs_buf_printf(&out->sql, "$%d", ++out->places);
    return hs_buf_add(&out->sql, at, (size_t)(after - at));
}

int hs_sql_translate(const char *sql, size_t len, struct hs_sql_text *out,
                     struct hs_error *err)
{
    static const char *const begins[] = {"SELECT", "WITH",   "VALUES", "INSERT",
                                         "UPDATE", "DELETE", NULL};
    static const char *const changes[] = {"INSERT", "UPDATE", "DELETE", NULL};
    const char *end = sql + len;
    int words = 0, ended = 0;

    *out = (struct hs_sql_text){0};
    if (memchr(sql, '\0', len))
        return refuse(err, "there is a NUL byte in the statement");
    for (const char *at = sql, *after; at < end; at = after) {
        after = hs_sql_token(at, end);
        if (is(at, after, ";")) {
            ended = 1;
            continue;
        }
        if (!is_blank(at, after)) {
            if (ended)
                return refuse(err, "more than one statement in the text");
            if (words++ == 0 && !is_one_of(at, after, begins))
                return refuse(err, "this statement is not allowed here");
            out->writes |= is_one_of(at, after, changes);
        }
        if (copy(out, at, after) != 0)
            return hs_no_memory(err);
    }
    return words ? 0 : refuse(err, "the text has no statement");
}
