/* folder.h: the Lua folder, read as one consistent picture. No Lua in here. */
#ifndef HS_FOLDER_H
#define HS_FOLDER_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define HS_FOLDER_DRAFT "forwarding.next.lua" /* never read as a file */
#define HS_FOLDER_NAME_MAX 120                /* path below the folder */
#define HS_FOLDER_FILE_BYTES (1u << 20)
#define HS_FOLDER_TOO_LARGE "the file is larger than 1 MiB"

struct hs_folder;

/* When a folder that is being written may be read: no file may have changed in
 * the last 10 ms, whatever is chosen. */
enum hs_folder_patience {
    HS_FOLDER_SOON, /* once no file written lately is open for writing */
    HS_FOLDER_HURRY /* somebody keeps a file open for writing for long */
};

/* Read every .lua, .txt and .csv file below `path`, except in types/
 * (annotations for editors), hidden ones and editors' backups, all as they are
 * at one moment: half a second is waited for that. Files that were changed
 * together since `before` (or NULL), a checkout or a list that is written bit
 * by bit, must have rested for 300 ms. NULL and `err` ("io", "too_large",
 * "too_many", "name", "memory", "changed": somebody is still writing) on
 * failure, with the file's name in `source` (HS_FOLDER_NAME_MAX + 1 bytes) or
 * "". */
struct hs_folder *hs_folder_read(const char *path,
                                 enum hs_folder_patience patience,
                                 const struct hs_folder *before, char *source,
                                 struct hs_error *err);
/* One without files. NULL and `err` ("memory"). */
struct hs_folder *hs_folder_new(struct hs_error *err);
void hs_folder_free(struct hs_folder *folder); /* NULL accepted */
/* Put `text` in place of a file, or beside the others. 0 or -1. */
int hs_folder_replace(struct hs_folder *folder, const char *name,
                      const char *text, size_t len, struct hs_error *err);
/* Forget the files whose name does not satisfy `wanted`. */
void hs_folder_filter(struct hs_folder *folder,
                      int (*wanted)(const char *name));
size_t hs_folder_count(const struct hs_folder *folder);
/* The name of a file, in sorted order, and its text, which is followed by a
 * NUL. They live as long as the folder. */
const char *hs_folder_file(const struct hs_folder *folder, size_t index,
                           const char **text, size_t *len);
/* A number that changes when the folder does: its files' names, what stat says
 * of them, the texts of those at the top, and why it cannot be read. Any
 * thread. */
uint64_t hs_folder_stamp(const char *path);

#endif
