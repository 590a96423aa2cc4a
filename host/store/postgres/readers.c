/* readers.c: connections that read. */
#include "store/postgres/readers.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

#define CONNECT_MS 1000
#define DOWN_MS 250 /* between attempts */

struct hs_readers {
    struct hs_readers *next;
    char *url;
    int users;
    pthread_mutex_t lock;
    pthread_cond_t returned;
    struct hs_link *idle[HS_READERS_LINKS];
    int idle_count;
    int open;   /* idle or in use */
    int others; /* of those in use: not by a call */
    int64_t down_until;
    struct hs_error why;
};

static pthread_mutex_t pools_lock = PTHREAD_MUTEX_INITIALIZER;
static struct hs_readers *pools;

static struct hs_readers *pool_new(const char *url)
{
    struct hs_readers *pool = calloc(1, sizeof *pool);
    pthread_condattr_t monotonic;

    if (!pool)
        return NULL;
    pool->url = strdup(url);
    if (!pool->url) {
        free(pool);
        return NULL;
    }
    pthread_mutex_init(&pool->lock, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&pool->returned, &monotonic);
    pthread_condattr_destroy(&monotonic);
    return pool;
}

struct hs_readers *hs_readers_open(const char *url)
{
    struct hs_readers *pool;

    pthread_mutex_lock(&pools_lock);
    for (pool = pools; pool && strcmp(pool->url, url) != 0;)
        pool = pool->next;
    if (!pool && (pool = pool_new(url))) {
        pool->next = pools;
        pools = pool;
    }
    if (pool)
        pool->users++;
    pthread_mutex_unlock(&pools_lock);
    return pool;
}

static void drop_idle(struct hs_readers *pool)
{
    while (pool->idle_count > 0) {
        hs_link_free(pool->idle[--pool->idle_count]);
        pool->open--;
    }
}

void hs_readers_close(struct hs_readers *pool)
{
    struct hs_readers **at = &pools;

    pthread_mutex_lock(&pools_lock);
    if (--pool->users > 0) {
        pthread_mutex_unlock(&pools_lock);
        return;
    }
    while (*at != pool)
        at = &(*at)->next;
    *at = pool->next;
    pthread_mutex_unlock(&pools_lock);
    drop_idle(pool);
    pthread_cond_destroy(&pool->returned);
    pthread_mutex_destroy(&pool->lock);
    free(pool->url);
    free(pool);
}

/* Under the lock, which is let go meanwhile. */
static struct hs_link *connect_one(struct hs_readers *pool, int64_t until,
                                   struct hs_error *err)
{
    int64_t latest = hs_running_ms() + CONNECT_MS;
    struct hs_link *link;

    if (hs_monotonic_ms() < pool->down_until) {
        *err = pool->why;
        return NULL;
    }
    pool->open++;
    pthread_mutex_unlock(&pool->lock);
    link = hs_link_open(pool->url, 1, latest < until ? latest : until, err);
    pthread_mutex_lock(&pool->lock);
    if (!link) {
        pool->open--;
        /* A request without memory says nothing about the database. */
        if (strcmp(err->code, "memory") != 0) {
            pool->why = *err;
            pool->down_until = hs_monotonic_ms() + DOWN_MS;
        }
    }
    return link;
}

/* Under the lock. What isn't for a call leaves some to calls: slow queries of
 * others must not look like a slow database. */
static int must_wait(const struct hs_readers *pool, int for_call)
{
    return (pool->idle_count == 0 && pool->open >= HS_READERS_LINKS) ||
           (!for_call &&
            pool->others >= HS_READERS_LINKS - HS_READERS_FOR_CALLS);
}

struct hs_link *hs_readers_take(struct hs_readers *pool, int for_call,
                                int64_t until, int *fresh, struct hs_error *err)
{
    struct hs_link *link = NULL;

    *fresh = 0;
    pthread_mutex_lock(&pool->lock);
    if (pool->idle_count > 0 && hs_link_is_outdated(pool->idle[0]))
        drop_idle(pool);
    while (must_wait(pool, for_call) && hs_running_ms() < until) {
        struct timespec at = hs_running_moment(until);

        pthread_cond_timedwait(&pool->returned, &pool->lock, &at);
    }
    if (must_wait(pool, for_call)) {
        hs_error_set(err, "busy", "all reading connections are in use");
        pthread_mutex_unlock(&pool->lock);
        return NULL;
    }
    pool->others += !for_call;
    if (pool->idle_count > 0) {
        link = pool->idle[--pool->idle_count];
    } else {
        link = connect_one(pool, until, err);
        *fresh = 1;
    }
    if (link) {
        link->for_call = for_call;
    } else {
        pool->others -= !for_call;
        pthread_cond_broadcast(&pool->returned);
    }
    pthread_mutex_unlock(&pool->lock);
    return link;
}

void hs_readers_put(struct hs_readers *pool, struct hs_link *link)
{
    pthread_mutex_lock(&pool->lock);
    pool->others -= !link->for_call;
    if (link->pg && !hs_link_is_outdated(link)) {
        pool->idle[pool->idle_count++] = link;
        link = NULL;
    } else {
        pool->open--;
        drop_idle(pool);
    }
    pthread_cond_broadcast(&pool->returned);
    pthread_mutex_unlock(&pool->lock);
    hs_link_free(link);
}
