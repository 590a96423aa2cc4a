/* supervisor.h: watches every worker's connection and ends overdue ones.
 *
 * civetweb gives each connection a thread and waits there, so 64 slow clients
 * would stall everyone. One thread checks how long each worker has been waiting
 * and shuts the socket's reading side: the worker then reads the end of the
 * stream and answers or closes by itself.
 *
 * An idle connection may carry its next request at any moment, and a proxy that
 * meets its end answers 502. So none is ended to make room: at most three
 * quarters of the workers keep one, and the others serve waiting clients. */
#ifndef HS_SUPERVISOR_H
#define HS_SUPERVISOR_H

#include <stddef.h>
#include <stdint.h>

#include "server/civetweb/progress.h"

/* One worker's connection. The worker writes, the supervisor reads. */
struct hs_slot {
    _Atomic int phase;
    _Atomic int64_t since; /* start of the phase, monotonic ms */
    _Atomic int64_t begun; /* start of the request or the connection */
    _Atomic uint64_t peer; /* known from the first complete header on */
    _Atomic int was_cut;   /* ended by the supervisor, or came too late */
    _Atomic int kept;      /* its client was told it may send another request */
};

struct hs_supervisor;

struct hs_supervisor_setup {
    int slots;
    int port; /* that the server listens on */
    int64_t request_timeout_ms;
    int64_t keep_alive_timeout_ms;
    /* Does a connection belong to events.c by now? And how many of those there
     * may be. */
    int (*is_given_away)(void *ctx, uint64_t peer);
    void *ctx;
    int given_away_max;
};

/* NULL when memory ran out. */
struct hs_supervisor *
hs_supervisor_new(const struct hs_supervisor_setup *setup);
/* Start the thread, once the server listens. 0 or -1. */
int hs_supervisor_start(struct hs_supervisor *supervisor);
/* Stop the thread and free; NULL accepted. After all workers have ended. */
void hs_supervisor_free(struct hs_supervisor *supervisor);
struct hs_slot *hs_supervisor_slot(struct hs_supervisor *supervisor, int index);

/* Told by the worker that owns the slot. `closing` is called before the socket
 * is closed and `closed` after: in between it cannot be mistaken for another
 * connection that got the same descriptor. */
void hs_slot_opened(struct hs_supervisor *supervisor, struct hs_slot *slot);
/* A complete header has arrived. */
void hs_slot_request(struct hs_slot *slot, const char *address, int port);
void hs_slot_phase(struct hs_slot *slot, enum hs_phase phase);
void hs_slot_closing(struct hs_supervisor *supervisor, struct hs_slot *slot);
void hs_slot_closed(struct hs_supervisor *supervisor);

/* All workers are busy and a client is waiting. One atomic load. */
int hs_supervisor_crowded(const struct hs_supervisor *supervisor);
/* May the slot's client be told to keep the connection? No more are told so
 * than can be kept without dropping any of them unannounced while others wait.
 * */
int hs_slot_keep(struct hs_supervisor *supervisor, struct hs_slot *slot);
/* From now on, end every idle connection at once. Any thread. */
void hs_supervisor_end_idle(struct hs_supervisor *supervisor);
/* When the newest request or connection began, monotonic ms; 0: never. */
int64_t hs_supervisor_newest(const struct hs_supervisor *supervisor);
/* Workers that hold a connection. */
int hs_supervisor_busy(const struct hs_supervisor *supervisor);
/* For how many ms something has been stuck: the longest handler, the
 * supervisor's own thread, or clients waiting to be accepted, whichever is
 * longest. */
int64_t hs_supervisor_standstill(const struct hs_supervisor *supervisor);

#endif
