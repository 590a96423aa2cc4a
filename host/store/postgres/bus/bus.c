/* bus.c: the hosts of a database: one thread with two connections. One listens
 * (LISTEN), the other tells (NOTIFY), 20 ms after there is something to tell,
 * never in a transaction that writes: its COMMIT would take turns with all
 * others of the whole server. Each second it moves the host's row, and hears
 * itself, or listens again.
 *
 * Nobody stores events. Where some may be missed, readers are told so and read
 * the database instead: after a connection was lost, when a text's number is
 * not the next, when a host has vanished, when one that did not tell begins to.
 */
#include "store/postgres/bus/bus.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/trouble.h"
#include "base/version.h"
#include "store/engine/bus.h"
#include "store/memory/feed.h"
#include "store/memory/lines.h"
#include "store/postgres/bus/bus_text.h"
#include "store/postgres/bus/limits.h"
#include "store/postgres/bus/roster.h"
#include "store/postgres/connection/link.h"
#include "store/state.h"
#include "store/writer.h"

#define GATHER_MS 20
#define TICK_MS 1000
#define RETRY_MS 1000
#define ANSWER_MS 1000
#define DEAF_MS 3000       /* without hearing oneself */
#define WANTED_MS 10000    /* after another host's listener was heard of */
#define WAITING_MAX 524288 /* bytes */
#define TEXTS 32           /* sent at once */
#define PEERS 64

struct peer {
    char id[HS_NEWS_HOST + 1];
    uint64_t number; /* of its last text; 0: none was heard */
    int alive, seen;
};

struct hs_bus {
    struct hs_store *store;
    char *name;
    struct hs_host_settings settings;
    int wake_fd;
    pthread_t thread;

    /* The thread's own. */
    struct hs_link *ear, *mouth; /* NULL: not connected */
    int64_t ear_retry, mouth_retry, tick_at, heard_at;
    char channel[40];
    uint64_t number; /* of our last text */
    struct peer peers[PEERS];
    int peer_count;
    struct hs_trouble trouble;

    _Atomic int others; /* hosts that run */
    struct hs_pg_limits *limits;

    pthread_mutex_t lock; /* all below */
    struct hs_buf lines;  /* to be told */
    unsigned kinds;       /* of settings that have moved */
    int64_t since;        /* when there was something; 0: nothing */
    int lost;             /* something was not told */
    int legs_lost;        /* of the lines that are counted */
    int64_t wanted_until;
    struct hs_host_rules rules;
    int stopping;
};

/* ---- what is to be told; any thread ---- */

/* Under the lock. */
static void hurry(struct hs_bus *bus)
{
    uint64_t one = 1;

    if (bus->since)
        return;
    bus->since = hs_monotonic_ms();
    (void)!write(bus->wake_fd, &one, sizeof one);
}

static int is_wanted(const struct hs_bus *bus)
{
    return hs_monotonic_ms() < bus->wanted_until;
}

static int wanted(void *ctx)
{
    struct hs_bus *bus = ctx;
    int answer;

    pthread_mutex_lock(&bus->lock);
    answer = is_wanted(bus);
    bus->lost |= !answer;
    pthread_mutex_unlock(&bus->lock);
    return answer;
}

static void tell(void *ctx, const char *user, const char *type,
                 const char *data, size_t len)
{
    struct hs_bus *bus = ctx;

    pthread_mutex_lock(&bus->lock);
    if (!is_wanted(bus) || bus->lines.len > WAITING_MAX ||
        hs_news_event(&bus->lines, user, type, data, len) != 0)
        bus->lost = 1;
    if (is_wanted(bus))
        hurry(bus);
    pthread_mutex_unlock(&bus->lock);
}

static void listening(void *ctx)
{
    struct hs_bus *bus = ctx;

    pthread_mutex_lock(&bus->lock);
    (void)hs_buf_add_str(&bus->lines, "w\n");
    hurry(bus);
    pthread_mutex_unlock(&bus->lock);
}

void hs_pg_bus_moved(struct hs_bus *bus, unsigned kinds)
{
    pthread_mutex_lock(&bus->lock);
    bus->kinds |= kinds;
    hurry(bus);
    pthread_mutex_unlock(&bus->lock);
}

/* Legs are told at once, so that limits hold; each host counts for itself while
 * it is alone. */
static void tell_leg(void *ctx, const struct hs_lines_news *leg)
{
    struct hs_bus *bus = ctx;
    uint64_t one = 1;

    if (atomic_load_explicit(&bus->others, memory_order_relaxed) == 0)
        return;
    pthread_mutex_lock(&bus->lock);
    if (bus->lines.len > WAITING_MAX || hs_news_leg(&bus->lines, leg) != 0)
        bus->legs_lost = 1;
    bus->since = hs_monotonic_ms() - GATHER_MS;
    pthread_mutex_unlock(&bus->lock);
    (void)!write(bus->wake_fd, &one, sizeof one);
}

/* ---- connections ---- */

/* Something was not heard. */
static void miss(void)
{
    hs_feed_lose();
    hs_lines_miss();
}

static void say_failed(struct hs_bus *bus, const struct hs_error *err)
{
    if (hs_trouble_met(&bus->trouble, err->code))
        hs_log(HS_LOG_WARN, "bus_failed", HS_S("code", err->code),
               HS_S("message", err->message));
}

static void drop(struct hs_link **link, int64_t *retry)
{
    hs_link_free(*link);
    *link = NULL;
    *retry = hs_monotonic_ms() + RETRY_MS;
}

/* Ask and wait for one result. NULL and a closed link, or an error that is
 * logged. */
static struct pg_result *ask(struct hs_bus *bus, struct hs_link *link,
                             const char *sql, const char *const *values,
                             int count)
{
    struct hs_error err;
    struct pg_result *result = hs_link_ask(link, sql, values, count,
                                           hs_running_ms() + ANSWER_MS, &err);

    if (!result)
        say_failed(bus, &err);
    return result;
}

static int does(struct hs_bus *bus, struct hs_link *link, const char *sql,
                const char *const *values, int count)
{
    struct pg_result *result = ask(bus, link, sql, values, count);

    hs_pq.clear(result);
    return result != NULL;
}

static struct hs_link *connect_one(struct hs_bus *bus, int64_t *retry)
{
    int64_t now = hs_monotonic_ms();
    struct hs_error err = {0};
    struct hs_link *link;

    if (now < *retry)
        return NULL;
    link = hs_link_open(bus->store->path, 0, now + ANSWER_MS, &err);
    if (!link) {
        say_failed(bus, &err);
        *retry = hs_monotonic_ms() + RETRY_MS;
    }
    return link;
}

/* All that was told meanwhile is missed. */
static void connect_ear(struct hs_bus *bus)
{
    static const char schema[] =
        "SELECT oid FROM pg_namespace WHERE nspname = current_schema()";
    struct pg_result *result;
    char listen_sql[64];
    int found;

    bus->ear = connect_one(bus, &bus->ear_retry);
    if (!bus->ear)
        return;
    result = ask(bus, bus->ear, schema, NULL, 0);
    found = result && hs_pq.ntuples(result) == 1;
    if (found) {
        (void)snprintf(bus->channel, sizeof bus->channel, "hookswitch_%s",
                       hs_pq.getvalue(result, 0, 0));
        (void)snprintf(listen_sql, sizeof listen_sql, "LISTEN %s",
                       bus->channel);
    }
    hs_pq.clear(result);
    if (!found || !does(bus, bus->ear, listen_sql, NULL, 0)) {
        drop(&bus->ear, &bus->ear_retry);
        return;
    }
    for (int i = 0; i < bus->peer_count; i++)
        bus->peers[i].number = 0;
    bus->heard_at = hs_monotonic_ms();
    miss();
}

/* What it writes may be lost with the server: it is written again. */
static void connect_mouth(struct hs_bus *bus)
{
    static const char relaxed[] =
        "SELECT set_config('synchronous_commit', 'off', false)";

    bus->mouth = connect_one(bus, &bus->mouth_retry);
    if (bus->mouth && !does(bus, bus->mouth, relaxed, NULL, 0))
        drop(&bus->mouth, &bus->mouth_retry);
}

/* ---- other hosts ---- */

static struct peer *peer_of(struct hs_bus *bus, const char *id)
{
    struct peer *peer;

    for (int i = 0; i < bus->peer_count; i++) {
        if (strcmp(bus->peers[i].id, id) == 0)
            return &bus->peers[i];
    }
    if (bus->peer_count == PEERS || strlen(id) > HS_NEWS_HOST)
        return NULL;
    peer = &bus->peers[bus->peer_count++];
    *peer = (struct peer){0};
    (void)snprintf(peer->id, sizeof peer->id, "%s", id);
    return peer;
}

/* One that has left deletes its row, after its last words. What one that has
 * died did not say any more, nobody knows. */
static void look_at_peers(struct hs_bus *bus, const struct pg_result *rows)
{
    int kept = 0, others = 0;

    for (int i = 0; i < bus->peer_count; i++)
        bus->peers[i].seen = 0;
    for (int i = 0; i < hs_pq.ntuples(rows); i++) {
        struct peer *peer = peer_of(bus, hs_pq.getvalue(rows, i, 0));
        int alive = *hs_pq.getvalue(rows, i, 1) == 't';

        if (!peer)
            continue;
        if (peer->alive && !alive)
            miss();
        peer->alive = alive;
        peer->seen = 1;
        others += alive;
    }
    atomic_store(&bus->others, others);
    for (int i = 0; i < bus->peer_count; i++) {
        if (bus->peers[i].seen)
            bus->peers[kept++] = bus->peers[i];
    }
    bus->peer_count = kept;
}

static void move_row(struct hs_bus *bus)
{
    struct hs_roster_entry entry = {
        .id = bus->store->host, .name = bus->name, .settings = bus->settings};
    struct pg_result *rows;
    struct hs_error err;

    pthread_mutex_lock(&bus->lock);
    entry.rules = bus->rules;
    pthread_mutex_unlock(&bus->lock);
    rows =
        hs_roster_move(bus->mouth, &entry, hs_running_ms() + ANSWER_MS, &err);
    if (rows) {
        look_at_peers(bus, rows);
    } else {
        say_failed(bus, &err);
        drop(&bus->mouth, &bus->mouth_retry);
    }
    hs_pq.clear(rows);
}

/* ---- telling ---- */

/* Send as texts. 0, or -1 when some may not have been told. */
static int send_lines(struct hs_bus *bus, const struct hs_buf *lines)
{
    static const char notify[] = "SELECT pg_notify($1, $2)";
    struct pg_result *results[TEXTS];
    struct hs_buf text = {0};
    struct hs_error err = {.code = "memory", .message = "out of memory"};
    size_t done = 0, some = 1;
    int failed = 0;

    while (done < lines->len && !failed) {
        int count = 0;

        while (count < TEXTS && done < lines->len && some && !failed) {
            const char *values[] = {bus->channel, NULL};

            some = hs_news_text(&text, bus->store->host, ++bus->number,
                                lines->data + done, lines->len - done);
            values[1] = text.data;
            failed = !some || hs_link_send_with(bus->mouth, notify, values, 2,
                                                &err) != 0;
            done += some;
            count += !failed;
        }
        if (failed || hs_link_collect(bus->mouth, results, count,
                                      hs_running_ms() + ANSWER_MS, &err) != 0) {
            failed = 1;
            break;
        }
        for (int i = 0; i < count && !failed; i++)
            failed = hs_result_failed(results[i], &err);
        hs_link_clear(results, count);
    }
    hs_buf_free(&text);
    if (!failed)
        return 0;
    say_failed(bus, &err);
    drop(&bus->mouth, &bus->mouth_retry);
    return -1;
}

/* Take what is to be told; under the lock. */
static struct hs_buf take_lines(struct hs_bus *bus)
{
    struct hs_buf lines = {0};

    if (bus->lost && is_wanted(bus) && hs_buf_add_str(&lines, "g\n") == 0)
        bus->lost = 0;
    if (bus->legs_lost && hs_buf_add_str(&lines, "g\n") == 0)
        bus->legs_lost = 0;
    if (bus->kinds)
        (void)hs_buf_printf(&lines, "m%u\n", bus->kinds);
    if (bus->lines.len &&
        hs_buf_add(&lines, bus->lines.data, bus->lines.len) != 0)
        bus->lost = bus->legs_lost = 1;
    hs_buf_clear(&bus->lines);
    bus->kinds = 0;
    bus->since = 0;
    return lines;
}

/* 0, or -1 when something was not told. */
static int flush(struct hs_bus *bus)
{
    struct hs_buf lines;
    int failed;

    pthread_mutex_lock(&bus->lock);
    lines = take_lines(bus);
    pthread_mutex_unlock(&bus->lock);
    failed = lines.len &&
             (!bus->mouth || !bus->channel[0] || send_lines(bus, &lines) != 0);
    hs_buf_free(&lines);
    if (!failed)
        return 0;
    pthread_mutex_lock(&bus->lock);
    bus->lost = bus->legs_lost = 1;
    pthread_mutex_unlock(&bus->lock);
    return -1;
}

/* ---- hearing ---- */

static void want(struct hs_bus *bus)
{
    pthread_mutex_lock(&bus->lock);
    bus->wanted_until = hs_monotonic_ms() + WANTED_MS;
    if (bus->lost)
        hurry(bus);
    pthread_mutex_unlock(&bus->lock);
}

static void hear_one(struct hs_bus *bus, const struct hs_news *news)
{
    switch (news->what) {
    case 'e':
    case 'h':
        if (hs_feed_receive(news->user, news->type, news->data, news->len) != 0)
            hs_feed_lose();
        break;
    case 'm':
        hs_store_move(bus->store, news->kinds & ((1u << HS_KINDS) - 1));
        hs_feed_stir();
        break;
    case 'l':
        hs_lines_hear(&news->leg, hs_now_ms());
        break;
    case 'w':
        want(bus);
        break;
    case 'g':
        miss();
        break;
    default:
        break;
    }
}

static void hear(struct hs_bus *bus, char *text)
{
    char host[HS_NEWS_HOST + 1];
    struct hs_news news;
    struct peer *peer;
    uint64_t number;
    char *at = hs_news_head(text, host, &number);
    int found;

    if (!at)
        return;
    if (strcmp(host, bus->store->host) == 0) {
        bus->heard_at = hs_monotonic_ms();
        return;
    }
    peer = peer_of(bus, host);
    if (atomic_load(&bus->others) == 0)
        atomic_store(&bus->others, 1);
    if (peer && peer->number && number != peer->number + 1)
        miss();
    if (peer)
        peer->number = number;
    while ((found = hs_news_next(&at, &news)) != 0) {
        if (found > 0)
            hear_one(bus, &news);
    }
}

static void take_notices(struct hs_bus *bus)
{
    struct hs_pq_notice *notice;
    struct hs_error err;

    if (!hs_pq.consumeInput(bus->ear->pg) || hs_pq.status(bus->ear->pg) != 0) {
        (void)hs_link_broken(bus->ear, &err);
        say_failed(bus, &err);
        drop(&bus->ear, &bus->ear_retry);
        return;
    }
    while ((notice = hs_pq.notifies(bus->ear->pg))) {
        if (strcmp(notice->channel, bus->channel) == 0)
            hear(bus, notice->text);
        hs_pq.freemem(notice);
    }
}

/* ---- the thread ---- */

static void tick(struct hs_bus *bus)
{
    int64_t now = hs_monotonic_ms();

    bus->tick_at = now + TICK_MS;
    if (bus->mouth)
        move_row(bus);
    if (bus->ear && now - bus->heard_at > DEAF_MS)
        drop(&bus->ear, &bus->ear_retry);
    if (bus->ear && bus->mouth && hs_trouble_gone(&bus->trouble, NULL))
        hs_log(HS_LOG_INFO, "bus_works_again", HS_S("name", bus->name));
    pthread_mutex_lock(&bus->lock);
    (void)hs_buf_add_str(&bus->lines, hs_feed_is_heard() ? "w\n" : "p\n");
    pthread_mutex_unlock(&bus->lock);
    (void)flush(bus);
}

/* One to what isn't the primary any more. */
static void drop_outdated(struct hs_link **link)
{
    if (!*link || !hs_link_is_outdated(*link))
        return;
    hs_link_free(*link);
    *link = NULL;
}

/* Do what is due. Returns the ms until more is; -1: it is to end. */
static int go_round(struct hs_bus *bus)
{
    int64_t now, at, since;
    int stopping;

    drop_outdated(&bus->ear);
    drop_outdated(&bus->mouth);
    if (!bus->ear)
        connect_ear(bus);
    if (!bus->mouth)
        connect_mouth(bus);
    if (hs_monotonic_ms() >= bus->tick_at)
        tick(bus);
    now = hs_monotonic_ms();
    pthread_mutex_lock(&bus->lock);
    since = bus->since;
    stopping = bus->stopping;
    pthread_mutex_unlock(&bus->lock);
    if (stopping)
        return -1;
    at = bus->tick_at;
    if (since && now - since >= GATHER_MS)
        (void)flush(bus);
    else if (since && since + GATHER_MS < at)
        at = since + GATHER_MS;
    return at > now ? (int)(at - now) : 0;
}

static void leave(struct hs_bus *bus)
{
    const char *const values[] = {bus->store->host};

    if (flush(bus) == 0 && bus->mouth)
        (void)does(bus, bus->mouth, hs_roster_leave, values, 1);
    hs_link_free(bus->ear);
    hs_link_free(bus->mouth);
}

static void *run(void *arg)
{
    struct hs_bus *bus = arg;
    uint64_t rung;
    int ms;

    pthread_setname_np(pthread_self(), "hs-bus");
    while ((ms = go_round(bus)) >= 0) {
        struct pollfd wait[2] = {
            {.fd = bus->wake_fd, .events = POLLIN},
            {.fd = bus->ear ? hs_pq.socket(bus->ear->pg) : -1,
             .events = POLLIN}};

        if (poll(wait, 2, ms) <= 0)
            continue;
        if (wait[0].revents & POLLIN)
            (void)!read(bus->wake_fd, &rung, sizeof rung);
        if (wait[1].revents && bus->ear)
            take_notices(bus);
    }
    leave(bus);
    return NULL;
}

/* ---- for others; any thread ---- */

int hs_pg_bus_hosts(const struct hs_bus *bus)
{
    return 1 + atomic_load(&bus->others);
}

void hs_pg_bus_say_rules(struct hs_bus *bus, const struct hs_host_rules *rules)
{
    pthread_mutex_lock(&bus->lock);
    bus->rules = *rules;
    pthread_mutex_unlock(&bus->lock);
}

int64_t hs_pg_bus_take(struct hs_bus *bus, const char *name, int per_minute,
                       const char *subject, size_t len)
{
    return hs_pg_limits_take(bus->limits, name, per_minute, subject, len);
}

/* ---- lifetime ---- */

static void set_bus(struct hs_store *store, struct hs_bus *bus)
{
    pthread_mutex_lock(&store->lock);
    store->bus = bus;
    pthread_mutex_unlock(&store->lock);
}

static void bus_free(struct hs_bus *bus)
{
    if (bus->wake_fd >= 0)
        (void)close(bus->wake_fd);
    pthread_mutex_destroy(&bus->lock);
    hs_trouble_free(&bus->trouble);
    hs_buf_free(&bus->lines);
    hs_pg_limits_free(bus->limits);
    free(bus->name);
    free(bus);
}

static struct hs_bus *bus_new(struct hs_store *store, const char *name)
{
    struct hs_bus *bus = calloc(1, sizeof *bus);

    if (!bus)
        return NULL;
    bus->store = store;
    bus->name = strdup(name);
    bus->limits = hs_pg_limits_new(store->path);
    bus->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    pthread_mutex_init(&bus->lock, NULL);
    hs_trouble_init(&bus->trouble);
    if (bus->name && bus->limits && bus->wake_fd >= 0)
        return bus;
    bus_free(bus);
    return NULL;
}

int hs_pg_bus_start(struct hs_store *store, const char *name,
                    const struct hs_host_settings *settings,
                    struct hs_bus **out, struct hs_error *err)
{
    struct hs_bus *bus = bus_new(store, name);
    sigset_t all, before;
    int failed;

    if (!bus)
        return hs_no_memory(err);
    bus->settings = *settings;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    failed = pthread_create(&bus->thread, NULL, run, bus) != 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (failed) {
        bus_free(bus);
        return hs_error_set(err, "thread",
                            "no thread for the bus could be made");
    }
    hs_feed_connect(&(struct hs_feed_relay){
        .ctx = bus, .wanted = wanted, .send = tell, .listening = listening});
    hs_lines_connect(tell_leg, bus);
    set_bus(store, bus);
    *out = bus;
    return 0;
}

void hs_pg_bus_stop(struct hs_bus *bus)
{
    uint64_t one = 1;

    set_bus(bus->store, NULL);
    hs_feed_connect(NULL);
    hs_lines_connect(NULL, NULL);
    pthread_mutex_lock(&bus->lock);
    bus->stopping = 1;
    pthread_mutex_unlock(&bus->lock);
    (void)!write(bus->wake_fd, &one, sizeof one);
    pthread_join(bus->thread, NULL);
    bus_free(bus);
}
