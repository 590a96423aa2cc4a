/* owner.h: of the near file: the one process that uses it. */
#ifndef HS_NEAR_OWNER_H
#define HS_NEAR_OWNER_H

#include "base/err.h"

/* Become the only process that uses the file at `path`, until the descriptor
 * that is returned is closed or the process ends. An owner that is leaving is
 * waited for; beside any other: -1 and `err`, which names it. */
int hs_near_owner_become(const char *path, struct hs_error *err);
/* Let the next process wait for our end. */
void hs_near_owner_leaving(int fd);

#endif
