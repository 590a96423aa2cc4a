/* recent.h: a bounded memory of texts by key, shared by all threads.
 *
 * It holds the plans of calls under way, so that a call continues if the
 * database can't be written or read. Only a near file keeps them over a
 * restart (store/near/journal.h). */
#ifndef HS_RECENT_H
#define HS_RECENT_H

#include <stddef.h>
#include <stdint.h>

#define HS_RECENT_KEY_MAX 128
#define HS_RECENT_TEXT_MAX (32u << 10)

/* Keep `text` under `key`, replacing the old text; beyond 8192 entries or 16
 * MiB the oldest are dropped. Returns 0, or -1 if key or text is too long or
 * memory ran out; the old text is gone then, too. */
int hs_recent_put(const char *key, size_t key_len, const char *text,
                  size_t len);
/* The same for a text that is never dropped, for the program's own keys: there
 * must be few. */
int hs_recent_keep(const char *key, size_t key_len, const char *text,
                   size_t len);
/* A copy of the text, which the caller frees. 1 found, 0 not there, -1 memory
 * ran out. */
int hs_recent_get(const char *key, size_t key_len, char **text, size_t *len);
/* Pass on the texts that were put since the put of this `number`, which is
 * moved on; some may come again the next time. `take` must be short, mustn't
 * call back, and ends it with anything but 0, which is returned. */
typedef int hs_recent_take(void *ctx, const char *key, size_t key_len,
                           const char *text, size_t len);
int hs_recent_since(uint64_t *number, hs_recent_take *take, void *ctx);
/* How often something was put. */
uint64_t hs_recent_puts(void);
/* Entries and bytes held now, without those never dropped. */
void hs_recent_size(size_t *entries, size_t *bytes);
/* Forget everything, at the end of the process or of a test. */
void hs_recent_clear(void);

#endif
