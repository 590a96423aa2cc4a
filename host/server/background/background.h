/* background.h: a server thread that works in rounds, with Lua states of its
 * own, and sleeps in between until told to stop. */
#ifndef HS_BACKGROUND_H
#define HS_BACKGROUND_H

#include <pthread.h>
#include <stdint.h>

#include "script/vm_group.h"
#include "server/release/release.h"
#include "server/server.h"

struct hs_background {
    struct hs_server *server;
    const char *failed; /* the log's event when Lua can't be opened */
    struct hs_release *release;
    struct hs_vm_group vms; /* open while `release` is set */
    void (*run)(struct hs_background *background);
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    int stop;
};

/* Start work() in a thread; `failed` outlives it. NULL, logged, if it can't be
 * started. */
struct hs_background *
hs_background_start(struct hs_server *server, const char *failed,
                    void (*work)(struct hs_background *background));
/* The thread: sleep, unless told to stop. Returns whether to go on. */
int hs_background_rest(struct hs_background *background, int64_t ms);
/* The thread: open the current Lua. 0, or -1, logged. */
int hs_background_open(struct hs_background *background);
struct hs_background_step {
    struct hs_background *background; /* set by hs_background_step */
    const char *module;
    int64_t at; /* when it ran */
    int more;   /* the next step has work */
    int waits;  /* unfinished work continues later */
};

/* The thread, its Lua open: run the module's step(at, rest), where rest(ms)
 * sleeps, and returns whether to go on. 0, or -1, logged. */
int hs_background_step(struct hs_background *background,
                       struct hs_background_step *step, int64_t budget_ms);
/* The thread: give its Lua back. */
void hs_background_close(struct hs_background *background);
/* Any thread: ask it to end; its current work is finished first. NULL accepted.
 */
void hs_background_end(struct hs_background *background);
/* Ask it to end, wait for it, and free it. NULL accepted. */
void hs_background_free(struct hs_background *background);

#endif
