/* events.c: server-sent events, all clients in one thread. */
#include "server/answers/events.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/metrics.h"
#include "server/access/accounts.h"
#include "server/access/login.h"
#include "server/answers/reply.h"
#include "store/memory/feed.h"
#include "store/store.h"

#define OF_A_USER 6   /* clients per user */
#define BEAT_MS 15000 /* a comment, so that proxies don't hang up */
#define LONGEST_MS                                                             \
    600000               /* then the client reconnects and sends its token     \
                          */
#define STALLED_MS 30000 /* it hasn't read what was sent */
#define BURST 64         /* events sent to one client before the next's turn */
#define REVIEW_MS 1000   /* between looks whether users may still listen */

struct client {
    int fd; /* -1: the place is free, -2: it is being taken */
    uint64_t peer;
    char user[HS_USER_SIZE];
    char login[HS_LOGIN_SIZE];
    enum hs_role role;
    int has_account;
    struct hs_feed_reader reader;
    struct hs_buf out; /* not yet sent, from `sent` on */
    size_t sent;
    int64_t until;   /* monotonic ms, as all times here */
    int64_t beat_at; /* when a client was silent for long enough */
    int64_t moved_at;
    int more; /* the feed may have more for it */
};
#define FREE (-1)
#define TAKEN (-2)

struct hs_events {
    const struct hs_server *server;
    struct hs_session *session; /* of the thread */
    uint64_t reviewed; /* generations of the store at the last review, added */
    int64_t review_at; /* not before, after one that the database cut short */
    int everybody;
    int most;
    int wake_fd;
    pthread_t thread;
    pthread_mutex_t lock; /* all below */
    int ended;
    struct client clients[HS_EVENTS_MAX];
};

/* ---- one client; under the lock ---- */

static void hang_up(struct client *client)
{
    char rest[512];

    /* Closing over unread bytes would reset the connection. */
    while (recv(client->fd, rest, sizeof rest, MSG_DONTWAIT) > 0)
        continue;
    (void)close(client->fd);
    hs_buf_free(&client->out);
    client->fd = FREE;
    client->peer = 0;
    hs_feed_listeners(-1);
    hs_gauge_add(HS_G_STREAMS, -1);
}

/* Send what is pending. 0; -1 if the client is gone. */
static int flush(struct client *client, int64_t now)
{
    while (client->sent < client->out.len) {
        ssize_t done =
            send(client->fd, client->out.data + client->sent,
                 client->out.len - client->sent, MSG_DONTWAIT | MSG_NOSIGNAL);

        if (done < 0 && errno == EINTR)
            continue;
        if (done < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
            return hs_running_ms() - client->moved_at > STALLED_MS ? -1 : 0;
        if (done <= 0)
            return -1;
        client->sent += (size_t)done;
        client->moved_at = hs_running_ms();
        client->beat_at = now + BEAT_MS;
    }
    hs_buf_clear(&client->out);
    client->sent = 0;
    client->moved_at = hs_running_ms();
    return 0;
}

/* Pass on events from the feed as long as the client reads them. 0 or -1. */
static int pump(struct client *client, int64_t now)
{
    for (int i = 0; i < BURST; i++) {
        if (flush(client, now) != 0)
            return -1;
        client->more = 1;
        if (client->out.len > 0)
            return 0;
        switch (hs_feed_next(&client->reader, &client->out)) {
        case HS_FEED_HANG_UP:
            return -1;
        case HS_FEED_NOTHING:
            client->more = 0;
            if (now < client->beat_at)
                return 0;
            if (hs_buf_add_str(&client->out, ":\n\n") != 0)
                return -1;
            break;
        case HS_FEED_EVENT:
            break;
        }
    }
    return flush(client, now);
}

/* Clients never send anything; they only leave. */
static int has_left(const struct client *client)
{
    char rest[512];
    ssize_t got;

    do {
        got = recv(client->fd, rest, sizeof rest, MSG_DONTWAIT);
    } while (got > 0);
    return got == 0 || (errno != EAGAIN && errno != EWOULDBLOCK);
}

static void serve_client(struct client *client, int64_t now)
{
    if (has_left(client) || now >= client->until || pump(client, now) != 0)
        hang_up(client);
}

/* ---- who may still listen; under the lock ---- */

/* Whoever may not any more, or has another role, comes again with the token. 1,
 * 0, or -1 if the database doesn't say. */
static int may_stay(struct hs_events *events, const struct client *client)
{
    struct hs_account account = {.role = client->role, .is_active = 1};
    struct hs_error err;
    int found;

    if (client->login[0])
        found = hs_login_stands(events->session, client->login, client->user,
                                hs_now_ms(), &account.role);
    else
        found = hs_accounts_find(events->server->accounts, client->user,
                                 &account, &err);
    if (found < 0)
        return -1;
    return found == client->has_account && account.is_active &&
           account.role == client->role;
}

/* Logins and accounts may also end in another process: `hookswitch user`. */
static void review(struct hs_events *events)
{
    const struct hs_store *store = events->server->store;
    uint64_t generation = hs_store_generation(store, HS_SETTINGS) +
                          hs_store_generation(store, HS_LOGINS);
    int stays = 1;

    if (generation == events->reviewed || hs_monotonic_ms() < events->review_at)
        return;
    for (int i = 0; i < HS_EVENTS_MAX && stays >= 0; i++) {
        if (events->clients[i].fd < 0)
            continue;
        stays = may_stay(events, &events->clients[i]);
        if (stays == 0)
            hang_up(&events->clients[i]);
    }
    if (stays >= 0)
        events->reviewed = generation;
    else
        events->review_at = hs_monotonic_ms() + REVIEW_MS;
}

/* ---- the thread ---- */

/* Wait at most `left` milliseconds. */
static void sooner(int *ms, int64_t left)
{
    if (left < *ms)
        *ms = left > 0 ? (int)left : 0;
}

/* Serve each client once; fill in what to wait for, and how long. */
static nfds_t go_round(struct hs_events *events, struct pollfd *wait, int *ms)
{
    int64_t now = hs_monotonic_ms();
    nfds_t count = 1;

    *ms = BEAT_MS;
    review(events);
    for (int i = 0; i < HS_EVENTS_MAX; i++) {
        struct client *client = &events->clients[i];

        if (client->fd < 0)
            continue;
        serve_client(client, now);
        if (client->fd < 0)
            continue;
        wait[count].fd = client->fd;
        wait[count].events = POLLIN;
        if (client->out.len > 0)
            wait[count].events = POLLIN | POLLOUT;
        else if (client->more)
            *ms = 0;
        count++;
        sooner(ms, client->beat_at - now);
        sooner(ms, client->until - now);
        sooner(ms, REVIEW_MS);
    }
    return count;
}

static void *run(void *arg)
{
    struct hs_events *events = arg;
    struct pollfd wait[1 + HS_EVENTS_MAX];
    uint64_t rung;
    int ended = 0;

    wait[0] = (struct pollfd){.fd = events->wake_fd, .events = POLLIN};
    while (!ended) {
        nfds_t count;
        int ms;

        pthread_mutex_lock(&events->lock);
        count = go_round(events, wait, &ms);
        for (int i = 0; events->ended && i < HS_EVENTS_MAX; i++) {
            if (events->clients[i].fd >= 0)
                hang_up(&events->clients[i]);
        }
        ended = events->ended;
        pthread_mutex_unlock(&events->lock);
        if (!ended && poll(wait, count, ms) > 0 && (wait[0].revents & POLLIN))
            (void)!read(events->wake_fd, &rung, sizeof rung);
    }
    return NULL;
}

static void wake(const struct hs_events *events)
{
    uint64_t one = 1;

    (void)!write(events->wake_fd, &one, sizeof one);
}

/* ---- a new client, in a worker's thread ---- */

/* A free place, marked as taken; or NULL and the status for the refusal. */
static struct client *take_place(struct hs_events *events,
                                 const struct hs_request *request, int *status)
{
    struct client *place = NULL;
    int same = 0;

    pthread_mutex_lock(&events->lock);
    for (int i = 0; i < events->most; i++) {
        struct client *client = &events->clients[i];

        if (client->fd == FREE)
            place = place ? place : client;
        else
            same += strcmp(client->user, request->user) == 0;
    }
    *status = events->ended || !place ? 503 : same >= OF_A_USER ? 429 : 0;
    if (*status != 0)
        place = NULL;
    if (place) {
        *place = (struct client){.fd = TAKEN};
        memcpy(place->user, request->user, sizeof place->user);
        memcpy(place->login, request->login, sizeof place->login);
        place->role = request->role;
        place->has_account = request->has_account;
        place->peer = hs_wire_peer(request);
    }
    pthread_mutex_unlock(&events->lock);
    return place;
}

static void give_place_back(struct hs_events *events, struct client *place)
{
    pthread_mutex_lock(&events->lock);
    if (place->fd >= 0)
        (void)close(place->fd);
    hs_buf_free(&place->out);
    place->fd = FREE;
    place->peer = 0;
    pthread_mutex_unlock(&events->lock);
}

static void set_up_socket(int fd)
{
    unsigned stalled = STALLED_MS;
    int on = 1;

    (void)fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    (void)setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &stalled,
                     sizeof stalled);
}

static void set_times(struct client *client, int64_t token_until)
{
    int64_t now = hs_monotonic_ms();
    int64_t token_ms = token_until * 1000 - hs_now_ms();

    client->until = now + (token_ms < LONGEST_MS ? token_ms : LONGEST_MS);
    client->beat_at = now + BEAT_MS;
    client->moved_at = hs_running_ms();
}

/* The thread takes over. 0, or -1 if all clients are to end. */
static int hand_over(struct hs_events *events, struct client *place, int fd)
{
    int ended;

    hs_feed_listeners(1);
    hs_gauge_add(HS_G_STREAMS, 1);
    pthread_mutex_lock(&events->lock);
    place->fd = fd;
    events->reviewed = 0;
    ended = events->ended;
    if (ended)
        hang_up(place);
    pthread_mutex_unlock(&events->lock);
    wake(events);
    return ended ? -1 : 0;
}

static void begin_stream(struct hs_request *request, struct client *place)
{
    struct hs_events *events = request->server->events;
    struct hs_reply head = {.status = 200,
                            .type = "text/event-stream",
                            .headers = "X-Accel-Buffering: no\r\n",
                            .streamed = 1,
                            .len = HS_UNTIL_CLOSE};
    int fd;

    place->reader =
        (struct hs_feed_reader){.user = events->everybody ? NULL : place->user,
                                .owner = place->user,
                                .login = place->login};
    set_times(place, request->until);
    request->close = 1;
    if (hs_buf_add_str(&place->out, "retry: 3000\n\n") != 0 ||
        hs_feed_begin(&place->reader, hs_header(request, "Last-Event-ID"),
                      &place->out) != 0) {
        hs_reply_shortage(request);
        goto refused;
    }
    if (hs_reply_send(request, &head) != 0 || request->method == HS_HEAD)
        goto refused;
    fd = hs_wire_take(request);
    if (fd < 0)
        goto refused;
    set_up_socket(fd);
    (void)hand_over(events, place, fd);
    return;

refused:
    give_place_back(events, place);
}

void hs_events_serve(struct hs_request *request)
{
    struct client *place;
    int status;

    place = take_place(request->server->events, request, &status);
    if (place)
        begin_stream(request, place);
    else if (status == 429)
        hs_reply_error(request, 429, "too_many_streams",
                       "You are listening to events in too many places.",
                       "Retry-After: 30\r\n");
    else
        hs_reply_error(
            request, 503, "busy",
            "Too many clients are listening to events at the moment.",
            "Retry-After: 30\r\n");
}

int hs_events_has(void *arg, uint64_t peer)
{
    struct hs_events *events = arg;
    int found = 0;

    pthread_mutex_lock(&events->lock);
    for (int i = 0; i < HS_EVENTS_MAX && !found; i++)
        found = events->clients[i].peer == peer;
    pthread_mutex_unlock(&events->lock);
    return found;
}

/* ---- lifetime ---- */

struct hs_events *hs_events_start(const struct hs_server *server,
                                  struct hs_error *err)
{
    struct hs_events *events = calloc(1, sizeof *events);

    if (!events) {
        hs_no_memory(err);
        return NULL;
    }
    events->server = server;
    events->session = hs_session_new(server->store, NULL);
    events->everybody = strcmp(server->config->data_scope, "team") == 0;
    events->most = server->listeners_most;
    for (int i = 0; i < HS_EVENTS_MAX; i++)
        events->clients[i].fd = FREE;
    pthread_mutex_init(&events->lock, NULL);
    events->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (events->wake_fd >= 0 &&
        pthread_create(&events->thread, NULL, run, events) == 0) {
        hs_feed_wake(events->wake_fd);
        return events;
    }
    if (events->wake_fd >= 0)
        (void)close(events->wake_fd);
    pthread_mutex_destroy(&events->lock);
    hs_session_free(events->session);
    free(events);
    hs_error_set(err, "thread", "no thread for events could be made");
    return NULL;
}

void hs_events_end(struct hs_events *events)
{
    pthread_mutex_lock(&events->lock);
    events->ended = 1;
    pthread_mutex_unlock(&events->lock);
    wake(events);
}

void hs_events_free(struct hs_events *events)
{
    if (!events)
        return;
    hs_events_end(events);
    pthread_join(events->thread, NULL);
    hs_feed_wake(-1);
    (void)close(events->wake_fd);
    pthread_mutex_destroy(&events->lock);
    hs_session_free(events->session);
    free(events);
}
