/* log_file.c: see log_file.h. */
#include "base/log_file.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/file.h"

#define OPEN_MS 2000
#define WRITE_MS 1000 /* then nobody waits until it answers again */
#define ROOM ((size_t)1 << 20)
#define KEPT_BYTES ((size_t)64 * 1024)

static struct {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    char path[4096];
    void (*say_failed)(const char *path);
    int fd;
    int opened; /* 1, or -1: it can't be */
    int late;   /* nobody waits until it is open */
    int held;   /* it didn't answer in time */
    struct hs_buf waiting;
    uint64_t added, written; /* bytes since the start */
} log_file = {.lock = PTHREAD_MUTEX_INITIALIZER,
              .changed = PTHREAD_COND_INITIALIZER,
              .fd = -1};

/* Open it. 0 or -1. */
static int open_file(void)
{
    int fd = log_file.fd;
    int late;

    if (log_file.path[0])
        fd = open(log_file.path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC,
                  0640);
    pthread_mutex_lock(&log_file.lock);
    log_file.fd = fd;
    log_file.opened = fd < 0 ? -1 : 1;
    late = log_file.late;
    pthread_cond_broadcast(&log_file.changed);
    pthread_mutex_unlock(&log_file.lock);
    if (late && fd < 0)
        log_file.say_failed(log_file.path);
    return fd < 0 ? -1 : 0;
}

/* Write what waits, without the lock. */
static void write_waiting(struct hs_buf *writing)
{
    struct hs_buf empty = *writing;

    *writing = log_file.waiting;
    log_file.waiting = empty;
    pthread_mutex_unlock(&log_file.lock);
    /* A log that can't be written must not stop a call. */
    (void)hs_write_full(log_file.fd, writing->data, writing->len);
    pthread_mutex_lock(&log_file.lock);
    log_file.written += writing->len;
    log_file.held = 0;
    pthread_cond_broadcast(&log_file.changed);
    if (writing->len > KEPT_BYTES)
        hs_buf_free(writing);
    hs_buf_clear(writing);
}

static void *write_file(void *unused)
{
    struct hs_buf writing = {0};

    if (open_file() != 0)
        return unused;
    pthread_mutex_lock(&log_file.lock);
    for (;;) {
        while (log_file.waiting.len == 0)
            pthread_cond_wait(&log_file.changed, &log_file.lock);
        write_waiting(&writing);
    }
}

/* With the lock held, until `is_done` or the time is over. */
static int await(int (*is_done)(uint64_t), uint64_t what, int ms)
{
    struct timespec until = hs_running_moment(hs_running_ms() + ms);
    int rc = 0;

    while (!is_done(what) && rc != ETIMEDOUT)
        rc = pthread_cond_clockwait(&log_file.changed, &log_file.lock,
                                    CLOCK_MONOTONIC, &until);
    return is_done(what);
}

static int is_opened(uint64_t unused)
{
    (void)unused;
    return log_file.opened;
}

static int is_written(uint64_t bytes)
{
    return log_file.written >= bytes;
}

int hs_log_file_start(const char *path, int fd,
                      void (*say_failed)(const char *path),
                      struct hs_error *err)
{
    pthread_t thread;
    int opened;

    (void)snprintf(log_file.path, sizeof log_file.path, "%s", path ? path : "");
    log_file.fd = fd;
    log_file.say_failed = say_failed;
    if (pthread_create(&thread, NULL, write_file, NULL) != 0)
        return hs_error_set(err, "thread", "the log can't be written");
    pthread_detach(thread);
    pthread_mutex_lock(&log_file.lock);
    opened = await(is_opened, 0, OPEN_MS) ? log_file.opened : 0;
    log_file.late = !opened;
    pthread_mutex_unlock(&log_file.lock);
    if (opened < 0)
        return hs_error_set(err, "log_file", "log_file %s cannot be opened",
                            path);
    return !opened;
}

int hs_log_file_is_open(void)
{
    int opened;

    pthread_mutex_lock(&log_file.lock);
    opened = log_file.opened > 0;
    pthread_mutex_unlock(&log_file.lock);
    return opened;
}

int hs_log_file_add(const char *data, size_t len)
{
    int rc = -1;

    pthread_mutex_lock(&log_file.lock);
    if (log_file.waiting.len + len <= ROOM &&
        hs_buf_add(&log_file.waiting, data, len) == 0) {
        log_file.added += len;
        pthread_cond_broadcast(&log_file.changed);
        if (!log_file.held)
            log_file.held = !await(is_written, log_file.added, WRITE_MS);
        rc = 0;
    }
    pthread_mutex_unlock(&log_file.lock);
    return rc;
}
