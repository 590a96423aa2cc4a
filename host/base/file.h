/* file.h: a small file, read whole. */
#ifndef HS_FILE_H
#define HS_FILE_H

#include <stddef.h>
#include <sys/types.h>

#include "base/err.h"

/* Read the file at `path`. Returns its bytes, followed by a NUL, which the
 * caller frees; or NULL and `err`: "missing", "folder", "too_large" (more than
 * `max` bytes), "memory" or "io", its message "PATH: what is wrong". A pipe is
 * read to its end; a pipe without a writer is empty. Any thread. */
char *hs_file_read(const char *path, size_t max, size_t *len,
                   struct hs_error *err);
/* Read from `fd` until its end or until `size` bytes are there. Returns how
 * many, or -1 with errno. */
ssize_t hs_read_full(int fd, void *out, size_t size);
/* Write all of it. 0, or -1 with errno. */
int hs_write_full(int fd, const char *data, size_t len);

#endif
