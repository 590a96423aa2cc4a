/* text_file.h: a small file, replaced or created atomically. */
#ifndef HS_TEXT_FILE_H
#define HS_TEXT_FILE_H

#include <stddef.h>

#include "base/err.h"

struct hs_text_file {
    const char *name, *text;
    size_t len;
};

/* May they still be replaced? 0; or -1 and `err`. */
typedef int hs_text_files_check(void *ctx, struct hs_error *err);

/* Replace the texts of files of a folder: readers see the old or the new one of
 * each, even after a power cut. All are written before the first takes its
 * place, so the moment in which some are old is too short for a reader of the
 * folder (lib/files/folder.h). Writing takes long on a busy disk, so `check`
 * (NULL: none) is asked in between. Symbolic links and modes are kept. 0; or -1
 * and `err`: the check's, "unknown" when some may be in place, else
 * "read_only", "full", "io" or "memory". */
int hs_text_files_replace(const char *folder, const struct hs_text_file *files,
                          size_t count, hs_text_files_check *check, void *ctx,
                          struct hs_error *err);
/* Remove it, if it is there, even after a power cut. 0; or -1 and `err`, as
 * above. */
int hs_text_file_remove(const char *path, struct hs_error *err);
/* Create it, for its owner only, unless it exists; completely or not at all,
 * and if several processes try at once, one succeeds. 0, or -1 with errno. */
int hs_text_file_make(const char *path, const char *text, size_t len);
/* Could hs_text_file_replace() write it? */
int hs_text_file_is_writable(const char *path);

#endif
