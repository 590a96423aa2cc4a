/* progress.h: the phases of a worker's connection, and whether bytes are moving
 * in them. */
#ifndef HS_PROGRESS_H
#define HS_PROGRESS_H

#include <stdint.h>

enum hs_phase {
    HS_PHASE_NONE,   /* no connection */
    HS_PHASE_OPENED, /* connected, its first header is not complete */
    HS_PHASE_BODY,   /* reading a body */
    HS_PHASE_WORK,   /* not waiting for the client */
    HS_PHASE_WRITE,  /* writing the answer */
    HS_PHASE_LINGER, /* answered, discarding what is still sent */
    HS_PHASE_IDLE    /* kept alive, waiting for the next header */
};

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

#endif
