/* draft.c: the draft's thread. Without a draft file it only checks whether one
 * appears, here or at another host of the database. */
#include "server/draft.h"

#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

#include "lib/files/folder.h"
#include "store/store.h"

#define LOOK_MS 500
#define STEP_MS 5000 /* alongside a save's checks */
#define PATH_SIZE 4096
#define NICE 10 /* what answers callers goes first */

static int is_there(const struct hs_background *thread)
{
    char path[PATH_SIZE];

    snprintf(path, sizeof path, "%s/" HS_FOLDER_DRAFT,
             thread->server->config->lua);
    return access(path, F_OK) == 0;
}

/* Moves when another host has saved or ended a draft; 0 for one host. */
static uint64_t news_of_others(const struct hs_background *thread)
{
    const struct hs_store *store = thread->server->store;

    return store && hs_store_host(store)
               ? hs_store_generation(store, HS_SETTINGS)
               : 0;
}

/* One round: check the draft, and decide the calls since the last round. Its
 * Lua stays open as long as there is a draft. 0, or -1 if that failed. */
static int look(struct hs_background *thread)
{
    int64_t budget = thread->server->config->trial_seconds * 1000 + STEP_MS;
    struct hs_background_step step = {.module = "commands.draft_watch",
                                      .more = 1};
    int rc = hs_background_open(thread);

    while (rc == 0 && step.more && hs_background_rest(thread, 0))
        rc = hs_background_step(thread, &step, budget);
    if (rc != 0 || !is_there(thread))
        hs_background_close(thread);
    return rc;
}

static void run(struct hs_background *thread)
{
    int known = 1; /* left by an earlier server */
    uint64_t heard = 0;

    (void)setpriority(PRIO_PROCESS, (id_t)gettid(), NICE); /* this thread's */
    while (hs_background_rest(thread, LOOK_MS)) {
        int there = is_there(thread);
        uint64_t news = news_of_others(thread);

        if ((there || known || news != heard) && look(thread) == 0)
            heard = news;
        known = there;
    }
}

struct hs_background *hs_draft_start(struct hs_server *server)
{
    return hs_background_start(server, "draft_failed", run);
}
