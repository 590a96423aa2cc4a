/* limiter.c: buckets as one number each: the time at which a bucket will be
 * full again (the "theoretical arrival time" of ATM's cell rate algorithm).
 *
 * A subject is a keyed hash of 64 bits, so a table of fixed size is enough and
 * outside input never allocates. */
#include "lib/limiter.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#define SHARDS 16
#define SLOTS 4096 /* of a shard; a power of two */
#define WINDOW 8   /* slots that one subject may be in */
#define MINUTE_US 60000000

struct slot {
    uint64_t subject;
    int64_t full_at; /* microseconds; in the past: the slot is free */
};

struct shard {
    pthread_mutex_t lock;
    struct slot slots[SLOTS];
};

struct hs_limiter {
    uint64_t key[2];
    struct hs_limiter_others others; /* zero: there are none */
    struct shard shards[SHARDS];
};

struct hs_limiter *hs_limiter_new(void)
{
    struct hs_limiter *limiter = calloc(1, sizeof *limiter);

    if (!limiter)
        return NULL;
    if (getrandom(limiter->key, sizeof limiter->key, 0) !=
        (ssize_t)sizeof limiter->key) {
        free(limiter);
        return NULL;
    }
    for (int i = 0; i < SHARDS; i++)
        pthread_mutex_init(&limiter->shards[i].lock, NULL);
    return limiter;
}

void hs_limiter_free(struct hs_limiter *limiter)
{
    if (!limiter)
        return;
    for (int i = 0; i < SHARDS; i++)
        pthread_mutex_destroy(&limiter->shards[i].lock);
    free(limiter);
}

/* ---- SipHash-2-4: without the key nobody can make two texts collide ----
 */

struct sip {
    uint64_t a, b, c, d;
    uint64_t word; /* bytes not yet mixed in */
    size_t len;
};

static uint64_t rotate(uint64_t x, int by)
{
    return x << by | x >> (64 - by);
}

static void sip_round(struct sip *s)
{
    s->a += s->b;
    s->c += s->d;
    s->b = rotate(s->b, 13) ^ s->a;
    s->d = rotate(s->d, 16) ^ s->c;
    s->a = rotate(s->a, 32);
    s->c += s->b;
    s->a += s->d;
    s->b = rotate(s->b, 17) ^ s->c;
    s->d = rotate(s->d, 21) ^ s->a;
    s->c = rotate(s->c, 32);
}

static void sip_word(struct sip *s, uint64_t word)
{
    s->d ^= word;
    sip_round(s);
    sip_round(s);
    s->a ^= word;
}

static void sip_add(struct sip *s, const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        s->word |= (uint64_t)(unsigned char)text[i] << 8 * (s->len % 8);
        if (++s->len % 8 == 0) {
            sip_word(s, s->word);
            s->word = 0;
        }
    }
}

static uint64_t sip_end(struct sip *s)
{
    sip_word(s, s->word | (uint64_t)s->len << 56);
    s->c ^= 0xff;
    for (int i = 0; i < 4; i++)
        sip_round(s);
    return s->a ^ s->b ^ s->c ^ s->d;
}

/* Never 0, which marks an unused slot. */
static uint64_t hash_of(const struct hs_limiter *limiter, const char *name,
                        const char *subject, size_t len)
{
    struct sip s = {.a = limiter->key[0] ^ 0x736f6d6570736575,
                    .b = limiter->key[1] ^ 0x646f72616e646f6d,
                    .c = limiter->key[0] ^ 0x6c7967656e657261,
                    .d = limiter->key[1] ^ 0x7465646279746573};
    uint64_t hash;

    sip_add(&s, name, strlen(name) + 1);
    sip_add(&s, subject, len);
    hash = sip_end(&s);
    return hash ? hash : 1;
}

/* ---- buckets ---- */

/* The slot of a subject; else a free one, or the one that is full again
 * soonest. */
static struct slot *slot_of(struct shard *shard, uint64_t hash, int64_t now)
{
    struct slot *best = NULL;

    for (size_t i = 0; i < WINDOW; i++) {
        struct slot *slot = &shard->slots[(hash / SHARDS + i) & (SLOTS - 1)];

        if (slot->subject == hash)
            return slot;
        if (!best || slot->full_at < best->full_at)
            best = slot;
    }
    best->subject = hash;
    best->full_at = now;
    return best;
}

void hs_limiter_share(struct hs_limiter *limiter,
                      const struct hs_limiter_others *others)
{
    limiter->others = *others;
}

/* Our share of a large limit. */
static int64_t share_of(const struct hs_limiter *limiter, int64_t count)
{
    int hosts = 1;

    if (count > HS_LIMIT_EXACT && limiter->others.hosts)
        hosts = limiter->others.hosts(limiter->others.ctx);
    return count / hosts > 0 ? count / hosts : 1;
}

int64_t hs_limiter_take(struct hs_limiter *limiter,
                        const struct hs_limit *limit, const char *subject,
                        size_t len, int64_t now_us)
{
    int64_t count =
        share_of(limiter, limit->per_minute > 0 ? limit->per_minute : 1);
    int64_t each = MINUTE_US / count;
    uint64_t hash = hash_of(limiter, limit->name, subject, len);
    struct shard *shard = &limiter->shards[hash % SHARDS];
    struct slot *slot;
    int64_t full_at;
    int64_t wait;

    pthread_mutex_lock(&shard->lock);
    slot = slot_of(shard, hash, now_us);
    full_at = slot->full_at > now_us ? slot->full_at : now_us;
    wait = full_at + each - now_us - count * each;
    if (wait <= 0)
        slot->full_at = full_at + each;
    pthread_mutex_unlock(&shard->lock);
    if (wait > 0)
        return (wait + 999) / 1000;
    if (!limiter->others.take || limit->per_minute > HS_LIMIT_EXACT)
        return 0;
    wait = limiter->others.take(limiter->others.ctx, limit->name,
                                limit->per_minute, subject, len);
    return wait > 0 ? wait : 0;
}
