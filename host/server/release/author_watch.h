/* author_watch.h: who wrote the files, asked without being held up: `.git` may
 * be on a mount that doesn't answer, and so may what knows the users. */
#ifndef HS_AUTHOR_WATCH_H
#define HS_AUTHOR_WATCH_H

#include <stdint.h>

#include "lib/files/author.h"

/* hs_author_moved() and hs_author_find(), for which one thread at a time may
 * ask. Without an answer within a second, and at once while an earlier question
 * has none, 0 and nobody. */
int64_t hs_author_watch_moved(const char *folder);
void hs_author_watch_find(const char *folder, struct hs_author *out);
/* For how long there has been no answer, 0 if there is one. Any thread. */
int64_t hs_author_watch_stuck_ms(void);

#endif
