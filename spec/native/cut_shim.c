/* cut_shim.c: cuts one request off at a chosen allocation.
 *
 * Preloaded (LD_PRELOAD) before the server. The file that HS_CUT names says
 * what is to happen to the next request, and is emptied when one begins:
 *
 *   memory 25 2     its 25th and 26th allocation fail
 *   time 25 31      at its 25th 31 s go by, as if it had computed all the while
 *   pause 25        at its 25th the whole process has been stopped for 40 s
 *
 * Only allocations of the thread that answers count, from the moment the host
 * first looks at a header; whoever makes them: the host, Lua, SQLite,
 * OpenSSL, libcurl, civetweb. When it is answered (send "Connection: close"),
 * HS_CUT.done tells how many there were. */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include <civetweb.h>

#define AWAY_NS 40000000000
#define STEP_NS                                                                \
    80000000              /* less than the host takes for a stop: HS_PAUSE_NS  \
                           */
#define NAP_NS 100000     /* of the host's ticker, while time goes by */
#define NAPS_MAX 5000     /* of ours, until the ticker's must have ended */
#define EARLY_BYTES 65536 /* for dlsym() before malloc() is found */

static _Thread_local struct {
    int mine;  /* this thread answers the request */
    char mode; /* 'm', 't', 'p' */
    long count, first, last, seconds;
} cut;

static const char *path;      /* of the file, or NULL */
static _Atomic int64_t ahead; /* ns that everybody's clock is ahead */
static _Atomic int hurried;   /* time goes by: other threads nap shortly */
static _Atomic unsigned naps; /* that have ended */
static char early[EARLY_BYTES];
static size_t early_used;

static void *(*real_malloc)(size_t size);
static void *(*real_calloc)(size_t count, size_t size);
static void *(*real_realloc)(void *block, size_t size);
static void (*real_free)(void *block);
static int (*real_gettime)(clockid_t id, struct timespec *at);
static int (*real_nanosleep)(clockid_t id, int flags,
                             const struct timespec *nap, struct timespec *left);

/* Point the function pointer at `slot` at the function behind this file's. */
static void find(void *slot, const char *name)
{
    void *found = dlsym(RTLD_NEXT, name);

    memcpy(slot, &found, sizeof found);
}

/* Has the ticker of the host napped since there were `before` naps? It does not
 * while no budget runs. */
static int napped(unsigned before)
{
    const struct timespec nap = {.tv_nsec = NAP_NS};

    for (int i = 0; i < NAPS_MAX && atomic_load(&naps) == before; i++)
        real_nanosleep(CLOCK_MONOTONIC, 0, &nap, NULL);
    return atomic_load(&naps) != before;
}

/* Let the clock go on in steps, each seen by the ticker. */
static void pass_time(void)
{
    atomic_store(&hurried, 1);
    for (int64_t gone = 0; gone < cut.seconds * 1000000000; gone += STEP_NS) {
        unsigned before = atomic_load(&naps);

        atomic_fetch_add(&ahead, STEP_NS);
        if (!napped(before))
            break;
    }
    atomic_store(&hurried, 0);
}

/* One allocation more. Does it fail? */
static int fails(void)
{
    if (!cut.mine)
        return 0;
    cut.count++;
    if (cut.count < cut.first || cut.count > cut.last)
        return 0;
    if (cut.mode == 'm') {
        errno = ENOMEM;
        return 1;
    }
    if (cut.mode == 't')
        pass_time();
    else
        atomic_fetch_add(&ahead, AWAY_NS);
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

static struct timespec moved(const struct timespec *at, int64_t ns)
{
    int64_t all = (int64_t)at->tv_sec * 1000000000 + at->tv_nsec + ns;

    return (struct timespec){.tv_sec = all / 1000000000,
                             .tv_nsec = all % 1000000000};
}

int clock_gettime(clockid_t id, struct timespec *at)
{
    int rc;

    if (!real_gettime)
        find(&real_gettime, "clock_gettime");
    rc = real_gettime(id, at);
    if (rc == 0 && id == CLOCK_MONOTONIC)
        *at = moved(at, atomic_load(&ahead));
    return rc;
}

int clock_nanosleep(clockid_t id, int flags, const struct timespec *nap,
                    struct timespec *left)
{
    const struct timespec brief = {.tv_nsec = NAP_NS};
    int rc =
        real_nanosleep(id, flags, atomic_load(&hurried) ? &brief : nap, left);

    atomic_fetch_add(&naps, 1);
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
        at = moved(until, -atomic_load(&ahead));
    return real(sem, id, &at);
}

__attribute__((constructor)) static void prepare(void)
{
    find(&real_nanosleep, "clock_nanosleep");
    path = getenv("HS_CUT"); /* NOLINT(concurrency-mt-unsafe): one thread */
}

/* ---- a request ---- */

/* Take what the file says, and empty it: one request has it. */
static void read_order(void)
{
    static pthread_mutex_t one_at_a_time = PTHREAD_MUTEX_INITIALIZER;
    char text[64] = "";
    char *at = text + 1;
    int fd = open(path, O_RDWR | O_CLOEXEC);

    if (fd < 0)
        return;
    pthread_mutex_lock(&one_at_a_time);
    if (read(fd, text, sizeof text - 1) > 0 && ftruncate(fd, 0) == 0) {
        long run;

        at += strcspn(at, " ");
        cut.first = strtol(at, &at, 10);
        run = strtol(at, &at, 10);
        cut.mine = 1;
        cut.mode = text[0];
        cut.last = cut.mode == 'm' ? cut.first + run - 1 : cut.first;
        cut.seconds = run;
        cut.count = 0;
    }
    pthread_mutex_unlock(&one_at_a_time);
    close(fd);
}

static void write_result(void)
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

/* The host asks for this header of every request that it answers, and for none
 * of a connection that only ends; civetweb asks for others. */
const char *mg_get_header(const struct mg_connection *conn, const char *name)
{
    static const char *(*real)(const struct mg_connection *, const char *);

    if (!real)
        find(&real, "mg_get_header");
    if (path && !cut.mine && strcmp(name, "Content-Type") == 0)
        read_order();
    return real(conn, name);
}

void mg_disable_connection_keep_alive(struct mg_connection *conn)
{
    static void (*real)(struct mg_connection *);

    if (!real)
        find(&real, "mg_disable_connection_keep_alive");
    if (path && cut.mine) {
        cut.mine = 0;
        write_result();
    }
    real(conn);
}
