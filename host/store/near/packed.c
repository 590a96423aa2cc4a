/* packed.c: a batch of statements as bytes.
 *
 * The number of statements; of each the SQL, whether missing values are NULL,
 * and the values, each with its type. Numbers are in this machine's byte order:
 * the bytes never leave it. */
#include "store/near/packed.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define LEAST_ROOM 64

static int add_number(struct hs_buf *out, size_t number)
{
    uint32_t four = (uint32_t)number;

    return hs_buf_add(out, &four, sizeof four);
}

static int add_bytes(struct hs_buf *out, const char *bytes, size_t len)
{
    return add_number(out, len) || hs_buf_add(out, bytes, len);
}

static int add_value(struct hs_buf *out, const struct hs_value *value)
{
    char type = (char)value->type;

    if (hs_buf_add(out, &type, 1) != 0)
        return -1;
    switch (value->type) {
    case HS_INTEGER:
        return hs_buf_add(out, &value->integer, sizeof value->integer);
    case HS_REAL:
        return hs_buf_add(out, &value->real, sizeof value->real);
    case HS_TEXT:
    case HS_BLOB:
        return add_bytes(out, value->bytes, value->len);
    case HS_NULL:
        break;
    }
    return 0;
}

int hs_packed_add(struct hs_buf *out, const struct hs_statement *batch,
                  int count)
{
    int failed = add_number(out, (size_t)count);

    for (int i = 0; !failed && i < count; i++) {
        failed = add_bytes(out, batch[i].sql, batch[i].sql_len) ||
                 add_number(out, (size_t)batch[i].pad_nulls) ||
                 add_number(out, (size_t)batch[i].count);
        for (int j = 0; !failed && j < batch[i].count; j++)
            failed = add_value(out, &batch[i].values[j]);
    }
    return failed ? -1 : 0;
}

/* ---- reading ---- */

struct reader {
    const char *at;
    size_t left;
};

static int take(struct reader *reader, void *out, size_t len)
{
    if (reader->left < len)
        return -1;
    memcpy(out, reader->at, len);
    reader->at += len;
    reader->left -= len;
    return 0;
}

static int take_number(struct reader *reader, size_t *out)
{
    uint32_t four;

    if (take(reader, &four, sizeof four) != 0)
        return -1;
    *out = four;
    return 0;
}

static int take_bytes(struct reader *reader, const char **bytes, size_t *len)
{
    if (take_number(reader, len) != 0 || *len > reader->left)
        return -1;
    *bytes = reader->at;
    reader->at += *len;
    reader->left -= *len;
    return 0;
}

static int take_value(struct reader *reader, struct hs_value *out)
{
    char type;

    if (take(reader, &type, 1) != 0 || type < HS_NULL || type > HS_BLOB)
        return -1;
    *out = (struct hs_value){.type = (enum hs_type)type};
    switch (out->type) {
    case HS_INTEGER:
        return take(reader, &out->integer, sizeof out->integer);
    case HS_REAL:
        return take(reader, &out->real, sizeof out->real);
    case HS_TEXT:
    case HS_BLOB:
        return take_bytes(reader, &out->bytes, &out->len);
    case HS_NULL:
        break;
    }
    return 0;
}

/* Room for `more` elements of `size` bytes. 0 or -1. */
static int grow(void **array, int *room, int used, size_t more, size_t size)
{
    size_t wanted = (size_t)used + more;
    void *grown;

    if (wanted <= (size_t)*room)
        return 0;
    wanted = wanted * 2 < LEAST_ROOM ? LEAST_ROOM : wanted * 2;
    grown = reallocarray(*array, wanted, size);
    if (!grown)
        return -1;
    *array = grown;
    *room = (int)wanted;
    return 0;
}

static int corrupt(struct hs_error *err)
{
    return hs_error_set(err, "corrupt", "these bytes aren't a batch");
}

static int take_statement(struct reader *reader, struct hs_unpacked *out,
                          struct hs_error *err)
{
    struct hs_statement *statement = &out->statements[out->count];
    size_t pad, count;

    *statement = (struct hs_statement){0};
    if (take_bytes(reader, &statement->sql, &statement->sql_len) != 0 ||
        take_number(reader, &pad) != 0 || take_number(reader, &count) != 0 ||
        count > reader->left)
        return corrupt(err);
    statement->pad_nulls = pad != 0;
    statement->count = (int)count;
    if (grow((void **)&out->values, &out->value_room, out->value_count, count,
             sizeof *out->values) != 0)
        return hs_no_memory(err);
    for (size_t i = 0; i < count; i++) {
        if (take_value(reader, &out->values[out->value_count]) != 0)
            return corrupt(err);
        out->value_count++;
    }
    out->count++;
    return 0;
}

/* The values may have moved. */
static void point(struct hs_unpacked *out)
{
    const struct hs_value *at = out->values;

    for (int i = 0; i < out->count; at += out->statements[i++].count)
        out->statements[i].values = at;
}

int hs_packed_read(const char *bytes, size_t len, struct hs_unpacked *out,
                   struct hs_error *err)
{
    struct reader reader = {.at = bytes, .left = len};
    int count = out->count, values = out->value_count, rc = 0;
    size_t statements;

    if (take_number(&reader, &statements) != 0 || statements > len)
        return corrupt(err);
    if (grow((void **)&out->statements, &out->room, out->count, statements,
             sizeof *out->statements) != 0)
        return hs_no_memory(err);
    for (size_t i = 0; rc == 0 && i < statements; i++)
        rc = take_statement(&reader, out, err);
    if (rc == 0 && reader.left > 0)
        rc = corrupt(err);
    if (rc != 0) {
        out->count = count;
        out->value_count = values;
    }
    point(out);
    return rc;
}

void hs_unpacked_clear(struct hs_unpacked *unpacked)
{
    unpacked->count = 0;
    unpacked->value_count = 0;
}

void hs_unpacked_free(struct hs_unpacked *unpacked)
{
    free(unpacked->statements);
    free(unpacked->values);
    *unpacked = (struct hs_unpacked){0};
}
