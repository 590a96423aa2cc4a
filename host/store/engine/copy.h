/* copy.h: a database's rows, copied into another one of either engine. */
#ifndef HS_STORE_COPY_H
#define HS_STORE_COPY_H

#include "store/engine/copy_side.h"

struct hs_copy {
    const char *from;
    const char *to;       /* a file that doesn't exist yet, or an empty
                             PostgreSQL database, which gets the schema first */
    enum hs_side_use use; /* may others go on with `from`? */
    void (*progress)(void *ctx, int done, int total); /* rows; or NULL */
    void *ctx;
    int tables; /* out: how many were copied */
    int64_t rows;
};

/* Copy all rows in one transaction; then both sides are counted and compared by
 * checksums. Memory is bounded whatever their size.
 *
 * 0; -1 and `err`, with nothing copied: "in_use", "exists" (the file),
 * "not_empty", "foreign", "older_schema", "newer_schema", "changed", "same",
 * "constraint" (a text that PostgreSQL can't store), or why one of the two
 * can't be used. No message holds a password. */
int hs_copy(struct hs_copy *copy, struct hs_error *err);

#endif
