/* health.c: whether the database takes writes. */
#include "store/health.h"

#include <string.h>

#include "base/clock.h"
#include "base/database_name.h"
#include "base/log.h"
#include "base/metrics.h"
#include "store/state.h"

/* On a full disk, or beside a lock, some writes still succeed: the log says
 * that the database works when none has failed for this long. */
#define STEADY_MS 5000

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
    int64_t now = hs_running_ms();
    int news;

    pthread_mutex_lock(&store->health_lock);
    store->health = *err;
    atomic_store(&store->unhealthy, 1);
    atomic_store(&store->works_since, 0);
    news = !store->told.code[0] || (strcmp(store->told.code, err->code) != 0 &&
                                    now - store->told_at >= STEADY_MS);
    if (news) {
        store->told = *err;
        store->told_at = now;
    }
    pthread_mutex_unlock(&store->health_lock);
    if (news)
        hs_log(HS_LOG_ERROR, "database_failed", HS_S("code", err->code),
               HS_S("message", err->message));
}

void hs_store_recovered(struct hs_store *store)
{
    if (!atomic_load_explicit(&store->unhealthy, memory_order_relaxed)) {
        hs_store_steady(store);
        return;
    }
    pthread_mutex_lock(&store->health_lock);
    store->health.code[0] = '\0';
    atomic_store(&store->unhealthy, 0);
    atomic_store(&store->works_since, hs_running_ms());
    pthread_mutex_unlock(&store->health_lock);
}

void hs_store_steady(struct hs_store *store)
{
    int64_t since =
        atomic_load_explicit(&store->works_since, memory_order_relaxed);
    char name[HS_DATABASE_SHOWN];
    int news;

    if (!since || hs_running_ms() - since < STEADY_MS)
        return;
    pthread_mutex_lock(&store->health_lock);
    news = atomic_compare_exchange_strong(&store->works_since, &since, 0);
    if (news)
        store->told.code[0] = '\0';
    pthread_mutex_unlock(&store->health_lock);
    if (!news)
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
