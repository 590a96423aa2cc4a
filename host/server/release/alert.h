/* alert.h: alerts that the host raises, for all users (the application raises
 * its own: lua/models/alerts.lua). */
#ifndef HS_ALERT_H
#define HS_ALERT_H

#include "base/err.h"

struct hs_store;

/* Raise an alert: one row per kind and subject. Raised again, it is counted and
 * reopened, unless it is open with the same text. 0, or -1 and `err`. Any
 * thread; waits for the disk. */
int hs_alert_raise(struct hs_store *store, const char *kind,
                   const char *subject, const char *detail,
                   struct hs_error *err);
/* Close all of a kind. Returns as above. */
int hs_alert_close(struct hs_store *store, const char *kind,
                   struct hs_error *err);

#endif
