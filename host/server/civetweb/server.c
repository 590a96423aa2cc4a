/* server.c: civetweb, its settings and its callbacks.
 *
 * Requests are answered in begin_request, so civetweb's own file handlers,
 * routing and CORS answers never run. Settings are left out on purpose: no
 * document_root, no access log. */
#include "server/server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/metrics.h"
#include "server/access/accounts.h"
#include "server/access/refusals.h"
#include "server/answers/events.h"
#include "server/answers/header_text.h"
#include "server/answers/last_resort.h"
#include "server/answers/reply.h"
#include "server/civetweb/arrivals.h"
#include "server/civetweb/connection.h"
#include "server/civetweb/guard.h"
#include "server/civetweb/handover.h"
#include "server/vms.h"
#include "server/worker.h"

/* Accepted connections waiting for a worker: enough that draining finds none in
 * the kernel's queue, which is reset with its listener. */
#define QUEUE "256"
#define BACKLOG "1024"
#define FILES_WANTED 4096
#define SILENT_LEAST 16 /* connections that have sent nothing yet */

/* ---- the address ---- */

/* Bind briefly: civetweb only says that it failed, the system says why, and
 * picks a port if it is 0. */
static int try_address(struct sockaddr_in *at, struct hs_error *err)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    socklen_t len = sizeof *at;
    int on = 1;
    int problem = 0;

    if (fd < 0)
        return hs_error_set(err, "listen", "no socket: %s",
                            strerrordesc_np(errno));
    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(fd, (const struct sockaddr *)at, sizeof *at) != 0 ||
        listen(fd, 1) != 0 || getsockname(fd, (struct sockaddr *)at, &len) != 0)
        problem = errno;
    close(fd);
    if (problem == EADDRINUSE)
        hs_error_set(err, "port_taken",
                     "port %d is taken: another program, or another "
                     "hookswitch, listens there; set HOOKSWITCH_LISTEN",
                     ntohs(at->sin_port));
    else if (problem)
        hs_error_set(err, "listen", "port %d: %s", ntohs(at->sin_port),
                     strerrordesc_np(problem));
    return problem ? -1 : 0;
}

int hs_server_address(struct hs_server *server, struct hs_error *err)
{
    const char *listen_at = server->config->listen;
    const char *colon = strrchr(listen_at, ':');
    struct sockaddr_in at = {.sin_family = AF_INET};
    char host[INET_ADDRSTRLEN] = "";

    if (colon && (size_t)(colon - listen_at) < sizeof host)
        memcpy(host, listen_at, (size_t)(colon - listen_at));
    if (!colon || inet_pton(AF_INET, host, &at.sin_addr) != 1)
        return hs_error_set(err, "listen", "listen = %s is not ADDRESS:PORT",
                            listen_at);
    at.sin_port = htons((uint16_t)strtoul(colon + 1, NULL, 10));
    if (!hs_handover_take(&at) && try_address(&at, err) != 0)
        return -1;
    server->loopback = ntohl(at.sin_addr.s_addr) >> 24 == 127;
    server->port = ntohs(at.sin_port);
    (void)snprintf(server->address, sizeof server->address, "%s:%d", host,
                   server->port);
    return 0;
}

/* ---- callbacks ---- */

static void *on_thread_start(const struct mg_context *context, int type)
{
    struct hs_server *server = mg_get_user_data(context);
    struct hs_listener *listener = server->listener;
    struct hs_wire *wire;
    int index;

    if (type != 1)
        return NULL;
    index = atomic_fetch_add(&listener->workers_made, 1);
    wire = calloc(1, sizeof *wire);
    if (wire)
        wire->worker = hs_worker_new(server);
    if (!wire || !wire->worker) {
        hs_log(HS_LOG_ERROR, "worker_failed", HS_I("worker", index));
        free(wire);
        return NULL;
    }
    wire->listener = listener;
    wire->slot = hs_supervisor_slot(listener->supervisor, index);
    return wire;
}

static void on_thread_end(const struct mg_context *context, int type,
                          void *thread)
{
    struct hs_wire *wire = thread;

    (void)context;
    if (type != 1 || !wire)
        return;
    hs_worker_free(wire->worker);
    free(wire);
}

static int on_connection(const struct mg_connection *conn, void **data)
{
    struct hs_wire *wire = mg_get_thread_pointer(conn);

    (void)data;
    if (wire) {
        wire->served = 0;
        wire->refused = 0;
        hs_slot_opened(wire->listener->supervisor, wire->slot);
    }
    return 0;
}

static void on_closing(const struct mg_connection *conn)
{
    struct hs_wire *wire = mg_get_thread_pointer(conn);

    if (!wire)
        return;
    if (!wire->refused)
        hs_exchange_unrouted(wire, conn);
    hs_slot_closing(wire->listener->supervisor, wire->slot);
}

static void on_closed(const struct mg_connection *conn)
{
    struct hs_wire *wire = mg_get_thread_pointer(conn);

    if (wire)
        hs_slot_closed(wire->listener->supervisor);
}

static int on_request(struct mg_connection *conn)
{
    static const char no_worker[] =
        "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n"
        "Connection: close\r\n\r\n";
    struct hs_wire *wire = mg_get_thread_pointer(conn);

    if (!wire) {
        mg_disable_connection_keep_alive(conn);
        mg_write(conn, no_worker, sizeof no_worker - 1);
        return 503;
    }
    wire->at_work = 1;
    atomic_fetch_add(&wire->listener->in_flight, 1);
    return hs_exchange(wire, conn);
}

static void on_request_end(const struct mg_connection *conn, int status)
{
    struct hs_wire *wire = mg_get_thread_pointer(conn);

    (void)status;
    if (!wire || !wire->at_work)
        return;
    wire->at_work = 0;
    atomic_fetch_sub(&wire->listener->in_flight, 1);
    hs_slot_phase(wire->slot, HS_PHASE_IDLE);
}

static int on_parser_error(struct mg_connection *conn, int status,
                           const char *message)
{
    struct hs_wire *wire = mg_get_thread_pointer(conn);

    if (wire) {
        wire->refused = 1;
        hs_exchange_refused(wire, conn, status, message);
    }
    return 0;
}

static int on_message(const struct mg_connection *conn, const char *message)
{
    static struct hs_log_gate gate;

    (void)conn;
    if (hs_log_gate_open(&gate, NULL))
        hs_log(HS_LOG_WARN, "civetweb", HS_S("message", message));
    return 1;
}

/* ---- life ---- */

/* Descriptors: those of the process (log, listener, database writer, watches,
 * waiting clients), and those of a worker: its client, the database and its
 * log, Twilio. */
enum { FILES_BESIDES = 64, FILES_OF_WORKER = 4 };

/* The soft limit, after raising it. */
static int64_t raise_file_limit(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= FILES_WANTED)
        return FILES_WANTED;
    limit.rlim_cur =
        limit.rlim_max < FILES_WANTED ? limit.rlim_max : FILES_WANTED;
    (void)setrlimit(RLIMIT_NOFILE, &limit);
    (void)getrlimit(RLIMIT_NOFILE, &limit);
    return (int64_t)limit.rlim_cur;
}

void hs_server_fit_files(struct hs_server *server, struct hs_config *config)
{
    int64_t limit = raise_file_limit();
    int64_t wanted =
        FILES_BESIDES + FILES_OF_WORKER * config->workers + HS_EVENTS_MAX;
    int64_t room = limit > FILES_BESIDES ? limit - FILES_BESIDES : 0;
    int64_t workers = room * 4 / 5 / FILES_OF_WORKER;

    server->listeners_most = HS_EVENTS_MAX;
    if (wanted <= limit) {
        /* A few more than there is room for do less harm than none. */
        server->arrivals_most =
            (int)(limit - wanted < SILENT_LEAST ? SILENT_LEAST
                  : limit - wanted < limit / 4  ? limit - wanted
                                                : limit / 4);
        return;
    }
    if (workers < config->workers)
        config->workers = workers > 0 ? workers : 1;
    room -= FILES_OF_WORKER * config->workers;
    room = room > 0 ? room : 0;
    /* Seldom are there as many of both; accept() waits when there are. */
    server->arrivals_most = (int)(room / 4);
    if (room < HS_EVENTS_MAX)
        server->listeners_most = (int)room;
    hs_log(HS_LOG_WARN, "file_limit", HS_I("limit", limit),
           HS_I("wanted", wanted), HS_I("workers", config->workers),
           HS_I("connections", server->listeners_most));
}

static int start_civetweb(struct hs_server *server, struct hs_error *err)
{
    static const struct mg_callbacks callbacks = {
        .begin_request = on_request,
        .end_request = on_request_end,
        .log_message = on_message,
        .connection_close = on_closing,
        .connection_closed = on_closed,
        .http_error = on_parser_error,
        .init_thread = on_thread_start,
        .exit_thread = on_thread_end,
        .init_connection = on_connection,
    };
    const struct hs_config *config = server->config;
    char threads[24], request_ms[24], idle_ms[24], bytes[24], why[256] = "";
    const char *options[] = {"listening_ports",
                             server->address,
                             "num_threads",
                             threads,
                             "max_request_size",
                             bytes,
                             "request_timeout_ms",
                             request_ms,
                             "keep_alive_timeout_ms",
                             idle_ms,
                             "enable_keep_alive",
                             "yes",
                             "tcp_nodelay",
                             "1",
                             "enable_auth_domain_check",
                             "no",
                             "decode_url",
                             "no",
                             "decode_query_string",
                             "no",
                             "connection_queue",
                             QUEUE,
                             "listen_backlog",
                             BACKLOG,
                             "access_control_allow_origin",
                             "",
                             "access_control_allow_methods",
                             "",
                             "access_control_allow_headers",
                             "",
                             "enable_directory_listing",
                             "no",
                             NULL};
    struct mg_init_data init = {.callbacks = &callbacks,
                                .user_data = server,
                                .configuration_options = options};
    struct mg_error_data problem = {.text = why,
                                    .text_buffer_size = sizeof why};

    snprintf(threads, sizeof threads, "%d", (int)config->workers);
    snprintf(bytes, sizeof bytes, "%d", HS_HEADER_BYTES);
    snprintf(request_ms, sizeof request_ms, "%d",
             (int)config->request_timeout_ms);
    snprintf(idle_ms, sizeof idle_ms, "%d", (int)config->keep_alive_timeout_ms);
    server->listener->context = mg_start2(&init, &problem);
    if (server->listener->context)
        return 0;
    return hs_error_set(err, "listen", "%s: %s", server->address, why);
}

/* NULL when memory ran out. */
static struct hs_listener *listener_new(const struct hs_supervisor_setup *setup)
{
    struct hs_listener *listener = calloc(1, sizeof *listener);

    if (!listener)
        return NULL;
    listener->guard_slack = hs_guard_slack(HS_HEADER_BYTES);
    listener->supervisor = hs_supervisor_new(setup);
    if (listener->supervisor)
        return listener;
    free(listener);
    return NULL;
}

int hs_server_busy(const struct hs_server *server)
{
    return hs_supervisor_busy(server->listener->supervisor);
}

int64_t hs_server_standstill(const struct hs_server *server)
{
    return hs_supervisor_standstill(server->listener->supervisor);
}

int hs_server_start(struct hs_server *server, struct hs_error *err)
{
    const struct hs_config *config = server->config;
    struct hs_supervisor_setup setup = {
        .slots = (int)config->workers,
        .port = server->port,
        .request_timeout_ms = config->request_timeout_ms,
        .keep_alive_timeout_ms = config->keep_alive_timeout_ms,
        .is_given_away = hs_events_has,
        .given_away_max = HS_EVENTS_MAX,
    };

    mg_init_library(0);
    server->started_at = hs_now_ms();
    server->fixed_headers = hs_reply_fixed_headers(config);
    server->last_resort =
        hs_last_resort_new(config->server_url, config->language);
    server->accounts = hs_accounts_new(server->store);
    if (!server->accounts)
        return hs_no_memory(err);
    server->events = hs_events_start(server, err);
    if (!server->events)
        return -1;
    setup.ctx = server->events;
    server->listener = listener_new(&setup);
    server->refusals = hs_refusals_new();
    server->vms = hs_vm_stack_new(server);
    if (!server->fixed_headers || !server->last_resort || !server->listener ||
        !server->refusals || !server->vms)
        return hs_no_memory(err);
    if (start_civetweb(server, err) != 0)
        return -1;
    if (hs_arrivals_start(server->port, server->arrivals_most) != 0)
        return hs_error_set(err, "listen", "%s: %s", server->address,
                            strerrordesc_np(errno));
    if (hs_supervisor_start(server->listener->supervisor) != 0)
        return hs_error_set(err, "thread", "no thread could be made");
    return 0;
}

void hs_server_stop(struct hs_server *server)
{
    struct hs_listener *listener = server->listener;

    hs_arrivals_wake();
    if (listener)
        mg_stop(listener->context); /* NULL accepted; joins the workers */
    hs_vm_stack_free(server->vms);
    server->vms = NULL;
    if (listener)
        hs_supervisor_free(listener->supervisor);
    free(listener);
    server->listener = NULL;
    hs_events_free(server->events);
    server->events = NULL;
    hs_accounts_free(server->accounts);
    server->accounts = NULL;
    free(server->fixed_headers);
    free(server->last_resort);
    hs_refusals_free(server->refusals);
    server->refusals = NULL;
    server->fixed_headers = NULL;
    server->last_resort = NULL;
    mg_exit_library();
}
