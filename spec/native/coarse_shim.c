/* coarse_shim.c: a network file system, or a container's mount: times of files
 * are in whole seconds, and inotify never says anything.
 *
 * Preloaded (LD_PRELOAD); it sits in front of the C library's functions. */
#include <dlfcn.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/inotify.h>
#include <sys/stat.h>

static int coarsened(int rc, struct stat *at)
{
    if (rc == 0)
        at->st_mtim.tv_nsec = at->st_ctim.tv_nsec = 0;
    return rc;
}

/* The next function of that name. */
#define REAL(name) ((__typeof__(&(name)))(intptr_t)dlsym(RTLD_NEXT, #name))

int fstatat(int dir, const char *restrict path, struct stat *restrict at,
            int flags)
{
    return coarsened(REAL(fstatat)(dir, path, at, flags), at);
}

int fstat(int fd, struct stat *at)
{
    return coarsened(REAL(fstat)(fd, at), at);
}

int stat(const char *restrict path, struct stat *restrict at)
{
    return coarsened(REAL(fstatat)(AT_FDCWD, path, at, 0), at);
}

int inotify_add_watch(int fd, const char *path, uint32_t mask)
{
    (void)fd;
    (void)path;
    (void)mask;
    return 1;
}
