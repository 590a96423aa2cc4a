/* rows.h: rows returned by a write, in memory. */
#ifndef HS_ROWS_H
#define HS_ROWS_H

#include "store/store.h"

struct hs_rows;

/* NULL when memory ran out. The names are added first, then the values, row by
 * row. */
struct hs_rows *hs_rows_new(int columns);
void hs_rows_free(struct hs_rows *rows); /* NULL accepted */
/* Both copy, and return 0, or -1 when memory ran out. */
int hs_rows_add_name(struct hs_rows *rows, const char *name);
int hs_rows_add_value(struct hs_rows *rows, const struct hs_value *value);

/* Complete rows. */
size_t hs_rows_count(const struct hs_rows *rows);
int hs_rows_columns(const struct hs_rows *rows);
const char *hs_rows_name(const struct hs_rows *rows, int column);
/* Valid while the rows are. */
void hs_rows_value(const struct hs_rows *rows, size_t row, int column,
                   struct hs_value *out);

#endif
