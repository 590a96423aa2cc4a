/* handover.c: the listening socket outlives the process.
 *
 * systemd keeps a copy of it while the service restarts (its file descriptor
 * store: sd_notify(3), FDSTORE=1) and passes it to the next process as it
 * passes sockets (sd_listen_fds(3)). So the kernel keeps accepting connections,
 * and the next process answers them. civetweb can only bind sockets of its own;
 * the program's bind(), which overrides the C library's, replaces that socket
 * by the inherited one. */
#include "server/civetweb/handover.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "server/civetweb/sockets.h"
#include "server/notify.h"
#include "server/server.h"

#define FIRST_PASSED 3
#define NAME "FDNAME=http"

static int inherited = -1; /* until it is bound */
static int was_passed;     /* systemd already has a copy */
static int is_left;        /* systemd has a copy of our listener */

static int is_bound_to(int fd, const struct sockaddr *at, socklen_t len)
{
    struct sockaddr_in own = {0};
    const struct sockaddr_in *wanted = (const struct sockaddr_in *)at;
    socklen_t own_len = sizeof own;

    return len == sizeof own && at->sa_family == AF_INET &&
           getsockname(fd, (struct sockaddr *)&own, &own_len) == 0 &&
           own.sin_family == AF_INET && own.sin_port == wanted->sin_port &&
           own.sin_addr.s_addr == wanted->sin_addr.s_addr;
}

static int listens(int fd)
{
    int on = 0;
    socklen_t len = sizeof on;

    return getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &on, &len) == 0 && on;
}

/* How many descriptors systemd passed to us. */
static int count_passed(void)
{
    const char *pid = secure_getenv("LISTEN_PID");
    const char *count = secure_getenv("LISTEN_FDS");

    if (!pid || !count || strtol(pid, NULL, 10) != getpid())
        return 0;
    return (int)strtol(count, NULL, 10);
}

int hs_handover_take(const struct sockaddr_in *at)
{
    int end = FIRST_PASSED + count_passed();

    for (int fd = FIRST_PASSED; fd < end && end <= 1024; fd++) {
        (void)fcntl(fd, F_SETFD, FD_CLOEXEC);
        if (inherited < 0 && listens(fd) &&
            is_bound_to(fd, (const struct sockaddr *)at, sizeof *at))
            inherited = fd;
        else
            close(fd);
    }
    if (inherited < 0 && end > FIRST_PASSED)
        hs_notify("FDSTOREREMOVE=1\n" NAME); /* `listen` has changed */
    was_passed = inherited >= 0;
    return was_passed;
}

/* NOLINTNEXTLINE(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp) */
int bind(int fd, __CONST_SOCKADDR_ARG at, socklen_t len)
{
    if (inherited < 0 || !is_bound_to(inherited, at.__sockaddr__, len))
        return (int)syscall(SYS_bind, fd, at.__sockaddr__, len);
    if (dup3(inherited, fd, O_CLOEXEC) < 0)
        return -1;
    close(inherited);
    inherited = -1;
    return 0;
}

void hs_server_leave_socket(const struct hs_server *server)
{
    const char *room = secure_getenv("FDSTORE");
    int listener;

    if (room && strtol(room, NULL, 10) > 0 &&
        hs_sockets_listening(server->port, &listener, 1) == 1 &&
        (was_passed || hs_notify_with("FDSTORE=1\n" NAME, listener) == 0))
        is_left = 1;
}

void hs_server_give_up_socket(void)
{
    if (inherited >= 0 || is_left)
        hs_notify("FDSTOREREMOVE=1\n" NAME);
}

int hs_handover_is_left(void)
{
    return is_left;
}
