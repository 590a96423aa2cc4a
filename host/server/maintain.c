/* maintain.c: what has to be looked after while nobody asks. */
#include "server/maintain.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include <lauxlib.h>
#include <lua.h>

#include "base/clock.h"
#include "base/log.h"
#include "script/vm_group.h"
#include "server/app.h"
#include "server/release/reload.h"

#define FIRST_MS 3000
#define STEP_BUDGET_MS 20000 /* one step makes one request to Twilio */
#define ROUND_MS 45000       /* then the rest waits for the next time */

struct hs_maintain {
    struct hs_server *server;
    /* The Lua of a round, kept for the next while work waits in it: */
    struct hs_release *release;
    struct hs_vm_group vms;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    int stop;
};

struct step {
    int64_t at;
    int more;
    int waits; /* work has begun that goes on later */
};

static int l_step(lua_State *L)
{
    struct step *step = lua_touserdata(L, 1);

    lua_getglobal(L, "require");
    lua_pushliteral(L, "commands.maintain");
    lua_call(L, 1, 1);
    lua_getfield(L, -1, "step");
    lua_pushinteger(L, step->at);
    lua_call(L, 1, 2);
    step->more = lua_toboolean(L, -2);
    step->waits = lua_toboolean(L, -1);
    return 0;
}

/* Sleep, unless told to stop. Returns whether to go on. */
static int wait_ms(struct hs_maintain *maintain, int64_t ms)
{
    struct timespec until;
    int go_on;

    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += ms / 1000;
    until.tv_nsec += ms % 1000 * 1000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    pthread_mutex_lock(&maintain->lock);
    while (!maintain->stop &&
           pthread_cond_timedwait(&maintain->changed, &maintain->lock,
                                  &until) != ETIMEDOUT)
        continue;
    go_on = !maintain->stop;
    pthread_mutex_unlock(&maintain->lock);
    return go_on;
}

/* Runs steps until none is left. 1 when work waits for the next
 * round, else 0; -1 with `err`. */
static int run_steps(struct hs_maintain *maintain, struct hs_script_error *err)
{
    int64_t end = hs_monotonic_ms() + ROUND_MS;
    struct step step = {.more = 1};
    lua_State *L = hs_vm_state(maintain->vms.app);

    while (step.more && hs_monotonic_ms() < end && wait_ms(maintain, 0)) {
        step.at = hs_now_ms();
        lua_pushcfunction(L, l_step);
        lua_pushlightuserdata(L, &step);
        if (hs_vm_call(maintain->vms.app, 1, 0, STEP_BUDGET_MS, err) != 0)
            return -1;
    }
    return step.more || step.waits;
}

static void close_lua(struct hs_maintain *maintain)
{
    hs_vm_group_close(&maintain->vms);
    hs_release_drop(maintain->release);
    maintain->release = NULL;
}

/* The Lua of now. 0, or -1, logged. */
static int open_lua(struct hs_maintain *maintain)
{
    struct hs_server *server = maintain->server;
    struct hs_release *release = hs_reload_take(server->reload, NULL);
    const struct hs_vm_reach reach = hs_app_reach(server);
    struct hs_script_error err = {0};

    if (maintain->vms.app && maintain->release == release) {
        hs_release_drop(release);
        return 0;
    }
    close_lua(maintain);
    maintain->release = release;
    if (hs_vm_group_open(&maintain->vms, release->bundle, &reach, &err) == 0)
        return 0;
    hs_vm_group_close(&maintain->vms);
    hs_app_log("maintenance_failed", &err, NULL);
    return -1;
}

static void run_round(struct hs_maintain *maintain)
{
    struct hs_script_error err = {0};
    int waits = 0;

    if (open_lua(maintain) == 0)
        waits = run_steps(maintain, &err);
    if (waits < 0)
        hs_app_log("maintenance_failed", &err, NULL);
    if (waits <= 0)
        close_lua(maintain);
}

static void *run(void *arg)
{
    struct hs_maintain *maintain = arg;
    int64_t pause = maintain->server->config->maintenance_seconds * 1000;
    int64_t first = pause < FIRST_MS ? pause : FIRST_MS;

    for (int go_on = wait_ms(maintain, first); go_on;
         go_on = wait_ms(maintain, pause))
        run_round(maintain);
    close_lua(maintain);
    hs_watchdog_thread_stop();
    return NULL;
}

static void free_parts(struct hs_maintain *maintain)
{
    pthread_cond_destroy(&maintain->changed);
    pthread_mutex_destroy(&maintain->lock);
    free(maintain);
}

struct hs_maintain *hs_maintain_start(struct hs_server *server)
{
    struct hs_maintain *new;
    pthread_condattr_t attr;

    if (server->config->maintenance_seconds == 0)
        return NULL;
    new = calloc(1, sizeof *new);
    if (!new)
        return NULL;
    new->server = server;
    pthread_mutex_init(&new->lock, NULL);
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&new->changed, &attr);
    pthread_condattr_destroy(&attr);
    if (pthread_create(&new->thread, NULL, run, new) == 0)
        return new;
    hs_log(HS_LOG_ERROR, "maintenance_failed", HS_S("code", "thread"));
    free_parts(new);
    return NULL;
}

void hs_maintain_end(struct hs_maintain *maintain)
{
    if (!maintain)
        return;
    pthread_mutex_lock(&maintain->lock);
    maintain->stop = 1;
    pthread_cond_signal(&maintain->changed);
    pthread_mutex_unlock(&maintain->lock);
}

void hs_maintain_free(struct hs_maintain *maintain)
{
    if (!maintain)
        return;
    hs_maintain_end(maintain);
    pthread_join(maintain->thread, NULL);
    free_parts(maintain);
}
