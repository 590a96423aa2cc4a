/* alert.h: alerts that the host itself raises, for everybody (the application
 * raises its own: lua/models/alerts.lua). */
#ifndef HS_ALERT_H
#define HS_ALERT_H

#include "base/err.h"

struct hs_store;

/* Raise an alert: one row for a kind and a subject. Raised again it counts
 * once more and is open again, unless it is open and says the same. 0, or -1
 * and `err`. Any thread; waits for the disk. */
int hs_alert_raise(struct hs_store *store, const char *kind,
                   const char *subject, const char *detail,
                   struct hs_error *err);
/* Close those of a kind. The same. */
int hs_alert_close(struct hs_store *store, const char *kind,
                   struct hs_error *err);

#endif
