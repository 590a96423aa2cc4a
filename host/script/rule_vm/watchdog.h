/* watchdog.h: stops Lua that runs past its time budget.
 *
 * A call pushes a watch, which publishes its deadline in an atomic of this
 * thread; one ticker thread of the process compares the deadlines every few
 * milliseconds and signals only a thread that is overdue. The signal's handler
 * sets a hook on the lua_State that runs, which raises at the next instruction
 * and stays set, so that a pcall cannot swallow it. A call in time costs no
 * system call.
 *
 * A budget is time in which the process could run: the ticker notices when it
 * was stopped as a whole, and that time counts for nobody. */
#ifndef HS_WATCHDOG_H
#define HS_WATCHDOG_H

#include <signal.h>
#include <stdint.h>

#include <lua.h>

struct hs_script_error;

/* One call under way; lives on the stack of hs_vm_call. */
struct hs_watch {
    struct hs_watch *outer;
    lua_State *running;   /* the coroutine that runs now */
    int64_t deadline;     /* on hs_running_ns(), 0 = none */
    int budget_ms;        /* the budget that the deadline came from */
    int reported;         /* err already says where it was stopped */
    sig_atomic_t tripped; /* set by the signal's handler */
    struct hs_script_error *err;
};

/* Enter and leave one call; strictly nested, on one thread. An inner watch
 * never gets more time than the outer one has left. */
void hs_watch_push(struct hs_watch *watch, lua_State *L, int budget_ms,
                   struct hs_script_error *err);
void hs_watch_pop(struct hs_watch *watch);
/* The innermost watch of this thread, or NULL. */
struct hs_watch *hs_watch_top(void);
/* Raise when the time of the call that runs is up. For the loops of C
 * functions, which the hook does not reach; costs nothing else. */
void l_watch_poll(lua_State *L);
/* Around lua_resume and lua_closethread: the hook must follow the coroutine
 * that runs. enter returns what leave takes. NULL when nothing is watched. */
lua_State *hs_watch_enter(lua_State *co);
void hs_watch_leave(lua_State *L, lua_State *before);

#endif
