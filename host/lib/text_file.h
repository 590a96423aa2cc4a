/* text_file.h: a small file, replaced or created atomically. */
#ifndef HS_TEXT_FILE_H
#define HS_TEXT_FILE_H

#include <stddef.h>

#include "base/err.h"

/* Replace its text: readers see the old or the new one, even after a power cut.
 * A symbolic link and the mode are kept. 0; or -1 and `err` ("read_only",
 * "full", "io", "memory"). */
int hs_text_file_replace(const char *path, const char *text, size_t len,
                         struct hs_error *err);
/* Create it, for its owner only, unless it exists; completely or not at all,
 * and if several processes try at once, one succeeds. 0, or -1 with errno. */
int hs_text_file_make(const char *path, const char *text, size_t len);
/* Could hs_text_file_replace() write it? */
int hs_text_file_is_writable(const char *path);

#endif
