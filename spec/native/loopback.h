/* loopback.h: a web server inside a test, on 127.0.0.1 or [::1], which can
 * misbehave byte by byte. A thread per connection. */
#ifndef HS_SPEC_LOOPBACK_H
#define HS_SPEC_LOOPBACK_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <unistd.h>

#include "test.h"

struct loopback;
/* Answer one request (head and body, NUL-terminated). Returns 1 to keep the
 * connection. */
typedef int loopback_fn(struct loopback *server, int fd, const char *request);

struct loopback {
    int listener, port;
    loopback_fn *answer;
    pthread_t thread;
    atomic_int stopping, open, connections, requests;
    pthread_mutex_t lock;
    char last[65536]; /* the last request, whole */
    void *ctx;
};

struct loopback_connection {
    struct loopback *server;
    int fd;
};

/* Write it all; 0, or -1 when the other side has gone. */
static inline int loopback_send(int fd, const void *data, size_t len)
{
    const char *at = data;

    while (len > 0) {
        ssize_t n = send(fd, at, len, MSG_NOSIGNAL);

        if (n <= 0)
            return -1;
        at += n;
        len -= (size_t)n;
    }
    return 0;
}

/* A whole answer with its length. Returns 1: keep the connection. */
static inline int loopback_reply(int fd, const char *status,
                                 const char *headers, const char *body)
{
    char head[4096];
    int len = snprintf(head, sizeof head,
                       "HTTP/1.1 %s\r\nContent-Length: %zu\r\n%s\r\n", status,
                       strlen(body), headers);

    return loopback_send(fd, head, (size_t)len) == 0 &&
           loopback_send(fd, body, strlen(body)) == 0;
}

/* Sleep, but not longer than the test runs. */
static inline void loopback_pause(struct loopback *server, int ms)
{
    for (; ms > 0 && !server->stopping; ms -= 10)
        (void)poll(NULL, 0, 10);
}

/* Close with a reset instead of an end. */
static inline int loopback_reset(int fd)
{
    struct linger now = {1, 0};

    (void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    return 0;
}

/* Is a request complete? Its length, or 0. */
static inline size_t loopback_complete(const char *text, size_t len)
{
    const char *end = strstr(text, "\r\n\r\n");
    const char *length = strcasestr(text, "\r\nContent-Length:");
    size_t whole;

    if (!end)
        return 0;
    whole = (size_t)(end - text) + 4;
    if (length && length < end)
        whole += strtoul(length + 17, NULL, 10);
    return len >= whole ? whole : 0;
}

static inline void *loopback_serve(void *ctx)
{
    struct loopback_connection connection = *(struct loopback_connection *)ctx;
    struct loopback *server = connection.server;
    char text[65536];
    size_t len = 0;
    int keep = 1;

    free(ctx);
    text[0] = 0;
    while (keep && !server->stopping) {
        struct pollfd wait = {connection.fd, POLLIN, 0};
        size_t whole;
        ssize_t n;

        if (poll(&wait, 1, 10) <= 0)
            continue;
        n = recv(connection.fd, text + len, sizeof text - 1 - len, 0);
        if (n <= 0)
            break;
        len += (size_t)n;
        text[len] = 0;
        whole = loopback_complete(text, len);
        if (whole == 0)
            continue;
        pthread_mutex_lock(&server->lock);
        memcpy(server->last, text, len + 1);
        pthread_mutex_unlock(&server->lock);
        server->requests++;
        keep = server->answer(server, connection.fd, text);
        len = 0;
        text[0] = 0;
    }
    close(connection.fd);
    server->open--;
    return NULL;
}

static inline void *loopback_accept(void *ctx)
{
    struct loopback *server = ctx;
    const int one = 1;

    while (!server->stopping) {
        struct pollfd wait = {server->listener, POLLIN, 0};
        struct loopback_connection *connection;
        pthread_t thread;

        if (poll(&wait, 1, 10) <= 0)
            continue;
        connection = malloc(sizeof *connection);
        if (!connection)
            abort();
        connection->server = server;
        connection->fd = accept(server->listener, NULL, NULL);
        if (connection->fd < 0) {
            free(connection);
            continue;
        }
        (void)setsockopt(connection->fd, IPPROTO_TCP, TCP_NODELAY, &one,
                         sizeof one);
        server->open++;
        server->connections++;
        if (pthread_create(&thread, NULL, loopback_serve, connection) != 0)
            abort();
        pthread_detach(thread);
    }
    return NULL;
}

/* Start on 127.0.0.1, or on ::1 with v6. 0, or -1 (no IPv6 here). */
static inline int loopback_start(struct loopback *server, loopback_fn *answer,
                                 int v6)
{
    struct sockaddr_in6 six = {.sin6_family = AF_INET6,
                               .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    struct sockaddr_in four = {.sin_family = AF_INET,
                               .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct sockaddr *address =
        v6 ? (struct sockaddr *)&six : (struct sockaddr *)&four;
    socklen_t len = v6 ? sizeof six : sizeof four;

    memset(server, 0, sizeof *server);
    server->answer = answer;
    pthread_mutex_init(&server->lock, NULL);
    server->listener = socket(v6 ? AF_INET6 : AF_INET, SOCK_STREAM, 0);
    if (server->listener < 0 || bind(server->listener, address, len) != 0 ||
        listen(server->listener, 16) != 0 ||
        getsockname(server->listener, address, &len) != 0)
        return -1;
    server->port = ntohs(v6 ? six.sin6_port : four.sin_port);
    return pthread_create(&server->thread, NULL, loopback_accept, server);
}

static inline void loopback_stop(struct loopback *server)
{
    server->stopping = 1;
    (void)pthread_join(server->thread, NULL);
    while (server->open > 0)
        (void)poll(NULL, 0, 5);
    close(server->listener);
    pthread_mutex_destroy(&server->lock);
}

/* Does the last request hold this text? */
static inline int loopback_saw(struct loopback *server, const char *text)
{
    int found;

    pthread_mutex_lock(&server->lock);
    found = strstr(server->last, text) != NULL;
    pthread_mutex_unlock(&server->lock);
    return found;
}

#endif
