/* applied.c: what was applied to a database, against our schema files. */
#include "store/engine/applied.h"

#include <string.h>

#include "lib/crypt.h"

void hs_schema_checksum(const struct hs_schema_file *file, char out[65])
{
    unsigned char digest[32];

    hs_sha256(file->sql, file->len, digest);
    hs_hex(digest, sizeof digest, out);
}

int hs_applied_next(const struct hs_schema_file *files, unsigned count,
                    unsigned *applied, const char *name, const char *sha256,
                    struct hs_error *err)
{
    const struct hs_schema_file *file;
    char expected[65];

    for (unsigned i = *applied; i < count; i++) {
        file = &files[i];
        if (strcmp(file->name, name) != 0)
            continue;
        if (i != *applied)
            return hs_error_set(
                err, "changed",
                "%s is missing in the database although the later %s "
                "is applied",
                files[*applied].name, name);
        hs_schema_checksum(file, expected);
        if (strcmp(expected, sha256) != 0)
            return hs_error_set(
                err, "changed",
                "%s was changed after it was applied to this database", name);
        (*applied)++;
        return 0;
    }
    return hs_error_set(
        err, "newer_schema",
        "the database has %s, which this version of Hookswitch does "
        "not know: it was used by a newer version",
        name);
}
