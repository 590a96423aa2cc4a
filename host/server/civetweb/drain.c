/* drain.c: shutting down without dropping a client.
 *
 * mg_stop() drops requests under way, so it comes last: first the listener is
 * closed, then every answer says `Connection:
 * close`, then we wait for the last client to leave; idle connections are ended
 * once no more requests come. */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/metrics.h"
#include "lib/files/places.h"
#include "server/answers/events.h"
#include "server/civetweb/arrivals.h"
#include "server/civetweb/connection.h"
#include "server/civetweb/handover.h"
#include "server/civetweb/sockets.h"

#define STEP_MS 25
#define QUIET_STEPS 2 /* checks in a row that find no client */
#define ECHO_MS 50
/* Idle connections are ended once no request has come for this long. Meanwhile
 * a busy proxy uses up its idle connections, and each answer says that the
 * connection ends; ending them earlier could cut off requests on their way. */
#define CALM_MS 1000
#define BACKLOG_MS 200    /* for clients waiting to be accepted */
#define AFTERWARDS_MS 900 /* for shutting down, after drain_seconds */
#define CONNECTIONS_MAX 1024

static void stop_signals(sigset_t *set)
{
    sigemptyset(set);
    sigaddset(set, SIGTERM);
    sigaddset(set, SIGINT);
}

/* make, timeout and shells pass on a signal that the whole group already got:
 * until then a signal is the first one's echo. Set once, before threads read
 * it. */
static int64_t echo_until;

/* Wait for a second SIGTERM; it is blocked in every thread. */
static int told_again(int64_t ms)
{
    struct timespec wait = {.tv_sec = ms / 1000,
                            .tv_nsec = ms % 1000 * 1000000};
    sigset_t set;

    stop_signals(&set);
    return sigtimedwait(&set, NULL, &wait) > 0 && hs_running_ms() > echo_until;
}

static void leave_now(const char *reason)
{
    hs_log(HS_LOG_ERROR, "stopped_hard", HS_S("reason", reason),
           HS_S("what", hs_place_silent()));
    _exit(EXIT_FAILURE);
}

/* Ends the process if shutting down hangs. */
static void *last_deadline(void *arg)
{
    const int64_t *until = arg;
    int64_t left;

    /* A wait may end early if the process is stopped and continued. */
    while ((left = *until - hs_running_ms()) > 0) {
        if (told_again(left))
            leave_now("second_signal");
    }
    leave_now("deadline");
    return NULL;
}

/* The next process accepts connections to a socket left behind; otherwise one
 * not accepted yet would be reset. */
static void shut_listener(int port)
{
    int64_t until = hs_running_ms() + BACKLOG_MS;
    int listener;

    if (!hs_handover_is_left() &&
        hs_sockets_listening(port, &listener, 1) == 1) {
        while (hs_socket_backlog(listener) > 0 && hs_running_ms() < until) {
            if (told_again(1))
                leave_now("second_signal");
        }
    }
    hs_arrivals_refuse_new();
}

static int is_quiet(const struct hs_server *server)
{
    struct hs_connection one;

    return atomic_load(&server->listener->in_flight) == 0 &&
           hs_supervisor_busy(server->listener->supervisor) == 0 &&
           hs_sockets_connections(server->port, &one, 1) == 0;
}

static void cut_all(int port)
{
    static struct hs_connection all[CONNECTIONS_MAX];
    size_t count = hs_sockets_connections(port, all, CONNECTIONS_MAX);

    for (size_t i = 0; i < count; i++)
        shutdown(all[i].fd, SHUT_RDWR);
}

static void end_idle_when_calm(const struct hs_server *server, int64_t start,
                               int64_t limit)
{
    int64_t newest = hs_supervisor_newest(server->listener->supervisor);
    int64_t calm_from = newest > start ? newest : start;
    int64_t now = hs_running_ms();

    if (now - calm_from >= CALM_MS || now - start >= (limit - start) / 2)
        hs_supervisor_end_idle(server->listener->supervisor);
}

int hs_server_drain(struct hs_server *server, int signal)
{
    static int64_t until;
    int64_t start = hs_running_ms();
    int64_t limit = start + server->config->drain_seconds * 1000;
    pthread_t thread;
    int quiet = 0;
    int left;

    echo_until = start + ECHO_MS;
    /* First: a client that reads "stopping" can rely on 503 from /readyz. */
    atomic_store(&server->draining, 1);
    hs_log(HS_LOG_INFO, "stopping", HS_I("signal", signal));
    shut_listener(server->port);
    hs_events_end(server->events);
    hs_gauge_set(HS_G_DRAINING, 1);
    while (quiet < QUIET_STEPS && hs_running_ms() < limit) {
        if (told_again(STEP_MS))
            leave_now("second_signal");
        end_idle_when_calm(server, start, limit);
        quiet = is_quiet(server) ? quiet + 1 : 0;
    }
    left = atomic_load(&server->listener->in_flight);
    hs_log(left ? HS_LOG_WARN : HS_LOG_INFO, "drained",
           HS_I("ms", hs_running_ms() - start), HS_I("in_flight", left));
    cut_all(server->port);
    until = limit + AFTERWARDS_MS;
    if (pthread_create(&thread, NULL, last_deadline, &until) != 0)
        leave_now("no_thread");
    pthread_detach(thread);
    return left ? -1 : 0;
}
