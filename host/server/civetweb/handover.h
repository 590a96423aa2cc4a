/* handover.h: passing the listening socket to the next process. Main thread
 * only. server.h has the function that passes it on. */
#ifndef HS_HANDOVER_H
#define HS_HANDOVER_H

#include <netinet/in.h>

/* 1 if the previous process left its listening socket for this address: it is
 * used when civetweb binds. Call once, before any thread starts. */
int hs_handover_take(const struct sockaddr_in *at);
/* Accept nothing more from a socket left behind: new connections are for the
 * next process. 0 if none was left, so ours has to be shut. */
int hs_handover_retire(void);
/* Stop civetweb waiting on the retired socket; before mg_stop(). */
void hs_handover_end(void);

#endif
