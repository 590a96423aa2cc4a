/* maintain.c: maintenance in the background. */
#include "server/background/maintain.h"

#include "base/clock.h"

#define FIRST_MS 3000
#define STEP_BUDGET_MS 20000 /* one step makes one request to Twilio */
#define ROUND_MS 45000       /* then the rest waits for the next round */

/* Run steps until none is left or the time is up. Lua is kept for the next
 * round as long as it has work waiting. */
static void run_round(struct hs_background *thread)
{
    int64_t end = hs_monotonic_ms() + ROUND_MS;
    struct hs_background_step step = {.module = "commands.maintain", .more = 1};
    int rc = hs_background_open(thread);

    while (rc == 0 && step.more && hs_monotonic_ms() < end &&
           hs_background_rest(thread, 0))
        rc = hs_background_step(thread, &step, STEP_BUDGET_MS);
    if (rc != 0 || !(step.more || step.waits))
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
    return hs_background_start(server, "maintenance_failed", run);
}
