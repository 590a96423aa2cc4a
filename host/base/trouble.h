/* trouble.h: what comes and goes is logged when it comes, and when it has been
 * gone for some seconds: not each time. All functions: any thread. */
#ifndef HS_TROUBLE_H
#define HS_TROUBLE_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>

struct hs_trouble {
    atomic_int known; /* the log says that it is there */
    pthread_mutex_t lock;
    char code[32];      /* what the log says ... */
    int64_t told_at;    /* ... and since when */
    int64_t since;      /* when it came */
    int64_t gone_since; /* 0: it is there */
};

void hs_trouble_init(struct hs_trouble *trouble);
void hs_trouble_free(struct hs_trouble *trouble);
/* It is there. 1 if the log doesn't say so yet. */
int hs_trouble_met(struct hs_trouble *trouble, const char *code);
/* It isn't there; to be called again and again. 1, once, when that has lasted;
 * `ms` (or NULL): how long it was there. */
int hs_trouble_gone(struct hs_trouble *trouble, int64_t *ms);

#endif
