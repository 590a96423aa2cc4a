/* draft.c: the draft's thread. Without a draft file it only checks whether one
 * appears, here or at another host of the database. */
#include "server/background/draft.h"

#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "lib/files/folder.h"
#include "server/sql.h"
#include "store/store.h"

#define LOOK_MS 500
#define STEP_MS 5000 /* alongside a save's checks */
#define PATH_SIZE 4096
#define WAIT_MS 1000
#define NEWEST_SIZE 64
#define NICE 10 /* what answers callers goes first */

static int is_there(const struct hs_background *thread)
{
    char path[PATH_SIZE];

    snprintf(path, sizeof path, "%s/" HS_FOLDER_DRAFT,
             thread->server->config->lua);
    return access(path, F_OK) == 0;
}

/* Moves with every change of a setting by any host; 0 for one host. */
static uint64_t news_of_others(const struct hs_background *thread)
{
    const struct hs_store *store = thread->server->store;

    return store && hs_store_host(store)
               ? hs_store_generation(store, HS_SETTINGS)
               : 0;
}

/* Which draft is the newest, and its state; "" for none. 0, or -1 if the
 * database doesn't answer. */
static int read_newest(const struct hs_background *thread,
                       char newest[NEWEST_SIZE])
{
    struct hs_error err;
    struct hs_session *session = hs_session_new(thread->server->store, &err);
    struct hs_statement select = hs_sql_with(&hs_sql_draft_newest, NULL);
    struct hs_cursor *cursor =
        session ? hs_session_query(session, &select, WAIT_MS, &err) : NULL;
    int found = cursor ? hs_cursor_step(cursor, &err) : -1;
    struct hs_value id, state;

    if (found == 0)
        newest[0] = '\0';
    if (found > 0) {
        hs_cursor_value(cursor, 0, &id);
        hs_cursor_value(cursor, 1, &state);
        snprintf(newest, NEWEST_SIZE, "%lld %.*s", (long long)id.integer,
                 (int)state.len, state.bytes);
    }
    hs_cursor_close(cursor);
    hs_session_free(session);
    return found < 0 ? -1 : 0;
}

/* One round: check the draft, and decide the calls since the last round. Its
 * Lua stays open as long as there is a draft. 0; 1 if the next round has to
 * see what became of it; or -1 if it failed. */
static int look(struct hs_background *thread)
{
    int64_t budget = thread->server->config->trial_seconds * 1000 + STEP_MS;
    struct hs_background_step step = {.module = "commands.rules.draft_watch",
                                      .more = 1};
    int rc = hs_background_open(thread);

    while (rc == 0 && step.more && hs_background_rest(thread, 0))
        rc = hs_background_step(thread, &step, budget);
    if (rc != 0 || !is_there(thread))
        hs_background_close(thread);
    return rc == 0 && step.waits ? 1 : rc;
}

static void run(struct hs_background *thread)
{
    int again = 1; /* an earlier server may have left one */
    char known[NEWEST_SIZE] = "", newest[NEWEST_SIZE] = "";
    uint64_t heard = 0;

    (void)setpriority(PRIO_PROCESS, (id_t)gettid(), NICE); /* this thread's */
    while (hs_background_rest(thread, LOOK_MS)) {
        int there = is_there(thread), rc;
        uint64_t news = news_of_others(thread);
        int is_read = news != heard && read_newest(thread, newest) == 0;

        if (is_read)
            heard = news;
        if (!there && !again && (!is_read || strcmp(newest, known) == 0))
            continue;
        rc = look(thread);
        if (rc == 0)
            memcpy(known, newest, sizeof known);
        again = there || rc != 0;
    }
}

struct hs_background *hs_draft_start(struct hs_server *server)
{
    return hs_background_start(server, "draft_failed", run);
}
