/* notify.h: telling systemd how the service is (sd_notify's protocol). */
#ifndef HS_NOTIFY_H
#define HS_NOTIFY_H

#include <stdint.h>

/* Send "READY=1", "WATCHDOG=1", … to $NOTIFY_SOCKET. Does nothing if it isn't
 * set. Any thread. */
void hs_notify(const char *state);
/* The same with a descriptor, which stays ours. 0, or -1 if systemd didn't
 * accept it.
 */
int hs_notify_with(const char *state, int fd);
/* "RELOADING=1" with the timestamp that the protocol requires. */
void hs_notify_reloading(void);
/* "STOPPING=1", and how long systemd should wait. */
void hs_notify_stopping(int64_t most_ms);
/* How often to send WATCHDOG=1, in ms: half of what systemd allows; 0 for
 * never. */
int64_t hs_notify_watchdog_ms(void);

#endif
