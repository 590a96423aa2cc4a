/* disk_turns.c: see disk_turns.h. */
#include "lib/files/disk_turns.h"

#include <errno.h>
#include <time.h>

#define WAIT_S 2
#define FOURTH 4

int hs_disk_turn_begin(struct hs_disk_turns *turns, int workers)
{
    int most = workers / FOURTH > 0 ? workers / FOURTH : 1;
    struct timespec until;
    int rc = 0, has_turn;

    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += WAIT_S;
    pthread_mutex_lock(&turns->lock);
    while (turns->taken >= most && !turns->stuck && rc != ETIMEDOUT)
        rc = pthread_cond_clockwait(&turns->changed, &turns->lock,
                                    CLOCK_MONOTONIC, &until);
    has_turn = turns->taken < most;
    turns->taken += has_turn;
    turns->stuck = !has_turn;
    pthread_mutex_unlock(&turns->lock);
    return has_turn;
}

void hs_disk_turn_end(struct hs_disk_turns *turns)
{
    pthread_mutex_lock(&turns->lock);
    turns->taken--;
    turns->stuck = 0;
    pthread_cond_broadcast(&turns->changed);
    pthread_mutex_unlock(&turns->lock);
}
