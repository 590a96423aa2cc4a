/* progress.h: how long a worker's connection may stay in a phase, and whether
 * bytes move on it meanwhile. */
#ifndef HS_PROGRESS_H
#define HS_PROGRESS_H

#include <stdint.h>

#include "server/civetweb/supervisor.h"

/* What was seen of a connection in its present phase; zeroed at first. */
struct hs_progress {
    int phase;
    int64_t since; /* of the phase */
    int64_t bytes; /* read by the client, or sent by it while it is idle */
    int64_t at;    /* when that last grew; while idle: first, 0 not yet */
};

/* Milliseconds in which the client of `fd`, to which a worker has been writing
 * since `since`, has read nothing. Times are monotonic ms. */
int64_t hs_progress_standstill(struct hs_progress *progress, int fd,
                               int64_t since, int64_t now);
/* When the client of `fd`, idle since `since`, was seen to begin its next
 * header; 0: it has not. What came before the first look counts once more of
 * it comes. */
int64_t hs_progress_header(struct hs_progress *progress, int fd, int64_t since,
                           int64_t now);

/* How long a phase may last, ms: in any case, or with `grace` > 0 while
 * somebody waits for a worker. */
int64_t hs_phase_limit(const struct hs_supervisor_setup *setup, int phase,
                       int64_t grace);

#endif
