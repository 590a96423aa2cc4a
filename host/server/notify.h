/* notify.h: telling systemd how the service is (sd_notify's protocol). */
#ifndef HS_NOTIFY_H
#define HS_NOTIFY_H

#include <stdint.h>

/* Send "READY=1", "WATCHDOG=1", … to $NOTIFY_SOCKET. Does nothing without one.
 * Any thread. */
void hs_notify(const char *state);
/* The same with a descriptor, which stays ours. 0, or -1 when nobody took it.
 */
int hs_notify_with(const char *state, int fd);
/* "RELOADING=1" with the time that its protocol asks for. */
void hs_notify_reloading(void);
/* "STOPPING=1", and how long it may take before systemd may lose patience. */
void hs_notify_stopping(int64_t most_ms);
/* How often systemd wants to hear WATCHDOG=1, in ms: half of what it allows; 0
 * when it does not. */
int64_t hs_notify_watchdog_ms(void);

#endif
