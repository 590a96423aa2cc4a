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

static struct slow_sample slow_begin;

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
    slow_begin = slow_look();
}

/* `ms` as it is on an idle machine, or more. */
static inline int lenient(int ms)
{
    struct slow_sample now = slow_look();
    double foreign = now.all - slow_begin.all - (now.own - slow_begin.own);
    int busy = foreign > 0.2 * (now.at - slow_begin.at) + 0.02;

    return busy || getenv("HS_SLOW") ? 10 * ms : ms;
}

/* `ms` while other processes use the CPUs, none on an idle machine; none under
 * a sanitizer, where ten times any bound is long enough. */
static inline int when_busy(int ms)
{
    return lenient(1) > 1 && !getenv("HS_SLOW") ? ms : 0;
}

#endif
