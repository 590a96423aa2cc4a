/* limits.c: rate limits that all hosts of a database have together.
 *
 * One statement takes what is left, on a connection of its own whose COMMIT
 * waits for no disk and no standby. It is asked by one thread at a time: only
 * the API has limits. */
#include "store/postgres/bus/limits.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "store/postgres/connection/link.h"

#define MINUTE_US 60000000
#define WAIT_MS 300
#define RETRY_MS 1000
#define CLEAN_MS 60000
#define KEY_MAX 300 /* of a subject; the rest doesn't count */

#define NOW_US "floor(EXTRACT(EPOCH FROM clock_timestamp()) * 1000000)::bigint"

struct hs_pg_limits {
    pthread_mutex_t lock;
    char *url;
    struct hs_link *link; /* NULL: not connected */
    int64_t retry_at, clean_at;
};

struct hs_pg_limits *hs_pg_limits_new(const char *url)
{
    struct hs_pg_limits *limits = calloc(1, sizeof *limits);

    if (!limits)
        return NULL;
    pthread_mutex_init(&limits->lock, NULL);
    limits->url = strdup(url);
    if (limits->url)
        return limits;
    hs_pg_limits_free(limits);
    return NULL;
}

void hs_pg_limits_free(struct hs_pg_limits *limits)
{
    if (!limits)
        return;
    hs_link_free(limits->link);
    pthread_mutex_destroy(&limits->lock);
    free(limits->url);
    free(limits);
}

/* One statement; NULL and no link when it failed. */
static struct pg_result *ask(struct hs_pg_limits *limits, const char *sql,
                             const char *const *values, int count,
                             int64_t until)
{
    struct pg_result *result;
    struct hs_error err;

    if (limits->link &&
        hs_link_send_with(limits->link, sql, values, count, &err) == 0 &&
        hs_link_collect(limits->link, &result, 1, until, &err) == 0) {
        if (!hs_result_failed(result, &err))
            return result;
        hs_pq.clear(result);
    }
    hs_link_free(limits->link);
    limits->link = NULL;
    limits->retry_at = hs_monotonic_ms() + RETRY_MS;
    return NULL;
}

static void connect_to(struct hs_pg_limits *limits, int64_t until)
{
    struct hs_error err;

    if (limits->link && hs_link_is_outdated(limits->link)) {
        hs_link_free(limits->link);
        limits->link = NULL;
    }
    if (limits->link || hs_monotonic_ms() < limits->retry_at)
        return;
    limits->link = hs_link_open(limits->url, 0, until, &err);
    if (!limits->link)
        limits->retry_at = hs_monotonic_ms() + RETRY_MS;
    hs_pq.clear(ask(limits,
                    "SELECT set_config('synchronous_commit', 'off', false)",
                    NULL, 0, until));
}

/* Those that are full again are as if they had never been. */
static void clean(struct hs_pg_limits *limits, int64_t until)
{
    if (hs_monotonic_ms() < limits->clean_at)
        return;
    limits->clean_at = hs_monotonic_ms() + CLEAN_MS;
    hs_pq.clear(ask(limits, "DELETE FROM hs_limits WHERE full_at < " NOW_US,
                    NULL, 0, until));
}

/* Values: the key, the time of one, the time of all. */
static int64_t take(struct hs_pg_limits *limits, const char *const *values,
                    int64_t until)
{
    static const char take_sql[] =
        "INSERT INTO hs_limits AS l (key, full_at)"
        " VALUES (md5($1), " NOW_US " + $2::bigint)"
        " ON CONFLICT (key) DO UPDATE SET"
        " full_at = greatest(l.full_at + $2::bigint, excluded.full_at)"
        " WHERE greatest(l.full_at + $2::bigint, excluded.full_at)"
        " - (excluded.full_at - $2::bigint) <= $3::bigint RETURNING 1";
    static const char wait_sql[] =
        "SELECT greatest(1, (full_at + $2::bigint - $3::bigint - " NOW_US
        ") / 1000 + 1) FROM hs_limits WHERE key = md5($1)";
    struct pg_result *result = ask(limits, take_sql, values, 3, until);
    int64_t wait = -1;

    if (result && hs_pq.ntuples(result) == 0) {
        hs_pq.clear(result);
        result = ask(limits, wait_sql, values, 3, until);
        if (result && hs_pq.ntuples(result) == 1)
            wait = strtoll(hs_pq.getvalue(result, 0, 0), NULL, 10);
    } else if (result) {
        wait = 0;
    }
    hs_pq.clear(result);
    return wait;
}

int64_t hs_pg_limits_take(struct hs_pg_limits *limits, const char *name,
                          int per_minute, const char *subject, size_t len)
{
    int64_t until = hs_running_ms() + WAIT_MS, wait = -1;
    int64_t each = MINUTE_US / per_minute;
    char key[KEY_MAX + 64], one[24], all[24];
    const char *const values[] = {key, one, all};
    size_t at = (size_t)snprintf(key, sizeof key, "%s ", name);

    /* As hexadecimal: a subject is any bytes. */
    for (size_t i = 0; i < len && at + 3 < sizeof key; i++)
        at += (size_t)snprintf(key + at, 3, "%02x", (unsigned char)subject[i]);
    (void)snprintf(one, sizeof one, "%lld", (long long)each);
    (void)snprintf(all, sizeof all, "%lld", (long long)each * per_minute);
    pthread_mutex_lock(&limits->lock);
    if (hs_running_ms() < until) { /* else others took all of the time */
        connect_to(limits, until);
        if (limits->link)
            clean(limits, until);
        if (limits->link)
            wait = take(limits, values, until);
    }
    pthread_mutex_unlock(&limits->lock);
    return wait;
}
