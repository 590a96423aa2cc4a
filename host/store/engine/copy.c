/* copy.c: a database's rows, copied into another one of either engine. */
#include "store/engine/copy.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/config/database_name.h"
#include "base/config/database_url.h"
#include "lib/crypt.h"
#include "store/engine/applied.h"

#define TELL_ROWS 5000
#define COLUMNS_MAX 64
#define NAME_LEN 120 /* of a table */

/* What a new database holds already: the state of jobs, each a row. */
static const char *const seeded[] = {"call_levels", "call_totals_state",
                                     "callers_state", "reconciliation", NULL};

struct table {
    char *name;
    char *columns;
    int count;
};

struct tables {
    struct table *list;
    int count;
};

/* The same rows in any order have the same sum. */
struct sum {
    int64_t rows;
    uint64_t words[4];
};

struct copying {
    struct hs_side *from, *to;
    const char *from_name, *to_name; /* to be shown */
    struct tables sources, targets;
    const struct table *table; /* the one that is being copied */
    struct hs_buf insert;      /* its statement */
    struct hs_buf row;         /* as it is summed */
    struct sum read, written;
    int64_t done, total;
    struct hs_copy *what;
    unsigned applied;
};

static int scan(struct hs_side *side, const char *sql, hs_side_row *row,
                void *ctx, struct hs_error *err)
{
    return side->driver->scan(side, sql, row, ctx, err);
}

/* ---- which tables ---- */

static int in_list(const char *name, const char *const *list)
{
    for (; *list; list++) {
        if (strcmp(name, *list) == 0)
            return 1;
    }
    return 0;
}

/* Not an engine's own, what each database has been through by itself, and which
 * processes use it. */
static int is_copied(const char *name)
{
    static const char *const own[] = {"schema_migrations", "hosts", "leases",
                                      NULL};

    return strncmp(name, "hs_", 3) != 0 && !in_list(name, own);
}

static int add_table(void *ctx, const struct hs_value *values, int count,
                     struct hs_error *err)
{
    struct tables *tables = ctx;
    struct table *list =
        reallocarray(tables->list, (size_t)tables->count + 1, sizeof *list);
    struct table *table;

    (void)count;
    if (!list)
        return hs_no_memory(err);
    tables->list = list;
    table = &list[tables->count++];
    table->name = strndup(values[0].bytes, values[0].len);
    table->columns = strndup(values[1].bytes, values[1].len);
    table->count = (int)values[2].integer;
    if (!table->name || !table->columns)
        return hs_no_memory(err);
    if (strchr(table->name, '"') || strlen(table->name) > NAME_LEN)
        return hs_error_set(err, "foreign", "%s isn't a table of Hookswitch",
                            table->name);
    if (table->count >= 1 && table->count <= COLUMNS_MAX)
        return 0;
    return hs_error_set(err, "foreign", "%s has %d columns", table->name,
                        table->count);
}

static void free_tables(struct tables *tables)
{
    for (int i = 0; i < tables->count; i++) {
        free(tables->list[i].name);
        free(tables->list[i].columns);
    }
    free(tables->list);
    *tables = (struct tables){0};
}

static int list_tables(struct hs_side *side, struct tables *tables,
                       struct hs_error *err)
{
    free_tables(tables);
    return scan(side, side->driver->tables, add_table, tables, err);
}

static const struct table *find(const struct tables *tables, const char *name)
{
    for (int i = 0; i < tables->count; i++) {
        if (strcmp(tables->list[i].name, name) == 0)
            return &tables->list[i];
    }
    return NULL;
}

/* ---- what may be copied where ---- */

static int see_applied(void *ctx, const struct hs_value *values, int count,
                       struct hs_error *err)
{
    struct copying *c = ctx;
    char name[128], sha256[65];

    (void)count;
    (void)snprintf(name, sizeof name, "%.*s", (int)values[0].len,
                   values[0].bytes);
    (void)snprintf(sha256, sizeof sha256, "%.*s", (int)values[1].len,
                   values[1].bytes);
    return hs_applied_next(hs_schema_files, hs_schema_count, &c->applied, name,
                           sha256, err);
}

static int check_source(struct copying *c, struct hs_error *err)
{
    struct hs_error why;

    if (list_tables(c->from, &c->sources, err) != 0)
        return -1;
    if (!find(&c->sources, "schema_migrations"))
        return hs_error_set(err, "foreign", "%s holds no tables of Hookswitch",
                            c->from_name);
    if (scan(c->from, HS_APPLIED_ROWS, see_applied, c, &why) != 0)
        return hs_error_set(err, why.code, "%s: %s", c->from_name, why.message);
    if (c->applied == hs_schema_count)
        return 0;
    return hs_error_set(
        err, "older_schema",
        "%s has the schema of an older version: run `hookswitch "
        "migrate` on it first",
        c->from_name);
}

static int count_row(void *ctx, const struct hs_value *values, int count,
                     struct hs_error *err)
{
    int64_t *found = ctx;

    (void)count;
    (void)err;
    *found += values[0].integer;
    return 0;
}

static int count_rows(struct hs_side *side, const struct table *table,
                      int64_t *rows, struct hs_error *err)
{
    char sql[160];

    (void)snprintf(sql, sizeof sql, "SELECT COUNT(*) FROM \"%s\"", table->name);
    return scan(side, sql, count_row, rows, err);
}

static int check_empty(struct copying *c, struct hs_error *err)
{
    if (list_tables(c->to, &c->targets, err) != 0)
        return -1;
    for (int i = 0; i < c->targets.count; i++) {
        const struct table *table = &c->targets.list[i];
        int64_t rows = 0;

        if (!is_copied(table->name) || in_list(table->name, seeded))
            continue;
        if (count_rows(c->to, table, &rows, err) != 0)
            return -1;
        if (rows == 0)
            continue;
        return hs_error_set(err, "not_empty",
                            "%s isn't empty: %s has %" PRId64
                            " rows. Copy into a new "
                            "database",
                            c->to_name, table->name, rows);
    }
    return 0;
}

/* Both have the same tables with the same columns. */
static int check_alike(struct copying *c, struct hs_error *err)
{
    for (int i = 0; i < c->sources.count; i++) {
        const struct table *table = &c->sources.list[i];
        const struct table *other = find(&c->targets, table->name);

        if (!is_copied(table->name) ||
            (other && strcmp(table->columns, other->columns) == 0))
            continue;
        return hs_error_set(err, "foreign",
                            "%s: the two databases don't have the same columns",
                            table->name);
    }
    return 0;
}

/* ---- the rows of a table ---- */

static int sum_value(struct hs_buf *row, const struct hs_value *value)
{
    switch (value->type) {
    case HS_NULL:
        return hs_buf_add_str(row, "n;");
    case HS_INTEGER:
        return hs_buf_printf(row, "i%" PRId64 ";", value->integer);
    case HS_REAL:
        return hs_buf_printf(row, "r%.17g;", value->real);
    default: /* one engine keeps as a text what is bytes in the other */
        return hs_buf_printf(row, "t%zu:", value->len) ||
               hs_buf_add(row, value->bytes, value->len);
    }
}

static int add_to(struct sum *sum, struct hs_buf *row,
                  const struct hs_value *values, int count,
                  struct hs_error *err)
{
    unsigned char digest[32];
    uint64_t words[4];

    hs_buf_clear(row);
    for (int i = 0; i < count; i++) {
        if (sum_value(row, &values[i]) != 0)
            return hs_no_memory(err);
    }
    hs_sha256(row->data, row->len, digest);
    memcpy(words, digest, sizeof words);
    for (int i = 0; i < 4; i++)
        sum->words[i] += words[i];
    sum->rows++;
    return 0;
}

static void tell(const struct copying *c)
{
    if (c->what->progress)
        c->what->progress(c->what->ctx, (int)c->done, (int)c->total);
}

static int copy_row(void *ctx, const struct hs_value *values, int count,
                    struct hs_error *err)
{
    struct copying *c = ctx;
    struct hs_error why;

    if (add_to(&c->read, &c->row, values, count, err) != 0)
        return -1;
    if (c->to->driver->write(c->to, c->insert.data, values, count, &why) != 0)
        return hs_error_set(err, why.code, "%s, row %" PRId64 ": %s",
                            c->table->name, c->read.rows, why.message);
    if (++c->done % TELL_ROWS == 0)
        tell(c);
    return 0;
}

static int check_row(void *ctx, const struct hs_value *values, int count,
                     struct hs_error *err)
{
    struct copying *c = ctx;

    return add_to(&c->written, &c->row, values, count, err);
}

static int make_insert(struct copying *c, struct hs_error *err)
{
    const struct table *table = c->table;

    hs_buf_clear(&c->insert);
    if (hs_buf_printf(&c->insert, "INSERT INTO \"%s\" (%s) VALUES (?",
                      table->name, table->columns) != 0)
        return hs_no_memory(err);
    for (int i = 1; i < table->count; i++) {
        if (hs_buf_add_str(&c->insert, ", ?") != 0)
            return hs_no_memory(err);
    }
    return hs_buf_add_str(&c->insert, ")") == 0 ? 0 : hs_no_memory(err);
}

static int clear_table(struct copying *c, struct hs_error *err)
{
    const struct hs_side_driver *driver = c->to->driver;
    char sql[160];

    (void)snprintf(sql, sizeof sql, "DELETE FROM \"%s\"", c->table->name);
    return driver->write(c->to, sql, NULL, 0, err) != 0 ||
                   driver->flush(c->to, err) != 0
               ? -1
               : 0;
}

static int copy_table(struct copying *c, struct hs_error *err)
{
    struct hs_buf select = {0};
    struct hs_error why = {0};
    int rc;

    c->read = c->written = (struct sum){0};
    if (hs_buf_printf(&select, "SELECT %s FROM \"%s\"", c->table->columns,
                      c->table->name) != 0) {
        hs_buf_free(&select);
        return hs_no_memory(err);
    }
    rc = make_insert(c, err) != 0 || clear_table(c, err) != 0 ||
         scan(c->from, select.data, copy_row, c, err) != 0;
    if (rc == 0 && c->to->driver->flush(c->to, &why) != 0) {
        hs_error_set(err, why.code, "%s: %s", c->table->name, why.message);
        rc = -1;
    }
    rc = rc || scan(c->to, select.data, check_row, c, err) != 0;
    hs_buf_free(&select);
    if (rc != 0 || memcmp(&c->read, &c->written, sizeof c->read) == 0)
        return rc ? -1 : 0;
    return hs_error_set(err, "corrupt",
                        "%s: %" PRId64 " rows were read and %" PRId64
                        " are there, or their contents differ",
                        c->table->name, c->read.rows, c->written.rows);
}

/* The version that is live everywhere is for the hosts of one database: a
 * file's own server doesn't keep it up to date. */
static int is_left_out(const struct copying *c, const char *name)
{
    return !is_copied(name) || (strcmp(name, "rule_current") == 0 &&
                                c->from->driver == &hs_sqlite_side);
}

static int copy_tables(struct copying *c, struct hs_error *err)
{
    for (int i = 0; i < c->targets.count; i++) {
        const struct table *table = find(&c->sources, c->targets.list[i].name);

        if (table && !is_left_out(c, table->name) &&
            count_rows(c->from, table, &c->total, err) != 0)
            return -1;
    }
    for (int i = 0; i < c->targets.count; i++) {
        c->table = find(&c->sources, c->targets.list[i].name);
        if (!c->table || is_left_out(c, c->table->name))
            continue;
        if (copy_table(c, err) != 0)
            return -1;
        c->what->tables++;
    }
    c->what->rows = c->done;
    tell(c);
    return 0;
}

/* ---- the whole ---- */

static void close_side(struct hs_side *side)
{
    if (!side)
        return;
    side->driver->close(side);
    free(side->database);
    free(side);
}

/* NULL and `err`, as a driver's open() says. */
static struct hs_side *open_side(const char *database, enum hs_side_use use,
                                 struct hs_error *err)
{
    const struct hs_side_driver *driver =
        hs_database_is_url(database) ? &hs_postgres_side : &hs_sqlite_side;
    struct hs_side *side = calloc(1, driver->size);

    if (side)
        side->database = strdup(database);
    if (!side || !side->database) {
        free(side);
        hs_no_memory(err);
        return NULL;
    }
    side->driver = driver;
    if (driver->open(side, use, err) == 0)
        return side;
    close_side(side);
    return NULL;
}

static int run(struct copying *c, struct hs_error *err)
{
    const char *from = c->what->from, *to = c->what->to;

    c->from = open_side(from, c->what->use, err);
    if (!c->from || check_source(c, err) != 0)
        return -1;
    c->to = open_side(to, HS_SIDE_TO, err);
    if (!c->to || check_empty(c, err) != 0 ||
        c->to->driver->prepare(c->to, err) != 0 ||
        list_tables(c->to, &c->targets, err) != 0 || check_alike(c, err) != 0 ||
        copy_tables(c, err) != 0)
        return -1;
    return c->to->driver->commit(c->to, err);
}

static int check_name(const char *which, const char *database,
                      struct hs_error *err)
{
    struct hs_error why;

    if (hs_database_check(database, &why) == 0)
        return 0;
    return hs_error_set(err, why.code, "%s %s", which, why.message);
}

int hs_copy(struct hs_copy *copy, struct hs_error *err)
{
    char names[2][HS_DATABASE_SHOWN];
    struct copying c = {
        .from_name = names[0], .to_name = names[1], .what = copy};
    int rc;

    if (check_name("FROM", copy->from, err) != 0 ||
        check_name("TO", copy->to, err) != 0)
        return -1;
    if (strcmp(copy->from, copy->to) == 0)
        return hs_error_set(err, "same",
                            "a database can't be copied into itself");
    hs_database_shown(copy->from, names[0]);
    hs_database_shown(copy->to, names[1]);
    rc = run(&c, err);
    close_side(c.to);
    close_side(c.from);
    free_tables(&c.sources);
    free_tables(&c.targets);
    hs_buf_free(&c.insert);
    hs_buf_free(&c.row);
    return rc;
}
