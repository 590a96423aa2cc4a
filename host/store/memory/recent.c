/* recent.c: 16 shards, each a small hash table and a queue by age. */
#include "store/memory/recent.h"

#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#define SHARDS 16
#define BUCKETS 512
#define SHARD_ENTRIES 512
#define SHARD_BYTES (1u << 20)

struct entry {
    struct entry *next;          /* in its bucket */
    struct entry *older, *newer; /* in the queue */
    uint64_t hash;
    uint64_t number; /* in the order of all puts */
    size_t key_len, len;
    int kept;     /* not in the queue, so it is never dropped */
    char bytes[]; /* key, then text */
};

struct shard {
    pthread_mutex_t lock;
    struct entry *buckets[BUCKETS];
    struct entry *oldest, *newest;
    size_t count, bytes;
};

static struct {
    pthread_once_t once;
    uint64_t seed;
    _Atomic uint64_t puts;
    struct shard shards[SHARDS];
} recent = {.once = PTHREAD_ONCE_INIT};

static void prepare(void)
{
    for (int i = 0; i < SHARDS; i++)
        pthread_mutex_init(&recent.shards[i].lock, NULL);
    /* Keys come from outside: a secret seed prevents collisions. */
    if (getrandom(&recent.seed, sizeof recent.seed, GRND_NONBLOCK) < 0)
        recent.seed = (uint64_t)(uintptr_t)&recent;
}

static uint64_t hash_of(const char *key, size_t len)
{
    uint64_t hash;

    pthread_once(&recent.once, prepare);
    hash = recent.seed ^ 0xcbf29ce484222325;
    for (size_t i = 0; i < len; i++)
        hash = (hash ^ (unsigned char)key[i]) * 0x100000001b3;
    return hash ^ (hash >> 29);
}

static struct shard *shard_of(uint64_t hash)
{
    return &recent.shards[hash % SHARDS];
}

static struct entry **bucket_of(struct shard *shard, uint64_t hash)
{
    return &shard->buckets[hash / SHARDS % BUCKETS];
}

/* The link that points at the entry of a key, or at NULL. */
static struct entry **find(struct shard *shard, uint64_t hash, const char *key,
                           size_t key_len)
{
    struct entry **link = bucket_of(shard, hash);

    while (*link && ((*link)->hash != hash || (*link)->key_len != key_len ||
                     memcmp((*link)->bytes, key, key_len) != 0))
        link = &(*link)->next;
    return link;
}

static void leave_queue(struct shard *shard, const struct entry *entry)
{
    if (entry->older)
        entry->older->newer = entry->newer;
    else
        shard->oldest = entry->newer;
    if (entry->newer)
        entry->newer->older = entry->older;
    else
        shard->newest = entry->older;
    shard->count--;
    shard->bytes -= sizeof *entry + entry->key_len + entry->len;
}

static void drop(struct shard *shard, struct entry **link)
{
    struct entry *entry = *link;

    assert(entry); /* an entry in the queue is also in its bucket */
    *link = entry->next;
    if (!entry->kept)
        leave_queue(shard, entry);
    free(entry);
}

static void drop_oldest(struct shard *shard)
{
    struct entry *entry = shard->oldest;

    drop(shard, find(shard, entry->hash, entry->bytes, entry->key_len));
}

static void join_queue(struct shard *shard, struct entry *entry)
{
    entry->newer = NULL;
    entry->older = shard->newest;
    if (shard->newest)
        shard->newest->newer = entry;
    else
        shard->oldest = entry;
    shard->newest = entry;
    shard->count++;
    shard->bytes += sizeof *entry + entry->key_len + entry->len;
    while (shard->count > SHARD_ENTRIES || shard->bytes > SHARD_BYTES)
        drop_oldest(shard);
}

static void insert(struct shard *shard, struct entry *entry)
{
    struct entry **link = bucket_of(shard, entry->hash);

    entry->next = *link;
    *link = entry;
    if (!entry->kept)
        join_queue(shard, entry);
}

static int put(const char *key, size_t key_len, const char *text, size_t len,
               int kept)
{
    uint64_t hash = hash_of(key, key_len);
    struct shard *shard = shard_of(hash);
    struct entry *entry = NULL, **old;

    if (key_len <= HS_RECENT_KEY_MAX && len <= HS_RECENT_TEXT_MAX)
        entry = malloc(sizeof *entry + key_len + len);
    if (entry) {
        entry->hash = hash;
        entry->key_len = key_len;
        entry->len = len;
        entry->kept = kept;
        memcpy(entry->bytes, key, key_len);
        memcpy(entry->bytes + key_len, text, len);
    }
    pthread_mutex_lock(&shard->lock);
    old = find(shard, hash, key, key_len);
    if (*old)
        drop(shard, old);
    if (entry) {
        entry->number = atomic_fetch_add(&recent.puts, 1) + 1;
        insert(shard, entry);
    }
    pthread_mutex_unlock(&shard->lock);
    return entry ? 0 : -1;
}

int hs_recent_put(const char *key, size_t key_len, const char *text, size_t len)
{
    return put(key, key_len, text, len, 0);
}

int hs_recent_keep(const char *key, size_t key_len, const char *text,
                   size_t len)
{
    return put(key, key_len, text, len, 1);
}

int hs_recent_get(const char *key, size_t key_len, char **text, size_t *len)
{
    uint64_t hash = hash_of(key, key_len);
    struct shard *shard = shard_of(hash);
    const struct entry *entry;
    int found = 0;

    pthread_mutex_lock(&shard->lock);
    entry = *find(shard, hash, key, key_len);
    if (entry) {
        *len = entry->len;
        *text = malloc(entry->len + 1);
        found = *text ? 1 : -1;
        if (*text)
            memcpy(*text, entry->bytes + key_len, entry->len);
    }
    pthread_mutex_unlock(&shard->lock);
    return found;
}

int hs_recent_since(uint64_t *number, hs_recent_take *take, void *ctx)
{
    uint64_t upto = atomic_load(&recent.puts);
    int rc = 0;

    pthread_once(&recent.once, prepare);
    for (int i = 0; rc == 0 && i < SHARDS; i++) {
        struct shard *shard = &recent.shards[i];
        const struct entry *entry;

        pthread_mutex_lock(&shard->lock);
        for (entry = shard->newest; rc == 0 && entry && entry->number > *number;
             entry = entry->older)
            rc = take(ctx, entry->bytes, entry->key_len,
                      entry->bytes + entry->key_len, entry->len);
        pthread_mutex_unlock(&shard->lock);
    }
    if (rc == 0)
        *number = upto;
    return rc;
}

uint64_t hs_recent_puts(void)
{
    return atomic_load(&recent.puts);
}

void hs_recent_size(size_t *entries, size_t *bytes)
{
    *entries = 0;
    *bytes = 0;
    pthread_once(&recent.once, prepare);
    for (int i = 0; i < SHARDS; i++) {
        struct shard *shard = &recent.shards[i];

        pthread_mutex_lock(&shard->lock);
        *entries += shard->count;
        *bytes += shard->bytes;
        pthread_mutex_unlock(&shard->lock);
    }
}

void hs_recent_clear(void)
{
    pthread_once(&recent.once, prepare);
    for (int i = 0; i < SHARDS; i++) {
        struct shard *shard = &recent.shards[i];

        pthread_mutex_lock(&shard->lock);
        for (int j = 0; j < BUCKETS; j++) {
            while (shard->buckets[j])
                drop(shard, &shard->buckets[j]);
        }
        pthread_mutex_unlock(&shard->lock);
    }
}
