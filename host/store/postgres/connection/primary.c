/* primary.c: which server is the primary. */
#include "store/postgres/connection/primary.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "store/postgres/connection/scout.h"
#include "store/postgres/connection/seen_timeline.h"

#define DEFAULT_PORT "5432"
#define ASK_MS 1000      /* a server's time to answer, beside others ... */
#define ASK_ONLY_MS 2000 /* ... and alone: nobody waits for it in vain */
#define OFTEN_MS 200     /* between questions, while someone waits ... */
#define SELDOM_MS 1000   /* ... for long */
#define IDLE_MS 5000     /* ... while all is well */
#define HURRY_MS 3000    /* after someone waited */
#define LEAVE_MS 5000    /* for the scouts to end */
#define WHY_MAX 256      /* of why a server isn't the primary */

struct server {
    struct hs_primary *primary;
    struct hs_scouted scouted; /* its scout's own */

    /* Under the lock. */
    struct hs_report report;
    int64_t asked_at; /* when what is reported was asked; 0: never */
    int64_t done_at;
    int resolving;
};

struct hs_primary {
    struct hs_primary *next; /* these two under all_lock */
    int users;
    char *url;
    int count;
    struct server servers[HS_DATABASE_HOSTS];
    atomic_uint epoch; /* written under the lock */

    pthread_mutex_t lock; /* all below */
    pthread_cond_t news;
    int scouts;         /* that run */
    int stopping, left; /* left: the last scout frees it */
    int found;          /* place and standing are known */
    struct hs_place place;
    struct hs_standing standing;
    struct hs_seen seen;
    int unwritten, writing; /* what was seen; a scout is writing it again */
    int64_t doubt_at; /* since when the primary is in doubt; 0: it isn't */
    int64_t hurry_until;
};

static pthread_mutex_t all_lock = PTHREAD_MUTEX_INITIALIZER;
static struct hs_primary *all;

/* ---- whether a server can be the primary; under the lock ---- */

static int is_heard(const struct hs_primary *primary,
                    const struct server *server)
{
    return server->asked_at && server->asked_at >= primary->doubt_at;
}

/* Is it worth waiting for? One that was silent isn't. */
static int is_awaited(const struct hs_primary *primary,
                      const struct server *server)
{
    return primary->doubt_at && !is_heard(primary, server) &&
           !server->report.silent;
}

static int is_of(const struct server *server, uint64_t system)
{
    return server->report.answered && server->report.standing.system == system;
}

static int is_candidate(const struct hs_primary *primary,
                        const struct server *server)
{
    const struct hs_standing *standing = &server->report.standing;

    if (!is_heard(primary, server) || !hs_report_is_writable(&server->report))
        return 0;
    if (!primary->seen.system || !standing->system)
        return 1;
    /* Another cluster may be empty: people say if they mean it
     * (seen_timeline.h). */
    return standing->system == primary->seen.system &&
           standing->timeline >= primary->seen.timeline;
}

static int same_server(const struct hs_database_host *a,
                       const struct hs_database_host *b)
{
    return strcmp(a->name, b->name) == 0 && strcmp(a->port, b->port) == 0 &&
           strcmp(a->address, b->address) == 0;
}

/* Of two on one timeline, the one that is the primary already stays it. */
static const struct server *best(const struct hs_primary *primary)
{
    const struct server *best = NULL;

    for (int i = 0; i < primary->count; i++) {
        const struct server *server = &primary->servers[i];
        unsigned timeline = server->report.standing.timeline;

        if (!is_candidate(primary, server))
            continue;
        if (!best || timeline > best->report.standing.timeline ||
            (timeline == best->report.standing.timeline && primary->found &&
             same_server(&server->report.place.host, &primary->place.host)))
            best = server;
    }
    return best;
}

/* ---- deciding; under the lock ---- */

/* What was seen is on the disk before it is acted on. */
static void raise_seen(struct hs_primary *primary,
                       const struct hs_standing *standing)
{
    if (!standing->system || (standing->system == primary->seen.system &&
                              standing->timeline <= primary->seen.timeline))
        return;
    primary->seen.system = standing->system;
    primary->seen.timeline = standing->timeline;
    if (primary->writing) {
        primary->unwritten = 1;
        return;
    }
    primary->unwritten = hs_seen_write(&primary->seen) != 0;
    if (primary->unwritten)
        hs_log(HS_LOG_ERROR, "timeline_not_written",
               HS_S("file", primary->seen.file), HS_I("errno", errno));
}

/* After a failure. The lock is let go meanwhile. */
static void write_again(struct hs_primary *primary)
{
    struct hs_seen seen = primary->seen;
    int failed;

    if (!primary->unwritten || primary->writing)
        return;
    primary->unwritten = 0;
    primary->writing = 1;
    pthread_mutex_unlock(&primary->lock);
    failed = hs_seen_write(&seen) != 0;
    pthread_mutex_lock(&primary->lock);
    primary->writing = 0;
    primary->unwritten |= failed;
}

static void settle(struct hs_primary *primary, const struct hs_place *place,
                   const struct hs_standing *standing)
{
    char name[HS_HOST_SHOWN];
    int moved =
        primary->found && (!same_server(&place->host, &primary->place.host) ||
                           standing->system != primary->standing.system ||
                           standing->timeline != primary->standing.timeline);

    raise_seen(primary, standing);
    primary->place = *place;
    primary->standing = *standing;
    primary->found = 1;
    primary->doubt_at = 0;
    if (!moved)
        return;
    atomic_fetch_add(&primary->epoch, 1);
    hs_host_show(&place->host, name);
    hs_log(HS_LOG_WARN, "database_primary_moved", HS_S("server", name),
           HS_I("timeline", standing->timeline));
}

static void doubt(struct hs_primary *primary)
{
    if (!primary->doubt_at)
        primary->doubt_at = hs_monotonic_ms();
    primary->hurry_until = hs_monotonic_ms() + HURRY_MS;
    pthread_cond_broadcast(&primary->news);
}

/* Has the one that was found said that it isn't the primary any more? */
static int has_resigned(const struct hs_primary *primary)
{
    for (int i = 0; i < primary->count; i++) {
        const struct hs_report *report = &primary->servers[i].report;

        if (report->answered &&
            same_server(&report->place.host, &primary->place.host))
            return !is_candidate(primary, &primary->servers[i]);
    }
    return 0;
}

/* Without a doubt, only a server on a higher timeline replaces it. */
static void decide(struct hs_primary *primary)
{
    const struct server *server = best(primary);
    int64_t bound = primary->doubt_at + ASK_MS;

    if (primary->doubt_at && hs_monotonic_ms() < bound) {
        for (int i = 0; i < primary->count; i++) {
            if (is_awaited(primary, &primary->servers[i]))
                return;
        }
    }
    if (server &&
        (primary->doubt_at || !primary->found || has_resigned(primary) ||
         (server->report.standing.system == primary->standing.system &&
          server->report.standing.timeline > primary->standing.timeline)))
        settle(primary, &server->report.place, &server->report.standing);
    else if (!primary->doubt_at && has_resigned(primary)) {
        atomic_fetch_add(&primary->epoch, 1);
        doubt(primary);
    }
}

/* Why it isn't the primary, for a list of them. */
static void say_why(const struct hs_primary *primary,
                    const struct server *server, char *out, size_t size)
{
    const struct hs_report *report = &server->report;

    if (server->asked_at && !is_heard(primary, server))
        (void)snprintf(out, size, "hasn't answered yet");
    else if (!report->answered && !server->asked_at)
        (void)snprintf(out, size, "its name isn't resolved yet");
    else
        hs_report_why_not(report, &primary->seen, out, size);
}

static void say_none(const struct hs_primary *primary, struct hs_error *err)
{
    const struct hs_report *report = &primary->servers[0].report;
    char text[sizeof err->message] = "", why[WHY_MAX], name[HS_HOST_SHOWN];
    size_t len = 0;

    if (primary->count == 1 && !report->answered && report->why.code[0]) {
        *err = report->why;
        return;
    }
    for (int i = 0; i < primary->count && len < sizeof text; i++) {
        hs_host_show(&primary->servers[i].scouted.host, name);
        say_why(primary, &primary->servers[i], why, sizeof why);
        len += (size_t)snprintf(text + len, sizeof text - len, "%s%.60s: %s",
                                i ? "; " : "", name, why);
    }
    hs_error_set(err, "io", "no primary: %s", text);
}

/* ---- scouts ---- */

static struct timespec moment(int64_t ms)
{
    return (struct timespec){.tv_sec = ms / 1000,
                             .tv_nsec = (long)(ms % 1000) * 1000000};
}

/* When to ask it; 0: not before someone says so. */
static int64_t due_at(const struct hs_primary *primary,
                      const struct server *server)
{
    int64_t now = hs_monotonic_ms(), every = IDLE_MS;

    if (!server->asked_at || server->asked_at < primary->doubt_at)
        return now;
    if (now < primary->hurry_until) {
        every = primary->doubt_at ? (now - primary->doubt_at) / 20 : 0;
        every = every < OFTEN_MS    ? OFTEN_MS
                : every > SELDOM_MS ? SELDOM_MS
                                    : every;
    } else if (primary->count == 1 && !primary->unwritten) {
        return 0;
    }
    return server->done_at + every;
}

/* Under the lock. 0: the scout is to end. */
static int wait_until_due(struct hs_primary *primary,
                          const struct server *server)
{
    while (!primary->stopping) {
        int64_t due = due_at(primary, server);
        struct timespec at = moment(due);

        if (due && due <= hs_monotonic_ms())
            return 1;
        if (due)
            pthread_cond_timedwait(&primary->news, &primary->lock, &at);
        else
            pthread_cond_wait(&primary->news, &primary->lock);
    }
    return 0;
}

/* Without the lock. */
static void resolve(struct server *server, struct hs_error *why)
{
    struct hs_primary *primary = server->primary;

    pthread_mutex_lock(&primary->lock);
    server->resolving = 1;
    pthread_mutex_unlock(&primary->lock);
    hs_scout_resolve(&server->scouted, why);
    pthread_mutex_lock(&primary->lock);
    server->resolving = 0;
    pthread_mutex_unlock(&primary->lock);
}

/* Without the lock. */
static void look(struct server *server, struct hs_report *report)
{
    struct hs_primary *primary = server->primary;
    struct hs_scouted *scouted = &server->scouted;

    *report = (struct hs_report){0};
    if (scouted->count == 0)
        resolve(server, &report->why);
    if (scouted->count > 0)
        hs_scout_ask(primary->url, scouted,
                     primary->count > 1 ? ASK_MS : ASK_ONLY_MS, report);
}

static void primary_free(struct hs_primary *primary)
{
    hs_seen_free(&primary->seen);
    pthread_cond_destroy(&primary->news);
    pthread_mutex_destroy(&primary->lock);
    free(primary->url);
    free(primary);
}

static void *scout_main(void *arg)
{
    struct server *server = arg;
    struct hs_primary *primary = server->primary;
    struct hs_report report;
    int64_t asked_at;
    int last;

    pthread_setname_np(pthread_self(), "hs-scout");
    pthread_mutex_lock(&primary->lock);
    while (wait_until_due(primary, server)) {
        asked_at = hs_monotonic_ms();
        pthread_mutex_unlock(&primary->lock);
        look(server, &report);
        pthread_mutex_lock(&primary->lock);
        server->report = report;
        server->asked_at = asked_at;
        server->done_at = hs_monotonic_ms();
        decide(primary);
        pthread_cond_broadcast(&primary->news);
        write_again(primary);
        /* A slow resolver delays no answer of the addresses that are known. */
        if (!primary->stopping &&
            hs_scout_is_lost(&server->scouted, report.answered)) {
            pthread_mutex_unlock(&primary->lock);
            resolve(server, &(struct hs_error){0});
            pthread_mutex_lock(&primary->lock);
        }
    }
    last = --primary->scouts == 0 && primary->left;
    pthread_cond_broadcast(&primary->news);
    pthread_mutex_unlock(&primary->lock);
    if (last)
        primary_free(primary);
    return NULL;
}

static int start_scouts(struct hs_primary *primary)
{
    sigset_t every, before;
    pthread_attr_t detached;
    int failed = 0;

    sigfillset(&every);
    pthread_sigmask(SIG_SETMASK, &every, &before);
    pthread_attr_init(&detached);
    pthread_attr_setdetachstate(&detached, PTHREAD_CREATE_DETACHED);
    pthread_mutex_lock(&primary->lock);
    for (int i = 0; i < primary->count && !failed; i++) {
        pthread_t thread;

        failed = pthread_create(&thread, &detached, scout_main,
                                &primary->servers[i]) != 0;
        primary->scouts += !failed;
    }
    pthread_mutex_unlock(&primary->lock);
    pthread_attr_destroy(&detached);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return failed ? -1 : 0;
}

/* ---- lifetime ---- */

static struct hs_primary *primary_new(const char *url,
                                      const struct hs_database_url *read)
{
    struct hs_primary *primary = calloc(1, sizeof *primary);
    pthread_condattr_t monotonic;

    if (!primary)
        return NULL;
    primary->count = read->count;
    for (int i = 0; i < read->count; i++) {
        primary->servers[i].primary = primary;
        primary->servers[i].scouted.host = read->hosts[i];
        if (read->count > 1 && !read->hosts[i].port[0])
            (void)snprintf(primary->servers[i].scouted.host.port,
                           sizeof read->hosts[i].port, DEFAULT_PORT);
    }
    primary->doubt_at = hs_monotonic_ms();
    primary->hurry_until = primary->doubt_at + HURRY_MS;
    hs_seen_read(url, &primary->seen);
    pthread_mutex_init(&primary->lock, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&primary->news, &monotonic);
    pthread_condattr_destroy(&monotonic);
    primary->url = strdup(url);
    if (primary->url)
        return primary;
    primary_free(primary);
    return NULL;
}

/* End its scouts. One that waits for the resolver can't be ended: it ends
 * later, and the last of those frees it. */
static void stop(struct hs_primary *primary)
{
    struct timespec late = moment(hs_monotonic_ms() + LEAVE_MS);
    int waiting = 0, rc = 0;

    pthread_mutex_lock(&primary->lock);
    primary->stopping = 1;
    pthread_cond_broadcast(&primary->news);
    do {
        for (int i = waiting = 0; i < primary->count; i++)
            waiting += primary->servers[i].resolving;
        if (primary->scouts > waiting)
            rc = pthread_cond_timedwait(&primary->news, &primary->lock, &late);
    } while (primary->scouts > waiting && rc == 0);
    primary->left = 1;
    waiting = primary->scouts;
    pthread_mutex_unlock(&primary->lock);
    if (waiting == 0)
        primary_free(primary);
}

/* Under all_lock. */
static struct hs_primary *make(const char *url, struct hs_error *err)
{
    struct hs_database_url read;
    struct hs_primary *primary;
    struct hs_error why;

    if (hs_database_url_read(url, &read, &why) != 0) {
        hs_error_set(err, why.code, "the database's URL %s", why.message);
        return NULL;
    }
    if (hs_libpq_load(err) != 0)
        return NULL;
    primary = primary_new(url, &read);
    if (!primary) {
        hs_no_memory(err);
        return NULL;
    }
    if (start_scouts(primary) == 0)
        return primary;
    hs_error_set(err, "thread", "no thread to ask the servers could be made");
    stop(primary);
    return NULL;
}

struct hs_primary *hs_primary_open(const char *url, struct hs_error *err)
{
    struct hs_primary *primary;

    pthread_mutex_lock(&all_lock);
    for (primary = all; primary && strcmp(primary->url, url) != 0;)
        primary = primary->next;
    if (!primary && (primary = make(url, err))) {
        primary->next = all;
        all = primary;
    }
    if (primary)
        primary->users++;
    pthread_mutex_unlock(&all_lock);
    return primary;
}

void hs_primary_close(struct hs_primary *primary)
{
    struct hs_primary **at = &all;
    int last;

    if (!primary)
        return;
    pthread_mutex_lock(&all_lock);
    last = --primary->users == 0;
    while (last && *at != primary)
        at = &(*at)->next;
    if (last)
        *at = primary->next;
    pthread_mutex_unlock(&all_lock);
    if (last)
        stop(primary);
}

/* ---- for connections ---- */

/* Under the lock: wait for news. 0 when it is too late. */
static int wait_for_news(struct hs_primary *primary, int64_t until)
{
    int64_t now = hs_monotonic_ms(), left = until - hs_running_ms();
    int64_t bound = primary->doubt_at + ASK_MS, late = now + left;
    struct timespec at = moment(now < bound && bound < late ? bound : late);

    if (left > 0)
        pthread_cond_timedwait(&primary->news, &primary->lock, &at);
    return left > 0;
}

/* All say that they aren't the primary: waiting for a silent one, or for one
 * that wasn't heard yet, may help. */
static int all_deny(const struct hs_primary *primary)
{
    for (int i = 0; i < primary->count; i++) {
        const struct server *server = &primary->servers[i];

        if (!is_heard(primary, server) || server->report.silent)
            return 0;
    }
    return 1;
}

int hs_primary_find(struct hs_primary *primary, int64_t until,
                    struct hs_place *out, struct hs_error *err)
{
    int found;

    pthread_mutex_lock(&primary->lock);
    if (primary->doubt_at)
        doubt(primary);
    do {
        if (primary->doubt_at)
            decide(primary);
        found = primary->found && !primary->doubt_at;
    } while (!found && !all_deny(primary) && wait_for_news(primary, until));
    if (found) {
        *out = primary->place;
        out->epoch = atomic_load(&primary->epoch);
    } else {
        say_none(primary, err);
    }
    pthread_mutex_unlock(&primary->lock);
    return found ? 0 : -1;
}

int hs_primary_judge(struct hs_primary *primary, struct hs_place *place,
                     const struct hs_standing *standing, struct hs_error *err)
{
    const struct hs_seen *seen = &primary->seen;
    const char *why = NULL;

    pthread_mutex_lock(&primary->lock);
    if (standing->standby)
        why = "the server is a standby";
    else if (standing->read_only)
        why = "the server is read-only: " HS_READ_ONLY;
    else if (seen->system && standing->system &&
             standing->system == seen->system &&
             standing->timeline < seen->timeline)
        why = "the server is an old primary";
    else if (primary->found && standing->system != primary->standing.system)
        why = "another cluster answers than did before";
    if (why) {
        hs_error_set(err, "io", "%s", why);
        doubt(primary);
    } else if (place->epoch == atomic_load(&primary->epoch) &&
               standing->timeline > seen->timeline) {
        settle(primary, place, standing);
        place->epoch = atomic_load(&primary->epoch);
    }
    pthread_mutex_unlock(&primary->lock);
    return why ? -1 : 0;
}

void hs_primary_doubt(struct hs_primary *primary, unsigned epoch)
{
    pthread_mutex_lock(&primary->lock);
    if (epoch == atomic_load(&primary->epoch))
        doubt(primary);
    pthread_mutex_unlock(&primary->lock);
}

void hs_primary_hurry(struct hs_primary *primary)
{
    int64_t now = hs_monotonic_ms();

    if (primary->count == 1)
        return;
    pthread_mutex_lock(&primary->lock);
    if (primary->hurry_until < now)
        pthread_cond_broadcast(&primary->news);
    primary->hurry_until = now + HURRY_MS;
    pthread_mutex_unlock(&primary->lock);
}

unsigned hs_primary_epoch(struct hs_primary *primary)
{
    return atomic_load_explicit(&primary->epoch, memory_order_acquire);
}

/* ---- for people ---- */

int hs_primary_servers(const struct hs_primary *primary)
{
    return primary->count;
}

static int note_servers(struct hs_primary *primary, struct hs_buf *notes)
{
    char name[HS_HOST_SHOWN], why[WHY_MAX];
    int failed = 0, standbys = 0;

    for (int i = 0; i < primary->count; i++) {
        const struct server *server = &primary->servers[i];
        const struct hs_report *report = &server->report;

        hs_host_show(&server->scouted.host, name);
        if (report->answered && report->standing.standby) {
            standbys++;
            failed |= hs_buf_printf(notes, "info: %s is a standby\n", name);
            continue;
        }
        if (primary->found && report->answered &&
            same_server(&report->place.host, &primary->place.host)) {
            failed |=
                hs_buf_printf(notes, "info: %s is the primary, timeline %u\n",
                              name, report->standing.timeline);
            continue;
        }
        if (hs_report_is_writable(report) &&
            is_of(server, primary->seen.system)) {
            failed |= hs_buf_printf(
                notes, "%s can be written to, too, on timeline %u: stop %s\n",
                name, report->standing.timeline,
                is_candidate(primary, server) ? "one of them" : "it");
            continue;
        }
        say_why(primary, server, why, sizeof why);
        failed |= hs_buf_printf(notes, "%s isn't in use: %s\n", name, why);
    }
    if (primary->count > 1 && standbys == 0)
        failed |= hs_buf_add_str(
            notes, "none of the URL's servers is a standby now: when the "
                   "primary dies, nothing can take over\n");
    return failed ? -1 : 0;
}

int hs_primary_notes(struct hs_primary *primary, int64_t until,
                     struct hs_buf *notes)
{
    int rc;

    if (primary->count == 1)
        return 0;
    pthread_mutex_lock(&primary->lock);
    for (int i = 0; i < primary->count;) {
        if (primary->servers[i].asked_at || !wait_for_news(primary, until))
            i++;
    }
    rc = note_servers(primary, notes);
    pthread_mutex_unlock(&primary->lock);
    return rc;
}
