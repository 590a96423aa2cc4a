/* rows.c: rows returned by a write, in memory. */
#include "store/engine/rows.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"

struct hs_rows {
    int columns;
    int named;
    size_t count;            /* values */
    size_t room;             /* values that fit */
    struct hs_value *values; /* `integer` is the text's offset until read */
    struct hs_buf text;      /* names, then the bytes of the values */
    size_t names[];
};

struct hs_rows *hs_rows_new(int columns)
{
    struct hs_rows *rows =
        calloc(1, sizeof *rows + (size_t)columns * sizeof rows->names[0]);

    if (rows)
        rows->columns = columns;
    return rows;
}

void hs_rows_free(struct hs_rows *rows)
{
    if (!rows)
        return;
    hs_buf_free(&rows->text);
    free(rows->values);
    free(rows);
}

int hs_rows_add_name(struct hs_rows *rows, const char *name)
{
    rows->names[rows->named++] = rows->text.len;
    return hs_buf_add(&rows->text, name, strlen(name) + 1);
}

static int reserve(struct hs_rows *rows)
{
    size_t room = rows->room < 8 ? 8 : rows->room * 2;
    struct hs_value *values;

    if (rows->count < rows->room)
        return 0;
    values = realloc(rows->values, room * sizeof *values);
    if (!values)
        return -1;
    rows->values = values;
    rows->room = room;
    return 0;
}

int hs_rows_add_value(struct hs_rows *rows, const struct hs_value *value)
{
    struct hs_value *kept;

    if (reserve(rows) != 0)
        return -1;
    kept = &rows->values[rows->count++];
    *kept = *value;
    if (value->type != HS_TEXT && value->type != HS_BLOB)
        return 0;
    kept->integer = (int64_t)rows->text.len;
    return hs_buf_add(&rows->text, value->bytes, value->len);
}

size_t hs_rows_count(const struct hs_rows *rows)
{
    return rows->columns ? rows->count / (size_t)rows->columns : 0;
}

int hs_rows_columns(const struct hs_rows *rows)
{
    return rows->columns;
}

const char *hs_rows_name(const struct hs_rows *rows, int column)
{
    return rows->text.data + rows->names[column];
}

void hs_rows_value(const struct hs_rows *rows, size_t row, int column,
                   struct hs_value *out)
{
    *out = rows->values[row * (size_t)rows->columns + (size_t)column];
    if (out->type == HS_TEXT || out->type == HS_BLOB) {
        out->bytes = rows->text.data + out->integer;
        out->integer = 0;
    }
}
