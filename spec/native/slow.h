/* slow.h: how slow this machine is at the moment: what spec/support/slow.mjs is
 * to the other specs. A bound of n ms is asserted as `lenient(n)`: n on an idle
 * machine, ten times that while other processes use the CPUs, and under a
 * sanitizer. */
#ifndef HS_SPEC_SLOW_H
#define HS_SPEC_SLOW_H

#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

struct slow_sample {
    double at, all, own; /* seconds */
};

#define SLOW_SAMPLE_S 0.25
#define SLOW_REMEMBERED_S 10 /* a burst is over before what it slowed down */

/* The beginning, and a look some time ago: a burst of work counts however long
 * the test was alone before it. */
static struct slow_sample slow_begin, slow_last;
static double slow_until;

static inline double slow_own(int who)
{
    struct rusage use = {0};

    (void)getrusage(who, &use);
    return (double)(use.ru_utime.tv_sec + use.ru_stime.tv_sec) +
           (double)(use.ru_utime.tv_usec + use.ru_stime.tv_usec) / 1e6;
}

/* CPU that everybody used, and that we used. */
static inline struct slow_sample slow_look(void)
{
    long long user = 0, nice = 0, system = 0, irq = 0, soft = 0, stolen = 0;
    struct slow_sample now = {0};
    struct timespec clock = {0};
    FILE *file = fopen("/proc/stat", "r");

    if (file && fscanf(file, "cpu %lld %lld %lld %*s %*s %lld %lld %lld", &user,
                       &nice, &system, &irq, &soft, &stolen) == 6)
        now.all = (double)(user + nice + system + irq + soft + stolen) / 100;
    if (file)
        fclose(file);
    clock_gettime(CLOCK_MONOTONIC, &clock);
    now.at = (double)clock.tv_sec + (double)clock.tv_nsec / 1e9;
    now.own = slow_own(RUSAGE_SELF) + slow_own(RUSAGE_CHILDREN);
    return now;
}

__attribute__((constructor)) static void slow_started(void)
{
    slow_begin = slow_last = slow_look();
}

static inline int slow_since(const struct slow_sample *then,
                             const struct slow_sample *now)
{
    double foreign = now->all - then->all - (now->own - then->own);

    return foreign > 0.2 * (now->at - then->at) + 0.02;
}

/* `ms` as it is on an idle machine, or more. */
static inline int lenient(int ms)
{
    struct slow_sample now = slow_look();
    int busy;

    if (slow_since(&slow_last, &now))
        slow_until = now.at + SLOW_REMEMBERED_S;
    if (now.at - slow_last.at >= SLOW_SAMPLE_S)
        slow_last = now;
    busy = now.at < slow_until || slow_since(&slow_begin, &now);
    return busy || getenv("HS_SLOW") ? 10 * ms : ms;
}

/* `ms` while other processes use the CPUs, none on an idle machine; none under
 * a sanitizer, where ten times any bound is long enough. */
static inline int when_busy(int ms)
{
    return lenient(1) > 1 && !getenv("HS_SLOW") ? ms : 0;
}

#endif
