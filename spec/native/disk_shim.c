/* disk_shim.c: a disk that can lose power, fail and be slow.
 *
 * Preloaded (LD_PRELOAD) or included by a test, it sits in front of the C
 * library's fsync, fdatasync, unlink and pwrite64.
 *
 * Power: while a mirror folder is set (HS_DISK_MIRROR in the environment, or
 * disk_mirror), each successful sync copies the whole file there, and unlink
 * removes it there. What the folder holds when the process is killed is what a
 * disk would hold after a power cut: everything synced and nothing else.
 *
 * Faults: the disk_* variables, for the test that includes it. Preloaded: while
 * the file that HS_DISK_SLOW names exists, each sync waits as many ms as it
 * says, or only those of files beneath the folder that it names after that; the
 * removal of such a file waits, too. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static _Atomic int disk_fail_sync;   /* the n-th sync from now fails, once */
static _Atomic int disk_fail_write;  /* the n-th write from now fails, once */
static _Atomic int disk_errno = EIO; /* with this */
static _Atomic int disk_sync_ms;     /* each sync takes so much longer */
static _Atomic int disk_waiting;     /* syncs that do so now */
static char disk_mirror[512];        /* "" = power cannot fail */
static char disk_slow[512];          /* a file that holds disk_sync_ms, or "" */

__attribute__((constructor)) static void read_environment(void)
{
    const char *folder = getenv("HS_DISK_MIRROR");
    const char *slow = getenv("HS_DISK_SLOW");

    if (folder)
        snprintf(disk_mirror, sizeof disk_mirror, "%s", folder);
    if (slow)
        snprintf(disk_slow, sizeof disk_slow, "%s", slow);
}

/* The n-th call from when it was set fails, once. */
static int fails(_Atomic int *countdown)
{
    return atomic_load(countdown) > 0 && atomic_fetch_sub(countdown, 1) == 1;
}

/* Fewer bytes when it is truncated meanwhile. */
static void copy_all(int from, int to, off_t size)
{
    static _Thread_local char block[65536];
    off_t at = 0;

    while (at < size) {
        ssize_t n = pread(from, block, sizeof block, at);

        if (n == 0)
            break;
        if (n < 0 || write(to, block, (size_t)n) != n)
            abort();
        at += n;
    }
}

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? slash + 1 : path;
}

/* Under a temporary name first: the kill may come in the middle. */
static void copy(int fd)
{
    char link[64];
    char path[1024];
    char partial[2048];
    char final[2048];
    struct stat about;
    ssize_t len;
    int to;
    int from;

    if (fstat(fd, &about) != 0 || !S_ISREG(about.st_mode) ||
        about.st_nlink == 0)
        return;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    len = readlink(link, path, sizeof path - 1);
    if (len <= 0)
        return;
    path[len] = '\0';
    snprintf(final, sizeof final, "%s/%s", disk_mirror, base_name(path));
    snprintf(partial, sizeof partial, "%s/.%ld.part", disk_mirror,
             (long)syscall(SYS_gettid));
    from = open(path, O_RDONLY | O_CLOEXEC);
    to = open(partial, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (from < 0 || to < 0)
        abort();
    copy_all(from, to, about.st_size);
    close(from);
    close(to);
    if (rename(partial, final) != 0)
        abort();
}

/* The mirror changes in one thread at a time. The checkpointer syncs the log,
 * too: a copy that it began earlier must not take the place of one with more in
 * it. And a file that is removed must not come back with a copy of it. */
static pthread_mutex_t one_at_a_time = PTHREAD_MUTEX_INITIALIZER;

static void mirror(int fd)
{
    if (!disk_mirror[0])
        return;
    pthread_mutex_lock(&one_at_a_time);
    copy(fd);
    pthread_mutex_unlock(&one_at_a_time);
}

/* For the file of this path, "" if it isn't known; `with_all`: also when all
 * files are slow. */
static int slow_ms(const char *path, int with_all)
{
    char text[1024] = "", *folder;
    int fd = disk_slow[0] ? open(disk_slow, O_RDONLY | O_CLOEXEC) : -1;
    long ms;

    if (fd < 0)
        return atomic_load(&disk_sync_ms);
    if (read(fd, text, sizeof text - 1) < 0)
        text[0] = '\0';
    close(fd);
    ms = strtol(text, &folder, 10);
    folder += *folder == ' ';
    if (!folder[0] && !with_all)
        return 0;
    return strncmp(path, folder, strlen(folder)) == 0 ? (int)ms : 0;
}

static void wait_for_disk(const char *path, int with_all)
{
    int ms = slow_ms(path, with_all);
    struct timespec pause = {.tv_sec = ms / 1000,
                             .tv_nsec = ms % 1000 * 1000000L};

    atomic_fetch_add(&disk_waiting, ms > 0);
    while (ms > 0 && nanosleep(&pause, &pause) != 0)
        continue;
    atomic_fetch_sub(&disk_waiting, ms > 0);
}

static int sync_with(long call, int fd)
{
    char link[64], path[1024];
    ssize_t len;

    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    len = readlink(link, path, sizeof path - 1);
    path[len > 0 ? len : 0] = '\0';
    wait_for_disk(path, 1);
    if (fails(&disk_fail_sync)) {
        errno = disk_errno;
        return -1;
    }
    if (syscall(call, fd) != 0)
        return -1;
    mirror(fd);
    return 0;
}

int fsync(int fd)
{
    return sync_with(SYS_fsync, fd);
}

int fdatasync(int fd)
{
    return sync_with(SYS_fdatasync, fd);
}

int unlink(const char *path)
{
    char gone[2048];
    int rc;

    if (disk_slow[0])
        wait_for_disk(path, 0);
    if (!disk_mirror[0])
        return (int)syscall(SYS_unlinkat, AT_FDCWD, path, 0);
    snprintf(gone, sizeof gone, "%s/%s", disk_mirror, base_name(path));
    pthread_mutex_lock(&one_at_a_time);
    syscall(SYS_unlinkat, AT_FDCWD, gone, 0);
    rc = (int)syscall(SYS_unlinkat, AT_FDCWD, path, 0);
    pthread_mutex_unlock(&one_at_a_time);
    return rc;
}

ssize_t pwrite64(int fd, const void *data, size_t len, off_t at)
{
    if (fails(&disk_fail_write)) {
        errno = disk_errno;
        return -1;
    }
    return syscall(SYS_pwrite64, fd, data, len, at);
}
