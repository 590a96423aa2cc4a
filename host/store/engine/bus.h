/* bus.h: what the hosts on one database tell each other at once: events for
 * browsers, streams to end, and that settings have changed. An engine whose
 * database has one host only has none, and all of this costs nothing then.
 *
 * It is only faster than looking: settings and logins are polled, too
 * (hs_store_generation()), and where events may be lost, readers of the feed
 * get "reset". */
#ifndef HS_BUS_H
#define HS_BUS_H

#include "store/store.h"

struct hs_bus;

#define HS_HOST_SETTINGS 16

/* What all hosts of a database must have alike, secrets included, as it is here
 * now: `read` fills in at most HS_HOST_SETTINGS and returns how many. It is
 * asked each second, by the bus's thread; the texts stay valid. */
struct hs_host_setting {
    const char *name, *value;
};
struct hs_host_settings {
    int (*read)(const void *ctx, struct hs_host_setting *out);
    const void *ctx;
};

/* Join the others under this name, which people read, and connect the feed. The
 * store outlives the bus. `*bus` is NULL for an engine without one. 0, or -1
 * and `err` ("memory", "thread"); a database that can't be reached now is tried
 * again. */
int hs_bus_start(struct hs_store *store, const char *name,
                 const struct hs_host_settings *settings, struct hs_bus **bus,
                 struct hs_error *err);
/* One of the `per_minute` of a subject that all hosts have together, by the
 * database's clock: 0 when one was left, else the milliseconds to wait; -1 when
 * the database didn't say so within 300 ms. Any thread. */
int64_t hs_bus_take(void *bus, const char *name, int per_minute,
                    const char *subject, size_t len);
/* Hosts that run now, this one included. Any thread. */
int hs_bus_hosts(void *bus);
/* What this host tells the others about its rules, within a second: the version
 * that answers calls, the change of rule_current it follows (0: none), and why
 * newer ones aren't live ("": they are). `bus` may be NULL. Any thread. */
struct hs_host_rules {
    int64_t version;
    int64_t seq;
    char problem[512];
};
void hs_bus_say_rules(struct hs_bus *bus, const struct hs_host_rules *rules);
/* Send what waits, leave, and free. NULL is accepted. */
void hs_bus_stop(struct hs_bus *bus);

#endif
