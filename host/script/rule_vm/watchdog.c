/* watchdog.c: the ticker thread, the signal, and the hook it sets. */
#include "script/rule_vm/watchdog.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <lauxlib.h>
#include <lua.h>

#include "base/clock.h"
#include "script/script_error.h"

#define TICK_NS 4000000
#define IDLE_TICKS 50   /* this many ticks without a deadline, then ... */
#define IDLE_TICK_MS 40 /* ... fewer, so that a stop is still noticed */
#define STOP_SIGNAL (SIGRTMIN + 1)
#define EVERYTHING (LUA_MASKCALL | LUA_MASKRET | LUA_MASKLINE | LUA_MASKCOUNT)
/* In native.so too, the handler must reach these without the lazy allocation of
 * the dynamic TLS models. */
#define SIGNAL_TLS _Thread_local __attribute__((tls_model("initial-exec")))

/* One thread, as the ticker sees it. */
struct slot {
    struct slot *next;
    pid_t tid;
    int delays;               /* its schedstat file, or -1 */
    _Atomic int64_t deadline; /* when to judge its watches, 0 = never */
};

static SIGNAL_TLS struct hs_watch *volatile top;
static SIGNAL_TLS struct slot *own_slot;
static _Thread_local int patience; /* ms */

static struct {
    pthread_mutex_t life; /* running, thread; taken before lock */
    int running;          /* the ticker thread exists */
    pthread_t thread;
    pthread_mutex_t lock; /* slots */
    struct slot *slots;
    pthread_once_t once;
    pthread_key_t at_exit;
    sem_t wake;
    _Atomic int asleep;
    _Atomic int quit;
} ticker = {.life = PTHREAD_MUTEX_INITIALIZER,
            .lock = PTHREAD_MUTEX_INITIALIZER,
            .once = PTHREAD_ONCE_INIT};

/* How long this thread has waited for a CPU, in ns; 0 if the kernel doesn't
 * tell. The file holds "ran waited slices". */
static int64_t waited_for_cpu(void)
{
    char text[64];
    const char *at;
    int64_t ns = 0;
    ssize_t len;

    if (!own_slot || own_slot->delays < 0)
        return 0;
    len = pread(own_slot->delays, text, sizeof text - 1, 0);
    if (len <= 0)
        return 0;
    text[len] = '\0';
    at = strchr(text, ' ');
    while (at && *++at >= '0' && *at <= '9')
        ns = ns * 10 + *at - '0';
    return ns;
}

int64_t hs_watch_clock_ns(void)
{
    return hs_running_ns() - waited_for_cpu();
}

/* The hook of an overdue call: runs at every instruction until the call has
 * ended. */
static void l_stop(lua_State *L, lua_Debug *ar)
{
    struct hs_watch *watch = top;

    (void)ar;
    if (!watch || !watch->tripped) {
        lua_sethook(L, NULL, 0, 0); /* left over from an earlier call */
        return;
    }
    if (!watch->reported) { /* only C frames: no line to report */
        hs_script_error_place(watch->err, L, 0);
        watch->reported = watch->err->line > 0;
    }
    luaL_error(L, HS_TIME_MESSAGE, watch->budget_ms);
}

static void publish(int64_t deadline)
{
    if (!own_slot)
        return;
    atomic_store(&own_slot->deadline, deadline);
    if (deadline && atomic_load(&ticker.asleep) &&
        atomic_exchange(&ticker.asleep, 0))
        sem_post(&ticker.wake);
}

/* When the first of this thread's watches may be over, 0 = never. */
static int64_t first_deadline(void)
{
    int64_t first = 0;

    for (const struct hs_watch *w = top; w; w = w->outer) {
        if (w->deadline && (!first || w->deadline < first))
            first = w->deadline;
    }
    return first;
}

/* Is its time up? If not, set when it may be. */
static int is_over(struct hs_watch *watch, int64_t own, int64_t now)
{
    int64_t left = watch->until - own;

    if (watch->latest - now < left)
        left = watch->latest - now;
    if (left > 0)
        watch->deadline = now + left;
    return left <= 0;
}

/* Setting the hook marks every frame, which on a deep stack takes longer than a
 * tick; so it is set only once, or the call would have no time to end. */
static void trip(struct hs_watch *watch, int budget_ms)
{
    if (!watch->tripped)
        watch->budget_ms = budget_ms;
    watch->tripped = 1;
    if (lua_gethook(watch->running) != l_stop)
        lua_sethook(watch->running, l_stop, EVERYTHING, 1);
}

/* Async-signal-safe: lua_sethook and pread may be called from a handler. The
 * clocks are read here because the signal may come after the call it was for,
 * and because the ticker doesn't know how long the thread waited for a CPU. */
static void on_signal(int signal_number)
{
    int saved = errno;
    int64_t now = hs_running_ns(), own = now - waited_for_cpu();
    int later = 0;

    (void)signal_number;
    for (struct hs_watch *w = top; w; w = w->outer) {
        if (!w->deadline)
            continue;
        if (!is_over(w, own, now)) {
            later = 1;
            continue;
        }
        for (struct hs_watch *in = top; in != w->outer; in = in->outer)
            trip(in, w->budget_ms);
    }
    if (later)
        publish(first_deadline());
    errno = saved;
}

/* Check every thread. Returns 1 if any deadline was set. */
static int tick(void)
{
    int64_t now = hs_running_ns();
    int busy = 0;

    pthread_mutex_lock(&ticker.lock);
    for (struct slot *slot = ticker.slots; slot; slot = slot->next) {
        int64_t deadline = atomic_load(&slot->deadline);

        if (deadline) {
            busy = 1;
            if (now >= deadline)
                syscall(SYS_tgkill, getpid(), slot->tid, STOP_SIGNAL);
        }
    }
    pthread_mutex_unlock(&ticker.lock);
    return busy;
}

/* Nothing to watch for a while: wait for hs_watch_push. */
static void doze(void)
{
    int woken = 0;

    atomic_store(&ticker.asleep, 1);
    if (tick() && atomic_exchange(&ticker.asleep, 0))
        return; /* a watch began in between and saw us awake */
    while (!woken) {
        struct timespec at = hs_running_moment(hs_running_ms() + IDLE_TICK_MS);

        woken = sem_clockwait(&ticker.wake, CLOCK_MONOTONIC, &at) == 0;
        hs_clock_beat();
    }
    atomic_store(&ticker.asleep, 0);
}

static void *ticker_main(void *unused)
{
    int idle = 0;

    (void)unused;
    hs_clock_beat();
    while (!atomic_load(&ticker.quit)) {
        struct timespec pause = {.tv_nsec = TICK_NS};

        clock_nanosleep(CLOCK_MONOTONIC, 0, &pause, NULL);
        hs_clock_beat();
        idle = tick() ? 0 : idle + 1;
        if (idle > IDLE_TICKS) {
            doze();
            idle = 0;
        }
    }
    hs_clock_rest();
    return NULL;
}

static void thread_exits(void *slot)
{
    (void)slot;
    hs_watchdog_thread_stop();
}

static void prepare(void)
{
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};

    sigemptyset(&action.sa_mask);
    sigaction(STOP_SIGNAL, &action, NULL);
    pthread_key_create(&ticker.at_exit, thread_exits);
    sem_init(&ticker.wake, 0, 0);
}

/* With `life` held. The ticker takes no signal of the process. */
static int start_ticker(void)
{
    sigset_t all, before;
    int rc;

    if (ticker.running)
        return 0;
    atomic_store(&ticker.quit, 0);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    rc = pthread_create(&ticker.thread, NULL, ticker_main, NULL);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    ticker.running = rc == 0;
    return rc == 0 ? 0 : -1;
}

static void free_slot(struct slot *slot)
{
    if (slot->delays >= 0)
        close(slot->delays);
    free(slot);
}

int hs_watchdog_thread_start(void)
{
    struct slot *slot;
    sigset_t set;
    int rc;

    if (own_slot)
        return 0;
    pthread_once(&ticker.once, prepare);
    slot = calloc(1, sizeof *slot);
    if (!slot)
        return -1;
    slot->tid = (pid_t)syscall(SYS_gettid);
    slot->delays = open("/proc/thread-self/schedstat", O_RDONLY | O_CLOEXEC);
    sigemptyset(&set);
    sigaddset(&set, STOP_SIGNAL);
    pthread_sigmask(SIG_UNBLOCK, &set, NULL);

    pthread_mutex_lock(&ticker.life);
    rc = start_ticker();
    if (rc == 0) {
        pthread_mutex_lock(&ticker.lock);
        slot->next = ticker.slots;
        ticker.slots = slot;
        pthread_mutex_unlock(&ticker.lock);
    }
    pthread_mutex_unlock(&ticker.life);
    if (rc != 0) {
        free_slot(slot);
        return -1;
    }
    own_slot = slot;
    pthread_setspecific(ticker.at_exit, slot);
    return 0;
}

/* Remove the slot from the list. Returns 1 if it was the last. */
static int forget(const struct slot *slot)
{
    struct slot **link = &ticker.slots;
    int last;

    pthread_mutex_lock(&ticker.lock);
    while (*link && *link != slot)
        link = &(*link)->next;
    if (*link)
        *link = slot->next;
    last = !ticker.slots;
    pthread_mutex_unlock(&ticker.lock);
    return last;
}

void hs_watchdog_thread_stop(void)
{
    struct slot *slot = own_slot;

    if (!slot)
        return;
    own_slot = NULL;
    pthread_setspecific(ticker.at_exit, NULL);
    pthread_mutex_lock(&ticker.life);
    if (forget(slot) && ticker.running) {
        ticker.running = 0;
        atomic_store(&ticker.quit, 1);
        sem_post(&ticker.wake);
        pthread_join(ticker.thread, NULL);
    }
    pthread_mutex_unlock(&ticker.life);
    free_slot(slot);
}

int hs_watch_be_patient(int ms)
{
    int before = patience;

    patience = ms;
    return before;
}

void hs_watch_push(struct hs_watch *watch, lua_State *L, int budget_ms,
                   struct hs_script_error *err)
{
    int64_t before = first_deadline(), budget = (int64_t)budget_ms * 1000000;

    *watch = (struct hs_watch){.outer = top,
                               .running = L,
                               .waited = top ? top->waited : 0,
                               .budget_ms = budget_ms,
                               .err = err};
    if (budget_ms > 0) {
        int64_t now;

        if (!own_slot)
            hs_watchdog_thread_start();
        now = hs_running_ns();
        watch->waited = waited_for_cpu();
        watch->until = now - watch->waited + budget;
        watch->deadline = now + budget;
        watch->latest = watch->deadline + HS_WATCH_LATE_MS * 1000000LL;
        if (watch->latest < now + patience * 1000000LL)
            watch->latest = now + patience * 1000000LL;
    }
    atomic_signal_fence(memory_order_seq_cst);
    top = watch;
    if (watch->deadline && (!before || watch->deadline < before))
        publish(watch->deadline);
}

void hs_watch_pop(struct hs_watch *watch)
{
    top = watch->outer;
    atomic_signal_fence(memory_order_seq_cst);
    if (watch->deadline)
        publish(first_deadline());
    if (watch->tripped)
        lua_sethook(watch->running, NULL, 0, 0);
}

/* What is left to this thread, which has waited so long for a CPU. */
static int64_t left_ns(int64_t waited)
{
    int64_t now = hs_running_ns(), left = INT64_MAX;

    for (const struct hs_watch *w = top; w; w = w->outer) {
        if (!w->deadline)
            continue;
        if (w->until - now + waited < left)
            left = w->until - now + waited;
        if (w->latest - now < left)
            left = w->latest - now;
    }
    return left;
}

/* Looks only for a short time left how long the thread has waited: that is a
 * system call. */
int64_t hs_watch_left_ns(void)
{
    int64_t left = left_ns(top ? top->waited : 0);

    return left < HS_WATCH_LATE_MS * 1000000LL ? left_ns(waited_for_cpu())
                                               : left;
}

struct hs_watch *hs_watch_top(void)
{
    return top;
}

void l_watch_poll(lua_State *L)
{
    const struct hs_watch *watch = top;

    if (watch && watch->tripped)
        l_stop(L, NULL);
}

lua_State *hs_watch_enter(lua_State *co)
{
    struct hs_watch *watch = top;
    lua_State *before;

    if (!watch)
        return NULL;
    before = watch->running;
    watch->running = co;
    atomic_signal_fence(memory_order_seq_cst);
    if (watch->tripped)
        lua_sethook(co, l_stop, EVERYTHING, 1);
    return before;
}

void hs_watch_leave(lua_State *L, lua_State *before)
{
    struct hs_watch *watch = top;

    if (!watch || !before)
        return;
    watch->running = before;
    atomic_signal_fence(memory_order_seq_cst);
    if (watch->tripped)
        lua_sethook(L, l_stop, EVERYTHING, 1);
}
