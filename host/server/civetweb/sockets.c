/* sockets.c: the server's own sockets, found among the descriptors. */
#include "server/civetweb/sockets.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#define FIRST_FD 3
#define STATE_LISTEN 10 /* TCP_LISTEN of the C library's own header */
/* Descriptors are given out lowest first: a gap this long is the end. */
#define GAP_MAX 256

static uint64_t peer_number(struct in_addr address, in_port_t port)
{
    return (uint64_t)ntohl(address.s_addr) << 16 | ntohs(port);
}

uint64_t hs_peer_of(const char *address, int port)
{
    struct in_addr parsed;

    if (inet_pton(AF_INET, address, &parsed) != 1)
        return 0;
    return peer_number(parsed, htons((uint16_t)port));
}

/* The local port, 0 if `fd` isn't an IPv4 socket. */
static int own_port(int fd)
{
    struct sockaddr_in own = {0};
    socklen_t len = sizeof own;

    if (getsockname(fd, (struct sockaddr *)&own, &len) != 0 ||
        own.sin_family != AF_INET)
        return 0;
    return ntohs(own.sin_port);
}

uint64_t hs_peer_of_fd(int fd, int port)
{
    struct sockaddr_in peer = {0};
    socklen_t len = sizeof peer;

    if (getpeername(fd, (struct sockaddr *)&peer, &len) != 0 ||
        peer.sin_family != AF_INET || own_port(fd) != port)
        return 0;
    return peer_number(peer.sin_addr, peer.sin_port);
}

size_t hs_sockets_connections(int port, struct hs_connection *out, size_t max)
{
    size_t count = 0;
    int gap = 0;

    for (int fd = FIRST_FD; gap < GAP_MAX && count < max; fd++) {
        uint64_t peer;

        errno = 0;
        peer = hs_peer_of_fd(fd, port);
        gap = errno == EBADF ? gap + 1 : 0;
        if (peer)
            out[count++] = (struct hs_connection){.fd = fd, .peer = peer};
    }
    return count;
}

size_t hs_sockets_listening(int port, int *out, size_t max)
{
    size_t count = 0;
    int gap = 0;

    for (int fd = FIRST_FD; gap < GAP_MAX && count < max; fd++) {
        int listens = 0;
        socklen_t len = sizeof listens;

        errno = 0;
        (void)getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &len);
        gap = errno == EBADF ? gap + 1 : 0;
        if (listens && own_port(fd) == port)
            out[count++] = fd;
    }
    return count;
}

static int read_info(int fd, struct tcp_info *info)
{
    socklen_t len = sizeof *info;

    memset(info, 0, sizeof *info);
    return getsockopt(fd, IPPROTO_TCP, TCP_INFO, info, &len);
}

int hs_socket_backlog(int listening_fd)
{
    struct tcp_info info;

    if (read_info(listening_fd, &info) != 0 || info.tcpi_state != STATE_LISTEN)
        return -1;
    return (int)info.tcpi_unacked; /* the accept queue, for a listener */
}

int64_t hs_socket_received(int fd)
{
    struct tcp_info info;

    return read_info(fd, &info) == 0 ? (int64_t)info.tcpi_bytes_received : -1;
}

int64_t hs_socket_acknowledged(int fd)
{
    struct tcp_info info;

    return read_info(fd, &info) == 0 ? (int64_t)info.tcpi_bytes_acked : -1;
}

int hs_socket_unread(int fd)
{
    int bytes = 0;

    return ioctl(fd, FIONREAD, &bytes) == 0 ? bytes : -1;
}

int hs_socket_find(uint64_t peer, int port)
{
    int gap = 0;

    for (int fd = FIRST_FD; gap < GAP_MAX; fd++) {
        errno = 0;
        if (hs_peer_of_fd(fd, port) == peer)
            return fd;
        gap = errno == EBADF ? gap + 1 : 0;
    }
    return -1;
}
