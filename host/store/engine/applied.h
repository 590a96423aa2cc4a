/* applied.h: what a database says was applied to it, against this program's
 * schema files. */
#ifndef HS_STORE_APPLIED_H
#define HS_STORE_APPLIED_H

#include "store/engine/schema.h"

/* Where all engines keep it. */
#define HS_APPLIED_ROWS                                                        \
    "SELECT name, sha256 FROM schema_migrations ORDER BY name"
#define HS_APPLIED_INSERT                                                      \
    "INSERT INTO schema_migrations(name, sha256, applied_at) VALUES(?, ?, ?)"

void hs_schema_checksum(const struct hs_schema_file *file, char out[65]);
/* One of those rows, in their order; `*applied` is how many came before and is
 * counted on. 0, or -1 with `err`: "changed" or "newer_schema". */
int hs_applied_next(const struct hs_schema_file *files, unsigned count,
                    unsigned *applied, const char *name, const char *sha256,
                    struct hs_error *err);

#endif
