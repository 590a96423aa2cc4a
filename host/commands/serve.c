/* serve.c: `hookswitch serve`: everything from the settings to the last answer.
 */
#include <fcntl.h>
#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/config/credentials.h"
#include "base/config/database_name.h"
#include "base/log.h"
#include "base/version.h"
#include "commands/application.h"
#include "commands/commands.h"
#include "lib/fetch.h"
#include "lib/files/places.h"
#include "lib/limiter.h"
#include "lib/tz/tz.h"
#include "script/live_rules.h"
#include "script/vm.h"
#include "server/access/auth.h"
#include "server/answers/static.h"
#include "server/app.h"
#include "server/background/draft.h"
#include "server/background/maintain.h"
#include "server/notify.h"
#include "server/release/release.h"
#include "server/release/reload.h"
#include "server/server.h"
#include "store/engine/bus.h"
#include "store/memory/feed.h"
#include "store/memory/lines.h"
#include "store/memory/recent.h"
#include "store/near/near.h"
#include "store/store.h"
#include "twilio/sandbox.h"

#define TICK_MS 250
#define LOOK_MS 50 /* of the thread that waits for a signal */
#define SEED_MS 20000
#define KEYS_END_MS 1000
#define END_LOOK_MS 2
#define STOP_SLACK_MS 10000 /* to shut down after drain_seconds */
/* If anything stalls this long, systemd restarts us. */
#define HUNG_MS 60000
/* 64 workers with arenas of their own would each keep their peak memory. */
#define ARENAS 4
#define TRIM_BYTES (256 * 1024)

/* Written on every call; cached settings survive these writes. */
static const char *const hot_tables[] = {"twilio_call_logs",
                                         "call_decisions",
                                         "call_steps",
                                         "recordings",
                                         "call_acceptances",
                                         "call_recounts",
                                         "call_stragglers",
                                         "call_totals",
                                         "call_costs",
                                         "draft_calls",
                                         "draft_progress",
                                         "call_totals_state",
                                         "dial_days",
                                         "dial_totals",
                                         "missed_pending",
                                         "missed_marks",
                                         "missed_calls",
                                         "alerts",
                                         "sandbox_resources",
                                         "sandbox_requests",
                                         "sandbox_faults",
                                         "hosts",
                                         "leases",
                                         NULL};

static int open_log(const struct hs_config *config, struct hs_error *err)
{
    static const char *const names[] = {"debug", "info", "warn", "error"};
    int level = HS_LOG_INFO;

    for (int i = 0; i < 4; i++) {
        if (strcmp(config->log, names[i]) == 0)
            level = i;
    }
    hs_log_open((enum hs_log_level)level, -1);
    return hs_log_hurry(config->log_file[0] ? config->log_file : NULL, err);
}

/* What holds up a start or a call if it doesn't answer; not the log, which has
 * a thread of its own. */
static void watch_places(const struct hs_config *config)
{
    int elsewhere = hs_database_is_url(config->database);

    hs_place_watch(HS_PLACE_ZONES, hs_zone_folder());
    hs_place_watch(elsewhere ? "near_file" : HS_PLACE_DATABASE,
                   elsewhere ? config->near_file : config->database);
}

static const char *shown(const struct hs_config *config,
                         char name[HS_DATABASE_SHOWN])
{
    hs_database_shown(config->database, name);
    return name;
}

static int is_unreachable(const struct hs_error *err)
{
    static const char *const codes[] = {"io", "busy", "time", "readonly"};

    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++) {
        if (strcmp(err->code, codes[i]) == 0)
            return 1;
    }
    return 0;
}

/* Bring the database up to date. One that can't be reached is waited for if
 * calls can be answered without it: then `down` says why. 0, or -1 and `err`.
 */
static int migrate(const struct hs_config *config, const struct hs_near *near,
                   struct hs_error *down, struct hs_error *err)
{
    char name[HS_DATABASE_SHOWN];
    int applied = 0;

    if (hs_migrate(config->database, 0, &applied, err) != 0) {
        if (!near || !hs_near_is_filled(near) || !is_unreachable(err))
            return -1;
        *down = *err;
        hs_log(HS_LOG_WARN, "started_from_near_file",
               HS_S("database", shown(config, name)),
               HS_S("file", config->near_file), HS_S("code", err->code),
               HS_S("message", err->message));
    }
    if (applied > 0)
        hs_log(HS_LOG_INFO, "migrated", HS_S("database", shown(config, name)),
               HS_I("count", applied));
    return 0;
}

static int open_store(struct hs_server *server, struct hs_error *err)
{
    const struct hs_config *config = server->config;
    struct hs_error down = {0};
    struct hs_near *near = NULL;

    if (hs_database_is_url(config->database)) {
        near = hs_near_open(config->near_file, config->near_file_mb << 20, err);
        if (!near)
            return -1;
    }
    if (migrate(config, near, &down, err) != 0) {
        hs_near_close(near);
        return -1;
    }
    server->store = hs_store_open_near(config->database, hot_tables, near,
                                       down.code[0] ? &down : NULL, err);
    if (!server->store)
        return -1;
    hs_store_be_impatient(server->store);
    return 0;
}

/* What another host must have, too, or else it refuses what this one accepts.
 */
static int read_settings(const void *ctx, struct hs_host_setting *out)
{
    const struct hs_config *config = ctx;
    const struct hs_credentials keys = hs_credentials_now(config);
    const struct hs_host_setting all[] = {
        {"twilio_account_sid", config->twilio_account_sid},
        {"twilio_auth_token", keys.auth_token},
        {"twilio_auth_token_secondary", keys.auth_token_secondary},
        {"twilio_api_key", keys.api_key},
        {"twilio_api_secret", keys.api_secret},
        {"twilio_app_sid", config->twilio_app_sid},
        {"server_url", config->server_url},
        {"jwt_algorithm", config->jwt_algorithm},
        {"jwt_secret", keys.jwt_secret},
        {"jwt_secret_secondary", keys.jwt_secret_secondary},
        {"jwt_public_key_file", keys.jwt_public_keys},
        {"data_scope", config->data_scope},
        {"timezone", config->timezone}};

    memcpy(out, all, sizeof all);
    return (int)(sizeof all / sizeof *all);
}

/* The machine's name with the port: for people, and told from another process
 * on this machine. */
static int join_hosts(struct hs_server *server, struct hs_error *err)
{
    char name[300] = "";

    (void)gethostname(name, 200);
    name[200] = '\0';
    (void)snprintf(name + strlen(name), 16, ":%d", server->port);
    return hs_bus_start(server->store, name,
                        &(struct hs_host_settings){.read = read_settings,
                                                   .ctx = server->config},
                        &server->bus, err);
}

static int open_lua(struct hs_server *server, struct hs_error *err)
{
    struct hs_script_error broken = {0};
    char file[512], text[1280];

    server->reload = hs_reload_new(server, &broken);
    if (server->reload)
        return 0;
    hs_app_log("lua_refused", &broken, NULL);
    hs_application_file(server->config, NULL, broken.source, file, sizeof file);
    hs_error_place(file[0] ? file : server->config->lua, broken.line,
                   broken.message, text, sizeof text);
    return hs_error_set(err, broken.code, "%s", text);
}

static void say_refusal(const struct hs_config *config)
{
    struct hs_live_rules live;
    char text[HS_WARNING_SIZE];

    hs_live_rules_get(&live);
    hs_live_rules_warning(&live, text, sizeof text);
    if (text[0])
        (void)printf("%s is refused: %s\n", config->lua, text);
}

/* What a person who just started it needs to read. */
static void say_hello(struct hs_server *server)
{
    const struct hs_config *config = server->config;
    char name[HS_DATABASE_SHOWN];

    (void)printf("Hookswitch " HS_VERSION " answers on http://%s/ "
                 "(rules: %s/forwarding.lua, database: %s)\n",
                 server->address, config->lua, shown(config, name));
    say_refusal(config);
    if (!config->twilio_auth_token[0] && !server->insecure)
        (void)printf("TWILIO_AUTH_TOKEN is not set: every webhook is "
                     "refused until it is\n");
    (void)fflush(stdout);
    hs_log(HS_LOG_INFO, "listening", HS_S("address", server->address),
           HS_I("port", server->port), HS_I("workers", config->workers),
           HS_I("version", hs_reload_version(server->reload)),
           HS_I("pid", getpid()));
}

/* The sandbox's first start: put some calls into the log, and say what to try.
 * Later starts are silent. */
static void seed(struct hs_server *server)
{
    struct hs_fetch *fetch = hs_fetch_new(0);
    struct hs_fetch_answer answer = {0};
    struct hs_error err = {0};
    char url[96];
    struct hs_fetch_request request = {
        .method = "POST",
        .url = url,
        .body = "",
        .user = server->config->twilio_account_sid,
        .password = server->config->twilio_auth_token,
        .timeout_ms = SEED_MS};

    (void)snprintf(url, sizeof url, "http://127.0.0.1:%d/sandbox/seed",
                   server->port);
    if (fetch && hs_fetch(fetch, &request, &answer, &err) == 0 &&
        answer.status == 200)
        (void)printf("%s", answer.body);
    else
        hs_log(HS_LOG_WARN, "sandbox_not_seeded", HS_S("code", err.code),
               HS_S("message", err.message),
               HS_I("http_status", answer.status));
    (void)fflush(stdout);
    hs_fetch_free(fetch);
}

static int open_limiter(struct hs_server *server, struct hs_error *err)
{
    if (!server->config->rate_limits)
        return 0;
    server->limiter = hs_limiter_new();
    if (server->limiter && server->bus)
        hs_limiter_share(server->limiter,
                         &(struct hs_limiter_others){.ctx = server->bus,
                                                     .take = hs_bus_take,
                                                     .hosts = hs_bus_hosts});
    if (server->limiter)
        return 0;
    return hs_error_set(err, "memory", "the limiter cannot be made");
}

static int start(struct hs_server *server, struct hs_config *config,
                 struct hs_error *err)
{
    server->insecure = config->insecure_webhooks;
    if (hs_server_address(server, err) != 0 ||
        hs_sandbox_port(config, server->port, err) != 0 ||
        open_store(server, err) != 0 || join_hosts(server, err) != 0 ||
        hs_auth_open(server, 1, err) != 0 || open_limiter(server, err) != 0 ||
        open_lua(server, err) != 0)
        return -1;
    hs_server_fit_files(server, config);
    hs_static_start(server);
    if (hs_server_start(server, err) != 0)
        return -1;
    if (hs_reload_watch(server->reload) != 0)
        return hs_error_set(err, "thread", "the Lua folder cannot be watched");
    return 0;
}

/* `code` is the exit code, in case the process has to end here. */
static void stop(struct hs_server *server, int code)
{
    hs_server_stop(server);
    hs_reload_free(server->reload);
    if (hs_release_left_behind() > 0) {
        hs_log(HS_LOG_WARN, "stopped_beside_trial",
               HS_I("count", hs_release_left_behind()));
        (void)fflush(NULL);
        _exit(code); /* it still uses what would be freed */
    }
    hs_static_stop(server);
    hs_bus_stop(server->bus);
    hs_store_close(server->store);
    hs_auth_close(server);
    hs_limiter_free(server->limiter);
    hs_feed_clear();
    hs_recent_clear();
    hs_lines_clear();
}

/* Report on reading the keys again; 0: unchanged. What can't check tokens with
 * them yet tries again each time. */
static void take_keys(struct hs_server *server, int changed,
                      struct hs_error *err)
{
    static int unused;
    struct hs_credentials keys = hs_credentials_now(server->config);

    if (changed > 0 || unused) {
        struct hs_error why;

        unused = hs_auth_renew(server, &why) != 0;
        if (unused && changed > 0) {
            changed = -1;
            *err = why;
        } else if (!unused && changed == 0) {
            changed = 1;
        }
    }
    if (changed > 0)
        hs_log(HS_LOG_INFO, "credentials_changed",
               HS_I("count", (keys.auth_token[0] != 0) +
                                 (keys.auth_token_secondary[0] != 0)));
    else if (changed < 0)
        hs_log(HS_LOG_ERROR, "credentials_refused",
               HS_S("message", err->message));
}

static void reload(struct hs_server *server, struct hs_config *config,
                   const struct hs_arguments *args)
{
    struct hs_error err = {0};
    struct hs_config *fresh;

    hs_notify_reloading();
    fresh = hs_command_settings(args, &err);
    take_keys(server, fresh ? hs_credentials_take(config, fresh, &err) : -1,
              &err);
    hs_config_free(fresh);
    hs_reload_now(server->reload);
    hs_notify("READY=1");
}

/* ---- settings and keys that change ----
 *
 * In a thread of its own: their files may be on a mount that doesn't answer. */

struct keys {
    pthread_t thread;
    struct hs_server *server;
    struct hs_config *config;
    const struct hs_arguments *args;
    _Atomic int over, ended;
    int started;
};

static void *watch_keys(void *arg)
{
    struct keys *keys = arg;
    const struct timespec wait = {.tv_nsec = TICK_MS * 1000000L};
    sigset_t signals;

    sigemptyset(&signals);
    sigaddset(&signals, SIGHUP);
    while (!atomic_load(&keys->over)) {
        struct hs_error err = {0};
        int got = sigtimedwait(&signals, NULL, &wait);

        if (atomic_load(&keys->over))
            break;
        if (got == SIGHUP)
            reload(keys->server, keys->config, keys->args);
        take_keys(keys->server, hs_credentials_look(keys->config, &err), &err);
    }
    atomic_store(&keys->ended, 1);
    return NULL;
}

static void start_keys(struct keys *keys)
{
    keys->started = pthread_create(&keys->thread, NULL, watch_keys, keys) == 0;
    if (!keys->started)
        hs_log(HS_LOG_ERROR, "credentials_refused", HS_S("code", "thread"));
}

/* 0, or -1 if a file still holds it up. */
static int end_keys(struct keys *keys)
{
    const struct timespec pause = {.tv_nsec = END_LOOK_MS * 1000000L};
    int64_t until = hs_monotonic_ms() + KEYS_END_MS;

    if (!keys->started)
        return 0;
    atomic_store(&keys->over, 1);
    pthread_kill(keys->thread, SIGHUP); /* ends its wait */
    while (!atomic_load(&keys->ended)) {
        if (hs_monotonic_ms() >= until)
            return -1;
        nanosleep(&pause, NULL);
    }
    return pthread_join(keys->thread, NULL);
}

/* Sleep until a signal ends us; systemd hears meanwhile that we live. */
static int wait_for_end(struct hs_server *server)
{
    int64_t watchdog_ms = hs_notify_watchdog_ms();
    int64_t tick = watchdog_ms && watchdog_ms < TICK_MS ? watchdog_ms : TICK_MS;
    struct timespec wait = {.tv_sec = tick / 1000,
                            .tv_nsec = tick % 1000 * 1000000};
    sigset_t signals;

    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    for (;;) {
        int got = sigtimedwait(&signals, NULL, &wait);

        if (got > 0)
            return got;
        if (watchdog_ms && hs_server_standstill(server) < HUNG_MS)
            hs_notify("WATCHDOG=1");
    }
}

/* Block them before any thread starts, so that only who waits for
 * them receives them. */
static void block_signals(void)
{
    sigset_t signals;

    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGHUP);
    pthread_sigmask(SIG_BLOCK, &signals, NULL);
    (void)signal(SIGPIPE, SIG_IGN);
}

/* Before there are threads. */
static void limit_arenas(void)
{
    /* NOLINTNEXTLINE(concurrency-mt-unsafe) */
    (void)mallopt(M_ARENA_MAX, ARENAS);
    /* NOLINTNEXTLINE(concurrency-mt-unsafe) */
    (void)mallopt(M_TRIM_THRESHOLD, TRIM_BYTES);
}

/* ---- a signal during the start ---- */

struct starting {
    pthread_t thread;
    sigset_t signals;
    _Atomic int over;
    int watched;
};

/* No request is under way, and the database survives this at any time. */
static void *end_start(void *arg)
{
    struct starting *starting = arg;
    const struct timespec look = {.tv_nsec = LOOK_MS * 1000000L};
    int told = 0;

    while (!atomic_load(&starting->over)) {
        int got = sigtimedwait(&starting->signals, NULL, &look);
        const char *silent = hs_place_silent();

        if (got > 0 && atomic_load(&starting->over)) {
            kill(getpid(), got); /* it is for the main thread now */
        } else if (got > 0) {
            hs_log(HS_LOG_INFO, "stopped_while_starting", HS_I("signal", got),
                   HS_S("what", silent));
            _exit(HS_EXIT_OK);
        }
        if (silent && !told)
            hs_log(HS_LOG_ERROR, "start_waits", HS_S("what", silent),
                   HS_S("message", "it doesn't answer: check the mount it is "
                                   "on"));
        told |= silent != NULL;
    }
    return NULL;
}

/* With the signals blocked. */
static void watch_start(struct starting *starting)
{
    sigemptyset(&starting->signals);
    sigaddset(&starting->signals, SIGTERM);
    sigaddset(&starting->signals, SIGINT);
    atomic_store(&starting->over, 0);
    starting->watched =
        pthread_create(&starting->thread, NULL, end_start, starting) == 0;
}

/* The start is over, whether it succeeded or not. */
static void start_ended(struct starting *starting)
{
    atomic_store(&starting->over, 1);
    if (starting->watched)
        pthread_detach(starting->thread);
}

static int serve(struct hs_server *server, struct hs_config *config,
                 const struct hs_arguments *args)
{
    static struct keys keys; /* its thread may outlive us */
    struct hs_background *maintain;
    struct hs_background *draft;
    int code;
    int got;

    say_hello(server);
    hs_notify("READY=1");
    hs_server_leave_socket(server);
    if (server->config->sandbox)
        seed(server);
    maintain = hs_maintain_start(server);
    draft = hs_draft_start(server);
    keys = (struct keys){.server = server, .config = config, .args = args};
    start_keys(&keys);
    got = wait_for_end(server);
    hs_background_end(maintain);
    hs_background_end(draft);
    hs_notify_stopping(config->drain_seconds * 1000 + STOP_SLACK_MS);
    hs_near_leaving(hs_store_near(server->store));
    code = hs_server_drain(server, got) == 0 ? HS_EXIT_OK : HS_EXIT_FAILED;
    hs_background_free(maintain);
    hs_background_free(draft);
    if (end_keys(&keys) != 0) {
        hs_log(HS_LOG_WARN, "stopped_hard", HS_S("reason", "key_file"));
        (void)fflush(NULL);
        _exit(code); /* it still uses what would be freed */
    }
    stop(server, code);
    hs_log(HS_LOG_INFO, "stopped", HS_I("signal", got));
    return code;
}

int hs_run_serve(const struct hs_arguments *args, struct hs_config *config)
{
    struct hs_server server = {.config = config};
    struct hs_error err = {0};
    static struct starting starting;
    int started, code;

    limit_arenas();
    block_signals();
    watch_places(config);
    watch_start(&starting);
    started = open_log(config, &err) == 0 && start(&server, config, &err) == 0;
    start_ended(&starting);
    if (started)
        return serve(&server, config, args);
    code = hs_command_failed(args, &err);
    hs_server_give_up_socket();
    stop(&server, code);
    return code;
}
