/* supervisor.c: ends connections that hold a worker without using it.
 *
 * civetweb identifies a client only once its first header is complete. Until
 * then a socket is found by elimination: it is connected to our port and no
 * worker claims it. Either a worker reads it (then it has no unread bytes) or
 * it waits in civetweb's queue (then a well-behaved client's request is in it
 * unread, and it is left alone). */
#include "server/civetweb/supervisor.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/metrics.h"
#include "server/answers/header_text.h"
#include "server/civetweb/arrivals.h"
#include "server/civetweb/sockets.h"

#define TICK_MS 100     /* while workers are free */
#define FULL_TICK_MS 20 /* while none are */
#define WAITING_MAX 512 /* connections checked in one tick, beyond slots */
#define LISTENERS_MAX 4
/* At most this share of the workers keep connections. */
#define KEPT 3
#define KEPT_OF 4

/* While a client waits. A well-behaved client's header and body come at once;
 * with a long queue all of it must pass within GRACE_TOTAL_MS. */
#define GRACE_MS 150
#define GRACE_LEAST_MS 30
#define GRACE_TOTAL_MS 600
/* While a client waits, for one whose connection is kept: few are, and a proxy
 * that has sent a header may pause before the body on a busy machine. */
#define KEPT_GRACE_MS 1000

#define WRITE_MS 30000 /* for a client that reads slowly */
#define WRITE_GRACE_MS 1000
#define LINGER_MS 500

/* A connection that no slot claims. */
struct stranger {
    struct hs_connection connection;
    int64_t seen_at;
    int empty; /* ticks in a row without unread bytes */
    int was_cut;
};

struct victim {
    struct hs_connection connection;
    struct hs_slot *slot; /* or, before its first header, */
    struct stranger *stranger;
    int phase;
    int64_t since;
    int64_t age;
    int overdue; /* ended even if no client waits */
    int silent;  /* idle, and no byte of a next request has come */
};

struct hs_supervisor {
    struct hs_supervisor_setup setup;
    struct hs_slot *slots;
    _Atomic int busy;
    _Atomic int kept; /* slots whose clients may ask again */
    _Atomic int crowded;
    _Atomic int relaxed; /* the next look is TICK_MS away */
    _Atomic int ending_idle;
    _Atomic int64_t opened;       /* connections that a worker was given */
    _Atomic int64_t looked_at;    /* when the thread last did, ms */
    _Atomic int64_t accepting_at; /* when none waited, or one was accepted */
    int64_t opened_before;        /* at that time */
    /* Read-locked by a worker while it closes its socket, write-locked while a
     * socket is ended: its descriptor cannot change hands in between. */
    pthread_rwlock_t closing;
    pthread_t thread;
    int started;
    pthread_mutex_t lock; /* stop, wake */
    pthread_cond_t changed;
    int stop;
    int wake;
    int listeners[LISTENERS_MAX];
    size_t listener_count;
    size_t room; /* of the arrays below, which only the thread uses */
    struct hs_connection *connections;
    size_t connection_count;
    int64_t grace; /* of this tick; 0: no client waits */
    struct stranger *strangers;
    struct stranger *next_strangers;
    size_t stranger_count;
    struct hs_progress *progress; /* one per slot */
    struct victim *victims;
    size_t victim_count;
    struct hs_log_gate gate;
};

/* ---- told by workers ---- */

struct hs_slot *hs_supervisor_slot(struct hs_supervisor *supervisor, int index)
{
    return &supervisor->slots[index];
}

static void wake(struct hs_supervisor *supervisor)
{
    pthread_mutex_lock(&supervisor->lock);
    supervisor->wake = 1;
    pthread_cond_signal(&supervisor->changed);
    pthread_mutex_unlock(&supervisor->lock);
}

void hs_slot_opened(struct hs_supervisor *supervisor, struct hs_slot *slot)
{
    atomic_store(&slot->peer, 0);
    atomic_store(&slot->was_cut, 0);
    hs_slot_phase(slot, HS_PHASE_OPENED);
    atomic_store(&slot->begun, atomic_load(&slot->since));
    atomic_fetch_add(&supervisor->opened, 1);
    if (atomic_fetch_add(&supervisor->busy, 1) + 1 == supervisor->setup.slots &&
        atomic_exchange(&supervisor->relaxed, 0))
        wake(supervisor);
}

void hs_slot_request(struct hs_slot *slot, const char *address, int port)
{
    int first = atomic_load(&slot->phase) == HS_PHASE_OPENED;

    if (first) {
        uint64_t peer = hs_peer_of(address, port);

        atomic_store(&slot->was_cut, hs_arrivals_was_late(peer));
        atomic_store(&slot->peer, peer);
    }
    hs_slot_phase(slot, HS_PHASE_WORK);
    if (!first)
        atomic_store(&slot->begun, atomic_load(&slot->since));
}

int hs_slot_keep(struct hs_supervisor *supervisor, struct hs_slot *slot)
{
    int most = supervisor->setup.slots * KEPT / KEPT_OF;

    if (atomic_load(&slot->kept))
        return 1;
    if (atomic_fetch_add(&supervisor->kept, 1) >= most) {
        atomic_fetch_sub(&supervisor->kept, 1);
        return 0;
    }
    atomic_store(&slot->kept, 1);
    return 1;
}

void hs_slot_phase(struct hs_slot *slot, enum hs_phase phase)
{
    atomic_store(&slot->since, hs_running_ms());
    atomic_store(&slot->phase, phase);
}

void hs_slot_closing(struct hs_supervisor *supervisor, struct hs_slot *slot)
{
    pthread_rwlock_rdlock(&supervisor->closing);
    hs_slot_phase(slot, HS_PHASE_NONE);
    atomic_store(&slot->peer, 0);
    atomic_fetch_sub(&supervisor->busy, 1);
    atomic_fetch_sub(&supervisor->kept, atomic_exchange(&slot->kept, 0));
}

void hs_slot_closed(struct hs_supervisor *supervisor)
{
    pthread_rwlock_unlock(&supervisor->closing);
}

int hs_supervisor_crowded(const struct hs_supervisor *supervisor)
{
    return atomic_load_explicit(&supervisor->crowded, memory_order_relaxed);
}

int hs_supervisor_busy(const struct hs_supervisor *supervisor)
{
    return atomic_load(&supervisor->busy);
}

void hs_supervisor_end_idle(struct hs_supervisor *supervisor)
{
    if (!atomic_exchange(&supervisor->ending_idle, 1))
        wake(supervisor);
}

int64_t hs_supervisor_newest(const struct hs_supervisor *supervisor)
{
    int64_t newest = 0;

    for (int i = 0; i < supervisor->setup.slots; i++) {
        int64_t begun = atomic_load(&supervisor->slots[i].begun);

        if (begun > newest)
            newest = begun;
    }
    return newest;
}

int64_t hs_supervisor_standstill(const struct hs_supervisor *supervisor)
{
    int64_t looked_at = atomic_load(&supervisor->looked_at);
    int64_t accepting_at = atomic_load(&supervisor->accepting_at);
    int64_t now = hs_running_ms();
    int64_t longest =
        now - (looked_at < accepting_at ? looked_at : accepting_at);

    for (int i = 0; i < supervisor->setup.slots; i++) {
        struct hs_slot *slot = &supervisor->slots[i];
        int64_t age = now - atomic_load(&slot->since);

        if (atomic_load(&slot->phase) == HS_PHASE_WORK && age > longest)
            longest = age;
    }
    return longest;
}

/* ---- the thread ---- */

static struct hs_slot *slot_of(struct hs_supervisor *supervisor, uint64_t peer)
{
    for (int i = 0; i < supervisor->setup.slots; i++) {
        if (atomic_load(&supervisor->slots[i].peer) == peer)
            return &supervisor->slots[i];
    }
    return NULL;
}

/* What is remembered of a connection; both lists ascend by descriptor. */
static const struct stranger *remembered(const struct hs_supervisor *supervisor,
                                         size_t *at,
                                         const struct hs_connection *wanted)
{
    const struct stranger *list = supervisor->strangers;

    while (*at < supervisor->stranger_count &&
           list[*at].connection.fd < wanted->fd)
        (*at)++;
    if (*at < supervisor->stranger_count &&
        list[*at].connection.fd == wanted->fd &&
        list[*at].connection.peer == wanted->peer)
        return &list[*at];
    return NULL;
}

/* Refresh the list of unclaimed connections. */
static void note_strangers(struct hs_supervisor *supervisor, int64_t now)
{
    struct stranger *list = supervisor->next_strangers;
    size_t found = 0;
    size_t at = 0;

    for (size_t i = 0; i < supervisor->connection_count; i++) {
        const struct hs_connection *one = &supervisor->connections[i];
        const struct stranger *old;

        if (slot_of(supervisor, one->peer) || hs_arrivals_has(one->peer) ||
            supervisor->setup.is_given_away(supervisor->setup.ctx, one->peer))
            continue;
        old = remembered(supervisor, &at, one);
        list[found] =
            old ? *old : (struct stranger){.connection = *one, .seen_at = now};
        if (hs_socket_unread(one->fd) == 0)
            list[found].empty++;
        else
            list[found].empty = 0;
        found++;
    }
    supervisor->next_strangers = supervisor->strangers;
    supervisor->strangers = list;
    supervisor->stranger_count = found;
}

/* Connections that no worker reads yet. */
static int count_waiting(const struct hs_supervisor *supervisor)
{
    int waiting = (int)supervisor->stranger_count;

    for (int i = 0; i < supervisor->setup.slots; i++) {
        const struct hs_slot *slot = &supervisor->slots[i];

        if (atomic_load(&slot->phase) != HS_PHASE_NONE &&
            atomic_load(&slot->peer) == 0)
            waiting--; /* a worker reads it without knowing it yet */
    }
    if (waiting < 0)
        waiting = 0;
    for (size_t i = 0; i < supervisor->listener_count; i++) {
        int backlog = hs_socket_backlog(supervisor->listeners[i]);

        waiting += backlog > 0 ? backlog : 0;
    }
    return waiting;
}

/* Clients wait to be accepted, and none is: that can't go on. */
static void note_accepting(struct hs_supervisor *supervisor, int64_t now)
{
    int64_t opened = atomic_load(&supervisor->opened);
    int waiting = 0;

    for (size_t i = 0; i < supervisor->listener_count; i++)
        waiting |= hs_socket_backlog(supervisor->listeners[i]) > 0;
    if (!waiting || opened != supervisor->opened_before)
        atomic_store(&supervisor->accepting_at, now);
    supervisor->opened_before = opened;
    atomic_store(&supervisor->looked_at, now);
}

static int64_t grace_for(const struct hs_supervisor *supervisor, int waiting)
{
    int free = supervisor->setup.slots - atomic_load(&supervisor->kept);
    int64_t grace = GRACE_TOTAL_MS * (int64_t)free / waiting;

    if (grace > GRACE_MS)
        return GRACE_MS;
    return grace < GRACE_LEAST_MS ? GRACE_LEAST_MS : grace;
}

static void add_victim(struct hs_supervisor *supervisor, struct victim victim)
{
    if (supervisor->victim_count < supervisor->room)
        supervisor->victims[supervisor->victim_count++] = victim;
}

static void judge_strangers(struct hs_supervisor *supervisor, int64_t now)
{
    int64_t grace = supervisor->grace;

    for (size_t i = 0; i < supervisor->stranger_count; i++) {
        struct stranger *one = &supervisor->strangers[i];
        int64_t age = now - one->seen_at;
        int overdue = age > supervisor->setup.request_timeout_ms;

        /* Two ticks, and nobody whose header is known to have come: between
         * reading its end and claiming the socket, a worker looks as if it were
         * waiting, on a busy machine for long. */
        if (one->was_cut || one->empty < 2 ||
            !(overdue || (grace && age >= grace)) ||
            hs_arrivals_asked(one->connection.peer))
            continue;
        add_victim(supervisor, (struct victim){.connection = one->connection,
                                               .stranger = one,
                                               .phase = HS_PHASE_OPENED,
                                               .since = one->seen_at,
                                               .age = age,
                                               .overdue = overdue});
    }
}

static int fd_of(const struct hs_supervisor *supervisor, uint64_t peer)
{
    for (size_t i = 0; i < supervisor->connection_count; i++) {
        if (supervisor->connections[i].peer == peer)
            return supervisor->connections[i].fd;
    }
    return -1;
}

/* How long a phase may last, in ms: at most, or with `grace` > 0 while a client
 * waits for a worker. */
static int64_t phase_limit(const struct hs_supervisor_setup *setup, int phase,
                           int64_t grace)
{
    switch (phase) {
    case HS_PHASE_BODY:
        return grace ? grace : setup->request_timeout_ms;
    case HS_PHASE_IDLE:
        return grace ? grace : 2 * setup->keep_alive_timeout_ms + LINGER_MS;
    case HS_PHASE_WRITE:
        return grace ? WRITE_GRACE_MS : WRITE_MS;
    case HS_PHASE_LINGER:
        return grace ? grace : LINGER_MS;
    default:
        return INT64_MAX; /* work has its own time budgets */
    }
}

/* While a client waits: does this slot hold its worker without using it? An
 * idle slot may, since its client was told so. */
static int is_idling(struct hs_supervisor *supervisor, int index,
                     const struct victim *victim, int64_t now)
{
    int64_t grace = supervisor->grace;

    if (grace == 0 || victim->silent)
        return 0;
    if (victim->phase == HS_PHASE_WRITE &&
        hs_progress_standstill(&supervisor->progress[index],
                               fd_of(supervisor, victim->connection.peer),
                               victim->since, now) >= grace)
        return 1;
    if (atomic_load(&victim->slot->kept) && victim->phase != HS_PHASE_LINGER)
        grace = KEPT_GRACE_MS;
    return victim->age >= phase_limit(&supervisor->setup, victim->phase, grace);
}

/* Has this slot's phase lasted too long, whether or not clients wait? */
static int is_overdue(struct hs_supervisor *supervisor,
                      const struct victim *victim, int64_t header, int64_t now)
{
    int64_t since = victim->since;

    if (header)
        return now - header > supervisor->setup.request_timeout_ms;
    if (victim->silent && atomic_load(&supervisor->ending_idle))
        return 1;
    if (victim->phase == HS_PHASE_BODY)
        since = atomic_load(&victim->slot->begun);
    return now - since > phase_limit(&supervisor->setup, victim->phase, 0);
}

static void judge_slots(struct hs_supervisor *supervisor, int64_t now)
{
    for (int i = 0; i < supervisor->setup.slots; i++) {
        struct hs_slot *slot = &supervisor->slots[i];
        struct victim victim = {.connection.peer = atomic_load(&slot->peer),
                                .slot = slot,
                                .phase = atomic_load(&slot->phase),
                                .since = atomic_load(&slot->since)};
        int64_t header = 0;

        victim.age = now - victim.since;
        if (victim.phase == HS_PHASE_IDLE) {
            int fd = fd_of(supervisor, victim.connection.peer);

            header = hs_progress_header(&supervisor->progress[i], fd,
                                        victim.since, now);
            victim.silent = !header;
            if (header)
                victim.age = now - header;
        }
        victim.overdue = is_overdue(supervisor, &victim, header, now);
        if (!atomic_load(&slot->was_cut) &&
            (victim.overdue || is_idling(supervisor, i, &victim, now)))
            add_victim(supervisor, victim);
    }
}

/* Overdue ones first, then by age. */
static int compare_victims(const void *left, const void *right)
{
    const struct victim *a = left;
    const struct victim *b = right;

    if (a->overdue != b->overdue)
        return b->overdue - a->overdue;
    return a->age < b->age ? 1 : a->age > b->age ? -1 : 0;
}

/* Shut the reading side, so that an answer can still be written; shut both if
 * writing hangs, or if no answer is due, so that a proxy that keeps
 * the connection learns at once. Returns 1 if the connection was ended. */
static int cut(struct hs_supervisor *supervisor, const struct victim *victim)
{
    const struct hs_connection *connection = &victim->connection;
    int both = victim->phase == HS_PHASE_WRITE || victim->silent;
    int how = both ? SHUT_RDWR : SHUT_RD;
    int done = 0, unread = 0;

    pthread_rwlock_wrlock(&supervisor->closing);
    if (victim->slot && (atomic_load(&victim->slot->phase) != victim->phase ||
                         atomic_load(&victim->slot->since) != victim->since))
        goto unlock; /* it has moved on */
    if (victim->stranger && slot_of(supervisor, connection->peer))
        goto unlock; /* its header has just come */
    if (hs_peer_of_fd(connection->fd, supervisor->setup.port) !=
        connection->peer)
        goto unlock;
    if ((victim->silent || (!victim->overdue && how == SHUT_RD)) &&
        ioctl(connection->fd, FIONREAD, &unread) == 0 && unread > 0)
        goto unlock; /* the client has sent it: we are the late ones */
    if (victim->slot)
        atomic_store(&victim->slot->was_cut, 1);
    if (victim->stranger)
        victim->stranger->was_cut = 1;
    done = shutdown(connection->fd, how) == 0;

unlock:
    pthread_rwlock_unlock(&supervisor->closing);
    return done;
}

/* End the overdue ones, and as many others as clients are waiting. */
static void cut_victims(struct hs_supervisor *supervisor, int waiting)
{
    int ended = 0;
    int64_t kept_back = 0;

    qsort(supervisor->victims, supervisor->victim_count,
          sizeof *supervisor->victims, compare_victims);
    for (size_t i = 0; i < supervisor->victim_count; i++) {
        struct victim *victim = &supervisor->victims[i];

        if (!victim->overdue && ended >= waiting)
            break;
        if (victim->slot)
            victim->connection.fd = fd_of(supervisor, victim->connection.peer);
        ended += victim->connection.fd >= 0 && cut(supervisor, victim);
    }
    if (ended == 0 || atomic_load(&supervisor->ending_idle))
        return;
    hs_count(HS_C_CUT_CONNECTIONS, ended);
    if (hs_log_gate_open(&supervisor->gate, &kept_back))
        hs_log(HS_LOG_WARN, "connections_cut", HS_I("count", ended),
               HS_I("queued", waiting),
               HS_I("connections", hs_supervisor_busy(supervisor)),
               HS_I("dropped_count", kept_back));
}

/* How long a connection may be open without having sent a byte. */
static int64_t silence_limit(const struct hs_supervisor *supervisor)
{
    int64_t idle = supervisor->setup.keep_alive_timeout_ms;
    int64_t request = supervisor->setup.request_timeout_ms;

    if (atomic_load(&supervisor->ending_idle))
        return 0;
    return idle > request ? idle : request;
}

/* One round of checks. Returns the pause until the next. */
static int look(struct hs_supervisor *supervisor)
{
    int64_t now = hs_running_ms();
    int busy = hs_supervisor_busy(supervisor);
    int full = busy >= supervisor->setup.slots;
    int waiting = 0;

    note_accepting(supervisor, now);
    hs_arrivals_end(silence_limit(supervisor),
                    supervisor->setup.request_timeout_ms);
    supervisor->victim_count = 0;
    if (busy == 0) {
        supervisor->stranger_count = 0;
        atomic_store(&supervisor->crowded, 0);
        return TICK_MS;
    }
    supervisor->connection_count = hs_sockets_connections(
        supervisor->setup.port, supervisor->connections, supervisor->room);
    note_strangers(supervisor, now);
    if (full)
        waiting = count_waiting(supervisor);
    supervisor->grace = waiting > 0 ? grace_for(supervisor, waiting) : 0;
    atomic_store(&supervisor->crowded, waiting > 0);
    judge_strangers(supervisor, now);
    judge_slots(supervisor, now);
    if (supervisor->victim_count > 0)
        cut_victims(supervisor, waiting);
    return full || atomic_load(&supervisor->ending_idle) ? FULL_TICK_MS
                                                         : TICK_MS;
}

static void pause_for(struct hs_supervisor *supervisor, int ms)
{
    struct timespec until;

    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += ms * 1000000L;
    if (until.tv_nsec >= 1000000000L) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000L;
    }
    while (!supervisor->stop && !supervisor->wake) {
        if (pthread_cond_timedwait(&supervisor->changed, &supervisor->lock,
                                   &until) == ETIMEDOUT)
            break;
    }
    supervisor->wake = 0;
}

static void *run(void *arg)
{
    struct hs_supervisor *supervisor = arg;

    pthread_mutex_lock(&supervisor->lock);
    while (!supervisor->stop) {
        int pause;

        pthread_mutex_unlock(&supervisor->lock);
        pause = look(supervisor);
        atomic_store(&supervisor->relaxed, pause == TICK_MS);
        pthread_mutex_lock(&supervisor->lock);
        pause_for(supervisor, pause);
    }
    pthread_mutex_unlock(&supervisor->lock);
    return NULL;
}

/* ---- life ---- */

static int make_locks(struct hs_supervisor *supervisor)
{
    pthread_condattr_t attr;

    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_mutex_init(&supervisor->lock, NULL);
    pthread_cond_init(&supervisor->changed, &attr);
    pthread_condattr_destroy(&attr);
    return pthread_rwlock_init(&supervisor->closing, NULL);
}

struct hs_supervisor *hs_supervisor_new(const struct hs_supervisor_setup *setup)
{
    struct hs_supervisor *new = calloc(1, sizeof *new);
    size_t slots = (size_t)setup->slots;

    if (!new)
        return NULL;
    new->setup = *setup;
    new->room =
        slots + (size_t)setup->given_away_max + HS_ARRIVALS_MAX + WAITING_MAX;
    if (make_locks(new) != 0) {
        free(new);
        return NULL;
    }
    new->slots = calloc(slots, sizeof *new->slots);
    new->connections = calloc(new->room, sizeof *new->connections);
    new->strangers = calloc(new->room, sizeof *new->strangers);
    new->next_strangers = calloc(new->room, sizeof *new->next_strangers);
    new->victims = calloc(new->room, sizeof *new->victims);
    new->progress = calloc(slots, sizeof *new->progress);
    if (!new->slots || !new->connections || !new->strangers ||
        !new->next_strangers || !new->victims || !new->progress) {
        hs_supervisor_free(new);
        return NULL;
    }
    return new;
}

int hs_supervisor_start(struct hs_supervisor *supervisor)
{
    supervisor->listener_count = hs_sockets_listening(
        supervisor->setup.port, supervisor->listeners, LISTENERS_MAX);
    note_accepting(supervisor, hs_running_ms());
    if (pthread_create(&supervisor->thread, NULL, run, supervisor) != 0)
        return -1;
    supervisor->started = 1;
    return 0;
}

void hs_supervisor_free(struct hs_supervisor *supervisor)
{
    if (!supervisor)
        return;
    if (supervisor->started) {
        pthread_mutex_lock(&supervisor->lock);
        supervisor->stop = 1;
        pthread_cond_signal(&supervisor->changed);
        pthread_mutex_unlock(&supervisor->lock);
        pthread_join(supervisor->thread, NULL);
    }
    pthread_mutex_destroy(&supervisor->lock);
    pthread_cond_destroy(&supervisor->changed);
    pthread_rwlock_destroy(&supervisor->closing);
    free(supervisor->slots);
    free(supervisor->connections);
    free(supervisor->strangers);
    free(supervisor->next_strangers);
    free(supervisor->victims);
    free(supervisor->progress);
    free(supervisor);
}
