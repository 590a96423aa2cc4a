/* reload.c: the Lua that answers now, and the thread that replaces it. */
#include "server/release/reload.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/metrics.h"
#include "script/bundle.h"
#include "script/live_rules.h"
#include "script/rule_vm/watchdog.h"
#include "server/release/alert.h"
#include "server/release/author_watch.h"
#include "server/release/folder_watch.h"
#include "server/release/retry.h"
#include "server/release/shared_rules.h"
#include "server/release/stand_in.h"
#include "server/release/versions.h"
#include "store/engine/bus.h"
#include "store/memory/feed.h"

#define LOOK_AGAIN_MS 1000
#define LOOK_SHARED_MS 250 /* where another host may have saved */
#define ALERT "rules_refused"
#define RESTLESS_MAX 20 /* half a second each; after that it is an error */
#define HELD_TEXT                                                              \
    "not live until `hookswitch rules accept %.12s`, or Accept in the "        \
    "console: "
#define HELD "held"          /* the code of good files waiting to be accepted */
#define OVERTAKEN "conflict" /* the code of files another host overtook */

struct hs_reload {
    struct hs_server *server;
    struct hs_folder_watch *watch;
    pthread_t thread;
    int started;
    int restless; /* times in a row that the folder changed while being read */
    struct hs_retry ours, theirs; /* the folder; the others' version */
    int refused;                  /* the folder is, whatever they have */
    struct hs_shared_rules shared;
    struct hs_script_error unusable; /* why the others' version isn't live */
    _Atomic int stop;
    _Atomic uint64_t generation;
    /* Of the current release; for the publishing thread only: */
    int numbered;    /* it is in the database's history */
    int number_told; /* ... or the log says why it isn't */
    int proven;      /* it has passed its trial here */
    struct hs_version_about about;
    int64_t head_moved; /* of the folder's repository, when it was checked */
    int author_told;    /* the log says why its author isn't stored */
    char held[65];      /* hash of files waiting for approval */
    struct hs_alert alert;
    pthread_mutex_t lock; /* the members below */
    struct hs_release *current;
    struct hs_live_rules live; /* what everyone gets to see */
};

/* ---- publishing ---- */

/* Publish the record; with the lock held. */
static void tell(struct hs_reload *reload)
{
    hs_live_rules_set(&reload->live);
}

/* Enter the release in the database's history; `before` is the bundle that was
 * live until now, or NULL. */
static void number_release(struct hs_reload *reload, struct hs_bundle *bundle,
                           const struct hs_bundle *before)
{
    struct hs_error err = {0};
    int64_t version = 0;

    reload->numbered = hs_version_enter(reload->server->store, bundle,
                                        reload->numbered ? before : NULL,
                                        &reload->about, &version, &err) == 0;
    if (!reload->numbered && !reload->number_told)
        hs_log(HS_LOG_WARN, "version_not_stored", HS_S("code", err.code),
               HS_S("message", err.message));
    reload->number_told = !reload->numbered; /* it is retried soon */
    if (version == 0)
        return;
    hs_bundle_set_version(bundle, version);
    hs_gauge_set(HS_G_RULES_VERSION, version);
    pthread_mutex_lock(&reload->lock);
    if (reload->current && reload->current->bundle == bundle) {
        reload->live.version = version;
        tell(reload);
    }
    pthread_mutex_unlock(&reload->lock);
}

/* Store why the folder's content is refused, in the version for all users:
 * /healthz, the API and alerts show it. 1 if that is new. */
static int set_refusal(struct hs_reload *reload,
                       const struct hs_script_error *err,
                       const struct hs_trial_report *report)
{
    int other = report->seen.message[0] != '\0';
    const char *all = other ? report->seen.problems : report->problems;
    struct hs_refusal why = {.line = other ? report->seen.line : err->line,
                             .held = strcmp(err->code, HELD) == 0,
                             .overtaken = strcmp(err->code, OVERTAKEN) == 0,
                             .at = hs_now_ms()};
    struct hs_refusal *now = &reload->live.refusal;
    int news;

    snprintf(why.file, sizeof why.file, "%s", err->source);
    snprintf(why.message, sizeof why.message, "%s",
             other ? report->seen.message : err->message);
    snprintf(why.path, sizeof why.path, "%s",
             other ? report->seen.path : report->path);
    if (all && err != &reload->unusable)
        snprintf(why.problems, sizeof why.problems, "%s", all);
    pthread_mutex_lock(&reload->lock);
    news = why.line != now->line || strcmp(why.file, now->file) != 0 ||
           strcmp(why.message, now->message) != 0 ||
           strcmp(why.problems, now->problems) != 0;
    if (news) {
        *now = why;
        if (reload->live.answering != HS_ANSWERS_DEFAULTS)
            reload->live.answering = HS_ANSWERS_LAST;
        tell(reload);
    }
    pthread_mutex_unlock(&reload->lock);
    return news;
}

static void refuse(struct hs_reload *reload, const struct hs_script_error *err,
                   const struct hs_trial_report *report)
{
    if (strcmp(err->code, HS_TRIAL_STOPPING) == 0 ||
        !set_refusal(reload, err, report))
        return;
    hs_count(HS_C_RELOADS_REFUSED, 1);
    hs_log(HS_LOG_ERROR, "reload_refused", HS_S("file", err->source),
           HS_I("line", err->line), HS_S("code", err->code),
           HS_S("message", err->message),
           HS_S("problems", report->problems ? report->problems : ""));
}

static void refuse_theirs(struct hs_reload *reload)
{
    const struct hs_trial_report nothing = {0};

    refuse(reload, &reload->unusable, &nothing);
}

static void refuse_ours(struct hs_reload *reload,
                        const struct hs_script_error *err,
                        const struct hs_trial_report *report)
{
    reload->refused = strcmp(err->code, OVERTAKEN) != 0;
    refuse(reload, err, report);
}

/* Nothing is wrong with the folder. What the other hosts have stays refused. */
static void end_refusal(struct hs_reload *reload)
{
    reload->refused = 0;
    if (reload->unusable.message[0]) {
        refuse_theirs(reload);
        return;
    }
    pthread_mutex_lock(&reload->lock);
    reload->live.refusal = (struct hs_refusal){0};
    reload->live.answering = HS_ANSWERS_FILES;
    tell(reload);
    pthread_mutex_unlock(&reload->lock);
}

/* The record of a release that goes live. */
static void describe_release(struct hs_live_rules *live,
                             const struct hs_release *release,
                             enum hs_answering answering)
{
    const struct hs_bundle *bundle = release->bundle;

    live->version = hs_bundle_version(bundle);
    live->live_at = hs_now_ms();
    live->answering = answering;
    memcpy(live->hash, hs_bundle_hash(bundle), sizeof live->hash);
    for (size_t i = 0; i < hs_bundle_files(bundle); i++) {
        if (strcmp(hs_bundle_file_name(bundle, i), HS_RULE_FILE) == 0)
            memcpy(live->rules, hs_bundle_file_hash(bundle, i),
                   sizeof live->rules);
    }
}

/* What is stored about a release; `report`: of its own trial, or NULL. */
static void take_about(struct hs_reload *reload, int mends,
                       const struct hs_trial_report *report)
{
    const char *folder = reload->server->config->lua;
    struct hs_version_about *about = &reload->about;

    *about = (struct hs_version_about){0};
    snprintf(about->result, sizeof about->result, "%s",
             mends ? "ok" : reload->live.refusal.message);
    reload->head_moved = hs_author_watch_moved(folder);
    if (!report)
        return;
    hs_author_watch_find(folder, &about->author);
    snprintf(about->checks, sizeof about->checks,
             "{\"rules\":%lld,\"examples\":%lld,\"calls\":%lld,\"plans\":%lld}",
             (long long)report->rules, (long long)report->examples,
             (long long)report->calls, (long long)report->plans);
    memcpy(about->gate, report->gate, sizeof about->gate);
}

/* The newest files end earlier refusals; all else only stands in for them. */
static void publish(struct hs_reload *reload, struct hs_release *release,
                    enum hs_answering answering,
                    const struct hs_trial_report *report)
{
    struct hs_release *old = reload->current;
    int mends = answering == HS_ANSWERS_FILES;

    reload->proven = mends;
    reload->refused &= !mends;
    take_about(reload, mends, mends ? report : NULL);
    number_release(reload, release->bundle, old ? old->bundle : NULL);
    pthread_mutex_lock(&reload->lock);
    reload->current = release;
    describe_release(&reload->live, release, answering);
    if (mends)
        reload->live.refusal = (struct hs_refusal){0};
    atomic_fetch_add(&reload->generation, 1);
    tell(reload);
    pthread_mutex_unlock(&reload->lock);
    (void)hs_feed_publish("", "rules", "{}", 2);
    hs_release_drop(old);
    hs_release_tidy(release);
}

/* If confirmation is required, good files that send real calls elsewhere wait
 * for approval. 1 if these do: the reason is in `err` and `report`. */
static int must_wait(struct hs_reload *reload, const struct hs_bundle *bundle,
                     struct hs_trial_report *report,
                     struct hs_script_error *err)
{
    const struct hs_config *config = reload->server->config;
    const char *hash = hs_bundle_hash(bundle);
    int is_private = strcmp(config->data_scope, "team") != 0;

    reload->held[0] = '\0';
    if (!config->rules_confirm || report->changed == 0 ||
        hs_version_is_accepted(reload->server->store, hash))
        return 0;
    snprintf(reload->held, sizeof reload->held, "%s", hash);
    *err = (struct hs_script_error){.code = HELD, .source = HS_RULE_FILE};
    snprintf(err->message, sizeof err->message, HELD_TEXT "%.380s", hash,
             report->change);
    if (is_private)
        snprintf(report->seen.message, sizeof report->seen.message,
                 HELD_TEXT "%lld real calls change", hash,
                 (long long)report->changed);
    return 1;
}

static void say_reloaded(struct hs_reload *reload, int64_t began,
                         const char *host, const struct hs_trial_report *report)
{
    hs_count(HS_C_RELOADS, 1);
    hs_log(HS_LOG_INFO, "reloaded", HS_I("version", hs_reload_version(reload)),
           HS_I("ms", hs_monotonic_ms() - began), HS_S("host", host),
           HS_S("user", reload->about.author.name),
           HS_S("changes", report->change),
           HS_S("rules", report->accounts ? report->accounts : ""),
           HS_S("warnings", report->warnings ? report->warnings : ""));
}

/* ---- several hosts ---- */

/* Try another host's version with this program, and make it live. 0, or -1
 * when it can't be used here: what was live goes on. */
static int take_over(struct hs_reload *reload, const struct hs_current *now)
{
    const struct hs_server *server = reload->server;
    const struct hs_release *live = reload->current;
    const struct hs_bundle_from from = {.base = HS_BASE_OTHERS,
                                        .patience = HS_FOLDER_HURRY,
                                        .folder = server->config->lua,
                                        .texts = now->files.texts,
                                        .before = live ? live->bundle : NULL};
    int64_t began = hs_monotonic_ms();
    struct hs_trial_report report = {0};
    struct hs_script_error err = {0};
    struct hs_release *release =
        hs_release_try(server, &from, HS_TRIAL_FULL,
                       reload->proven ? reload->current : NULL, &report, &err);

    hs_retry_plan(&reload->theirs, release ? NULL : &err,
                  hs_monotonic_ms() - began);
    if (!release) {
        reload->shared.refused = now->seq;
        reload->unusable = err;
        (void)snprintf(reload->unusable.message, sizeof err.message,
                       "the rules from %s can't be used here: %.300s%s",
                       now->by_host, err.message,
                       reload->theirs.wanted ? "; trying again" : "");
        if (!reload->refused)
            refuse(reload, &reload->unusable, &report);
        hs_trial_report_free(&report);
        return -1;
    }
    hs_shared_rules_write(&reload->shared, server, now);
    reload->shared.seq = now->seq;
    reload->shared.refused = 0;
    reload->unusable.message[0] = '\0';
    memcpy(reload->shared.hash, now->hash, sizeof now->hash);
    if (release == live) {
        hs_release_drop(release);
        end_refusal(reload);
    } else {
        publish(reload, release, HS_ANSWERS_FILES, &report);
        say_reloaded(reload, began, now->by_host, &report);
    }
    hs_trial_report_free(&report);
    return 0;
}

/* Take over what another host has made live. */
static void look_elsewhere(struct hs_reload *reload)
{
    struct hs_current now;
    struct hs_error err;

    if (hs_retry_is_due(&reload->theirs))
        hs_shared_rules_reconsider(&reload->shared);
    if (hs_shared_rules_look(&reload->shared, reload->server, &now, &err) > 0)
        (void)take_over(reload, &now);
    hs_version_files_free(&now.files);
}

/* Whatever becomes of this host's files: the others have another version. */
static void say_unusable(struct hs_reload *reload)
{
    if (reload->unusable.message[0] && !reload->live.refusal.message[0])
        refuse_theirs(reload);
}

/* The first host of a database makes its files live on all. */
static void offer_first(struct hs_reload *reload)
{
    struct hs_script_error err;

    if (reload->shared.empty && !reload->shared.seq && reload->proven)
        (void)hs_shared_rules_publish(&reload->shared, reload->server,
                                      reload->current->bundle, &err);
}

/* Files of the folder that passed: live on all hosts, then here. */
static void make_live(struct hs_reload *reload, struct hs_release *release,
                      int64_t began, struct hs_trial_report *report)
{
    struct hs_script_error err = {0};

    switch (hs_shared_rules_publish(&reload->shared, reload->server,
                                    release->bundle, &err)) {
    case HS_SHARE_DONE:
        reload->unusable.message[0] = '\0';
        hs_retry_plan(&reload->theirs, NULL, 0);
        publish(reload, release, HS_ANSWERS_FILES, report);
        say_reloaded(reload, began, "", report);
        break;
    case HS_SHARE_REFUSED:
        hs_retry_plan(&reload->ours, &err, 0);
        reload->shared.looked = 0; /* what is newer comes next */
        refuse_ours(reload, &err, report);
        hs_release_drop(release);
        break;
    case HS_SHARE_IGNORED:
        hs_release_drop(release);
        end_refusal(reload);
        break;
    }
}

/* Read the folder, which has changed or is only tried again; publish it if it
 * is new and good. */
static void reload_once(struct hs_reload *reload, int changed)
{
    const struct hs_server *server = reload->server;
    const struct hs_bundle_from from = {
        .folder = server->config->lua,
        .patience = !reload->restless                 ? HS_FOLDER_AHEAD
                    : reload->restless < RESTLESS_MAX ? HS_FOLDER_SOON
                                                      : HS_FOLDER_HURRY,
        .before = reload->current->bundle};
    int64_t began = hs_monotonic_ms();
    struct hs_trial_report report = {0};
    struct hs_script_error err = {0};
    struct hs_release *release =
        hs_release_try(server, &from, HS_TRIAL_FULL,
                       reload->proven ? reload->current : NULL, &report, &err);

    if (!release && strcmp(err.code, HS_TRIAL_CHANGED) == 0 &&
        from.patience != HS_FOLDER_HURRY) {
        if (++reload->restless == 2)
            hs_log(HS_LOG_INFO, "reload_waits", HS_S("file", err.source),
                   HS_S("message", err.message));
        hs_folder_watch_wake(reload->watch); /* still being written */
        return;
    }
    reload->restless = 0;
    if (changed)
        hs_shared_rules_reconsider(&reload->shared);
    hs_retry_plan(&reload->ours, release ? NULL : &err,
                  hs_monotonic_ms() - began);
    if (!release) {
        refuse_ours(reload, &err, &report);
    } else if (release == reload->current) {
        reload->held[0] = '\0';
        hs_release_drop(release);
        end_refusal(reload);
    } else if (must_wait(reload, release->bundle, &report, &err)) {
        hs_release_drop(release);
        refuse_ours(reload, &err, &report);
    } else {
        make_live(reload, release, began, &report);
    }
    hs_trial_report_free(&report);
}

/* Waiting files go live once approved. */
static int is_accepted(struct hs_reload *reload)
{
    return reload->held[0] &&
           hs_version_is_accepted(reload->server->store, reload->held);
}

/* A file is saved first and committed later: the commit names its author. */
static void keep_author(struct hs_reload *reload)
{
    const char *folder = reload->server->config->lua;
    int64_t moved = hs_author_watch_moved(folder);
    struct hs_author author;
    struct hs_error err;
    int failed;

    if (moved == reload->head_moved || !reload->numbered ||
        reload->live.answering != HS_ANSWERS_FILES || reload->held[0])
        return;
    hs_author_watch_find(folder, &author);
    failed = strcmp(author.kind, "git") == 0 &&
             hs_version_name_author(reload->server->store, &author, &err) != 0;
    if (failed && !reload->author_told)
        hs_log(HS_LOG_WARN, "version_not_stored", HS_S("code", err.code),
               HS_S("message", err.message));
    reload->author_told = failed;
    if (!failed) /* else it is retried soon */
        reload->head_moved = moved;
}

/* One alert reports refused files, of each host; it is closed when they are
 * good. */
static void keep_alert(struct hs_reload *reload)
{
    char text[sizeof reload->alert.text];

    hs_live_rules_warning(&reload->live, text, sizeof text);
    hs_alert_keep(reload->server->store, &reload->alert, text);
    hs_shared_rules_tell(&reload->shared, reload->server);
}

/* What the other hosts' people read about this one. */
static void tell_hosts(struct hs_reload *reload)
{
    struct hs_host_rules rules = {.version = hs_reload_version(reload),
                                  .seq = reload->shared.seq};
    const struct hs_refusal *why = &reload->live.refusal;

    if (!reload->server->bus)
        return;
    if (why->message[0])
        hs_refusal_text(why, rules.problem, sizeof rules.problem);
    hs_bus_say_rules(reload->server->bus, &rules);
}

static void *run(void *arg)
{
    struct hs_reload *reload = arg;
    int failed = hs_watchdog_thread_start();

    say_unusable(reload);
    while (!failed && !atomic_load(&reload->stop)) {
        enum hs_folder_news news = hs_folder_watch_wait(
            reload->watch, reload->shared.on ? LOOK_SHARED_MS : LOOK_AGAIN_MS);

        if (atomic_load(&reload->stop))
            break;
        if (news != HS_FOLDER_QUIET || hs_retry_is_due(&reload->ours) ||
            is_accepted(reload))
            reload_once(reload, news != HS_FOLDER_QUIET);
        look_elsewhere(reload);
        hs_shared_rules_write_again(&reload->shared, reload->server);
        offer_first(reload);
        say_unusable(reload);
        keep_alert(reload);
        keep_author(reload);
        if (!reload->numbered) {
            struct hs_release *release = hs_reload_take(reload, NULL);

            number_release(reload, release->bundle, NULL);
            hs_release_drop(release);
        }
        tell_hosts(reload);
    }
    hs_watchdog_thread_stop();
    return NULL;
}

/* ---- life ---- */

/* What answers in place of refused files; NULL only when memory ran out. */
static struct hs_release *stand_in(const struct hs_server *server,
                                   const struct hs_script_error *err,
                                   enum hs_answering *answering)
{
    struct hs_stand_ins others;
    struct hs_release *release = NULL;

    hs_stand_ins_list(&others, server->store, server->config->lua, err);
    for (int i = 0; !release && i < others.count; i++) {
        struct hs_script_error broken;

        release = hs_release_try(server, &others.list[i].from, HS_TRIAL_LOAD,
                                 NULL, NULL, &broken);
        *answering = others.list[i].answering;
    }
    hs_stand_ins_free(&others);
    return release;
}

/* The first release; there must be one, whatever state the folder is in. */
static struct hs_release *first_release(struct hs_reload *reload,
                                        enum hs_answering *answering,
                                        struct hs_trial_report *report,
                                        struct hs_script_error *err)
{
    const struct hs_server *server = reload->server;
    const struct hs_bundle_from from = {.folder = server->config->lua};
    int64_t began = hs_monotonic_ms();
    struct hs_release *release =
        hs_release_try(server, &from, HS_TRIAL_FULL, NULL, report, err);

    *answering = HS_ANSWERS_FILES;
    if (release && !must_wait(reload, release->bundle, report, err))
        return release;
    hs_release_drop(release);
    release = stand_in(server, err, answering);
    refuse_ours(reload, err, report);
    hs_retry_plan(&reload->ours, err, hs_monotonic_ms() - began);
    return release;
}

struct hs_reload *hs_reload_new(struct hs_server *server,
                                struct hs_script_error *err)
{
    struct hs_reload *reload = calloc(1, sizeof *reload);
    struct hs_trial_report report = {0};
    struct hs_release *release;

    if (!reload) {
        *err = (struct hs_script_error){.code = "memory",
                                        .message = "out of memory"};
        return NULL;
    }
    reload->server = server;
    hs_shared_rules_open(&reload->shared, server);
    reload->alert = (struct hs_alert){
        .kind = ALERT,
        .subject = reload->shared.on ? reload->shared.host : "The Lua files"};
    pthread_mutex_init(&reload->lock, NULL);
    reload->watch = hs_folder_watch_new(server->config->lua);
    look_elsewhere(reload); /* the database wins */
    release = reload->current;
    if (!release) {
        enum hs_answering answering;

        release = first_release(reload, &answering, &report, err);
        if (release)
            publish(reload, release, answering, &report);
    }
    hs_trial_report_free(&report);
    if (!release) {
        hs_reload_free(reload);
        return NULL;
    }
    offer_first(reload);
    tell_hosts(reload);
    return reload;
}

int hs_reload_watch(struct hs_reload *reload)
{
    if (!reload->watch ||
        pthread_create(&reload->thread, NULL, run, reload) != 0)
        return -1;
    reload->started = 1;
    return 0;
}

void hs_reload_free(struct hs_reload *reload)
{
    if (!reload)
        return;
    if (reload->started) {
        atomic_store(&reload->stop, 1);
        hs_folder_watch_wake(reload->watch);
        pthread_join(reload->thread, NULL);
    }
    hs_folder_watch_free(reload->watch);
    hs_release_drop(reload->current);
    pthread_mutex_destroy(&reload->lock);
    free(reload);
}

/* ---- questions ---- */

uint64_t hs_reload_generation(const struct hs_reload *reload)
{
    return atomic_load_explicit(&reload->generation, memory_order_acquire);
}

struct hs_release *hs_reload_take(struct hs_reload *reload,
                                  uint64_t *generation)
{
    struct hs_release *release;

    pthread_mutex_lock(&reload->lock);
    release = hs_release_keep(reload->current);
    if (generation)
        *generation = atomic_load(&reload->generation);
    pthread_mutex_unlock(&reload->lock);
    return release;
}

void hs_reload_now(struct hs_reload *reload)
{
    if (reload->watch)
        hs_folder_watch_wake(reload->watch);
}

int64_t hs_reload_version(struct hs_reload *reload)
{
    int64_t version;

    pthread_mutex_lock(&reload->lock);
    version = hs_bundle_version(reload->current->bundle);
    pthread_mutex_unlock(&reload->lock);
    return version;
}

int hs_reload_describe(struct hs_reload *reload, struct hs_buf *out)
{
    struct hs_live_rules live;

    pthread_mutex_lock(&reload->lock);
    live = reload->live;
    pthread_mutex_unlock(&reload->lock);
    return hs_live_rules_json(&live, out);
}
