/* draft.c: the draft's thread. Without a draft file it only checks whether one
 * appears. */
#include "server/draft.h"

#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

#include <lauxlib.h>
#include <lua.h>

#include "base/clock.h"
#include "lib/folder.h"
#include "server/app.h"

#define LOOK_MS 500
#define STEP_MS 5000 /* alongside a save's checks */
#define PATH_SIZE 4096
#define NICE 10 /* what answers callers goes first */
#define FAILED "draft_failed"

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

static int is_there(const struct hs_background *thread)
{
    char path[PATH_SIZE];

    snprintf(path, sizeof path, "%s/" HS_FOLDER_DRAFT,
             thread->server->config->lua);
    return access(path, F_OK) == 0;
}

/* One round: check the draft, and decide the calls since the last round. Its
 * Lua stays open as long as there is a draft. */
static void look(struct hs_background *thread)
{
    int64_t budget = thread->server->config->trial_seconds * 1000 + STEP_MS;
    struct hs_script_error err = {0};
    struct step step = {.more = 1};
    int rc = hs_background_open(thread);

    while (rc == 0 && step.more && hs_background_rest(thread, 0)) {
        lua_State *L = hs_vm_state(thread->vms.app);

        step.at = hs_now_ms();
        lua_pushcfunction(L, l_step);
        lua_pushlightuserdata(L, &step);
        rc = hs_vm_call(thread->vms.app, 1, 0, (int)budget, &err);
        if (rc != 0)
            hs_app_log(FAILED, &err, NULL);
    }
    if (rc != 0 || !is_there(thread))
        hs_background_close(thread);
}

static void run(struct hs_background *thread)
{
    int known = 1; /* left by an earlier server */

    (void)setpriority(PRIO_PROCESS, (id_t)gettid(), NICE); /* this thread's */
    while (hs_background_rest(thread, LOOK_MS)) {
        int there = is_there(thread);

        if (there || known)
            look(thread);
        known = there;
    }
}

struct hs_background *hs_draft_start(struct hs_server *server)
{
    return hs_background_start(server, FAILED, run);
}
