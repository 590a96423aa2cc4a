/* silent.h: connections that have not sent a byte yet wait here, without a
 * worker.
 *
 * Proxies and browsers open connections ahead of need, and caddy doesn't resend
 * a POST on one that ends just then. So civetweb accepts a connection only once
 * its first byte has come. */
#ifndef HS_SILENT_H
#define HS_SILENT_H

#include <stdint.h>

#define HS_SILENT_MAX 256 /* more of them take a worker each */

/* From now on civetweb, which listens on `port`, accepts connections as
 * described; at most `limit` wait. 0, or -1 and errno. */
int hs_silent_start(int port, int limit);
/* Close the listening socket; connections that wait here may still speak. Any
 * thread. */
void hs_silent_refuse_new(void);
/* End those that have waited for `ms` or longer. Any thread. */
void hs_silent_end(int64_t ms);
/* Does the connection of that peer wait here? Any thread. */
int hs_silent_has(uint64_t peer);
/* End civetweb's waiting for connections, right before mg_stop(). */
void hs_silent_wake(void);

#endif
