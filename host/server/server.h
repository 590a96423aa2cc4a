/* server.h: the HTTP server as a whole. */
#ifndef HS_SERVER_H
#define HS_SERVER_H

#include <stdint.h>

#include "base/config/config.h"
#include "base/err.h"

/* Room for a request line and its headers; a multiple of 16. */
#define HS_HEADER_BYTES 16384

struct hs_events;
struct hs_jwt_key;
struct hs_refusals;
struct hs_limiter;
struct hs_listener;
struct hs_reload;
struct hs_static;
struct hs_store;
struct hs_vm_stack;

/* Made by serve.c, read-only once it listens but for the atomics. */
struct hs_server {
    const struct hs_config *config;
    struct hs_store *store;
    struct hs_reload *reload;
    struct hs_vm_stack *vms;
    struct hs_static *files;            /* NULL: no console was built */
    struct hs_jwt_key *_Atomic api_key; /* NULL: the API accepts no JWT */
    struct hs_jwt_key *session_key;     /* signs our own tokens */
    struct hs_limiter *limiter;         /* NULL: nothing is limited */
    struct hs_events *events;
    struct hs_listener *listener; /* civetweb/'s own */
    char *fixed_headers;          /* lines that go with every answer */
    char *last_resort;            /* TwiML when nothing else can be said */
    struct hs_refusals *refusals; /* webhooks that were not taken */
    char address[64];             /* "127.0.0.1:8080" */
    int port;
    int loopback;        /* it listens on the loopback interface only */
    int insecure;        /* webhooks are not checked */
    int listeners_most;  /* clients that may listen to events together */
    int64_t started_at;  /* wall, ms */
    _Atomic int streams; /* recordings and exports being sent */
    _Atomic int draining;
};

/* Read `listen` of the configuration into address, port and loopback, and see
 * that the port is free; port 0 becomes one that is. 0, or -1 and `err`
 * ("port_taken", "listen"). */
int hs_server_address(struct hs_server *server, struct hs_error *err);
/* Raise the limit of open files as far as it goes. Where it stays low, there
 * are fewer workers (of `config`) and listeners than were asked for, and the
 * log says so: a call must never find no descriptor left. Before
 * hs_server_start. */
void hs_server_fit_files(struct hs_server *server, struct hs_config *config);
/* Listen and serve. 0, or -1 and `err` ("listen", "memory", "thread"). */
int hs_server_start(struct hs_server *server, struct hs_error *err);
/* handover.c: leave the listening socket with systemd, where it keeps sockets
 * for us, so that callers wait for the next process instead of being refused;
 * and take it back when this one cannot serve. */
void hs_server_leave_socket(const struct hs_server *server);
void hs_server_give_up_socket(void);
/* drain.c: stop accepting, let what is under way finish, end what is left at
 * the deadline. Returns 0 when every request was answered. The process ends by
 * itself when a thread hangs or a second SIGTERM or SIGINT comes. `signal` is
 * the first one, for the log. */
int hs_server_drain(struct hs_server *server, int signal);
/* While it serves, any thread: workers that hold a connection, and for how many
 * milliseconds a handler has been running, nobody who waits has been accepted,
 * or slow clients have not been looked at. */
int hs_server_busy(const struct hs_server *server);
int64_t hs_server_standstill(const struct hs_server *server);
/* Free what start made; after drain, or when it failed. */
void hs_server_stop(struct hs_server *server);

#endif
