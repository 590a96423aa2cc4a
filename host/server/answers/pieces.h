/* pieces.h: answers of any length, made and sent piece by piece. */
#ifndef HS_PIECES_H
#define HS_PIECES_H

#include "server/answers/reply.h"

/* Send `first`, a reply whose body continues (worker->more says where), and the
 * pieces after it. The route is called again for each, in any VM, and no VM is
 * held while the client reads, so an export of any length needs the memory of
 * one piece. If a piece fails, the connection is cut: the answer must not look
 * complete. */
void hs_pieces_send(struct hs_request *request, struct hs_reply *first);

#endif
