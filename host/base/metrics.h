/* metrics.h: counters and histograms, written as Prometheus text. */
#ifndef HS_METRICS_H
#define HS_METRICS_H

#include <stdint.h>

#include "base/buf.h"

/* Every series is named here, so /metrics is complete from the first scrape. */
enum hs_counter {
    HS_C_REQUESTS,          /* requests answered */
    HS_C_REFUSED_WIRE,      /* requests the guard refused */
    HS_C_REFUSED_SIGNATURE, /* webhooks with a bad signature */
    HS_C_REFUSED_TOKEN,     /* API requests without a valid token */
    HS_C_LIMITED,           /* requests over a rate limit */
    HS_C_SHORT_OF_MEMORY,   /* requests that ran out of memory */
    HS_C_CALLS,             /* calls decided, each counted once */
    HS_C_FALLBACKS, /* answered by a fallback because rules or program failed */
    HS_C_RULE_ERRORS,
    HS_C_WRITES,  /* writes acknowledged */
    HS_C_COMMITS, /* group commits */
    HS_C_WRITE_ERRORS,
    HS_C_RELOADS,
    HS_C_RELOADS_REFUSED,
    HS_C_CUT_CONNECTIONS, /* slow or idle connections ended */
    HS_C_SPOOLED,         /* batches stored in the near file */
    HS_C_SPOOL_DELIVERED,
    HS_COUNTERS
};
enum hs_gauge {
    HS_G_WORKERS,
    HS_G_BUSY_WORKERS,
    HS_G_VMS,
    HS_G_RULES_VERSION,
    HS_G_DRAINING,
    HS_G_STREAMS, /* of events */
    HS_G_DATABASE_DOWN,
    HS_G_SPOOL_BATCHES,
    HS_G_SPOOL_BYTES,
    HS_GAUGES
};

void hs_count(enum hs_counter counter, int64_t by);
int64_t hs_counted(enum hs_counter counter);
void hs_gauge_set(enum hs_gauge gauge, int64_t value);
void hs_gauge_add(enum hs_gauge gauge, int64_t by);
int64_t hs_gauge_get(enum hs_gauge gauge);
/* Add one webhook's time to the latency histogram, in microseconds. */
void hs_observe_request(int64_t micros);
/* Append the Prometheus text. Returns 0, or -1 when memory ran out. */
int hs_metrics_write(struct hs_buf *out);

#endif
