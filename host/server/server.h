/* server.h: the HTTP server as a whole. */
#ifndef HS_SERVER_H
#define HS_SERVER_H

#include <stdint.h>

#include "base/config/config.h"
#include "base/err.h"

/* Room for a request line and its headers; a multiple of 16. */
#define HS_HEADER_BYTES 16384

struct hs_accounts;
struct hs_bus;
struct hs_events;
struct hs_jwt_key;
struct hs_refusals;
struct hs_limiter;
struct hs_listener;
struct hs_reload;
struct hs_static;
struct hs_store;
struct hs_vm_stack;

/* Made by serve.c; read-only once it listens, except for the atomics. */
struct hs_server {
    const struct hs_config *config;
    struct hs_store *store;
    struct hs_reload *reload;
    struct hs_vm_stack *vms;
    struct hs_static *_Atomic files;    /* NULL: no console was built */
    struct hs_jwt_key *_Atomic api_key; /* NULL: the API accepts no JWT */
    struct hs_jwt_key *session_key;     /* signs our own tokens */
    struct hs_limiter *limiter;         /* NULL: no rate limits */
    struct hs_accounts *accounts;       /* the local ones */
    struct hs_events *events;
    struct hs_bus *bus;           /* to other hosts; NULL: none */
    struct hs_listener *listener; /* private to civetweb/ */
    char *fixed_headers;          /* lines that go with every answer */
    char *last_resort;            /* TwiML as a last resort */
    struct hs_refusals *refusals; /* refused webhooks */
    char address[64];             /* "127.0.0.1:8080" */
    int port;
    int loopback;        /* it listens on the loopback interface only */
    int insecure;        /* webhooks aren't checked */
    int listeners_most;  /* most clients listening to events */
    int arrivals_most;   /* most connections that wait without a worker */
    int64_t started_at;  /* wall, ms */
    _Atomic int streams; /* recordings and exports being sent */
    _Atomic int draining;
};

/* Read `listen` of the configuration into address, port and loopback, and check
 * that the port is free; port 0 picks a free one. 0, or -1 and `err`
 * ("port_taken", "listen"). */
int hs_server_address(struct hs_server *server, struct hs_error *err);
/* Raise the limit of open files as far as it goes. If it stays low, there are
 * fewer workers (of `config`) and listeners than configured, and the log says
 * so: a call must never find descriptors used up. Before hs_server_start. */
void hs_server_fit_files(struct hs_server *server, struct hs_config *config);
/* Listen and serve. 0, or -1 and `err` ("listen", "memory", "thread"). */
int hs_server_start(struct hs_server *server, struct hs_error *err);
/* handover.c: leave the listening socket with systemd, if it keeps sockets for
 * us, so that callers wait for the next process instead of being refused; and
 * take it back if this one can't serve. */
void hs_server_leave_socket(const struct hs_server *server);
void hs_server_give_up_socket(void);
/* drain.c: stop accepting, let requests under way finish, end what is left at
 * the deadline. Returns 0 if every request was answered. The process ends by
 * itself if a thread hangs or a second SIGTERM or SIGINT comes. `signal` is the
 * first one, for the log. */
int hs_server_drain(struct hs_server *server, int signal);
/* While it serves, any thread: workers that hold a connection, and for how many
 * ms a handler has been running, waiting clients haven't been accepted, or slow
 * clients haven't been checked. */
int hs_server_busy(const struct hs_server *server);
int64_t hs_server_standstill(const struct hs_server *server);
/* Free what start made; after drain, or if start failed. */
void hs_server_stop(struct hs_server *server);

#endif
