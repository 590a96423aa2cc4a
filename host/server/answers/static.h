/* static.h: the console's files, from the folder `web`. */
#ifndef HS_STATIC_H
#define HS_STATIC_H

#include "server/state.h"

struct hs_static;

/* List the folder once; only files in this list are ever opened, so a path from
 * outside never reaches the file system. NULL if the folder or its index.html
 * is missing. */
struct hs_static *hs_static_open(const char *folder);
void hs_static_close(struct hs_static *files); /* NULL accepted */
/* Answer a GET or HEAD for a file, or for a page of the console. 0 if there is
 * none. */
int hs_static_answer(struct hs_request *request);

#endif
