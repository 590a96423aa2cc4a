/* maintain.c: maintenance in the background. */
#include "server/maintain.h"

#include <lauxlib.h>
#include <lua.h>

#include "base/clock.h"
#include "server/app.h"

#define FIRST_MS 3000
#define STEP_BUDGET_MS 20000 /* one step makes one request to Twilio */
#define ROUND_MS 45000       /* then the rest waits for the next round */
#define FAILED "maintenance_failed"

struct step {
    int64_t at;
    int more;
    int waits; /* unfinished work continues later */
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

/* Run steps until none is left. 1 if work waits for the next round, else 0; -1
 * with `err`. */
static int run_steps(struct hs_background *thread, struct hs_script_error *err)
{
    int64_t end = hs_monotonic_ms() + ROUND_MS;
    struct step step = {.more = 1};
    lua_State *L = hs_vm_state(thread->vms.app);

    while (step.more && hs_monotonic_ms() < end &&
           hs_background_rest(thread, 0)) {
        step.at = hs_now_ms();
        lua_pushcfunction(L, l_step);
        lua_pushlightuserdata(L, &step);
        if (hs_vm_call(thread->vms.app, 1, 0, STEP_BUDGET_MS, err) != 0)
            return -1;
    }
    return step.more || step.waits;
}

/* A round's Lua is kept for the next as long as it has work waiting. */
static void run_round(struct hs_background *thread)
{
    struct hs_script_error err = {0};
    int waits = 0;

    if (hs_background_open(thread) == 0)
        waits = run_steps(thread, &err);
    if (waits < 0)
        hs_app_log(FAILED, &err, NULL);
    if (waits <= 0)
        hs_background_close(thread);
}

static void run(struct hs_background *thread)
{
    int64_t pause = thread->server->config->maintenance_seconds * 1000;
    int64_t first = pause < FIRST_MS ? pause : FIRST_MS;

    for (int go_on = hs_background_rest(thread, first); go_on;
         go_on = hs_background_rest(thread, pause))
        run_round(thread);
}

struct hs_background *hs_maintain_start(struct hs_server *server)
{
    if (server->config->maintenance_seconds == 0)
        return NULL;
    return hs_background_start(server, FAILED, run);
}
