/* stuck_shim.c: a mount whose server has gone. Whoever asks for anything at or
 * below the path that the file $HS_STUCK holds is not answered until the file
 * has gone.
 *
 * Preloaded (LD_PRELOAD); it sits in front of the C library's functions. */
#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <limits.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The next function of that name. */
#define REAL(name) ((__typeof__(&(name)))(intptr_t)dlsym(RTLD_NEXT, #name))

/* Is it there that nobody answers? */
static int is_dead(const char *path)
{
    const char *name = getenv("HS_STUCK"); /* NOLINT(concurrency-mt-unsafe) */
    char dead[PATH_MAX] = "";
    long fd = name ? syscall(SYS_openat, AT_FDCWD, name, O_RDONLY) : -1;
    ssize_t len = fd < 0 ? -1 : read((int)fd, dead, sizeof dead - 1);

    if (fd >= 0)
        close((int)fd);
    return len > 0 && strncmp(path, dead, (size_t)len) == 0 &&
           (path[len] == '/' || path[len] == '\0');
}

static void wait_at(int dir, const char *path)
{
    char full[2 * PATH_MAX], link[64], base[PATH_MAX] = "";

    snprintf(link, sizeof link, "/proc/self/fd/%d", dir);
    if (path[0] != '/' && dir != AT_FDCWD &&
        syscall(SYS_readlinkat, AT_FDCWD, link, base, sizeof base - 1) > 0)
        snprintf(full, sizeof full, "%s/%s", base, path);
    else
        snprintf(full, sizeof full, "%s", path);
    if (path[0] == '\0')
        full[strlen(base)] = '\0'; /* the file itself */
    while (is_dead(full))
        usleep(10000);
}

int open(const char *path, int flags, ...)
{
    va_list more;
    int mode;

    va_start(more, flags);
    mode = va_arg(more, int);
    va_end(more);
    wait_at(AT_FDCWD, path);
    return REAL(open)(path, flags, mode);
}

int openat(int dir, const char *path, int flags, ...)
{
    va_list more;
    int mode;

    va_start(more, flags);
    mode = va_arg(more, int);
    va_end(more);
    wait_at(dir, path);
    return REAL(openat)(dir, path, flags, mode);
}

ssize_t write(int fd, const void *data, size_t len)
{
    wait_at(fd, "");
    return REAL(write)(fd, data, len);
}

int fstatat(int dir, const char *restrict path, struct stat *restrict at,
            int flags)
{
    wait_at(dir, path);
    return REAL(fstatat)(dir, path, at, flags);
}

int stat(const char *restrict path, struct stat *restrict at)
{
    wait_at(AT_FDCWD, path);
    return REAL(stat)(path, at);
}

int lstat(const char *restrict path, struct stat *restrict at)
{
    wait_at(AT_FDCWD, path);
    return REAL(lstat)(path, at);
}

int access(const char *path, int mode)
{
    wait_at(AT_FDCWD, path);
    return REAL(access)(path, mode);
}

DIR *opendir(const char *path)
{
    wait_at(AT_FDCWD, path);
    return REAL(opendir)(path);
}

char *realpath(const char *restrict path, char *restrict out)
{
    wait_at(AT_FDCWD, path);
    return REAL(realpath)(path, out);
}

FILE *fopen(const char *restrict path, const char *restrict mode)
{
    wait_at(AT_FDCWD, path);
    return REAL(fopen)(path, mode);
}

int rename(const char *from, const char *to)
{
    wait_at(AT_FDCWD, to);
    return REAL(rename)(from, to);
}

int unlink(const char *path)
{
    wait_at(AT_FDCWD, path);
    return REAL(unlink)(path);
}

int inotify_add_watch(int fd, const char *path, uint32_t mask)
{
    wait_at(AT_FDCWD, path);
    return REAL(inotify_add_watch)(fd, path, mask);
}

/* Who knows the users is as far away as "users". */
int getpwuid_r(uid_t uid, struct passwd *restrict entry, char *restrict text,
               size_t size, struct passwd **restrict found)
{
    wait_at(AT_FDCWD, "users");
    return REAL(getpwuid_r)(uid, entry, text, size, found);
}
