/* static.h: the console's files, from the folder `web`. */
#ifndef HS_STATIC_H
#define HS_STATIC_H

#include "server/state.h"

/* List the folder `web` once; only files in this list are ever opened, so a
 * path from outside never reaches the file system. No list if the folder or its
 * index.html is missing, nor until a mount answers that doesn't within two
 * seconds. */
void hs_static_start(struct hs_server *server);
void hs_static_stop(struct hs_server *server);
/* Answer a GET or HEAD for a file, or for a page of the console. 0 if there is
 * none. */
int hs_static_answer(struct hs_request *request);

#endif
