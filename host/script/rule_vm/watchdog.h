/* watchdog.h: stops Lua that runs past its time budget.
 *
 * A call pushes a watch, which publishes its deadline in an atomic of this
 * thread; one ticker thread of the process compares the deadlines every few
 * milliseconds and signals only a thread that is overdue. The signal's handler
 * sets a hook on the lua_State that runs, which raises at the next instruction
 * and stays set, so that a pcall cannot swallow it. A call that ends in time
 * costs no system call.
 *
 * A budget only counts time in which the process could run: the ticker notices
 * when the whole process was stopped. */
#ifndef HS_WATCHDOG_H
#define HS_WATCHDOG_H

#include <signal.h>
#include <stdint.h>

#include <lua.h>

struct hs_script_error;

/* One call under way; lives on the stack of hs_vm_call. */
struct hs_watch {
    struct hs_watch *outer;
    lua_State *running;   /* the running coroutine */
    int64_t deadline;     /* on hs_running_ns(), 0 = none */
    int budget_ms;        /* the budget behind the deadline */
    int reported;         /* err already says where it stopped */
    sig_atomic_t tripped; /* set by the signal handler */
    struct hs_script_error *err;
};

/* Enter and leave a call; strictly nested, on one thread. An inner watch never
 * gets more time than the outer one has left. */
void hs_watch_push(struct hs_watch *watch, lua_State *L, int budget_ms,
                   struct hs_script_error *err);
void hs_watch_pop(struct hs_watch *watch);
/* The innermost watch of this thread, or NULL. */
struct hs_watch *hs_watch_top(void);
/* Once per thread that uses budgets: register it with the watchdog. 0 or -1.
 * The first budget does it automatically, and an ended thread is forgotten. */
int hs_watchdog_thread_start(void);
void hs_watchdog_thread_stop(void);
/* Raise if the current call's time is up. For loops in C functions, which the
 * hook doesn't reach; otherwise it costs nothing. */
void l_watch_poll(lua_State *L);
/* Around lua_resume and lua_closethread: the hook must follow the running
 * coroutine. enter returns the argument for leave, NULL if nothing is watched.
 * */
lua_State *hs_watch_enter(lua_State *co);
void hs_watch_leave(lua_State *L, lua_State *before);

#endif
