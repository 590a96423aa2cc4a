/* release.c: trying a bundle. */
#include "server/release/release.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/metrics.h"
#include "script/host.h"
#include "script/rule_vm/rule_vm.h"
#include "script/rule_vm/watchdog.h"
#include "server/app.h"
#include "server/release/folder_watch.h"

#define LOOK_MS 100   /* how often a waiting thread checks whether to end */
#define SLACK_MS 1000 /* a trial ends by itself unless it hangs in C */

struct hs_release *hs_release_keep(struct hs_release *release)
{
    atomic_fetch_add(&release->refs, 1);
    return release;
}

/* The next trial asks these rules about the last calls. */
static void keep_rules(struct hs_release *release, struct hs_rule_vm *rules)
{
    hs_rule_vm_free(atomic_exchange(&release->rules, rules));
}

void hs_release_tidy(struct hs_release *release)
{
    struct hs_rule_vm *rules = release->tried.rules;

    if (!release->tried.app)
        return;
    release->tried.rules = NULL;
    hs_vm_group_close(&release->tried);
    keep_rules(release, rules);
}

void hs_release_drop(struct hs_release *release)
{
    if (!release || atomic_fetch_sub(&release->refs, 1) > 1)
        return;
    hs_release_tidy(release);
    keep_rules(release, NULL);
    hs_vms_free(atomic_load(&release->first));
    hs_bundle_drop(release->bundle);
    hs_router_free(release->router);
    free(release);
}

void hs_vms_free(struct hs_vms *vms)
{
    if (!vms)
        return;
    hs_vm_group_close(&vms->group);
    hs_release_drop(vms->release);
    hs_gauge_add(HS_G_VMS, -1);
    free(vms);
}

/* Load the application. As in a trial, that asks neither the database nor the
 * network: a pair is made beside the trial, before the verdict. */
static int load(struct hs_vms *vms, struct hs_script_error *err)
{
    struct hs_host *host = hs_host(hs_vm_state(vms->group.app));
    int code;

    host->trial = 1;
    code = hs_app_start(vms->group.app, NULL, err);
    host->trial = 0;
    return code;
}

struct hs_vms *hs_vms_make(const struct hs_server *server,
                           struct hs_bundle *bundle,
                           struct hs_script_error *err)
{
    const struct hs_vm_reach reach = hs_app_reach(server);
    struct hs_vms *vms = calloc(1, sizeof *vms);

    if (!vms) {
        *err = (struct hs_script_error){.code = "memory",
                                        .message = "out of memory"};
        return NULL;
    }
    hs_gauge_add(HS_G_VMS, 1);
    if (hs_vm_group_open(&vms->group, bundle, &reach, err) == 0 &&
        load(vms, err) == 0)
        return vms;
    hs_vms_free(vms);
    return NULL;
}

struct hs_vms *hs_release_take_first(struct hs_release *release)
{
    struct hs_vms *vms = atomic_exchange(&release->first, NULL);

    if (vms)
        vms->release = hs_release_keep(release);
    return vms;
}

static struct hs_release *new_release(void)
{
    struct hs_release *release = calloc(1, sizeof *release);

    if (!release)
        return NULL;
    atomic_store(&release->refs, 1);
    release->router = hs_router_new();
    if (release->router)
        return release;
    free(release);
    return NULL;
}

/* ---- a trial, in a thread of its own ----
 *
 * A C function that never returns holds its thread for ever; nothing can end
 * it. So the requester only waits so long, then abandons the thread and all it
 * uses. */

struct job {
    const struct hs_server *server;
    struct hs_bundle_from from; /* copies */
    struct hs_bundle_text *texts;
    enum hs_trial_depth depth;
    struct hs_release *live, *made;
    struct hs_trial_report report;
    struct hs_script_error err;
    struct hs_bundle *compiled; /* of the files that are tried, or NULL */
    struct hs_vms *first;       /* made from it by `maker` */
    _Atomic int reads;          /* it is reading files */
    pthread_t thread, maker;
    pthread_mutex_t lock; /* the members below it */
    pthread_cond_t changed;
    int finished, abandoned;
};

static _Atomic int left_behind; /* abandoned trials that still run */

static void free_job(struct job *job)
{
    for (struct hs_bundle_text *text = job->texts; text && text->name; text++) {
        free((char *)text->name);
        free((char *)text->text);
    }
    free(job->texts);
    hs_bundle_drop((struct hs_bundle *)job->from.before);
    hs_release_drop(job->live);
    hs_release_drop(job->made);
    hs_trial_report_free(&job->report);
    pthread_mutex_destroy(&job->lock);
    pthread_cond_destroy(&job->changed);
    free(job);
}

/* 0, or -1 when memory ran out. */
static int copy_texts(struct job *job, const struct hs_bundle_text *texts)
{
    size_t count = 0;

    while (texts && texts[count].name)
        count++;
    job->texts = calloc(count + 1, sizeof *job->texts);
    if (!job->texts)
        return -1;
    for (size_t i = 0; i < count; i++) {
        struct hs_bundle_text *copy = &job->texts[i];
        char *text = malloc(texts[i].len + 1);

        if (text) {
            memcpy(text, texts[i].text, texts[i].len);
            text[texts[i].len] = '\0';
        }
        copy->name = strdup(texts[i].name);
        copy->text = text;
        copy->len = texts[i].len;
        if (!copy->name || !text) {
            free(text);
            free((char *)copy->name);
            copy->name = NULL;
            return -1;
        }
    }
    if (texts)
        job->from.texts = job->texts;
    return 0;
}

static struct job *new_job(const struct hs_server *server,
                           const struct hs_bundle_from *from,
                           enum hs_trial_depth depth, struct hs_release *live)
{
    struct job *job = calloc(1, sizeof *job);
    pthread_condattr_t attr;

    if (!job)
        return NULL;
    pthread_mutex_init(&job->lock, NULL);
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&job->changed, &attr);
    pthread_condattr_destroy(&attr);
    job->server = server;
    job->depth = depth;
    job->from = *from;
    job->from.texts = NULL; /* copied below */
    if (from->before)
        hs_bundle_keep((struct hs_bundle *)from->before);
    job->live = live ? hs_release_keep(live) : NULL;
    job->made = new_release();
    if (job->made && copy_texts(job, from->texts) == 0)
        return job;
    free_job(job);
    return NULL;
}

/* ---- the first pair of VMs, made beside the trial ----
 *
 * So that no call waits for it. */

static void *make_first(void *arg)
{
    struct job *job = arg;
    struct hs_script_error err;

    job->first = hs_vms_make(job->server, job->compiled, &err);
    return NULL;
}

static void start_first(void *ctx, struct hs_bundle *bundle)
{
    struct job *job = ctx;

    hs_bundle_keep(bundle);
    job->compiled = bundle;
    if (pthread_create(&job->maker, NULL, make_first, job) == 0)
        return;
    hs_bundle_drop(bundle);
    job->compiled = NULL;
}

static void note_reading(void *ctx, int reads)
{
    struct job *job = ctx;

    atomic_store(&job->reads, reads);
    hs_folder_watch_looks(reads);
}

/* It ends by itself, as the trial does. */
static void take_first(struct job *job, int passed)
{
    if (!job->compiled)
        return;
    pthread_join(job->maker, NULL);
    hs_bundle_drop(job->compiled);
    if (passed)
        atomic_store(&job->made->first, job->first);
    else
        hs_vms_free(job->first);
}

/* Files that were read ahead may have changed meanwhile: then those of now are
 * tried, with nothing left of the first try. */
static int try_files(struct job *job, struct hs_trial *trial,
                     struct hs_candidate *candidate)
{
    int rc = hs_trial_run(trial, candidate, &job->err);

    if (rc >= 0 || trial->from.patience != HS_FOLDER_AHEAD ||
        strcmp(job->err.code, HS_TRIAL_CHANGED) != 0)
        return rc;
    take_first(job, 0);
    job->compiled = NULL;
    hs_candidate_free(candidate);
    hs_router_free(job->made->router);
    trial->router = job->made->router = hs_router_new();
    trial->from.patience = HS_FOLDER_SOON;
    if (trial->router)
        return hs_trial_run(trial, candidate, &job->err);
    *candidate = (struct hs_candidate){0};
    hs_trial_short(&job->err);
    return -1;
}

/* The trial. job->made is the release to return, or NULL. */
static void do_job(struct job *job)
{
    const struct hs_server *server = job->server;
    struct hs_trial trial = {
        .from = job->from,
        .depth = job->depth,
        .reach = hs_app_reach(server),
        .router = job->made->router,
        .known = job->live ? hs_bundle_hash(job->live->bundle) : NULL,
        .loaded = job->live ? job->live->bundle : NULL,
        .compiled = job->live ? start_first : NULL,
        .reads = note_reading,
        .ctx = job};
    struct hs_candidate candidate;
    int rc;

    if (job->live)
        trial.reach.replaced = atomic_exchange(&job->live->rules, NULL);
    rc = try_files(job, &trial, &candidate);
    job->report = candidate.report;
    candidate.report = (struct hs_trial_report){0}; /* owned by the job now */
    take_first(job, rc == 0);
    if (job->live)
        keep_rules(job->live, trial.reach.replaced);
    if (rc == 0 && job->live && candidate.same_application) {
        hs_router_free(job->made->router);
        job->made->router = hs_router_keep(job->live->router);
    }
    if (rc == 0) { /* owned by the release now */
        job->made->bundle = candidate.bundle;
        job->made->tried = candidate.vms;
        candidate.bundle = NULL;
        candidate.vms = (struct hs_vm_group){0};
    } else {
        hs_release_drop(job->made);
        job->made = rc > 0 ? hs_release_keep(job->live) : NULL;
    }
    hs_candidate_free(&candidate);
}

static void *run_job(void *arg)
{
    struct job *job = arg;
    int abandoned;

    do_job(job);
    pthread_mutex_lock(&job->lock);
    job->finished = 1;
    abandoned = job->abandoned;
    pthread_cond_signal(&job->changed);
    pthread_mutex_unlock(&job->lock);
    if (abandoned) {
        free_job(job);
        atomic_fetch_sub(&left_behind, 1);
    }
    return NULL;
}

/* How far a job had got when it was last looked at. */
struct look {
    unsigned steps;
    int64_t at; /* since when it has got no further */
};

/* Has the folder stopped answering while files are read? */
static int is_stuck(struct job *job, struct look *last)
{
    unsigned steps = hs_folder_steps();

    if (!atomic_load(&job->reads) || steps != last->steps)
        *last = (struct look){steps, hs_running_ms()};
    return hs_running_ms() - last->at > HS_FOLDER_STUCK_MS;
}

/* Wait for the job until the deadline, until the server is to end or the folder
 * doesn't answer. 1 if it has finished; else it is abandoned. */
static int wait_for(struct job *job, int *stuck)
{
    struct look last = {hs_folder_steps(), hs_running_ms()};
    const struct hs_server *server = job->server;
    int tries = job->from.patience == HS_FOLDER_AHEAD ? 2 : 1;
    int64_t most = server->config->trial_seconds * 1000 + HS_WATCH_LATE_MS;
    int64_t until = hs_running_ms() + tries * most + SLACK_MS;
    int finished;

    pthread_mutex_lock(&job->lock);
    while (!job->finished && hs_running_ms() < until &&
           !atomic_load(&server->draining) &&
           !(*stuck = is_stuck(job, &last))) {
        struct timespec look;

        clock_gettime(CLOCK_MONOTONIC, &look);
        look.tv_nsec += LOOK_MS * 1000000L;
        look.tv_sec += look.tv_nsec / 1000000000L;
        look.tv_nsec %= 1000000000L;
        pthread_cond_timedwait(&job->changed, &job->lock, &look);
    }
    finished = job->finished;
    job->abandoned = !finished;
    if (!finished) {
        atomic_fetch_add(&left_behind, 1);
        pthread_detach(job->thread);
    }
    pthread_mutex_unlock(&job->lock);
    return finished;
}

static void say_stuck(struct hs_script_error *err)
{
    *err = (struct hs_script_error){.code = "io",
                                    .message = "the Lua folder doesn't answer"};
}

static void say_abandoned(const struct hs_server *server, int stuck,
                          struct hs_script_error *err)
{
    long long seconds = server->config->trial_seconds;

    if (atomic_load(&server->draining)) { /* says nothing of the files */
        *err = (struct hs_script_error){.code = HS_TRIAL_STOPPING,
                                        .message = "the server is stopping"};
        return;
    }
    if (stuck) {
        say_stuck(err);
        return;
    }
    *err = (struct hs_script_error){.code = "abandoned"};
    hs_trial_too_long(seconds, err);
    hs_log(HS_LOG_ERROR, "trial_abandoned", HS_I("seconds", seconds),
           HS_I("count", hs_release_left_behind()));
}

int hs_release_left_behind(void)
{
    return atomic_load(&left_behind);
}

struct hs_release *hs_release_try(const struct hs_server *server,
                                  const struct hs_bundle_from *from,
                                  enum hs_trial_depth depth,
                                  struct hs_release *live,
                                  struct hs_trial_report *report,
                                  struct hs_script_error *err)
{
    struct job *job;
    struct hs_release *made;
    int stuck = 0;

    if (from->folder && hs_folder_watch_stuck_ms() > HS_FOLDER_STUCK_MS) {
        say_stuck(err); /* who waits for it already is enough */
        return NULL;
    }
    job = new_job(server, from, depth, live);
    if (!job || pthread_create(&job->thread, NULL, run_job, job) != 0) {
        hs_trial_short(err);
        if (job)
            free_job(job);
        return NULL;
    }
    if (!wait_for(job, &stuck)) {
        say_abandoned(server, stuck, err);
        return NULL;
    }
    pthread_join(job->thread, NULL); /* so that nothing of it outlives main */
    if (report) {
        *report = job->report;
        job->report = (struct hs_trial_report){0};
    }
    *err = job->err;
    made = job->made;
    job->made = NULL;
    free_job(job);
    return made;
}
