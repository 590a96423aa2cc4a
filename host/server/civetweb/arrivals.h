/* arrivals.h: connections whose first request has not come yet wait here,
 * without a worker.
 *
 * Proxies and browsers open connections ahead of need, and caddy doesn't resend
 * a POST on one that ends just then. It also sends a header and its body one
 * after the other, and on a busy machine it may pause in between. So civetweb
 * accepts a connection only once its first request has come. */
#ifndef HS_ARRIVALS_H
#define HS_ARRIVALS_H

#include <stddef.h>
#include <stdint.h>

#define HS_ARRIVALS_MAX 256 /* more of them take a worker each */

/* From now on civetweb, which listens on `port`, accepts connections as
 * described; at most `limit` wait. 0, or -1 and errno. */
int hs_arrivals_start(int port, int limit);
/* Close the listening socket; connections that wait here may still ask. Any
 * thread. */
void hs_arrivals_refuse_new(void);
/* End those that have said nothing for `silent_ms` or longer, and let a worker
 * tell those that began a request `request_ms` ago that they are late. Any
 * thread. */
void hs_arrivals_end(int64_t silent_ms, int64_t request_ms);
/* Does the connection of that peer wait here? Any thread. */
int hs_arrivals_has(uint64_t peer);
/* Was that peer's connection given to a worker with a whole header? Any thread.
 */
int hs_arrivals_asked(uint64_t peer);
/* Was that peer's first request given to a worker because it was late? Says so
 * once. Any thread. */
int hs_arrivals_was_late(uint64_t peer);
/* End civetweb's waiting for connections, right before mg_stop(). */
void hs_arrivals_wake(void);
/* Is a request that begins with these bytes worth a worker? 1 if it is as long
 * as it says or too large to wait for, -1 if its header is broken or too long,
 * else 0. `len` at most HS_HEADER_BYTES. */
int hs_arrivals_is_whole(const char *bytes, size_t len);

#endif
