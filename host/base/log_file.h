/* log_file.h: the log's file, written by a thread of its own: it may be on a
 * mount that doesn't answer, and no call and no shutdown may wait for that. */
#ifndef HS_LOG_FILE_H
#define HS_LOG_FILE_H

#include <stddef.h>

#include "base/err.h"

/* Append to the file `path`, or, if it is NULL, to `fd`. 0; 1 if it doesn't
 * answer soon: it is opened once it does, and say_failed() called if it can't
 * be; or -1 and `err`: "log_file", "thread". Called once. */
int hs_log_file_start(const char *path, int fd,
                      void (*say_failed)(const char *path),
                      struct hs_error *err);
/* Does the thread write, since the file is open? */
int hs_log_file_is_open(void);
/* Add whole lines, and wait for a moment until they are written. 0, or -1 if
 * too much waits already. Any thread. */
int hs_log_file_add(const char *data, size_t len);

#endif
