/* folder.h: the Lua folder, read as one consistent snapshot. No Lua in here. */
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

/* When to read a folder that is being written. Unless it is read ahead, no file
 * may have changed in the last 10 ms. */
enum hs_folder_patience {
    HS_FOLDER_SOON,    /* once no recently written file is open for writing */
    HS_FOLDER_PATIENT, /* the same, for someone who waits for the answer */
    HS_FOLDER_HURRY,   /* a file stays open for writing for long */
    HS_FOLDER_AHEAD /* at once: what is made of it counts if hs_folder_is_still
                       says so afterwards */
};

/* Read every .lua, .txt and .csv file below `path`, except in types/
 * (annotations for editors), hidden ones and editors' backups, all as they are
 * at one moment, for which it waits up to half a second (HS_FOLDER_PATIENT:
 * five seconds). Files changed together since `before` (or NULL), such as a
 * checkout or a list written bit by bit, must have been quiet for 300 ms; where
 * nothing tells whether writing has ended (times in whole seconds, another
 * user's file, a file that is missing now), everything must have stayed the
 * same for so long before our eyes. NULL and `err` ("unreadable":
 * missing or not permitted, "io", "too_large", "too_many", "name", "memory",
 * "changed": still being written) on failure, with the file's name in `source`
 * (HS_FOLDER_NAME_MAX + 1 bytes) or "". */
struct hs_folder *hs_folder_read(const char *path,
                                 enum hs_folder_patience patience,
                                 const struct hs_folder *before, char *source,
                                 struct hs_error *err);
/* Wait until all writing has finished, as hs_folder_read() does, and say
 * whether the files of `path` are those of `folder`, which was read ahead;
 * files that were put into it since then don't count. 0 also on failure. */
int hs_folder_is_still(const struct hs_folder *folder, const char *path,
                       const struct hs_folder *before);
/* A number that grows with every file that is listed or read, by any thread: a
 * folder that is slow gets on, one that doesn't answer doesn't. */
unsigned hs_folder_steps(void);
/* An empty folder. NULL and `err` ("memory"). */
struct hs_folder *hs_folder_new(struct hs_error *err);
void hs_folder_free(struct hs_folder *folder); /* NULL accepted */
/* Replace a file's text, or add a file. 0 or -1. */
int hs_folder_replace(struct hs_folder *folder, const char *name,
                      const char *text, size_t len, struct hs_error *err);
/* A copy of the files whose name `wanted` accepts. NULL and `err`. */
struct hs_folder *hs_folder_copy(const struct hs_folder *folder,
                                 int (*wanted)(const char *name),
                                 struct hs_error *err);
/* Remove the files whose name `wanted` rejects. */
void hs_folder_filter(struct hs_folder *folder,
                      int (*wanted)(const char *name));
size_t hs_folder_count(const struct hs_folder *folder);
/* A file's name, in sorted order, and its text, followed by a NUL. Valid as
 * long as the folder. */
const char *hs_folder_file(const struct hs_folder *folder, size_t index,
                           const char **text, size_t *len);
/* A number that changes with the folder: the files' names, their stat, the
 * texts of those at the top, and why it can't be read. Any thread. */
uint64_t hs_folder_stamp(const char *path);

#endif
