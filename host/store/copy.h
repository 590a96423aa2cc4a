/* copy.h: a database's rows, copied into another one of either engine. */
#ifndef HS_STORE_COPY_H
#define HS_STORE_COPY_H

#include "store/side.h"

struct hs_copied {
    int tables;
    int64_t rows;
};

/* Copy all rows of `from` into `to`: a file that doesn't exist yet, or an empty
 * PostgreSQL database, which gets the schema first. In one transaction; then
 * both are counted and compared by checksums. Memory is bounded whatever their
 * size. `use` says whether others may go on with `from`. `progress` (may be
 * NULL) gets rows done and total.
 *
 * 0; -1 and `err`, with nothing copied: "in_use", "exists" (the file),
 * "not_empty", "foreign", "older_schema", "newer_schema", "changed", "same",
 * "constraint" (a text that PostgreSQL can't store), or why one of the two
 * can't be used. No message holds a password. */
int hs_copy(const char *from, const char *to, enum hs_side_use use,
            void (*progress)(void *ctx, int done, int total), void *ctx,
            struct hs_copied *copied, struct hs_error *err);

#endif
