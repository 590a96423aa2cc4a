/* folder_internal.h: the files of a Lua folder, shared by folder*.c. */
#ifndef HS_FOLDER_INTERNAL_H
#define HS_FOLDER_INTERNAL_H

#include <sys/stat.h>
#include <sys/types.h>
#include <time.h>

#include "lib/files/folder.h"

#define HS_FOLDER_REST_MS 10 /* a file written since then may be incomplete */
#define HS_FOLDER_LATELY_MS 5000 /* so may one that is open for writing */

struct hs_folder_file {
    char *name;
    struct stat at; /* when it was listed */
    char *text;     /* NULL until read */
    size_t len;
};

struct hs_folder {
    struct hs_folder_file *files; /* sorted by name once listed */
    size_t count, cap;
    size_t bytes;
    int folders;     /* entered while listing */
    int64_t read_ms; /* hs_monotonic_ms() before it was read */
};

/* Where a failure is reported: both as for hs_folder_read(). */
struct hs_folder_report {
    char *source;
    struct hs_error *err;
};

/* Report; -1. Characters that can't be shown become question marks. */
int hs_folder_fail(const struct hs_folder_report *report, const char *source,
                   const char *code, const char *message);
int hs_folder_fail_errno(const struct hs_folder_report *report,
                         const char *source, const char *what);

/* List the folder at `path` into an empty `folder`, no texts. Problems are
 * reported in the order of names. 0, or -1 and the report. */
int hs_folder_list(struct hs_folder *folder, const char *path,
                   const struct hs_folder_report *report);
struct hs_folder_file *hs_folder_add(struct hs_folder *folder,
                                     const char *name);
/* A file by its name, or NULL. The folder is sorted. */
struct hs_folder_file *hs_folder_find(const struct hs_folder *folder,
                                      const char *name);
/* Is this a valid name for a Lua or text file? */
int hs_folder_is_name(const char *name);
/* How long ago it changed, in ms; if the clock was set back, the file counts as
 * old. */
int64_t hs_folder_age(const struct hs_folder_file *file,
                      const struct timespec *now);
/* One more of hs_folder_steps(). */
void hs_folder_step(void);
/* Forget all files. */
void hs_folder_clear(struct hs_folder *folder);

#endif
