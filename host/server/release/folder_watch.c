/* folder_watch.c: inotify on a folder tree.
 *
 * inotify makes it fast, but misses a link's target elsewhere, another
 * machine's writes, those through a mapping, and a mount over the folder; so
 * after a quiet while the folder is compared with its last state. After each
 * change all watches are made again before the files are read, so a replaced or
 * new folder is watched too, and changes during the reading are noticed. The
 * inotify instance stays while the folder is the same one: closing it takes the
 * kernel 20 ms. */
#include "server/release/folder_watch.h"

#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "base/clock.h"
#include "lib/files/folder.h"

#define DEPTH_MAX 6
#define PATH_SIZE 1024
#define EVENTS                                                                 \
    (IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_CREATE | IN_DELETE |    \
     IN_DELETE_SELF | IN_MOVE_SELF | IN_ATTRIB)

struct hs_folder_watch {
    const char *folder;
    int events;     /* inotify, -1 when there is none */
    int root;       /* its watch of the folder itself */
    int wakeup;     /* eventfd */
    uint64_t stamp; /* of the folder when it was last reported; 0: unknown */
    int settled;    /* it was the same at the look after that */
    int begun;      /* inotify watches it */
};

/* How many look at the folder, and since when somebody has all the time. A
 * mount whose server has gone holds up a stat() for as long as it likes. */
static struct {
    pthread_mutex_t lock;
    int count;
    int64_t since; /* hs_running_ms() */
} looking = {.lock = PTHREAD_MUTEX_INITIALIZER};

/* Watch `path` and the folders in it, as far as possible. Returns the watch of
 * `path`, or -1. */
static int add_tree(int events, const char *path, int depth)
{
    int watched = inotify_add_watch(events, path, EVENTS | IN_ONLYDIR);
    DIR *folder = watched >= 0 && depth > 0 ? opendir(path) : NULL;

    if (!folder)
        return watched;
    /* NOLINTNEXTLINE(concurrency-mt-unsafe): the stream is ours alone */
    for (const struct dirent *entry; (entry = readdir(folder));) {
        char below[PATH_SIZE];
        int len = snprintf(below, sizeof below, "%s/%s", path, entry->d_name);

        if (entry->d_type != DT_DIR || entry->d_name[0] == '.')
            continue;
        if (len > 0 && len < (int)sizeof below)
            (void)add_tree(events, below, depth - 1);
    }
    closedir(folder);
    return watched;
}

/* Forget the events so far. 1 if a folder has left, or may have: its watch goes
 * with it. */
static int has_left(int events)
{
    char seen[4096] __attribute__((aligned(8)));
    ssize_t len;
    int left = 0;

    while ((len = read(events, seen, sizeof seen)) > 0) {
        const struct inotify_event *event;

        for (ssize_t at = 0; at < len;
             at += (ssize_t)(sizeof *event + event->len)) {
            event = (const struct inotify_event *)(const void *)(seen + at);
            left |= (event->mask & IN_Q_OVERFLOW) ||
                    (event->mask & IN_MOVED_FROM && event->mask & IN_ISDIR);
        }
    }
    return left;
}

/* 1 if `events` watches the folder that has the name now, and no other. */
static int is_usable(const struct hs_folder_watch *watch)
{
    return watch->events >= 0 && !has_left(watch->events) && watch->root >= 0 &&
           inotify_add_watch(watch->events, watch->folder,
                             EVENTS | IN_ONLYDIR) == watch->root;
}

static void rewatch(struct hs_folder_watch *watch)
{
    if (!is_usable(watch)) {
        if (watch->events >= 0)
            close(watch->events);
        watch->events = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    }
    if (watch->events >= 0)
        watch->root = add_tree(watch->events, watch->folder, DEPTH_MAX);
}

struct hs_folder_watch *hs_folder_watch_new(const char *folder)
{
    struct hs_folder_watch *watch = calloc(1, sizeof *watch);

    if (!watch)
        return NULL;
    watch->folder = folder;
    watch->events = watch->root = -1;
    watch->wakeup = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (watch->wakeup < 0) {
        free(watch);
        return NULL;
    }
    return watch;
}

void hs_folder_watch_free(struct hs_folder_watch *watch)
{
    if (!watch)
        return;
    if (watch->events >= 0)
        close(watch->events);
    close(watch->wakeup);
    free(watch);
}

void hs_folder_watch_wake(struct hs_folder_watch *watch)
{
    uint64_t one = 1;

    if (write(watch->wakeup, &one, sizeof one) < 0)
        return; /* full: it is awake already */
}

/* The reader goes to read: later changes are new again. */
static enum hs_folder_news send(struct hs_folder_watch *watch,
                                enum hs_folder_news news)
{
    rewatch(watch);
    return news;
}

/* What is new is read once more when things are quiet: inotify may have missed
 * something, and a file may change again without anything that stat() shows. */
static enum hs_folder_news compare(struct hs_folder_watch *watch)
{
    uint64_t stamp = hs_folder_stamp(watch->folder);
    int same = stamp == watch->stamp;

    if (same && watch->settled)
        return HS_FOLDER_QUIET;
    watch->settled = same || watch->stamp == 0;
    watch->stamp = stamp;
    return send(watch, HS_FOLDER_CHANGED);
}

int64_t hs_folder_watch_stuck_ms(void)
{
    int64_t ms;

    pthread_mutex_lock(&looking.lock);
    ms = looking.count > 0 ? hs_running_ms() - looking.since : 0;
    pthread_mutex_unlock(&looking.lock);
    return ms;
}

void hs_folder_watch_looks(int looks)
{
    pthread_mutex_lock(&looking.lock);
    if (looks && looking.count == 0)
        looking.since = hs_running_ms();
    looking.count += looks ? 1 : -1;
    pthread_mutex_unlock(&looking.lock);
}

/* From the first wait on, inotify tells. */
static int begin(struct hs_folder_watch *watch)
{
    if (!watch->begun) {
        watch->begun = 1;
        hs_folder_watch_looks(1);
        rewatch(watch);
        hs_folder_watch_looks(0);
    }
    return watch->events;
}

static enum hs_folder_news wait_and_look(struct hs_folder_watch *watch,
                                         int timeout_ms)
{
    struct pollfd wait[2] = {{.fd = watch->wakeup, .events = POLLIN},
                             {.fd = begin(watch), .events = POLLIN}};
    int ready = poll(wait, 2, timeout_ms);
    uint64_t count;
    int woken;

    hs_folder_watch_looks(1);
    if (ready < 0 && errno != EINTR)
        return HS_FOLDER_QUIET;
    woken = wait[0].revents && read(watch->wakeup, &count, sizeof count) > 0;
    if (!woken && !(ready > 0 && wait[1].revents))
        return compare(watch);
    watch->stamp = 0;
    return send(watch, woken ? HS_FOLDER_WOKEN : HS_FOLDER_CHANGED);
}

enum hs_folder_news hs_folder_watch_wait(struct hs_folder_watch *watch,
                                         int timeout_ms)
{
    enum hs_folder_news news = wait_and_look(watch, timeout_ms);

    hs_folder_watch_looks(0);
    return news;
}
