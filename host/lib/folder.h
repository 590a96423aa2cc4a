/* folder.h: the Lua folder, read as one consistent picture. No Lua in here. */
#ifndef HS_FOLDER_H
#define HS_FOLDER_H

#include <stddef.h>

#include "base/err.h"

#define HS_FOLDER_NAME_MAX 120 /* path below the folder */

struct hs_folder;

/* Read every .lua and .txt file below `path`, except in types/ (annotations
 * for editors), hidden ones and editors' backups. Files that change meanwhile
 * are read again, so that all come from one moment. NULL and `err` ("io",
 * "too_large", "too_many", "name", "changed", "memory") on failure, with the
 * file's name in `source` (HS_FOLDER_NAME_MAX + 1 bytes) or "". */
struct hs_folder *hs_folder_read(const char *path, char *source,
                                 struct hs_error *err);
/* One without files. NULL when memory ran out. */
struct hs_folder *hs_folder_new(void);
void hs_folder_free(struct hs_folder *folder); /* NULL accepted */
/* Put `text` in place of a file, or beside the others. 0 or -1. */
int hs_folder_replace(struct hs_folder *folder, const char *name,
                      const char *text, size_t len, struct hs_error *err);
size_t hs_folder_count(const struct hs_folder *folder);
/* The name of a file, in sorted order, and its text, which is followed by a
 * NUL. They live as long as the folder. */
const char *hs_folder_file(const struct hs_folder *folder, size_t index,
                           const char **text, size_t *len);

#endif
