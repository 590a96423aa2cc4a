/* text_file.h: a small file, read whole and replaced whole. */
#ifndef HS_TEXT_FILE_H
#define HS_TEXT_FILE_H

#include <stddef.h>

#include "base/err.h"

/* Read it: `text` is followed by a NUL and freed by the caller. 0; or -1 and
 * `err` ("missing", "too_large", "io", "memory"). */
int hs_text_file_read(const char *path, size_t max, char **text, size_t *len,
                      struct hs_error *err);
/* Put `text` in its place: whoever reads it sees the old or the new one, also
 * after a power cut. A symbolic link stays one, and the mode stays. 0; or -1
 * and `err` ("read_only", "full", "io", "memory"). */
int hs_text_file_replace(const char *path, const char *text, size_t len,
                         struct hs_error *err);
/* Could hs_text_file_replace() do it? */
int hs_text_file_is_writable(const char *path);

#endif
