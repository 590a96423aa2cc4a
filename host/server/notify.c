/* notify.c: sd_notify's protocol: a datagram to the socket in NOTIFY_SOCKET,
 * "@" standing for the abstract name space (sd_notify(3), "Notes"). */
#include "server/notify.h"

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

/* 0, or -1 if the socket doesn't exist or doesn't accept the message. */
static int notify(const char *state, const int *passed)
{
    const char *path = secure_getenv("NOTIFY_SOCKET");
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    size_t len = path ? strlen(path) : 0;
    union {
        struct cmsghdr head;
        char room[CMSG_SPACE(sizeof *passed)];
    } control = {0};
    struct iovec text = {(void *)(uintptr_t)state, strlen(state)};
    struct msghdr message = {
        .msg_name = &to, .msg_iov = &text, .msg_iovlen = 1};
    ssize_t sent;
    int fd;

    if (len < 2 || len >= sizeof to.sun_path ||
        (path[0] != '/' && path[0] != '@'))
        return -1;
    memcpy(to.sun_path, path, len);
    if (to.sun_path[0] == '@')
        to.sun_path[0] = '\0';
    message.msg_namelen =
        (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len);
    if (passed) {
        message.msg_control = &control;
        message.msg_controllen = sizeof control.room;
        control.head = (struct cmsghdr){.cmsg_level = SOL_SOCKET,
                                        .cmsg_type = SCM_RIGHTS,
                                        .cmsg_len = CMSG_LEN(sizeof *passed)};
        memcpy(CMSG_DATA(&control.head), passed, sizeof *passed);
    }
    fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    sent = sendmsg(fd, &message, MSG_NOSIGNAL);
    close(fd);
    return sent < 0 ? -1 : 0;
}

void hs_notify(const char *state)
{
    (void)notify(state, NULL);
}

int hs_notify_with(const char *state, int fd)
{
    return notify(state, &fd);
}

void hs_notify_reloading(void)
{
    struct timespec now;
    char state[80];

    clock_gettime(CLOCK_MONOTONIC, &now);
    snprintf(state, sizeof state, "RELOADING=1\nMONOTONIC_USEC=%lld",
             now.tv_sec * 1000000LL + now.tv_nsec / 1000);
    hs_notify(state);
}

void hs_notify_stopping(int64_t most_ms)
{
    char state[80];

    snprintf(state, sizeof state, "STOPPING=1\nEXTEND_TIMEOUT_USEC=%lld",
             (long long)most_ms * 1000);
    hs_notify(state);
}

int64_t hs_notify_watchdog_ms(void)
{
    const char *micros = secure_getenv("WATCHDOG_USEC");
    const char *pid = secure_getenv("WATCHDOG_PID");

    if (!micros || (pid && strtoll(pid, NULL, 10) != getpid()))
        return 0;
    return strtoll(micros, NULL, 10) / 2000;
}
