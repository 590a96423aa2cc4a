/* reload.c: the Lua that answers now, and the thread that replaces it. */
#include "server/reload.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/metrics.h"
#include "script/bundle.h"
#include "script/sandbox.h"
#include "script/trial.h"
#include "server/app.h"
#include "server/folder_watch.h"
#include "server/versions.h"

#define LOOK_AGAIN_MS 1000
#define ERROR_SIZE 1024
/* What decides while forwarding.lua is refused from the start: no rule holds,
 * so the console's settings apply. */
#define DEFAULT_RULES "return {}\n"

struct hs_reload {
    struct hs_server *server;
    struct hs_folder_watch *watch;
    pthread_t thread;
    int started;
    _Atomic int stop;
    _Atomic uint64_t generation;
    pthread_mutex_t lock; /* the members below */
    struct hs_release *current;
    int defaults;
    char error[ERROR_SIZE]; /* why the folder's content is not live, or "" */
};

void hs_release_drop(struct hs_release *release)
{
    if (!release || atomic_fetch_sub(&release->refs, 1) > 1)
        return;
    hs_bundle_drop(release->bundle);
    hs_router_free(release->router);
    free(release);
}

/* ---- trying a bundle ---- */

/* What a set of sources must pass to be published. */
enum trial {
    ALL,        /* it loads, and the rules stand their trial */
    WITHOUT,    /* it loads */
    ON_DEFAULTS /* it loads with the default rules in place of its own */
};

/* Run rules and application once, without database and network: take the
 * routes, and see that the rules do what their examples say. */
static int try_in_vms(const struct hs_server *server, struct hs_bundle *bundle,
                      enum trial trial, struct hs_router *router,
                      struct hs_script_error *err)
{
    struct hs_host host = {.config = server->config,
                           .session_key = server->session_key,
                           .trial = 1};
    struct hs_rule_vm *rules;
    struct hs_vm *app = NULL;
    int result = -1;

    rules = hs_rule_vm_new(bundle, server->config, err);
    if (!rules)
        return -1;
    host.rules = rules;
    app = hs_app_vm_new(bundle, &host, err);
    if (app)
        result = hs_app_start(app, router, err);
    if (result == 0 && trial == ALL)
        result = hs_trial_run(app, bundle, NULL, err);
    hs_vm_free(app);
    hs_rule_vm_free(rules);
    return result;
}

/* Takes over the caller's hold on `bundle`, also on failure. */
static struct hs_release *make_release(const struct hs_server *server,
                                       struct hs_bundle *bundle,
                                       enum trial trial,
                                       struct hs_script_error *err)
{
    struct hs_release *release = calloc(1, sizeof *release);

    if (!release) {
        hs_bundle_drop(bundle);
        goto no_memory;
    }
    release->bundle = bundle;
    atomic_store(&release->refs, 1);
    release->router = hs_router_new();
    if (!release->router) {
        hs_release_drop(release);
        goto no_memory;
    }
    if (try_in_vms(server, bundle, trial, release->router, err) == 0)
        return release;
    hs_release_drop(release);
    return NULL;

no_memory:
    *err =
        (struct hs_script_error){.code = "memory", .message = "out of memory"};
    return NULL;
}

static struct hs_release *load_release(const struct hs_server *server,
                                       enum trial trial,
                                       struct hs_script_error *err)
{
    const char *folder = server->config->lua;
    struct hs_bundle *bundle;

    memset(err, 0, sizeof *err);
    bundle = trial == ON_DEFAULTS
                 ? hs_bundle_load_with(folder, HS_RULE_FILE, DEFAULT_RULES,
                                       strlen(DEFAULT_RULES), err)
                 : hs_bundle_load(folder, err);
    return bundle ? make_release(server, bundle, trial, err) : NULL;
}

/* ---- publishing ---- */

static void number_release(struct hs_reload *reload, struct hs_bundle *bundle)
{
    struct hs_error err;
    int64_t version;

    if (hs_version_of(reload->server->store, bundle, &version, &err) != 0) {
        hs_log(HS_LOG_WARN, "version_not_stored", HS_S("code", err.code),
               HS_S("message", err.message));
        return; /* looked up again before long */
    }
    hs_bundle_set_version(bundle, version);
    hs_gauge_set(HS_G_RULES_VERSION, version);
}

static void explain(const struct hs_script_error *err, char *out, size_t size)
{
    if (err->source[0])
        snprintf(out, size, "%s:%d: %s", err->source, err->line, err->message);
    else
        snprintf(out, size, "%s", err->message);
}

/* Keep why the folder's content is refused, NULL: it is not. 1 when that is
 * news. */
static int set_error(struct hs_reload *reload,
                     const struct hs_script_error *err)
{
    char text[ERROR_SIZE] = "";
    int news;

    if (err)
        explain(err, text, sizeof text);
    pthread_mutex_lock(&reload->lock);
    news = strcmp(text, reload->error) != 0;
    memcpy(reload->error, text, sizeof text);
    hs_rules_set_refusal(text);
    pthread_mutex_unlock(&reload->lock);
    return news;
}

static void publish(struct hs_reload *reload, struct hs_release *release,
                    int defaults)
{
    struct hs_release *old;

    number_release(reload, release->bundle);
    pthread_mutex_lock(&reload->lock);
    old = reload->current;
    reload->current = release;
    reload->defaults = defaults;
    atomic_fetch_add(&reload->generation, 1);
    pthread_mutex_unlock(&reload->lock);
    hs_release_drop(old);
}

static int is_current(struct hs_reload *reload, const char *hash)
{
    int same;

    pthread_mutex_lock(&reload->lock);
    same = strcmp(hs_bundle_hash(reload->current->bundle), hash) == 0;
    pthread_mutex_unlock(&reload->lock);
    return same;
}

static void refuse(struct hs_reload *reload, const struct hs_script_error *err)
{
    if (!set_error(reload, err))
        return;
    hs_count(HS_C_RELOADS_REFUSED, 1);
    hs_log(HS_LOG_ERROR, "reload_refused", HS_S("file", err->source),
           HS_I("line", err->line), HS_S("code", err->code),
           HS_S("message", err->message));
}

/* Read the folder; publish what is new and good. */
static void reload_once(struct hs_reload *reload)
{
    struct hs_script_error err = {0};
    struct hs_bundle *bundle =
        hs_bundle_load(reload->server->config->lua, &err);
    struct hs_release *release;

    if (!bundle) {
        refuse(reload, &err);
        return;
    }
    if (is_current(reload, hs_bundle_hash(bundle))) {
        hs_bundle_drop(bundle);
        (void)set_error(reload, NULL);
        return;
    }
    release = make_release(reload->server, bundle, ALL, &err);
    if (!release) {
        refuse(reload, &err);
        return;
    }
    publish(reload, release, 0);
    (void)set_error(reload, NULL);
    hs_count(HS_C_RELOADS, 1);
    hs_log(HS_LOG_INFO, "reloaded", HS_I("version", hs_reload_version(reload)));
}

static void *run(void *arg)
{
    struct hs_reload *reload = arg;
    int failed = hs_watchdog_thread_start();

    while (!failed && !atomic_load(&reload->stop)) {
        enum hs_folder_news news =
            hs_folder_watch_wait(reload->watch, LOOK_AGAIN_MS);

        if (atomic_load(&reload->stop))
            break;
        if (news != HS_FOLDER_QUIET)
            reload_once(reload);
        if (hs_reload_version(reload) == 0) {
            struct hs_release *release = hs_reload_take(reload, NULL);

            number_release(reload, release->bundle);
            hs_release_drop(release);
        }
    }
    hs_watchdog_thread_stop();
    return NULL;
}

/* ---- life ---- */

/* The first release, which there must be. Rules that load are better than none,
 * even when their trial fails since the world has changed. */
static struct hs_release *first_release(struct hs_reload *reload,
                                        struct hs_script_error *err)
{
    struct hs_release *release = load_release(reload->server, ALL, err);
    struct hs_script_error broken = *err;
    int loads = strcmp(broken.code, "example") == 0 ||
                strcmp(broken.code, "proof") == 0;

    if (release || strcmp(broken.source, HS_RULE_FILE) != 0)
        return release;
    release = load_release(reload->server, loads ? WITHOUT : ON_DEFAULTS, err);
    if (!release)
        return NULL;
    refuse(reload, &broken);
    reload->defaults = !loads;
    return release;
}

struct hs_reload *hs_reload_new(struct hs_server *server,
                                struct hs_script_error *err)
{
    struct hs_reload *reload = calloc(1, sizeof *reload);
    struct hs_release *release;

    if (!reload) {
        *err = (struct hs_script_error){.code = "memory",
                                        .message = "out of memory"};
        return NULL;
    }
    reload->server = server;
    pthread_mutex_init(&reload->lock, NULL);
    /* Before the files are read: what changes meanwhile is news. */
    reload->watch = hs_folder_watch_new(server->config->lua);
    release = first_release(reload, err);
    if (!release) {
        hs_reload_free(reload);
        return NULL;
    }
    publish(reload, release, reload->defaults);
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
    release = reload->current;
    atomic_fetch_add(&release->refs, 1);
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

int hs_reload_on_defaults(struct hs_reload *reload)
{
    int defaults;

    pthread_mutex_lock(&reload->lock);
    defaults = reload->defaults;
    pthread_mutex_unlock(&reload->lock);
    return defaults;
}

int hs_reload_describe(struct hs_reload *reload, struct hs_buf *out)
{
    char error[ERROR_SIZE];
    char hash[65];
    long long version;
    int defaults;

    pthread_mutex_lock(&reload->lock);
    version = hs_bundle_version(reload->current->bundle);
    snprintf(hash, sizeof hash, "%s", hs_bundle_hash(reload->current->bundle));
    memcpy(error, reload->error, sizeof error);
    defaults = reload->defaults;
    pthread_mutex_unlock(&reload->lock);
    if (hs_buf_printf(out,
                      "{\"version\":%lld,\"hash\":\"%s\",\"defaults\":%s,"
                      "\"error\":",
                      version, hash, defaults ? "true" : "false") != 0)
        return -1;
    if ((error[0] ? hs_buf_add_json(out, error, strlen(error))
                  : hs_buf_add_str(out, "null")) != 0)
        return -1;
    return hs_buf_add_str(out, "}");
}
