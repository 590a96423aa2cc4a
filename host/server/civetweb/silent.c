/* silent.c: accepting connections once they have sent something.
 *
 * civetweb polls its listening descriptor and calls accept(). That descriptor
 * becomes an epoll set of the listening socket and of all silent connections,
 * and the program's accept(), which overrides the C library's, returns
 * whichever of them has sent its first byte. */
#include "server/civetweb/silent.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "server/civetweb/sockets.h"

struct silent {
    int fd;
    uint64_t peer;
    int64_t since; /* monotonic ms */
};

static _Atomic int polled = -1; /* by civetweb: the epoll set */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* of what follows */
static int listener = -1;
static int own_port;
static int most;
static int count;
static struct silent all[HS_SILENT_MAX];
static int always = -1; /* readable for ever: the server stops */
static int is_short;    /* of descriptors or memory for a new connection */

/* civetweb asks again at once; those who could free some need a moment. */
#define SHORT_NS 10000000

static int watch(int fd)
{
    struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};

    return epoll_ctl(polled, EPOLL_CTL_ADD, fd, &event);
}

/* 1: it has sent something, 0: not yet, -1: it has ended. */
static int has_spoken(int fd)
{
    char byte;
    ssize_t got = recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);

    if (got < 0)
        return errno == EAGAIN || errno == EINTR ? 0 : -1;
    return got > 0 ? 1 : -1;
}

static int keep(int fd)
{
    if (count >= most || watch(fd) != 0)
        return -1;
    all[count++] = (struct silent){.fd = fd,
                                   .peer = hs_peer_of_fd(fd, own_port),
                                   .since = hs_monotonic_ms()};
    return 0;
}

static void forget(int fd)
{
    for (int i = 0; i < count; i++) {
        if (all[i].fd == fd) {
            all[i] = all[--count];
            break;
        }
    }
    (void)epoll_ctl(polled, EPOLL_CTL_DEL, fd, NULL);
}

/* One ready descriptor: the connection to accept, or -1. */
static int take(int fd)
{
    int is_new = fd == listener;
    int spoken;

    if (fd == always)
        return -1;
    if (is_new) {
        fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
        is_short = fd < 0 && (errno == EMFILE || errno == ENFILE ||
                              errno == ENOBUFS || errno == ENOMEM);
    }
    if (fd < 0)
        return -1;
    spoken = has_spoken(fd);
    if (spoken == 0 && (!is_new || keep(fd) == 0))
        return -1;
    if (!is_new)
        forget(fd);
    if (spoken >= 0)
        return fd;
    close(fd);
    return -1;
}

/* The next connection that has something to say, or -1. */
static int next(void)
{
    int fd = -1, has_to_wait;

    pthread_mutex_lock(&lock);
    is_short = 0;
    /* Bounded: civetweb polls again for whatever is left. */
    for (int i = 0; fd < 0 && !is_short && i < HS_SILENT_MAX; i++) {
        struct epoll_event event;

        if (epoll_wait(polled, &event, 1, 0) != 1)
            break;
        fd = take(event.data.fd);
    }
    has_to_wait = fd < 0 && is_short;
    pthread_mutex_unlock(&lock);
    if (has_to_wait)
        (void)nanosleep(&(struct timespec){.tv_nsec = SHORT_NS}, NULL);
    return fd;
}

/* NOLINTNEXTLINE(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp) */
int accept(int fd, __SOCKADDR_ARG at, socklen_t *restrict len)
{
    int got;

    if (fd < 0 || fd != atomic_load(&polled))
        return accept4(fd, at.__sockaddr__, len, 0);
    got = next();
    if (got < 0) {
        errno = EAGAIN;
        return -1;
    }
    if (at.__sockaddr__ && getpeername(got, at.__sockaddr__, len) != 0) {
        close(got);
        return -1;
    }
    return got;
}

/* The poll() that civetweb began on the listening socket itself ends, and the
 * next one is on the set. */
static void wake_old_poll(const struct sockaddr_in *at)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    if (fd < 0)
        return;
    (void)connect(fd, (const struct sockaddr *)at, sizeof *at);
    close(fd);
}

/* The set takes the place of civetweb's descriptor. */
static int replace(int fd, int set)
{
    struct epoll_event event = {.events = EPOLLIN};
    struct sockaddr_in at = {0};
    socklen_t len = sizeof at;

    listener = fcntl(fd, F_DUPFD_CLOEXEC, 0);
    event.data.fd = listener;
    /* Non-blocking: during a restart the next process accepts, too. */
    if (listener < 0 ||
        fcntl(listener, F_SETFL, fcntl(listener, F_GETFL) | O_NONBLOCK) != 0 ||
        getsockname(listener, (struct sockaddr *)&at, &len) != 0 ||
        epoll_ctl(set, EPOLL_CTL_ADD, listener, &event) != 0)
        return -1;
    atomic_store(&polled, fd);
    if (dup3(set, fd, O_CLOEXEC) < 0)
        return -1;
    wake_old_poll(&at);
    return 0;
}

int hs_silent_start(int port, int limit)
{
    int set = epoll_create1(EPOLL_CLOEXEC);
    int fd, result = -1;

    own_port = port;
    most = limit < HS_SILENT_MAX ? limit : HS_SILENT_MAX;
    if (set >= 0 && hs_sockets_listening(port, &fd, 1) == 1)
        result = replace(fd, set);
    if (set >= 0)
        close(set);
    return result;
}

void hs_silent_refuse_new(void)
{
    pthread_mutex_lock(&lock);
    if (listener >= 0) {
        (void)epoll_ctl(polled, EPOLL_CTL_DEL, listener, NULL);
        close(listener);
    }
    listener = -1;
    pthread_mutex_unlock(&lock);
}

void hs_silent_end(int64_t ms)
{
    int64_t until = hs_monotonic_ms() - ms;

    pthread_mutex_lock(&lock);
    for (int i = count - 1; i >= 0; i--) {
        int fd = all[i].fd;

        if (all[i].since <= until && has_spoken(fd) <= 0) {
            forget(fd);
            close(fd);
        }
    }
    pthread_mutex_unlock(&lock);
}

int hs_silent_has(uint64_t peer)
{
    int has = 0;

    pthread_mutex_lock(&lock);
    for (int i = 0; i < count && !has; i++)
        has = all[i].peer == peer;
    pthread_mutex_unlock(&lock);
    return has;
}

void hs_silent_wake(void)
{
    pthread_mutex_lock(&lock);
    if (polled >= 0 && always < 0) {
        always = eventfd(1, EFD_CLOEXEC | EFD_NONBLOCK);
        if (always >= 0 && watch(always) != 0) {
            close(always);
            always = -1;
        }
    }
    pthread_mutex_unlock(&lock);
}
