/* plan.c: statements as a link has prepared them, and sending them. */
#include "store/postgres/plan.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"

#define PLANS_MAX 1024
#define FEW 48        /* values that need no block of memory */
#define NUMBER_MAX 32 /* characters of one, with its NUL */

/* ---- preparing ---- */

static uint64_t hash_of(const char *sql, size_t len)
{
    uint64_t hash = 0xcbf29ce484222325u;

    for (size_t i = 0; i < len; i++)
        hash = (hash ^ (unsigned char)sql[i]) * 0x100000001b3u;
    return hash ^ (hash >> 32);
}

static void plan_name(unsigned number, char name[16])
{
    (void)snprintf(name, 16, "h%u", number);
}

/* One attempt to prepare a statement. */
struct attempt {
    struct hs_link *link;
    struct hs_plan *plan;
    const char *sql;
    unsigned *types; /* of the places; 0: the server finds out */
    int64_t until;
    struct pg_result *description; /* one of these is there afterwards */
    struct pg_result *failure;
};

static int send_attempt(const struct attempt *a, struct hs_error *err)
{
    struct hs_link *link = a->link;
    char name[16];

    plan_name(a->plan->number, name);
    if (!link->pg || (link->in_transaction &&
                      hs_link_send(link, "SAVEPOINT hs_plan", err) != 0))
        return hs_link_broken(link, err);
    if (!hs_pq.sendPrepare(link->pg, name, a->sql, a->plan->places, a->types) ||
        !hs_pq.sendDescribePrepared(link->pg, name))
        return hs_link_broken(link, err);
    return link->in_transaction ? hs_link_send(link, "RELEASE hs_plan", err)
                                : 0;
}

/* Prepare it and have it described. 0; -1 and `err` when the link failed. */
static int try_types(struct attempt *a, struct hs_error *err)
{
    static const char *const undo[] = {"ROLLBACK TO hs_plan",
                                       "RELEASE hs_plan"};
    struct pg_result *results[4];
    int guard = a->link->in_transaction;
    int count = guard ? 4 : 2;
    struct hs_error why;

    a->description = a->failure = NULL;
    if (send_attempt(a, err) != 0 ||
        hs_link_collect(a->link, results, count, a->until, err) != 0)
        return -1;
    for (int i = 0; i < count && !a->failure; i++) {
        if (hs_result_failed(results[i], &why)) {
            a->failure = results[i];
            results[i] = NULL;
        }
    }
    if (!a->failure) {
        a->description = results[guard + 1];
        results[guard + 1] = NULL;
    }
    hs_link_clear(results, count);
    if (a->failure && guard &&
        hs_link_run(a->link, undo, 2, NULL, a->until, err) != 0) {
        hs_pq.clear(a->failure);
        return -1;
    }
    return 0;
}

/* The place whose type the server couldn't find out, or -1. */
static int unknown_place(const struct pg_result *failure, int places)
{
    const char *at = hs_pq.resultErrorField(failure, 'M');
    int place;

    if (!hs_result_is(failure, "42P18") || !at || !(at = strchr(at, '$')))
        return -1;
    place = (int)strtol(at + 1, NULL, 10);
    return place >= 1 && place <= places ? place - 1 : -1;
}

/* The numbers of the schema are 64 bits wide: one that the server takes for a
 * smaller kind, since it stands beside a number in the text, is one of them,
 * too. How many there were. */
static int widen(const struct pg_result *description, unsigned *types,
                 int places)
{
    int widened = 0;

    for (int i = 0; i < places; i++) {
        unsigned type = hs_pq.paramtype(description, i);

        if (type == HS_PG_INT2 || type == HS_PG_INT4) {
            types[i] = HS_PG_INT8;
            widened++;
        }
    }
    return widened;
}

/* It was refused: can it be asked for in another way? */
static int correct(struct attempt *a, int *may_widen, struct hs_error *err)
{
    int places = a->plan->places;
    int place = unknown_place(a->failure, places);
    int widened = 0;

    (void)hs_result_failed(a->failure, err);
    hs_pq.clear(a->failure);
    if (place >= 0) {
        a->types[place] = HS_PG_TEXT;
        return 1;
    }
    for (int i = 0; i < places && *may_widen; i++) {
        if (a->types[i] == HS_PG_INT8) {
            a->types[i] = 0;
            widened = 1;
        }
    }
    *may_widen = 0;
    return widened;
}

/* Let the server find out the types, but for those it can't. */
static int prepare(struct hs_link *link, struct hs_plan *plan, const char *sql,
                   int64_t until, struct hs_error *err)
{
    struct attempt a = {.link = link, .plan = plan, .sql = sql, .until = until};
    int may_widen = 1, rc = -1;

    a.types = calloc((size_t)plan->places + 1, sizeof *a.types);
    if (!a.types)
        return hs_no_memory(err);
    for (int tries = 0; rc != 0 && tries < plan->places + 3; tries++) {
        plan->number = ++link->prepared;
        if (try_types(&a, err) != 0)
            break;
        if (!a.description) {
            if (!correct(&a, &may_widen, err))
                break;
            continue;
        }
        for (int i = 0; i < plan->places; i++)
            plan->types[i] = hs_pq.paramtype(a.description, i);
        if (!may_widen || !widen(a.description, a.types, plan->places))
            rc = 0;
        hs_pq.clear(a.description);
    }
    free(a.types);
    return rc;
}

static void drop_plan(struct hs_plan *plan)
{
    free(plan->types);
    free(plan->sql);
    free(plan);
}

/* Texts that are put together differ each time: forget all at once then. */
static int make_room(struct hs_link *link, int64_t until, struct hs_error *err)
{
    static const char *const forget[] = {"DEALLOCATE ALL"};

    if (link->plans < PLANS_MAX)
        return 0;
    hs_link_forget_plans(link);
    return hs_link_run(link, forget, 1, NULL, until, err);
}

struct hs_plan *hs_plan_of(struct hs_link *link, const char *sql, size_t len,
                           const struct hs_sql_text *text, int64_t until,
                           struct hs_error *err)
{
    struct hs_plan **bucket =
        &link->buckets[hash_of(sql, len) % HS_PLAN_BUCKETS];
    struct hs_plan *plan = *bucket;

    while (plan && (plan->len != len || memcmp(plan->sql, sql, len) != 0))
        plan = plan->next;
    if (plan)
        return plan;
    if (make_room(link, until, err) != 0)
        return NULL;
    plan = calloc(1, sizeof *plan);
    if (plan) {
        plan->sql = strndup(sql, len);
        plan->len = len;
        plan->places = text->places;
        plan->types = calloc((size_t)text->places + 1, sizeof *plan->types);
    }
    if (!plan || !plan->sql || !plan->types) {
        hs_no_memory(err);
    } else if (prepare(link, plan, text->sql.data, until, err) == 0) {
        plan->next = *bucket;
        *bucket = plan;
        link->plans++;
        return plan;
    }
    if (plan)
        drop_plan(plan);
    return NULL;
}

/* ---- values that go ---- */

struct outgoing {
    const char **values;
    int *lengths;
    int *formats; /* 1: as they are */
    char (*numbers)[NUMBER_MAX];
};

static int is_whole(unsigned type)
{
    return type == HS_PG_INT8 || type == HS_PG_INT4 || type == HS_PG_INT2 ||
           type == HS_PG_NUMERIC || type == HS_PG_BOOL;
}

static int take_text(const struct hs_value *value, unsigned type,
                     const char **out, int *format, char number[NUMBER_MAX],
                     struct hs_error *err)
{
    const char *bytes = value->bytes ? value->bytes : "";

    if (type != HS_PG_BYTEA &&
        (memchr(bytes, '\0', value->len) || !hs_utf8_valid(bytes, value->len)))
        return hs_error_set(
            err, "constraint",
            "a text with a NUL byte or invalid UTF-8 can't be stored");
    if (type == HS_PG_BYTEA || type == HS_PG_TEXT || type == HS_PG_VARCHAR) {
        *out = bytes;
        *format = 1;
        return 0;
    }
    if (value->len >= NUMBER_MAX)
        return hs_error_set(err, "constraint",
                            "a text stands where a number belongs");
    memcpy(number, bytes, value->len);
    number[value->len] = '\0';
    *out = number;
    return 0;
}

static int take_value(const struct hs_value *value, unsigned type,
                      const char **out, int *format, char number[NUMBER_MAX],
                      struct hs_error *err)
{
    *out = number;
    *format = 0;
    switch (value->type) {
    case HS_INTEGER:
        (void)snprintf(number, NUMBER_MAX, "%lld", (long long)value->integer);
        return 0;
    case HS_REAL:
        if (is_whole(type) && value->real > -1e18 && value->real < 1e18 &&
            value->real == (double)(int64_t)value->real)
            (void)snprintf(number, NUMBER_MAX, "%lld", (long long)value->real);
        else
            (void)snprintf(number, NUMBER_MAX, "%.17g", value->real);
        return 0;
    case HS_TEXT:
    case HS_BLOB:
        return take_text(value, type, out, format, number, err);
    case HS_NULL:
        break;
    }
    *out = NULL;
    return 0;
}

static int send_with(struct hs_link *link, const struct hs_plan *plan,
                     const struct hs_statement *statement,
                     const struct outgoing *out, struct hs_error *err)
{
    static const struct hs_value nothing = {.type = HS_NULL};
    char name[16];

    for (int i = 0; i < plan->places; i++) {
        const struct hs_value *value =
            i < statement->count ? &statement->values[i] : &nothing;

        out->lengths[i] = (int)value->len;
        if (take_value(value, plan->types[i], &out->values[i], &out->formats[i],
                       out->numbers[i], err) != 0)
            return -1;
    }
    plan_name(plan->number, name);
    if (!link->pg ||
        !hs_pq.sendQueryPrepared(link->pg, name, plan->places, out->values,
                                 out->lengths, out->formats, 0))
        return hs_link_broken(link, err);
    return 0;
}

static int send_few(struct hs_link *link, const struct hs_plan *plan,
                    const struct hs_statement *statement, struct hs_error *err)
{
    const char *values[FEW];
    int lengths[FEW], formats[FEW];
    char numbers[FEW][NUMBER_MAX];
    const struct outgoing out = {values, lengths, formats, numbers};

    return send_with(link, plan, statement, &out, err);
}

static int send_many(struct hs_link *link, const struct hs_plan *plan,
                     const struct hs_statement *statement, struct hs_error *err)
{
    size_t places = (size_t)plan->places;
    struct outgoing out = {
        calloc(places, sizeof(char *)), calloc(places, sizeof(int)),
        calloc(places, sizeof(int)), calloc(places, NUMBER_MAX)};
    int rc = -1;

    if (out.values && out.lengths && out.formats && out.numbers)
        rc = send_with(link, plan, statement, &out, err);
    else
        hs_no_memory(err);
    free(out.values);
    free(out.lengths);
    free(out.formats);
    free(out.numbers);
    return rc;
}

int hs_plan_send(struct hs_link *link, const struct hs_plan *plan,
                 const struct hs_statement *statement, struct hs_error *err)
{
    if (statement->count > plan->places ||
        (statement->count < plan->places && !statement->pad_nulls))
        return hs_error_set(err, "sql",
                            "the statement has %d places and got %d values",
                            plan->places, statement->count);
    return plan->places <= FEW ? send_few(link, plan, statement, err)
                               : send_many(link, plan, statement, err);
}

/* ---- values that come ---- */

/* A sum of integers is a numeric: an integer again when it is whole. */
static void numeric_value(const char *text, struct hs_value *out)
{
    const char *point = strchr(text, '.');
    char *end;

    errno = 0;
    out->integer = strtoll(text, &end, 10);
    if (errno == 0 && (*end == '\0' ||
                       (end == point && !point[1 + strspn(point + 1, "0")]))) {
        out->type = HS_INTEGER;
        return;
    }
    out->integer = 0;
    out->type = HS_REAL;
    out->real = strtod(text, NULL);
}

int hs_result_value(const struct pg_result *result, int row, int column,
                    struct hs_value *out, void **kept)
{
    const char *text = hs_pq.getvalue(result, row, column);

    *kept = NULL;
    *out = (struct hs_value){.type = HS_NULL, .bytes = ""};
    if (hs_pq.getisnull(result, row, column))
        return 0;
    switch (hs_pq.ftype(result, column)) {
    case HS_PG_BOOL:
        out->type = HS_INTEGER;
        out->integer = *text == 't';
        return 0;
    case HS_PG_INT8:
    case HS_PG_INT4:
    case HS_PG_INT2:
        out->type = HS_INTEGER;
        out->integer = strtoll(text, NULL, 10);
        return 0;
    case HS_PG_FLOAT4:
    case HS_PG_FLOAT8:
        out->type = HS_REAL;
        out->real = strtod(text, NULL);
        return 0;
    case HS_PG_NUMERIC:
        numeric_value(text, out);
        return 0;
    case HS_PG_BYTEA:
        *kept = hs_pq.unescapeBytea((const unsigned char *)text, &out->len);
        out->bytes = *kept;
        out->type = HS_BLOB;
        return *kept ? 0 : -1;
    default:
        out->type = HS_TEXT;
        out->bytes = text;
        out->len = (size_t)hs_pq.getlength(result, row, column);
        return 0;
    }
}
