/* progress.h: how long a worker's connection may stay in a phase, and whether
 * bytes are moving. */
#ifndef HS_PROGRESS_H
#define HS_PROGRESS_H

#include <stdint.h>

#include "server/civetweb/supervisor.h"

/* What is known of a connection in its current phase; zero-initialise. */
struct hs_progress {
    int phase;
    int64_t since; /* of the phase */
    int64_t bytes; /* read by the client, or sent by it while it is idle */
    int64_t at;    /* when that last grew; while idle: first grew, or 0 */
};

/* For how many ms the client of `fd`, to which a worker has been writing since
 * `since`, has read nothing. Times are monotonic ms. */
int64_t hs_progress_standstill(struct hs_progress *progress, int fd,
                               int64_t since, int64_t now);
/* When the client of `fd`, idle since `since`, began its next header; 0: not
 * yet. Bytes from before the first look count once more come. */
int64_t hs_progress_header(struct hs_progress *progress, int fd, int64_t since,
                           int64_t now);

/* How long a phase may last, in ms: at most, or with `grace` > 0 while a client
 * waits for a worker. */
int64_t hs_phase_limit(const struct hs_supervisor_setup *setup, int phase,
                       int64_t grace);

#endif
