/* progress.c: whether bytes are moving on a worker's connection. */
#include "server/civetweb/progress.h"

#include "server/civetweb/sockets.h"

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
