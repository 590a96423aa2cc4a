/* owner.c: one process at a time uses a near file. The lock is on a file beside
 * it, is held for life and dies with its process; it isn't SQLite's own, which
 * would have to be one that keeps out our own connections, too. */
#include "store/near/owner.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"

#define STEP_NS 50000000
#define SOON_MS 1000      /* the owner may be about to leave */
#define LEAVING_MS 660000 /* longer than draining may take */
#define LEAVING "leaving"

struct owner {
    char pid[24];
    int leaving;
};

static void read_owner(int fd, struct owner *owner)
{
    char text[64];
    ssize_t len = pread(fd, text, sizeof text - 1, 0);
    size_t digits;

    *owner = (struct owner){.pid = "?"};
    if (len <= 0)
        return;
    text[len] = '\0';
    digits = strspn(text, "0123456789");
    owner->leaving = strstr(text, LEAVING) != NULL;
    if (digits > 0 && digits < sizeof owner->pid)
        (void)snprintf(owner->pid, sizeof owner->pid, "%.*s", (int)digits,
                       text);
}

static void write_owner(int fd, const char *more)
{
    char text[64];
    int len = snprintf(text, sizeof text, "%ld%s\n", (long)getpid(), more);

    if (ftruncate(fd, 0) != 0 || pwrite(fd, text, (size_t)len, 0) != len)
        hs_log(HS_LOG_WARN, "near_file_owner_not_written",
               HS_S("message", strerrordesc_np(errno)));
}

/* One that is leaving is waited for. */
static int wait_for(int fd, const char *path, struct hs_error *err)
{
    int64_t began = hs_monotonic_ms(), waited;
    const struct timespec step = {.tv_nsec = STEP_NS};
    int told = 0;
    struct owner owner;

    while (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        if (errno != EWOULDBLOCK && errno != EINTR)
            return hs_error_set(err, "lock", "%s.lock can't be locked: %s",
                                path, strerrordesc_np(errno));
        read_owner(fd, &owner);
        waited = hs_monotonic_ms() - began;
        if (waited > (owner.leaving ? LEAVING_MS : SOON_MS))
            return hs_error_set(
                err, "in_use",
                "process %s uses it. Stop that process, or give each "
                "process a near_file of its own in app.conf.",
                owner.pid);
        if (owner.leaving && !told++)
            hs_log(HS_LOG_INFO, "near_file_awaited", HS_S("file", path),
                   HS_S("pid", owner.pid));
        (void)nanosleep(&step, NULL);
    }
    return 0;
}

int hs_near_owner_become(const char *path, struct hs_error *err)
{
    char name[1024];
    int fd = -1;

    if (snprintf(name, sizeof name, "%s.lock", path) >= (int)sizeof name)
        errno = ENAMETOOLONG;
    else
        fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0)
        return hs_error_set(err, "open", "can't open %s.lock: %s", path,
                            strerrordesc_np(errno));
    if (wait_for(fd, path, err) == 0) {
        write_owner(fd, "");
        return fd;
    }
    (void)close(fd);
    return -1;
}

void hs_near_owner_leaving(int fd)
{
    write_owner(fd, " " LEAVING);
}
