/* pieces.h: answers of any length, made and sent a piece at a time. */
#ifndef HS_PIECES_H
#define HS_PIECES_H

#include "server/reply.h"

/* Send `first`, a reply whose body goes on (worker->more says where), and the
 * pieces behind it. Each is asked of the route anew, in any VM, and no VM is
 * kept while the client reads, so that an export of any length costs the memory
 * of one piece. When a piece fails, the connection is cut: the answer must not
 * look whole. */
void hs_pieces_send(struct hs_request *request, struct hs_reply *first);

#endif
