/* text_file.h: a small file, replaced or made whole. */
#ifndef HS_TEXT_FILE_H
#define HS_TEXT_FILE_H

#include <stddef.h>

#include "base/err.h"

/* Put `text` in its place: whoever reads it sees the old or the new one, also
 * after a power cut. A symbolic link stays one, and the mode stays. 0; or -1
 * and `err` ("read_only", "full", "io", "memory"). */
int hs_text_file_replace(const char *path, const char *text, size_t len,
                         struct hs_error *err);
/* Make it, for its owner only, unless it is there; whole or not at all, and of
 * several processes that try at once, one does. 0, or -1 with errno. */
int hs_text_file_make(const char *path, const char *text, size_t len);
/* Could hs_text_file_replace() do it? */
int hs_text_file_is_writable(const char *path);

#endif
