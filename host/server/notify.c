/* notify.c: sd_notify's protocol: a datagram to the socket in NOTIFY_SOCKET. */
#include "server/notify.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

void hs_notify(const char *state)
{
    const char *path = secure_getenv("NOTIFY_SOCKET");
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    size_t len = path ? strlen(path) : 0;
    int fd;

    if (len < 2 || len >= sizeof to.sun_path ||
        (path[0] != '/' && path[0] != '@'))
        return;
    memcpy(to.sun_path, path, len);
    if (to.sun_path[0] == '@')
        to.sun_path[0] = '\0'; /* the abstract name space */
    fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return;
    (void)sendto(fd, state, strlen(state), MSG_NOSIGNAL,
                 (const struct sockaddr *)&to,
                 (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len));
    close(fd);
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

int64_t hs_notify_watchdog_ms(void)
{
    const char *micros = secure_getenv("WATCHDOG_USEC");
    const char *pid = secure_getenv("WATCHDOG_PID");

    if (!micros || (pid && strtoll(pid, NULL, 10) != getpid()))
        return 0;
    return strtoll(micros, NULL, 10) / 2000;
}
