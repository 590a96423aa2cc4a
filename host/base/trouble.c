/* trouble.c: what comes and goes is logged once. */
#include "base/trouble.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"

/* On a full disk, or beside a lock, some writes still succeed; a server that is
 * slow is late now and then. */
#define STEADY_MS 5000

void hs_trouble_init(struct hs_trouble *trouble)
{
    *trouble = (struct hs_trouble){0};
    pthread_mutex_init(&trouble->lock, NULL);
}

void hs_trouble_free(struct hs_trouble *trouble)
{
    pthread_mutex_destroy(&trouble->lock);
}

int hs_trouble_met(struct hs_trouble *trouble, const char *code)
{
    int64_t now = hs_running_ms();
    int news, known;

    pthread_mutex_lock(&trouble->lock);
    known = atomic_load(&trouble->known);
    news = !known || (strcmp(trouble->code, code) != 0 &&
                      now - trouble->told_at >= STEADY_MS);
    if (!known)
        trouble->since = now;
    if (news) {
        (void)snprintf(trouble->code, sizeof trouble->code, "%s", code);
        trouble->told_at = now;
    }
    trouble->gone_since = 0;
    atomic_store(&trouble->known, 1);
    pthread_mutex_unlock(&trouble->lock);
    return news;
}

int hs_trouble_gone(struct hs_trouble *trouble, int64_t *ms)
{
    int64_t now;
    int news;

    if (!atomic_load_explicit(&trouble->known, memory_order_relaxed))
        return 0;
    now = hs_running_ms();
    pthread_mutex_lock(&trouble->lock);
    if (!trouble->gone_since)
        trouble->gone_since = now;
    news =
        atomic_load(&trouble->known) && now - trouble->gone_since >= STEADY_MS;
    if (news)
        atomic_store(&trouble->known, 0);
    if (ms)
        *ms = trouble->gone_since - trouble->since;
    pthread_mutex_unlock(&trouble->lock);
    return news;
}
