/* static.h: the console's files, from the folder `web`. */
#ifndef HS_STATIC_H
#define HS_STATIC_H

#include "server/worker.h"

struct hs_static;

/* List the folder once; only what is in this list is ever opened, so a path
 * from outside never reaches the file system. NULL when there is no such
 * folder or no index.html in it. */
struct hs_static *hs_static_open(const char *folder);
void hs_static_close(struct hs_static *files); /* NULL accepted */
/* Answer a GET or HEAD for a file, or for a page of the console. 0 when there
 * is nothing of that name. */
int hs_static_answer(struct hs_request *request);

#endif
