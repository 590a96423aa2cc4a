/* sockets.h: the server's own sockets, found among the process's descriptors,
 * because civetweb's interface doesn't expose them. IPv4 only, like our
 * listener. */
#ifndef HS_SOCKETS_H
#define HS_SOCKETS_H

#include <stddef.h>
#include <stdint.h>

struct hs_connection {
    int fd;
    uint64_t peer; /* address and port of the other end, see hs_peer_of() */
};

/* Address and port in one number; 0 if the text isn't an IPv4 address. */
uint64_t hs_peer_of(const char *address, int port);
/* The peer of a connected socket whose own port is `port`, else 0. */
uint64_t hs_peer_of_fd(int fd, int port);
/* All connections to our `port`, in ascending order of descriptor. Returns how
 * many were stored, at most `max`. Any thread. */
size_t hs_sockets_connections(int port, struct hs_connection *out, size_t max);
/* Descriptors that listen on `port`; returns how many were stored. */
size_t hs_sockets_listening(int port, int *out, size_t max);
/* Connections waiting in the kernel to be accepted, -1 if unknown. */
int hs_socket_backlog(int listening_fd);
/* Bytes received on this connection so far, -1 if unknown. */
int64_t hs_socket_received(int fd);
/* Bytes the client has acknowledged, -1 if unknown. */
int64_t hs_socket_acknowledged(int fd);
/* The descriptor of the connection from `peer` to our `port`, or -1. */
int hs_socket_find(uint64_t peer, int port);
/* Bytes received and not read yet, -1 if unknown. */
int hs_socket_unread(int fd);

#endif
