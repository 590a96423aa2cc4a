/* metrics.c: atomic counters and the Prometheus text made of them. */
#include "base/metrics.h"

#include <stdalign.h>
#include <stdatomic.h>
#include <stddef.h>

#include "base/version.h"

struct series {
    const char *name;
    const char *help;
};

static const struct series counter_series[HS_COUNTERS] = {
    [HS_C_REQUESTS] = {"hookswitch_requests_total", "Requests answered."},
    [HS_C_REFUSED_WIRE] = {"hookswitch_refused_wire_total",
                           "Requests refused for their framing or headers."},
    [HS_C_REFUSED_SIGNATURE] = {"hookswitch_refused_signature_total",
                                "Webhooks refused for their signature."},
    [HS_C_REFUSED_TOKEN] = {"hookswitch_refused_token_total",
                            "API requests without a valid token."},
    [HS_C_LIMITED] = {"hookswitch_limited_total",
                      "API requests refused by a rate limit."},
    [HS_C_SHORT_OF_MEMORY] = {"hookswitch_short_of_memory_total",
                              "Requests that memory ran out for."},
    [HS_C_CALLS] = {"hookswitch_calls_total",
                    "Calls that were decided, in and out."},
    [HS_C_FALLBACKS] = {"hookswitch_fallbacks_total",
                        "Answers to callers that the rules or the program "
                        "failed to give."},
    [HS_C_RULE_ERRORS] = {"hookswitch_rule_errors_total",
                          "Errors raised by rules, limits included."},
    [HS_C_WRITES] = {"hookswitch_writes_total",
                     "Database writes acknowledged."},
    [HS_C_COMMITS] = {"hookswitch_commits_total",
                      "Group commits; one holds many writes."},
    [HS_C_WRITE_ERRORS] = {"hookswitch_write_errors_total",
                           "Database writes that failed."},
    [HS_C_RELOADS] = {"hookswitch_reloads_total",
                      "Edits of the Lua folder taken into use."},
    [HS_C_RELOADS_REFUSED] = {"hookswitch_reloads_refused_total",
                              "Edits of the Lua folder refused."},
    [HS_C_CUT_CONNECTIONS] = {"hookswitch_cut_connections_total",
                              "Slow or idle connections ended."},
    [HS_C_SPOOLED] = {"hookswitch_spooled_total",
                      "Batches stored in the near file, because the database "
                      "failed or was late."},
    [HS_C_SPOOL_DELIVERED] = {"hookswitch_spool_delivered_total",
                              "Batches of the near file that the database has "
                              "taken since."},
};

static const struct series gauge_series[HS_GAUGES] = {
    [HS_G_WORKERS] = {"hookswitch_workers", "Worker threads."},
    [HS_G_BUSY_WORKERS] = {"hookswitch_busy_workers",
                           "Worker threads that answer a request now."},
    [HS_G_VMS] = {"hookswitch_vms",
                  "Lua VMs, each with its rules: as many as ran at once."},
    [HS_G_RULES_VERSION] = {"hookswitch_rules_version",
                            "Version of the rules in use."},
    [HS_G_DRAINING] = {"hookswitch_draining",
                       "1 while the server finishes its calls to stop."},
    [HS_G_STREAMS] = {"hookswitch_event_streams",
                      "Clients that listen to events."},
    [HS_G_DATABASE_DOWN] = {"hookswitch_database_down",
                            "1 while calls are answered from the near file."},
    [HS_G_SPOOL_BATCHES] = {"hookswitch_spool_batches",
                            "Batches in the near file that the database "
                            "hasn't yet."},
    [HS_G_SPOOL_BYTES] = {"hookswitch_spool_bytes", "Their size."},
};

/* Upper bounds in microseconds; anything above the last is only in +Inf. */
static const int64_t bounds[] = {
    100,   250,    500,    1000,   2500,    5000,    10000,   25000,
    50000, 100000, 250000, 500000, 1000000, 2500000, 5000000, 10000000,
};
#define BUCKETS (sizeof bounds / sizeof bounds[0])

/* A cache line each, so that workers don't slow each other down. */
struct cell {
    alignas(64) _Atomic int64_t value;
};

static struct cell counters[HS_COUNTERS];
static struct cell gauges[HS_GAUGES];
static struct cell buckets[BUCKETS + 1];
static struct cell micros_sum;

void hs_count(enum hs_counter counter, int64_t by)
{
    atomic_fetch_add_explicit(&counters[counter].value, by,
                              memory_order_relaxed);
}

int64_t hs_counted(enum hs_counter counter)
{
    return atomic_load_explicit(&counters[counter].value, memory_order_relaxed);
}

void hs_gauge_set(enum hs_gauge gauge, int64_t value)
{
    atomic_store_explicit(&gauges[gauge].value, value, memory_order_relaxed);
}

void hs_gauge_add(enum hs_gauge gauge, int64_t by)
{
    atomic_fetch_add_explicit(&gauges[gauge].value, by, memory_order_relaxed);
}

int64_t hs_gauge_get(enum hs_gauge gauge)
{
    return atomic_load_explicit(&gauges[gauge].value, memory_order_relaxed);
}

void hs_observe_request(int64_t micros)
{
    size_t bucket = 0;

    if (micros < 0)
        micros = 0;
    while (bucket < BUCKETS && micros > bounds[bucket])
        bucket++;
    atomic_fetch_add_explicit(&buckets[bucket].value, 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&micros_sum.value, micros, memory_order_relaxed);
}

static int write_series(struct hs_buf *out, const struct series *series,
                        const char *type, int64_t value)
{
    return hs_buf_printf(out, "# HELP %s %s\n# TYPE %s %s\n%s %lld\n",
                         series->name, series->help, series->name, type,
                         series->name, (long long)value);
}

static int write_histogram(struct hs_buf *out)
{
    int64_t seen = 0;

    if (hs_buf_add_str(out, "# HELP hookswitch_webhook_seconds Time from the "
                            "request's last byte to the answer.\n"
                            "# TYPE hookswitch_webhook_seconds histogram\n"))
        return -1;
    for (size_t i = 0; i < BUCKETS; i++) {
        seen += atomic_load_explicit(&buckets[i].value, memory_order_relaxed);
        if (hs_buf_printf(out,
                          "hookswitch_webhook_seconds_bucket{le=\"%g\"} %lld\n",
                          (double)bounds[i] / 1e6, (long long)seen) != 0)
            return -1;
    }
    seen += atomic_load_explicit(&buckets[BUCKETS].value, memory_order_relaxed);
    return hs_buf_printf(
        out,
        "hookswitch_webhook_seconds_bucket{le=\"+Inf\"} %lld\n"
        "hookswitch_webhook_seconds_sum %.6f\n"
        "hookswitch_webhook_seconds_count %lld\n",
        (long long)seen,
        (double)atomic_load_explicit(&micros_sum.value, memory_order_relaxed) /
            1e6,
        (long long)seen);
}

int hs_metrics_write(struct hs_buf *out)
{
    for (int i = 0; i < HS_COUNTERS; i++) {
        if (write_series(out, &counter_series[i], "counter",
                         hs_counted((enum hs_counter)i)) != 0)
            return -1;
    }
    for (int i = 0; i < HS_GAUGES; i++) {
        if (write_series(out, &gauge_series[i], "gauge",
                         hs_gauge_get((enum hs_gauge)i)) != 0)
            return -1;
    }
    if (hs_buf_add_str(out, "# HELP hookswitch_build_info The version as a "
                            "label.\n"
                            "# TYPE hookswitch_build_info gauge\n"
                            "hookswitch_build_info{version=\"" HS_VERSION
                            "\"} 1\n") != 0)
        return -1;
    return write_histogram(out);
}
