/* feed.c: a ring of the last events, under one lock. */
#include "store/memory/feed.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/clock.h"

#define KEPT 1024 /* events; a power of two */
#define WANTED_MS 60000
#define LETTERS "abcdefghijklmnopqrstuvwxyz_."

struct event {
    char *user;       /* also holds type and data; NULL: an empty slot */
    const char *type; /* "": a hang-up */
    const char *data; /* login, for a hang-up */
};

static struct {
    pthread_mutex_t lock;
    struct event events[KEPT];
    uint64_t oldest, newest; /* numbers; kept from oldest + 1 on */
    uint64_t boot; /* part of every id: numbers start over, on each host */
    int listeners;
    int64_t last_listened;
    int wake_fd;
    struct hs_feed_relay relay; /* set while nobody publishes */
} feed = {.lock = PTHREAD_MUTEX_INITIALIZER, .wake_fd = -1};

static struct event *event_at(uint64_t number)
{
    return &feed.events[number & (KEPT - 1)];
}

static int is_heard(void)
{
    return feed.listeners > 0 ||
           (feed.last_listened &&
            hs_monotonic_ms() - feed.last_listened < WANTED_MS);
}

int hs_feed_is_heard(void)
{
    int heard;

    pthread_mutex_lock(&feed.lock);
    heard = is_heard();
    pthread_mutex_unlock(&feed.lock);
    return heard;
}

int hs_feed_is_wanted(void)
{
    int heard;

    pthread_mutex_lock(&feed.lock);
    heard = is_heard();
    if (!heard)
        feed.oldest = ++feed.newest;
    pthread_mutex_unlock(&feed.lock);
    /* The relay is asked each time: it, too, counts what was missed. */
    return (feed.relay.wanted && feed.relay.wanted(feed.relay.ctx)) || heard;
}

/* One allocation for the three texts. NULL when memory ran out. */
static char *join(const char *user, const char *type, const char *data,
                  size_t len, struct event *out)
{
    size_t user_size = strlen(user) + 1;
    size_t type_size = strlen(type) + 1;
    char *text = malloc(user_size + type_size + len + 1);

    if (!text)
        return NULL;
    memcpy(text, user, user_size);
    memcpy(text + user_size, type, type_size);
    memcpy(text + user_size + type_size, data, len);
    text[user_size + type_size + len] = '\0';
    out->type = text + user_size;
    out->data = text + user_size + type_size;
    return text;
}

static void wake(void)
{
    uint64_t one = 1;

    if (feed.wake_fd >= 0)
        (void)!write(feed.wake_fd, &one, sizeof one);
}

/* Store it as the newest event; without listeners, only count it. */
static int enter(const char *user, const char *type, const char *data,
                 size_t len)
{
    struct event event = {.type = type};
    struct event *place;
    int result = 0;

    pthread_mutex_lock(&feed.lock);
    if (!is_heard()) {
        feed.oldest = ++feed.newest;
        goto unlock;
    }
    event.user = join(user, type, data, len, &event);
    if (!event.user) {
        feed.oldest = ++feed.newest; /* readers notice the gap */
        result = -1;
        goto unlock;
    }
    place = event_at(++feed.newest);
    free(place->user);
    *place = event;
    if (feed.newest - feed.oldest > KEPT)
        feed.oldest = feed.newest - KEPT;
    wake();

unlock:
    pthread_mutex_unlock(&feed.lock);
    return result;
}

static int is_one_line(const char *text, size_t len)
{
    return !memchr(text, '\n', len) && !memchr(text, '\r', len) &&
           !memchr(text, '\0', len);
}

int hs_feed_receive(const char *user, const char *type, const char *data,
                    size_t len)
{
    size_t type_len = strlen(type);

    if (type_len > HS_FEED_TYPE_MAX || strspn(type, LETTERS) != type_len ||
        len > HS_FEED_DATA_MAX || !is_one_line(data, len))
        return -1;
    return enter(user, type, data, len);
}

static int tell_all(const char *user, const char *type, const char *data,
                    size_t len)
{
    int code = hs_feed_receive(user, type, data, len);

    if (code == 0 && feed.relay.send)
        feed.relay.send(feed.relay.ctx, user, type, data, len);
    return code;
}

int hs_feed_publish(const char *user, const char *type, const char *data,
                    size_t len)
{
    return type[0] ? tell_all(user, type, data, len) : -1;
}

int hs_feed_hang_up(const char *user, const char *login)
{
    return tell_all(user, "", login, strlen(login));
}

void hs_feed_lose(void)
{
    pthread_mutex_lock(&feed.lock);
    feed.oldest = ++feed.newest;
    wake();
    pthread_mutex_unlock(&feed.lock);
}

void hs_feed_stir(void)
{
    pthread_mutex_lock(&feed.lock);
    wake();
    pthread_mutex_unlock(&feed.lock);
}

void hs_feed_connect(const struct hs_feed_relay *relay)
{
    feed.relay = relay ? *relay : (struct hs_feed_relay){0};
}

static int concerns(const struct event *event,
                    const struct hs_feed_reader *reader)
{
    if (!event->type[0])
        return strcmp(event->user, reader->owner) == 0 &&
               (!event->data[0] || strcmp(event->data, reader->login) == 0);
    return !reader->user || !event->user[0] ||
           strcmp(event->user, reader->user) == 0;
}

/* Under the lock. */
static void note_boot(void)
{
    if (!feed.boot && getrandom(&feed.boot, sizeof feed.boot, GRND_NONBLOCK) !=
                          (ssize_t)sizeof feed.boot)
        feed.boot = (uint64_t)hs_now_ms();
}

static void tell_listening(int begins)
{
    if (begins && feed.relay.listening)
        feed.relay.listening(feed.relay.ctx);
}

int hs_feed_last_id(struct hs_buf *out)
{
    int code, begins;

    pthread_mutex_lock(&feed.lock);
    note_boot();
    begins = !is_heard();
    feed.last_listened = hs_monotonic_ms(); /* that reader is about to ask */
    code = hs_buf_printf(out, "%" PRIx64 "-%" PRIx64, feed.boot, feed.newest);
    pthread_mutex_unlock(&feed.lock);
    tell_listening(begins);
    return code;
}

/* With "id: BOOT-NUMBER". */
static int add_event(struct hs_buf *out, uint64_t number, const char *type,
                     const char *data)
{
    return hs_buf_printf(out,
                         "id: %" PRIx64 "-%" PRIx64 "\nevent: %s\ndata: %s\n\n",
                         feed.boot, number, type, data);
}

/* The number of the last event seen; -1 if unknown. */
static int64_t number_of(const char *id)
{
    char *end;
    unsigned long long boot = strtoull(id, &end, 16);
    unsigned long long number;

    if (end == id || *end != '-' || boot != feed.boot)
        return -1;
    id = end + 1;
    number = strtoull(id, &end, 16);
    return end == id || *end || number > feed.newest ? -1 : (int64_t)number;
}

int hs_feed_begin(struct hs_feed_reader *reader, const char *last_id,
                  struct hs_buf *out)
{
    int64_t seen;
    int lost;
    int code;

    pthread_mutex_lock(&feed.lock);
    note_boot();
    seen = last_id ? number_of(last_id) : (int64_t)feed.newest;
    lost = seen < (int64_t)feed.oldest;
    reader->at = lost ? feed.newest : (uint64_t)seen;
    code = add_event(out, reader->at, lost ? "reset" : "ready", "{}");
    pthread_mutex_unlock(&feed.lock);
    return code;
}

static enum hs_feed_found step(struct hs_feed_reader *reader,
                               struct hs_buf *out)
{
    if (reader->at < feed.oldest) {
        reader->at = feed.newest;
        return add_event(out, reader->at, "reset", "{}") ? HS_FEED_HANG_UP
                                                         : HS_FEED_EVENT;
    }
    while (reader->at < feed.newest) {
        const struct event *event = event_at(++reader->at);

        if (!concerns(event, reader))
            continue;
        /* Without memory the stream ends, and its client reconnects. */
        if (!event->type[0] ||
            add_event(out, reader->at, event->type, event->data) != 0)
            return HS_FEED_HANG_UP;
        return HS_FEED_EVENT;
    }
    return HS_FEED_NOTHING;
}

enum hs_feed_found hs_feed_next(struct hs_feed_reader *reader,
                                struct hs_buf *out)
{
    enum hs_feed_found found;

    pthread_mutex_lock(&feed.lock);
    found = step(reader, out);
    pthread_mutex_unlock(&feed.lock);
    return found;
}

void hs_feed_wake(int fd)
{
    pthread_mutex_lock(&feed.lock);
    feed.wake_fd = fd;
    pthread_mutex_unlock(&feed.lock);
}

void hs_feed_listeners(int by)
{
    int begins;

    pthread_mutex_lock(&feed.lock);
    begins = !is_heard();
    feed.listeners += by;
    feed.last_listened = hs_monotonic_ms();
    pthread_mutex_unlock(&feed.lock);
    tell_listening(begins);
}

void hs_feed_clear(void)
{
    pthread_mutex_lock(&feed.lock);
    for (size_t i = 0; i < KEPT; i++) {
        free(feed.events[i].user);
        feed.events[i] = (struct event){0};
    }
    feed.oldest = feed.newest = 0;
    feed.boot = 0;
    feed.listeners = 0;
    feed.last_listened = 0;
    pthread_mutex_unlock(&feed.lock);
}
