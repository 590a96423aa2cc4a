/* vms.c: the VMs that answer requests, the most recently used on top. */
#include "server/vms.h"

#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/metrics.h"
#include "script/bundle.h"
#include "script/vm.h"
#include "server/app.h"
#include "server/release/reload.h"

#define RETRY_MS 500 /* after VMs could not be made */
/* A pair that grew beyond this is freed, not kept, because a state keeps pages
 * it needed once. A pair that serves all but the heaviest requests holds about
 * half of this. */
#define KEPT_BYTES ((size_t)12 << 20)
/* When each processor has several pairs under way, most of them belong to
 * threads that wait for a processor themselves: one is given back sooner than
 * another one is made. The wait is bounded, since they may also be waiting for
 * another server. */
#define FEW_PER_PROCESSOR 2
#define WAIT_MS 50
#define IDLE_MS 5000 /* pairs unused for this long are freed ... */
#define IDLE_KEPT 2  /* ... except this many */
#define TRIM_MS 1000

struct hs_vm_stack {
    struct hs_server *server;
    _Atomic int64_t retry_at; /* when to retry making VMs */

    pthread_mutex_t moving; /* held while switching releases */

    pthread_mutex_t lock;       /* the members below */
    struct hs_release *release; /* that answers requests */
    uint64_t generation;        /* its number */
    struct hs_vms *top;
    struct hs_vms *old; /* for the trimmer to free */
    int few;     /* pairs that are made without waiting for another one */
    int taken;   /* pairs that requests have, or are being made for one */
    int making;  /* a pair is being made: wait for it, or for another one */
    int waiting; /* how many wait */
    pthread_cond_t changed;

    pthread_t trimmer;
    pthread_cond_t stopped; /* or pairs were left to it */
    int trims, stop;        /* the thread runs; it should end */
};

/* ---- one pair ---- */

/* A pair of a release. NULL, logged, if it fails, and for a while after that.
 */
static struct hs_vms *make_vms(struct hs_vm_stack *stack,
                               struct hs_release *release)
{
    struct hs_script_error err;
    unsigned misses = hs_memory_misses();
    struct hs_vms *vms = hs_release_take_first(release);

    if (vms || hs_monotonic_ms() < atomic_load(&stack->retry_at))
        return vms;
    vms = hs_vms_make(stack->server, release->bundle, &err);
    if (vms) {
        vms->release = hs_release_keep(release);
        return vms;
    }
    hs_app_log("vms_failed", &err, NULL);
    /* The shortage may be over in a moment. */
    if (hs_memory_misses() == misses && strcmp(err.code, "time") != 0)
        atomic_store(&stack->retry_at, hs_monotonic_ms() + RETRY_MS);
    return NULL;
}

/* ---- the stack ---- */

/* The topmost pair of a release, NULL if there is none. With the lock held. */
static struct hs_vms *pop(struct hs_vm_stack *stack,
                          const struct hs_release *release)
{
    struct hs_vms **at = &stack->top;
    struct hs_vms *vms;

    while (*at && (*at)->release != release)
        at = &(*at)->below;
    vms = *at;
    if (vms) {
        *at = vms->below;
        vms->below = NULL;
    }
    return vms;
}

/* Wait until a pair was given back or made; not for one of a release that has
 * been replaced. 0 when `until` has passed. With the lock held. */
static int wait_for_pair(struct hs_vm_stack *stack,
                         const struct hs_release *release, int64_t until)
{
    struct timespec at = {.tv_sec = until / 1000,
                          .tv_nsec = (long)(until % 1000) * 1000000};
    int patient = release == stack->release && stack->taken >= stack->few &&
                  hs_monotonic_ms() < until;

    if (!patient && !stack->making)
        return 0;
    stack->waiting++;
    if (patient)
        (void)pthread_cond_clockwait(&stack->changed, &stack->lock,
                                     CLOCK_MONOTONIC, &at);
    else
        (void)pthread_cond_wait(&stack->changed, &stack->lock);
    stack->waiting--;
    return 1;
}

/* Make a pair for the caller, who has said so in `making` and `taken`. */
static struct hs_vms *add_pair(struct hs_vm_stack *stack,
                               struct hs_release *release)
{
    struct hs_vms *vms = make_vms(stack, release);

    pthread_mutex_lock(&stack->lock);
    stack->making = 0;
    stack->taken -= !vms;
    if (stack->waiting > 0)
        pthread_cond_broadcast(&stack->changed);
    pthread_mutex_unlock(&stack->lock);
    return vms;
}

/* Only one pair is made at a time: meanwhile, in a burst of requests, most find
 * that an earlier one has given its pair back. */
struct hs_vms *hs_vms_take(struct hs_vm_stack *stack,
                           struct hs_release *release)
{
    int64_t until = hs_monotonic_ms() + WAIT_MS;
    struct hs_vms *vms;

    pthread_mutex_lock(&stack->lock);
    while (!(vms = pop(stack, release)) && wait_for_pair(stack, release, until))
        ;
    stack->taken++;
    stack->making |= !vms;
    pthread_mutex_unlock(&stack->lock);
    return vms ? vms : add_pair(stack, release);
}

/* Leave pairs of an earlier release to the trimmer: freeing them takes longer
 * than a call should wait. With the lock held. */
static void leave(struct hs_vm_stack *stack, struct hs_vms *vms)
{
    struct hs_vms **last = &vms;

    while (*last)
        last = &(*last)->below;
    *last = stack->old;
    stack->old = vms;
    pthread_cond_signal(&stack->stopped);
}

void hs_vms_give(struct hs_vm_stack *stack, struct hs_vms *vms, int whole)
{
    int small = hs_vm_footprint(vms->group.app) <= KEPT_BYTES;
    int keep;

    vms->given_at = hs_monotonic_ms();
    pthread_mutex_lock(&stack->lock);
    stack->taken--;
    keep = small && whole && !hs_vm_was_cut(vms->group.app) &&
           vms->release == stack->release;
    if (keep) {
        vms->below = stack->top;
        stack->top = vms;
    } else if (stack->trims && vms->release != stack->release) {
        leave(stack, vms);
        keep = 1;
    }
    if (stack->waiting > 0)
        pthread_cond_signal(&stack->changed);
    pthread_mutex_unlock(&stack->lock);
    if (keep)
        return;
    hs_vms_free(vms);
    if (!small)
        (void)malloc_trim(0);
}

/* ---- unused pairs ---- */

/* Cut off the pairs below the first IDLE_KEPT that haven't been used for a
 * while: the stack is in order of use. With the lock held. */
static struct hs_vms *cut_idle(struct hs_vm_stack *stack, int64_t now)
{
    struct hs_vms **at = &stack->top;
    struct hs_vms *idle;

    for (int i = 0; *at && (i < IDLE_KEPT || now - (*at)->given_at < IDLE_MS);
         i++)
        at = &(*at)->below;
    idle = *at;
    *at = NULL;
    return idle;
}

static void free_all(struct hs_vms *vms)
{
    while (vms) {
        struct hs_vms *below = vms->below;

        hs_vms_free(vms);
        vms = below;
    }
}

static void *trim(void *arg)
{
    struct hs_vm_stack *stack = arg;
    struct timespec until;

    pthread_mutex_lock(&stack->lock);
    while (!stack->stop) {
        struct hs_vms *idle = stack->old;

        stack->old = NULL;
        if (!idle)
            idle = cut_idle(stack, hs_monotonic_ms());
        if (idle) {
            pthread_mutex_unlock(&stack->lock);
            free_all(idle);
            (void)malloc_trim(0);
            pthread_mutex_lock(&stack->lock);
            continue;
        }
        clock_gettime(CLOCK_MONOTONIC, &until);
        until.tv_sec += TRIM_MS / 1000;
        (void)pthread_cond_clockwait(&stack->stopped, &stack->lock,
                                     CLOCK_MONOTONIC, &until);
    }
    pthread_mutex_unlock(&stack->lock);
    return NULL;
}

/* Without it pairs are kept, which is harmless, so failing here isn't an error.
 * */
static void start_trimmer(struct hs_vm_stack *stack)
{
    sigset_t all;
    sigset_t before;

    sigfillset(&all); /* other threads take signals */
    pthread_sigmask(SIG_SETMASK, &all, &before);
    stack->trims = pthread_create(&stack->trimmer, NULL, trim, stack) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

static void stop_trimmer(struct hs_vm_stack *stack)
{
    pthread_mutex_lock(&stack->lock);
    stack->stop = 1;
    pthread_cond_signal(&stack->stopped);
    pthread_mutex_unlock(&stack->lock);
    if (stack->trims)
        pthread_join(stack->trimmer, NULL);
}

/* From now on answer with `release`; `vms` is its first pair. */
static void move_to(struct hs_vm_stack *stack, struct hs_release *release,
                    uint64_t generation, struct hs_vms *vms)
{
    struct hs_release *before;
    struct hs_vms *old;

    pthread_mutex_lock(&stack->lock);
    before = stack->release;
    old = stack->top;
    stack->release = release;
    stack->generation = generation;
    stack->top = vms;
    pthread_cond_broadcast(&stack->changed); /* nothing to wait for any more */
    if (old && stack->trims) {
        leave(stack, old);
        old = NULL;
    }
    pthread_mutex_unlock(&stack->lock);
    hs_release_drop(before);
    free_all(old);
}

/* Switch to the published release once VMs can be made from it. */
static void follow(struct hs_vm_stack *stack)
{
    struct hs_reload *reload = stack->server->reload;
    struct hs_release *release;
    struct hs_vms *vms;
    uint64_t generation;

    if (stack->generation == hs_reload_generation(reload))
        return;
    release = hs_reload_take(reload, &generation);
    vms = make_vms(stack, release);
    if (vms)
        move_to(stack, release, generation, vms);
    else
        hs_release_drop(release);
}

struct hs_release *hs_vm_stack_release(struct hs_vm_stack *stack,
                                       uint64_t *generation)
{
    struct hs_release *release;

    pthread_mutex_lock(&stack->moving);
    follow(stack);
    release = hs_release_keep(stack->release);
    *generation = stack->generation;
    pthread_mutex_unlock(&stack->moving);
    return release;
}

/* ---- life ---- */

struct hs_vm_stack *hs_vm_stack_new(struct hs_server *server)
{
    struct hs_vm_stack *stack = calloc(1, sizeof *stack);

    if (!stack)
        return NULL;
    stack->server = server;
    stack->few = (int)sysconf(_SC_NPROCESSORS_ONLN) * FEW_PER_PROCESSOR;
    pthread_mutex_init(&stack->moving, NULL);
    pthread_mutex_init(&stack->lock, NULL);
    pthread_cond_init(&stack->changed, NULL);
    stack->release = hs_reload_take(server->reload, &stack->generation);
    stack->top = make_vms(stack, stack->release);
    pthread_cond_init(&stack->stopped, NULL);
    start_trimmer(stack);
    return stack;
}

void hs_vm_stack_free(struct hs_vm_stack *stack)
{
    if (!stack)
        return;
    stop_trimmer(stack);
    stack->trims = 0; /* from here on pairs are freed at once */
    free_all(stack->old);
    move_to(stack, NULL, 0, NULL);
    pthread_cond_destroy(&stack->stopped);
    pthread_cond_destroy(&stack->changed);
    pthread_mutex_destroy(&stack->lock);
    pthread_mutex_destroy(&stack->moving);
    free(stack);
}
