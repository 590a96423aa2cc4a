/* arrivals.c: accepting connections once they have sent a request.
 *
 * civetweb polls its listening descriptor and calls accept(). That descriptor
 * becomes an epoll set of the listening socket and of all connections that have
 * not asked yet, and the program's accept(), which overrides the C library's,
 * returns whichever of them has sent its request. */
#include "server/civetweb/arrivals.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "server/civetweb/sockets.h"
#include "server/server.h"

#define LATE_MAX 64
#define ASKED_MAX 512 /* more than there are workers */

struct arrival {
    int fd;
    uint64_t peer;
    int64_t since; /* monotonic ms: it connected, or its first byte came */
    int has_begun;
    int is_late;
};

static _Atomic int polled = -1; /* by civetweb: the epoll set */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* of what follows */
static int listener = -1;
static int own_port;
static int most;
static int count;
static struct arrival all[HS_ARRIVALS_MAX];
static uint64_t late[LATE_MAX]; /* peers given to a worker */
static size_t newest_late;
static uint64_t asked[ASKED_MAX]; /* given to a worker with a whole request */
static size_t newest_asked;
static int always = -1; /* readable for ever: the server stops */
static int is_short;    /* of descriptors or memory for a new connection */

/* civetweb asks again at once; those who could free some need a moment. */
#define SHORT_NS 10000000

/* ---- has a request come? ---- */

/* Where the header that ends with an empty line ends; 0: it hasn't yet, or -1:
 * never in a way that civetweb and the guard accept. */
static ssize_t header_end(const char *bytes, size_t len)
{
    const char *end = memmem(bytes, len, "\r\n\r\n", 4);
    size_t whole = end ? (size_t)(end - bytes) + 4 : len;

    for (size_t i = 0; i < whole; i++) {
        unsigned char c = (unsigned char)bytes[i];

        if ((c < ' ' && c != '\t' && c != '\r' && c != '\n') ||
            (c == '\n' && (i == 0 || bytes[i - 1] != '\r')))
            return -1;
    }
    return end ? (ssize_t)whole : 0;
}

static int has_name(const char *line, const char *name)
{
    return strncasecmp(line, name, strlen(name)) == 0;
}

/* A Content-Length and its line's end; -1: civetweb will refuse it, or it is
 * more than can be waited for. */
static int length_of(const char *value)
{
    int size = 0;

    while (*value == ' ' || *value == '\t')
        value++;
    if (*value == '\r')
        return -1;
    for (; *value >= '0' && *value <= '9' && size <= HS_HEADER_BYTES; value++)
        size = size * 10 + (*value - '0');
    return *value == '\r' ? size : -1;
}

/* How long the body is that follows a header of `len` bytes, each line of which
 * ends with CR LF. -1: it can't be waited for. */
static int body_size(const char *header, size_t len)
{
    const char *end = header + len;
    int size = 0, lengths = 0;

    for (const char *line = header; line < end;
         line = (const char *)memchr(line, '\n', (size_t)(end - line)) + 1) {
        if (has_name(line, "Transfer-Encoding:") || has_name(line, "Expect:"))
            return -1;
        if (!has_name(line, "Content-Length:"))
            continue;
        size = length_of(line + strlen("Content-Length:"));
        if (size < 0 || ++lengths > 1)
            return -1;
    }
    return size;
}

int hs_arrivals_is_whole(const char *bytes, size_t len)
{
    ssize_t header = header_end(bytes, len);
    int body;

    if (header <= 0)
        return header < 0 || len >= HS_HEADER_BYTES ? -1 : 0;
    body = body_size(bytes, (size_t)header);
    return body < 0 || body > HS_HEADER_BYTES - header ||
           (size_t)(header + body) <= len;
}

/* BROKEN: for a worker, which may yet wait for its client. */
enum progress { ENDED, SILENT, BEGUN, BROKEN, WHOLE };

static enum progress progress_of(int fd)
{
    static char bytes[HS_HEADER_BYTES]; /* under the lock */
    ssize_t got = recv(fd, bytes, sizeof bytes, MSG_PEEK | MSG_DONTWAIT);
    int whole;

    if (got < 0)
        return errno == EAGAIN || errno == EINTR ? SILENT : ENDED;
    if (got == 0)
        return ENDED;
    whole = hs_arrivals_is_whole(bytes, (size_t)got);
    return whole > 0 ? WHOLE : whole < 0 ? BROKEN : BEGUN;
}

/* ---- those that wait ---- */

/* Edge-triggered: more bytes of a request wake civetweb, the same don't. */
static int watch(int op, int fd)
{
    struct epoll_event event = {.events = EPOLLIN | EPOLLRDHUP | EPOLLET,
                                .data.fd = fd};

    return epoll_ctl(polled, op, fd, &event);
}

static struct arrival *find(int fd)
{
    for (int i = 0; i < count; i++) {
        if (all[i].fd == fd)
            return &all[i];
    }
    return NULL;
}

static struct arrival *keep(int fd)
{
    if (count >= most || watch(EPOLL_CTL_ADD, fd) != 0)
        return NULL;
    all[count] = (struct arrival){.fd = fd,
                                  .peer = hs_peer_of_fd(fd, own_port),
                                  .since = hs_running_ms()};
    return &all[count++];
}

static void forget(struct arrival *one)
{
    (void)epoll_ctl(polled, EPOLL_CTL_DEL, one->fd, NULL);
    *one = all[--count];
}

static int accept_new(void)
{
    int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);

    is_short = fd < 0 && (errno == EMFILE || errno == ENFILE ||
                          errno == ENOBUFS || errno == ENOMEM);
    return fd;
}

/* One ready descriptor: the connection to give to a worker, or -1. */
static int take(const struct epoll_event *event)
{
    int fd = event->data.fd;
    struct arrival *one = find(fd);
    enum progress progress;

    if (fd == always)
        return -1;
    if (fd == listener)
        fd = accept_new();
    if (fd < 0)
        return -1;
    progress = progress_of(fd);
    if (progress == BEGUN && one &&
        (one->is_late || event->events & (EPOLLRDHUP | EPOLLHUP)))
        progress = BROKEN; /* nothing else will come */
    if ((progress == SILENT || progress == BEGUN) && !one && !(one = keep(fd)))
        return fd; /* no room to wait */
    if (progress == BEGUN && !one->has_begun) {
        one->has_begun = 1;
        one->since = hs_running_ms();
    }
    if (progress == SILENT || progress == BEGUN)
        return -1;
    if (one && one->is_late)
        late[newest_late++ % LATE_MAX] = one->peer;
    if (progress == WHOLE)
        asked[newest_asked++ % ASKED_MAX] =
            one ? one->peer : hs_peer_of_fd(fd, own_port);
    if (one)
        forget(one);
    if (progress >= BROKEN)
        return fd;
    close(fd);
    return -1;
}

/* ---- civetweb's accept() ---- */

/* The next connection for a worker, or -1. */
static int next(void)
{
    int fd = -1, has_to_wait;

    pthread_mutex_lock(&lock);
    is_short = 0;
    /* Bounded: civetweb polls again for whatever is left. */
    for (int i = 0; fd < 0 && !is_short && i < HS_ARRIVALS_MAX; i++) {
        struct epoll_event event;

        if (epoll_wait(polled, &event, 1, 0) != 1)
            break;
        fd = take(&event);
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

/* The set replaces civetweb's descriptor. */
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

int hs_arrivals_start(int port, int limit)
{
    int set = epoll_create1(EPOLL_CLOEXEC);
    int fd, result = -1;

    own_port = port;
    most = limit < HS_ARRIVALS_MAX ? limit : HS_ARRIVALS_MAX;
    if (set >= 0 && hs_sockets_listening(port, &fd, 1) == 1)
        result = replace(fd, set);
    if (set >= 0)
        close(set);
    return result;
}

void hs_arrivals_refuse_new(void)
{
    pthread_mutex_lock(&lock);
    if (listener >= 0) {
        (void)epoll_ctl(polled, EPOLL_CTL_DEL, listener, NULL);
        close(listener);
    }
    listener = -1;
    pthread_mutex_unlock(&lock);
}

void hs_arrivals_end(int64_t silent_ms, int64_t request_ms)
{
    int64_t now = hs_running_ms();

    pthread_mutex_lock(&lock);
    for (int i = count - 1; i >= 0; i--) {
        struct arrival *one = &all[i];
        int64_t age = now - one->since;

        if (one->has_begun && !one->is_late && age >= request_ms) {
            one->is_late = 1;
            (void)shutdown(one->fd, SHUT_RD);
            (void)watch(EPOLL_CTL_MOD, one->fd);
        } else if (!one->has_begun && age >= silent_ms &&
                   progress_of(one->fd) <= SILENT) {
            int fd = one->fd;

            forget(one);
            close(fd);
        }
    }
    pthread_mutex_unlock(&lock);
}

int hs_arrivals_has(uint64_t peer)
{
    int has = 0;

    pthread_mutex_lock(&lock);
    for (int i = 0; i < count && !has; i++)
        has = all[i].peer == peer;
    pthread_mutex_unlock(&lock);
    return has;
}

int hs_arrivals_asked(uint64_t peer)
{
    int has = 0;

    pthread_mutex_lock(&lock);
    for (size_t i = 0; i < ASKED_MAX && !has; i++)
        has = asked[i] == peer;
    pthread_mutex_unlock(&lock);
    return has;
}

int hs_arrivals_was_late(uint64_t peer)
{
    int was = 0;

    pthread_mutex_lock(&lock);
    for (size_t i = 0; i < LATE_MAX && !was; i++) {
        was = peer && late[i] == peer;
        if (was)
            late[i] = 0;
    }
    pthread_mutex_unlock(&lock);
    return was;
}

void hs_arrivals_wake(void)
{
    struct epoll_event event = {.events = EPOLLIN};

    pthread_mutex_lock(&lock);
    if (polled >= 0 && always < 0) {
        always = eventfd(1, EFD_CLOEXEC | EFD_NONBLOCK);
        event.data.fd = always;
        if (always >= 0 &&
            epoll_ctl(polled, EPOLL_CTL_ADD, always, &event) != 0) {
            close(always);
            always = -1;
        }
    }
    pthread_mutex_unlock(&lock);
}
