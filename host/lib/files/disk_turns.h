/* disk_turns.h: how many threads may wait for a place on disk. A mount whose
 * server has gone holds up whoever asks it for anything, for as long as it
 * likes: the other threads answer calls. */
#ifndef HS_DISK_TURNS_H
#define HS_DISK_TURNS_H

#include <pthread.h>

/* Of one place; static, it begins as HS_DISK_TURNS. */
struct hs_disk_turns {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    int taken;
    int stuck; /* somebody waited for a turn in vain */
};
#define HS_DISK_TURNS                                                          \
    {                                                                          \
        .lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER \
    }

/* Take a turn: a fourth of the workers may have one at a time. 0 if none is
 * free within two seconds, and from then on at once until one is: those who
 * have them aren't answered. Any thread. */
int hs_disk_turn_begin(struct hs_disk_turns *turns, int workers);
void hs_disk_turn_end(struct hs_disk_turns *turns);

#endif
