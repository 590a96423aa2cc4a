/* alert.h: alerts that the host raises, for all users (the application raises
 * its own: lua/models/alerts.lua). */
#ifndef HS_ALERT_H
#define HS_ALERT_H

#include "base/err.h"
#include "script/live_rules.h"

struct hs_store;

/* Raise an alert: one row per kind and subject. Raised again, it is counted and
 * reopened, unless it is open with the same text. 0, or -1 and `err`. Any
 * thread; waits for the disk. */
int hs_alert_raise(struct hs_store *store, const char *kind,
                   const char *subject, const char *detail,
                   struct hs_error *err);

/* An alert that is open as long as there is something to say. */
struct hs_alert {
    const char *kind, *subject;
    int known;                  /* `text` is what the database has */
    int failed;                 /* ... and the log says why it hasn't */
    char text[HS_WARNING_SIZE]; /* "": it is closed */
};

/* Make it say `text`, or close it with "". What fails is tried again at the
 * next call. */
void hs_alert_keep(struct hs_store *store, struct hs_alert *alert,
                   const char *text);

#endif
