/* handover.h: leaving the listening socket to the process that comes next. All
 * of it on the main thread. See server.h for leaving it. */
#ifndef HS_HANDOVER_H
#define HS_HANDOVER_H

#include <netinet/in.h>

/* 1 when the process before left its listening socket for this address: it is
 * used as soon as civetweb binds one. Once, before there are threads. */
int hs_handover_take(const struct sockaddr_in *at);
/* Take nothing more from a socket that was left: what comes is for the next
 * process. 0 when none was, so that ours has to be shut. */
int hs_handover_retire(void);
/* civetweb waits no longer for what retired: before mg_stop(). */
void hs_handover_end(void);

#endif
