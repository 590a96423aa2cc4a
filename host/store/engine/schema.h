/* schema.h: the schema/ files embedded in the program. */
#ifndef HS_SCHEMA_H
#define HS_SCHEMA_H

#include "base/err.h"

struct hs_schema_file {
    const char *name; /* "0001_twilio.sql" */
    const char *sql;  /* need not end in NUL */
    unsigned len;
};

/* Sorted by name. Defined in the generated build/schema.c. */
extern const struct hs_schema_file hs_schema_files[];
extern const unsigned hs_schema_count;

/* hs_migrate() with another list of files. */
int hs_migrate_files(const char *path, const struct hs_schema_file *files,
                     unsigned count, int dry_run, int *applied,
                     struct hs_error *err);

#endif
