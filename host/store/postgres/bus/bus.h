/* bus.h: of the driver (store/engine/engine.h): the hosts of a database. */
#ifndef HS_POSTGRES_BUS_H
#define HS_POSTGRES_BUS_H

#include "store/engine/engine.h"

int hs_pg_bus_start(struct hs_store *store, const char *name,
                    const struct hs_host_settings *settings,
                    struct hs_bus **bus, struct hs_error *err);
void hs_pg_bus_stop(struct hs_bus *bus);
int64_t hs_pg_bus_take(struct hs_bus *bus, const char *name, int per_minute,
                       const char *subject, size_t len);
void hs_pg_bus_say_rules(struct hs_bus *bus, const struct hs_host_rules *rules);
int hs_pg_bus_hosts(const struct hs_bus *bus);
/* Our own commits have changed tables of these kinds. Any thread. */
void hs_pg_bus_moved(struct hs_bus *bus, unsigned kinds);

#endif
