/* draft.c: the thread of the draft. While there is no file it only looks for
 * one. */
#include "server/draft.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include <lauxlib.h>
#include <lua.h>

#include "base/clock.h"
#include "base/log.h"
#include "lib/folder.h"
#include "script/vm_group.h"
#include "server/app.h"
#include "server/release/reload.h"

#define LOOK_MS 500
#define STEP_MS 5000 /* beside the checks of a save */
#define PATH_SIZE 4096

struct hs_draft {
    struct hs_server *server;
    char path[PATH_SIZE];
    /* While there is a draft: */
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
};

static int l_step(lua_State *L)
{
    struct step *step = lua_touserdata(L, 1);

    lua_getglobal(L, "require");
    lua_pushliteral(L, "commands.draft_watch");
    lua_call(L, 1, 1);
    lua_getfield(L, -1, "step");
    lua_pushinteger(L, step->at);
    lua_call(L, 1, 1);
    step->more = lua_toboolean(L, -1);
    return 0;
}

/* Sleep, unless told to stop. Returns whether to go on. */
static int wait_ms(struct hs_draft *draft, int64_t ms)
{
    struct timespec until;
    int go_on;

    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += ms * 1000000;
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    pthread_mutex_lock(&draft->lock);
    while (!draft->stop && ms > 0 &&
           pthread_cond_timedwait(&draft->changed, &draft->lock, &until) !=
               ETIMEDOUT)
        continue;
    go_on = !draft->stop;
    pthread_mutex_unlock(&draft->lock);
    return go_on;
}

static void close_lua(struct hs_draft *draft)
{
    hs_vm_group_close(&draft->vms);
    hs_release_drop(draft->release);
    draft->release = NULL;
}

/* The Lua of now. 0, or -1, logged. */
static int open_lua(struct hs_draft *draft)
{
    struct hs_server *server = draft->server;
    struct hs_release *release = hs_reload_take(server->reload, NULL);
    const struct hs_vm_reach reach = hs_app_reach(server);
    struct hs_script_error err = {0};

    if (draft->vms.app && draft->release == release) {
        hs_release_drop(release);
        return 0;
    }
    close_lua(draft);
    draft->release = release;
    if (hs_vm_group_open(&draft->vms, release->bundle, &reach, &err) == 0)
        return 0;
    hs_app_log("draft_failed", &err, NULL);
    return -1;
}

/* One look at the draft, and at the calls since the one before. */
static void look(struct hs_draft *draft)
{
    int64_t budget = draft->server->config->trial_seconds * 1000 + STEP_MS;
    struct hs_script_error err = {0};
    struct step step = {.more = 1};
    int rc = open_lua(draft);

    while (rc == 0 && step.more && wait_ms(draft, 0)) {
        lua_State *L = hs_vm_state(draft->vms.app);

        step.at = hs_now_ms();
        lua_pushcfunction(L, l_step);
        lua_pushlightuserdata(L, &step);
        rc = hs_vm_call(draft->vms.app, 1, 0, (int)budget, &err);
        if (rc != 0)
            hs_app_log("draft_failed", &err, NULL);
    }
    if (rc != 0 || access(draft->path, F_OK) != 0)
        close_lua(draft);
}

static void *run(void *arg)
{
    struct hs_draft *draft = arg;
    int known = 1; /* what a server before this one left */

    while (wait_ms(draft, LOOK_MS)) {
        int there = access(draft->path, F_OK) == 0;

        if (there || known)
            look(draft);
        known = there;
    }
    close_lua(draft);
    hs_watchdog_thread_stop();
    return NULL;
}

static void free_parts(struct hs_draft *draft)
{
    pthread_cond_destroy(&draft->changed);
    pthread_mutex_destroy(&draft->lock);
    free(draft);
}

struct hs_draft *hs_draft_start(struct hs_server *server)
{
    struct hs_draft *new = calloc(1, sizeof *new);
    pthread_condattr_t attr;

    if (!new)
        return NULL;
    new->server = server;
    snprintf(new->path, sizeof new->path, "%s/" HS_FOLDER_DRAFT,
             server->config->lua);
    pthread_mutex_init(&new->lock, NULL);
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&new->changed, &attr);
    pthread_condattr_destroy(&attr);
    if (pthread_create(&new->thread, NULL, run, new) == 0)
        return new;
    hs_log(HS_LOG_ERROR, "draft_failed", HS_S("code", "thread"));
    free_parts(new);
    return NULL;
}

void hs_draft_end(struct hs_draft *draft)
{
    if (!draft)
        return;
    pthread_mutex_lock(&draft->lock);
    draft->stop = 1;
    pthread_cond_signal(&draft->changed);
    pthread_mutex_unlock(&draft->lock);
}

void hs_draft_free(struct hs_draft *draft)
{
    if (!draft)
        return;
    hs_draft_end(draft);
    pthread_join(draft->thread, NULL);
    free_parts(draft);
}
