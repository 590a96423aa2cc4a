/* endless_shim.c: a C function that does not come back, as a library's may, and
 * a system that has no threads left.
 *
 * Preloaded (LD_PRELOAD), it sits in front of the C library's strcoll, with
 * which Lua compares two texts: comparing one that begins with "endless" takes
 * for ever. And no thread can be made while the file is there that
 * HS_NO_THREADS names. */
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int strcoll(const char *a, const char *b)
{
    while (strncmp(a, "endless", 7) == 0)
        usleep(1000); /* the machine has other work */
    return strcmp(a, b);
}

int pthread_create(pthread_t *thread, const pthread_attr_t *attr,
                   void *(*run)(void *), void *arg)
{
    const char *none = getenv("HS_NO_THREADS");
    void *found = dlsym(RTLD_NEXT, "pthread_create");
    int (*real)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);

    if (none && access(none, F_OK) == 0)
        return EAGAIN;
    memcpy(&real, &found, sizeof real);
    return real(thread, attr, run, arg);
}
