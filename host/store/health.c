/* health.c: whether the database takes writes. */
#include "store/health.h"

#include <string.h>

#include "base/config/database_name.h"
#include "base/log.h"
#include "base/metrics.h"
#include "store/state.h"

int hs_error_from_outside(const struct hs_error *err)
{
    return strcmp(err->code, "constraint") != 0 &&
           strcmp(err->code, "sql") != 0 && strcmp(err->code, "memory") != 0;
}

int hs_count_failure(const struct hs_error *err)
{
    if (strcmp(err->code, "constraint") != 0 && strcmp(err->code, "sql") != 0)
        hs_count(HS_C_WRITE_ERRORS, 1);
    return -1;
}

void hs_store_unhealthy(struct hs_store *store, const struct hs_error *err)
{
    pthread_mutex_lock(&store->health_lock);
    store->health = *err;
    atomic_store(&store->unhealthy, 1);
    pthread_mutex_unlock(&store->health_lock);
    if (hs_trouble_met(&store->trouble, err->code))
        hs_log(HS_LOG_ERROR, "database_failed", HS_S("code", err->code),
               HS_S("message", err->message));
}

void hs_store_recovered(struct hs_store *store)
{
    if (atomic_load_explicit(&store->unhealthy, memory_order_relaxed)) {
        pthread_mutex_lock(&store->health_lock);
        store->health.code[0] = '\0';
        atomic_store(&store->unhealthy, 0);
        pthread_mutex_unlock(&store->health_lock);
    }
    hs_store_steady(store);
}

void hs_store_steady(struct hs_store *store)
{
    char name[HS_DATABASE_SHOWN];

    if (atomic_load_explicit(&store->unhealthy, memory_order_relaxed) ||
        !hs_trouble_gone(&store->trouble, NULL))
        return;
    hs_database_shown(store->path, name);
    hs_log(HS_LOG_INFO, "database_works_again", HS_S("database", name));
}

int hs_store_healthy(struct hs_store *store, struct hs_error *err)
{
    int bad = atomic_load(&store->unhealthy);

    if (!bad)
        return 0;
    pthread_mutex_lock(&store->health_lock);
    bad = atomic_load(&store->unhealthy);
    if (bad && err)
        *err = store->health;
    pthread_mutex_unlock(&store->health_lock);
    return bad ? -1 : 0;
}
