/* background.c: see background.h. */
#include "server/background/background.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>

#include <lauxlib.h>
#include <lua.h>

#include "base/clock.h"
#include "base/log.h"
#include "script/glue/glue.h"
#include "script/rule_vm/watchdog.h"
#include "script/vm.h"
#include "server/app.h"
#include "server/release/reload.h"

static void free_parts(struct hs_background *background)
{
    pthread_cond_destroy(&background->changed);
    pthread_mutex_destroy(&background->lock);
    free(background);
}

static void *run(void *arg)
{
    struct hs_background *background = arg;

    background->run(background);
    hs_background_close(background);
    hs_watchdog_thread_stop();
    return NULL;
}

struct hs_background *
hs_background_start(struct hs_server *server, const char *failed,
                    void (*work)(struct hs_background *background))
{
    struct hs_background *background = calloc(1, sizeof *background);
    pthread_condattr_t attr;

    if (!background)
        return NULL;
    background->server = server;
    background->failed = failed;
    background->run = work;
    pthread_mutex_init(&background->lock, NULL);
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&background->changed, &attr);
    pthread_condattr_destroy(&attr);
    if (pthread_create(&background->thread, NULL, run, background) == 0)
        return background;
    hs_log(HS_LOG_ERROR, failed, HS_S("code", "thread"));
    free_parts(background);
    return NULL;
}

int hs_background_rest(struct hs_background *background, int64_t ms)
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
    pthread_mutex_lock(&background->lock);
    while (!background->stop &&
           pthread_cond_timedwait(&background->changed, &background->lock,
                                  &until) != ETIMEDOUT)
        continue;
    go_on = !background->stop;
    pthread_mutex_unlock(&background->lock);
    return go_on;
}

int hs_background_open(struct hs_background *background)
{
    struct hs_server *server = background->server;
    struct hs_release *release = hs_reload_take(server->reload, NULL);
    const struct hs_vm_reach reach = hs_app_reach(server);
    struct hs_script_error err = {0};

    if (background->vms.app && background->release == release) {
        hs_release_drop(release);
        return 0;
    }
    hs_background_close(background);
    background->release = release;
    if (hs_vm_group_open(&background->vms, release->bundle, &reach, &err) == 0)
        return 0;
    hs_background_close(background);
    hs_app_log(background->failed, &err, NULL);
    return -1;
}

static int l_rest(lua_State *L)
{
    struct hs_background *background = lua_touserdata(L, lua_upvalueindex(1));

    lua_pushboolean(L, hs_background_rest(background, luaL_checkinteger(L, 1)));
    return 1;
}

static int l_step(lua_State *L)
{
    struct hs_background_step *step = lua_touserdata(L, 1);

    l_push_module(L, step->module);
    lua_getfield(L, -1, "step");
    lua_pushinteger(L, step->at);
    lua_pushlightuserdata(L, step->background);
    lua_pushcclosure(L, l_rest, 1);
    lua_call(L, 2, 2);
    step->more = lua_toboolean(L, -2);
    step->waits = lua_toboolean(L, -1);
    return 0;
}

int hs_background_step(struct hs_background *background,
                       struct hs_background_step *step, int64_t budget_ms)
{
    lua_State *L = hs_vm_state(background->vms.app);
    struct hs_script_error err = {0};

    step->background = background;
    step->at = hs_now_ms();
    lua_pushcfunction(L, l_step);
    lua_pushlightuserdata(L, step);
    if (hs_vm_call(background->vms.app, 1, 0, (int)budget_ms, &err) == 0)
        return 0;
    hs_app_log(background->failed, &err, NULL);
    return -1;
}

void hs_background_close(struct hs_background *background)
{
    hs_vm_group_close(&background->vms);
    hs_release_drop(background->release);
    background->release = NULL;
}

void hs_background_end(struct hs_background *background)
{
    if (!background)
        return;
    pthread_mutex_lock(&background->lock);
    background->stop = 1;
    pthread_cond_signal(&background->changed);
    pthread_mutex_unlock(&background->lock);
}

void hs_background_free(struct hs_background *background)
{
    if (!background)
        return;
    hs_background_end(background);
    pthread_join(background->thread, NULL);
    free_parts(background);
}
