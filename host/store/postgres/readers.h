/* readers.h: connections that read, shared by all sessions of the process that
 * use the same database: one is a query's only while it runs. */
#ifndef HS_POSTGRES_READERS_H
#define HS_POSTGRES_READERS_H

#include "store/postgres/connection/link.h"

#define HS_READERS_LINKS 8
#define HS_READERS_FOR_CALLS 3 /* of these */

struct hs_readers;

/* The pool of this URL. NULL when memory ran out. Any thread. */
struct hs_readers *hs_readers_open(const char *url);
void hs_readers_close(struct hs_readers *pool); /* as often as it was opened */
/* One that is open, for a call or something that may wait longer, `fresh` when
 * it has never been used before. Waits until `until`; NULL and `err`: "busy"
 * when all are in use for so long, or what hs_link_open() says, at once for a
 * second after that. Any thread. */
struct hs_link *hs_readers_take(struct hs_readers *pool, int for_call,
                                int64_t until, int *fresh,
                                struct hs_error *err);
/* Give it back; a closed one is dropped, and so are all that are idle, since
 * the server is likely to have closed them, too. */
void hs_readers_put(struct hs_readers *pool, struct hs_link *link);

#endif
