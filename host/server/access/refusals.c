/* refusals.c: the webhooks refused last. */
#include "server/access/refusals.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

#define KEPT 8
#define TEXT_SIZE 64

struct refusal {
    int64_t at;
    char reason[TEXT_SIZE], path[TEXT_SIZE], remote[TEXT_SIZE];
};

struct hs_refusals {
    pthread_mutex_t lock;
    uint64_t count; /* the newest is at (count - 1) % KEPT */
    struct refusal last[KEPT];
};

struct hs_refusals *hs_refusals_new(void)
{
    struct hs_refusals *new = calloc(1, sizeof *new);

    if (new)
        pthread_mutex_init(&new->lock, NULL);
    return new;
}

void hs_refusals_free(struct hs_refusals *refusals)
{
    if (!refusals)
        return;
    pthread_mutex_destroy(&refusals->lock);
    free(refusals);
}

void hs_refusals_note(struct hs_refusals *refusals, const char *reason,
                      const char *path, const char *remote)
{
    struct refusal *entry;

    pthread_mutex_lock(&refusals->lock);
    entry = &refusals->last[refusals->count++ % KEPT];
    entry->at = hs_now_ms();
    (void)snprintf(entry->reason, TEXT_SIZE, "%s", reason);
    (void)snprintf(entry->path, TEXT_SIZE, "%s", path);
    (void)snprintf(entry->remote, TEXT_SIZE, "%s", remote);
    pthread_mutex_unlock(&refusals->lock);
}

static int add_text(struct hs_buf *out, const char *name, const char *text)
{
    return hs_buf_printf(out, ",\"%s\":", name) ||
           hs_buf_add_json(out, text, strlen(text));
}

static int add_entry(struct hs_buf *out, const struct refusal *entry)
{
    return hs_buf_printf(out, "{\"at\":%" PRId64, entry->at) ||
           add_text(out, "reason", entry->reason) ||
           add_text(out, "path", entry->path) ||
           add_text(out, "remote", entry->remote) || hs_buf_add_str(out, "}");
}

int hs_refusals_write(struct hs_refusals *refusals, struct hs_buf *out)
{
    uint64_t kept;
    int failed;

    pthread_mutex_lock(&refusals->lock);
    kept = refusals->count < KEPT ? refusals->count : KEPT;
    failed = hs_buf_printf(out, "{\"count\":%" PRIu64 ",\"last\":[",
                           refusals->count);
    for (uint64_t i = 1; i <= kept && !failed; i++)
        failed = (i > 1 && hs_buf_add_str(out, ",")) ||
                 add_entry(out, &refusals->last[(refusals->count - i) % KEPT]);
    pthread_mutex_unlock(&refusals->lock);
    return failed || hs_buf_add_str(out, "]}") ? -1 : 0;
}
