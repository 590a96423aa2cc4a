/* cut_shim.c: cuts one request off at a chosen allocation.
 *
 * Preloaded (LD_PRELOAD) before the server. The file that HS_CUT names says
 * what is to happen to the next request, and is emptied when one begins:
 *
 *   memory 25 2     its 25th and 26th allocation fail
 *   time 25         at its 25th its time budget is over (nobody else's)
 *   pause 25        at its 25th the whole process has been stopped for 40 s
 *
 * Only allocations of the thread that answers count, from the moment the host
 * first looks at the request; whoever makes them: the host, Lua, SQLite,
 * OpenSSL, libcurl, civetweb. When it is answered (send "Connection: close"),
 * HS_CUT.done tells how many there were. */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include <civetweb.h>

#define AWAY_SECONDS 40
#define STOP_SIGNAL (SIGRTMIN + 1) /* of host/script/watchdog.c */
#define EARLY_BYTES 65536          /* for dlsym() before malloc() is found */

static _Thread_local struct {
    int mine;   /* this thread answers the request */
    int silent; /* this file's own calls do not count */
    char mode;  /* 'm', 't', 'p' */
    long count, first, last;
    time_t late; /* seconds that this thread's clock is ahead */
} cut;

static _Atomic time_t stopped; /* seconds that everybody's clock is ahead */
static char early[EARLY_BYTES];
static size_t early_used;

static void *(*real_malloc)(size_t size);
static void *(*real_calloc)(size_t count, size_t size);
static void *(*real_realloc)(void *block, size_t size);
static void (*real_free)(void *block);
static int (*real_gettime)(clockid_t id, struct timespec *at);

/* Point the function pointer at `slot` at the function behind this file's. */
static void find(void *slot, const char *name)
{
    void *found = dlsym(RTLD_NEXT, name);

    memcpy(slot, &found, sizeof found);
}

/* One allocation more. Does it fail? */
static int fails(void)
{
    if (!cut.mine || cut.silent)
        return 0;
    cut.count++;
    if (cut.count < cut.first || cut.count > cut.last)
        return 0;
    if (cut.mode == 'm') {
        errno = ENOMEM;
        return 1;
    }
    if (cut.mode == 't') {
        cut.late = AWAY_SECONDS;
        (void)raise(STOP_SIGNAL);
    } else {
        atomic_fetch_add(&stopped, AWAY_SECONDS);
    }
    return 0;
}

static void *early_block(size_t size)
{
    void *block = early + early_used;

    early_used += (size + 15) / 16 * 16;
    if (early_used > sizeof early)
        abort();
    return block;
}

void *malloc(size_t size)
{
    static int looking;

    if (!real_malloc) {
        if (looking)
            return early_block(size);
        looking = 1;
        find(&real_free, "free");
        find(&real_calloc, "calloc");
        find(&real_realloc, "realloc");
        find(&real_malloc, "malloc");
    }
    return fails() ? NULL : real_malloc(size);
}

void *calloc(size_t count, size_t size)
{
    if (!real_calloc)
        return early_block(count * size);
    return fails() ? NULL : real_calloc(count, size);
}

void *realloc(void *block, size_t size)
{
    if (!real_realloc)
        return malloc(size);
    return fails() ? NULL : real_realloc(block, size);
}

void *reallocarray(void *block, size_t count, size_t size)
{
    return realloc(block, count * size);
}

void free(void *block)
{
    if ((char *)block >= early && (char *)block < early + sizeof early)
        return;
    if (real_free)
        real_free(block);
}

void *mmap(void *at, size_t size, int protection, int flags, int fd, off_t from)
{
    static void *(*real)(void *, size_t, int, int, int, off_t);

    if (!real)
        find(&real, "mmap");
    if ((flags & MAP_ANONYMOUS) && fails())
        return MAP_FAILED;
    return real(at, size, protection, flags, fd, from);
}

/* ---- clocks ---- */

int clock_gettime(clockid_t id, struct timespec *at)
{
    int rc;

    if (!real_gettime)
        find(&real_gettime, "clock_gettime");
    rc = real_gettime(id, at);
    if (rc == 0 && id == CLOCK_MONOTONIC)
        at->tv_sec += cut.late + atomic_load(&stopped);
    return rc;
}

/* What is waited for was computed from the clock above. */
int sem_clockwait(sem_t *sem, clockid_t id, const struct timespec *until)
{
    static int (*real)(sem_t *, clockid_t, const struct timespec *);
    struct timespec at = *until;

    if (!real)
        find(&real, "sem_clockwait");
    if (id == CLOCK_MONOTONIC)
        at.tv_sec -= cut.late + atomic_load(&stopped);
    return real(sem, id, &at);
}

/* ---- a request ---- */

/* Take what the file says, and empty it. */
static void read_order(const char *path)
{
    char text[64] = "", mode[16] = "";
    long run = 1;
    int fd = open(path, O_RDWR | O_CLOEXEC);

    if (fd < 0)
        return;
    if (read(fd, text, sizeof text - 1) > 0 && ftruncate(fd, 0) == 0 &&
        sscanf(text, "%15s %ld %ld", mode, &cut.first, &run) >= 2) {
        cut.mine = 1;
        cut.mode = mode[0];
        cut.last = cut.first + run - 1;
        cut.count = 0;
    }
    close(fd);
}

static void write_result(const char *path)
{
    char name[512], part[520], text[64];
    int len = snprintf(text, sizeof text, "%ld\n", cut.count);
    int fd;

    snprintf(name, sizeof name, "%s.done", path);
    snprintf(part, sizeof part, "%s.new", name);
    fd = open(part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0 || write(fd, text, (size_t)len) != len || close(fd) != 0 ||
        rename(part, name) != 0)
        abort();
}

const struct mg_request_info *
mg_get_request_info(const struct mg_connection *conn)
{
    static const struct mg_request_info *(*real)(const struct mg_connection *);
    const char *path = getenv("HS_CUT");

    if (!real)
        find(&real, "mg_get_request_info");
    if (path && !cut.mine)
        read_order(path);
    return real(conn);
}

void mg_disable_connection_keep_alive(struct mg_connection *conn)
{
    static void (*real)(struct mg_connection *);
    const char *path = getenv("HS_CUT");

    if (!real)
        find(&real, "mg_disable_connection_keep_alive");
    if (path && cut.mine) {
        cut.mine = 0;
        cut.late = 0;
        write_result(path);
    }
    real(conn);
}
