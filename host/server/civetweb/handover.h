/* handover.h: passing the listening socket to the next process. Main thread
 * only. server.h has the function that passes it on. */
#ifndef HS_HANDOVER_H
#define HS_HANDOVER_H

#include <netinet/in.h>

/* 1 if the previous process left its listening socket for this address: it is
 * used when civetweb binds. Call once, before any thread starts. */
int hs_handover_take(const struct sockaddr_in *at);
/* Has systemd a copy of our listening socket, for the next process? */
int hs_handover_is_left(void);

#endif
