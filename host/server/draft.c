/* draft.c: the draft's thread. Without a draft file it only checks whether one
 * appears. */
#include "server/draft.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <lauxlib.h>
#include <lua.h>

#include "base/clock.h"
#include "lib/folder.h"
#include "server/app.h"
#include "server/background.h"

#define LOOK_MS 500
#define STEP_MS 5000 /* alongside a save's checks */
#define PATH_SIZE 4096
#define FAILED "draft_failed"

/* Its Lua is open as long as there is a draft. */
struct hs_draft {
    struct hs_background thread;
    char path[PATH_SIZE];
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

/* One round: check the draft, and decide the calls since the last round. */
static void look(struct hs_draft *draft)
{
    struct hs_background *thread = &draft->thread;
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
    if (rc != 0 || access(draft->path, F_OK) != 0)
        hs_background_close(thread);
}

static void *run(void *arg)
{
    struct hs_draft *draft = arg;
    int known = 1; /* left by an earlier server */

    while (hs_background_rest(&draft->thread, LOOK_MS)) {
        int there = access(draft->path, F_OK) == 0;

        if (there || known)
            look(draft);
        known = there;
    }
    return NULL;
}

struct hs_draft *hs_draft_start(struct hs_server *server)
{
    struct hs_draft *new = calloc(1, sizeof *new);

    if (!new)
        return NULL;
    snprintf(new->path, sizeof new->path, "%s/" HS_FOLDER_DRAFT,
             server->config->lua);
    new->thread.server = server;
    new->thread.failed = FAILED;
    new->thread.run = run;
    new->thread.arg = new;
    if (hs_background_start(&new->thread) == 0)
        return new;
    free(new);
    return NULL;
}

void hs_draft_end(struct hs_draft *draft)
{
    if (draft)
        hs_background_end(&draft->thread);
}

void hs_draft_free(struct hs_draft *draft)
{
    if (!draft)
        return;
    hs_background_join(&draft->thread);
    free(draft);
}
