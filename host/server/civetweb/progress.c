/* progress.c: how long a worker's connection may stay in a phase, and whether
 * bytes are moving. */
#include "server/civetweb/progress.h"

#include "server/civetweb/sockets.h"

#define WRITE_MS 30000 /* for a client that reads slowly */
#define WRITE_GRACE_MS 1000
#define LINGER_MS 500

int64_t hs_progress_standstill(struct hs_progress *progress, int fd,
                               int64_t since, int64_t now)
{
    int64_t bytes = hs_socket_acknowledged(fd);

    if (progress->phase != HS_PHASE_WRITE || progress->since != since ||
        progress->bytes != bytes)
        *progress = (struct hs_progress){HS_PHASE_WRITE, since, bytes, now};
    return now - progress->at;
}

int64_t hs_progress_header(struct hs_progress *progress, int fd, int64_t since,
                           int64_t now)
{
    int64_t bytes = hs_socket_received(fd);

    if (progress->phase != HS_PHASE_IDLE || progress->since != since)
        *progress = (struct hs_progress){HS_PHASE_IDLE, since, bytes, 0};
    else if (progress->at == 0 && progress->bytes < bytes)
        progress->at = now;
    return progress->at;
}

int64_t hs_phase_limit(const struct hs_supervisor_setup *setup, int phase,
                       int64_t grace)
{
    switch (phase) {
    case HS_PHASE_BODY:
        return grace ? grace : setup->request_timeout_ms;
    case HS_PHASE_IDLE:
        return grace ? grace : 2 * setup->keep_alive_timeout_ms + LINGER_MS;
    case HS_PHASE_WRITE:
        return grace ? WRITE_GRACE_MS : WRITE_MS;
    case HS_PHASE_LINGER:
        return grace ? grace : LINGER_MS;
    default:
        return INT64_MAX; /* work has its own time budgets */
    }
}
