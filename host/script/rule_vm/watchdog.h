/* watchdog.h: stops Lua that runs past its time budget.
 *
 * A call pushes a watch, which publishes its deadline in an atomic of this
 * thread; one ticker thread of the process compares the deadlines every few
 * milliseconds and signals only a thread that is overdue. The signal's handler
 * sets a hook on the lua_State that runs, which raises at the next instruction
 * and stays set, so that a pcall cannot swallow it.
 *
 * A budget counts the time in which the thread runs or waits for something, not
 * the time in which it waits for a CPU because the machine is busy, nor that in
 * which the whole process was stopped. Such waiting extends a call by at most
 * HS_WATCH_LATE_MS, unless hs_watch_be_patient allows more. */
#ifndef HS_WATCHDOG_H
#define HS_WATCHDOG_H

#include <signal.h>
#include <stdint.h>

#include <lua.h>

struct hs_script_error;

#define HS_WATCH_LATE_MS 1000

/* One call under way; lives on the stack of hs_vm_call. */
struct hs_watch {
    struct hs_watch *outer;
    lua_State *running;   /* the running coroutine */
    int64_t until;        /* on hs_watch_clock_ns(): the budget is used up */
    int64_t latest;       /* on hs_running_ns(): stopped in any case */
    int64_t waited;       /* for a CPU, before the last call with a budget */
    int64_t deadline;     /* on hs_running_ns(): when to judge, 0 = never */
    int budget_ms;        /* of the watch that ran out, else its own */
    int reported;         /* err already says where it stopped */
    sig_atomic_t tripped; /* set by the signal handler */
    struct hs_script_error *err;
};

/* Enter and leave a call; strictly nested, on one thread. An inner watch never
 * gets more time than the outer one has left. */
void hs_watch_push(struct hs_watch *watch, lua_State *L, int budget_ms,
                   struct hs_script_error *err);
void hs_watch_pop(struct hs_watch *watch);
/* On a busy machine, don't stop calls of this thread before they have taken
 * `ms`: nobody is waiting on the phone for what it does. 0: as usual. Returns
 * what it was before. */
int hs_watch_be_patient(int ms);
/* What is left of the budgets of this thread's calls, in ns; 0 or less if one
 * is used up, INT64_MAX if there are none. */
int64_t hs_watch_left_ns(void);
/* The clock of the budgets: hs_running_ns() without the time in which this
 * thread waited for a CPU. Of a thread that the watchdog knows. */
int64_t hs_watch_clock_ns(void);
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
