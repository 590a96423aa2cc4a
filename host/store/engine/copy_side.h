/* copy_side.h: one of the two databases of a copy (copy.c), as each engine's
 * driver offers it. Used by one thread. Failures are reported in the words of
 * store.h. */
#ifndef HS_STORE_COPY_SIDE_H
#define HS_STORE_COPY_SIDE_H

#include "base/buf.h"
#include "store/store.h"

enum hs_side_use {
    HS_SIDE_FROM,     /* nobody may use it meanwhile */
    HS_SIDE_SNAPSHOT, /* as it is at one moment; others go on */
    HS_SIDE_TO        /* to be filled: nobody may use it */
};

/* A driver's own begins with this. */
struct hs_side {
    const struct hs_side_driver *driver;
    char *database; /* its path or URL */
};

/* Gets each row. 0, or -1 with `err`, which ends the reading. */
typedef int hs_side_row(void *ctx, const struct hs_value *values, int count,
                        struct hs_error *err);

struct hs_side_driver {
    /* Yields a row for each table: its name, its columns as a list for a
     * SELECT, in the order of their names, and how many there are. A table
     * comes behind those that it refers to. */
    const char *tables;
    size_t size; /* bytes of the driver's own */
    /* Fill in the rest of a zeroed side. 0; or -1 and `err`, "in_use", "exists"
     * or why it can't be opened: close it then, too. */
    int (*open)(struct hs_side *side, enum hs_side_use use,
                struct hs_error *err);
    /* Of an empty one: make the schema, and begin the one transaction in which
     * it is filled, without triggers. 0, or -1 with `err`. */
    int (*prepare)(struct hs_side *side, struct hs_error *err);
    /* Read rows, a bounded number at a time. 0, or -1 with `err`. */
    int (*scan)(struct hs_side *side, const char *sql, hs_side_row *row,
                void *ctx, struct hs_error *err);
    /* Run a statement that yields nothing; its values are copied. It may fail
     * later, at the latest in flush(). 0, or -1 with `err`. */
    int (*write)(struct hs_side *side, const char *sql,
                 const struct hs_value *values, int count,
                 struct hs_error *err);
    int (*flush)(struct hs_side *side, struct hs_error *err);
    /* Check and commit what was written. 0, or -1 with `err`. */
    int (*commit)(struct hs_side *side, struct hs_error *err);
    /* Release what open() acquired; what wasn't committed is gone. */
    void (*close)(struct hs_side *side);
};

extern const struct hs_side_driver hs_sqlite_side;
extern const struct hs_side_driver hs_postgres_side;

#endif
