/* recent.h: a bounded memory of texts by key, shared by all threads.
 *
 * It holds the plans of calls under way, so that a call goes on when the
 * database cannot be written or read. Nothing here survives a restart. */
#ifndef HS_RECENT_H
#define HS_RECENT_H

#include <stddef.h>

#define HS_RECENT_KEY_MAX 128
#define HS_RECENT_TEXT_MAX (32u << 10)

/* Keep `text` under `key`, instead of what was there; the oldest entries go
 * when there are more than 8192 or more than 16 MiB. Returns 0, or -1 when key
 * or text is too long or memory ran out; what was there is gone then, too. */
int hs_recent_put(const char *key, size_t key_len, const char *text,
                  size_t len);
/* The same of a text that never goes, for keys that the program itself makes:
 * there must be few. */
int hs_recent_keep(const char *key, size_t key_len, const char *text,
                   size_t len);
/* A copy of the text, which the caller frees. 1 found, 0 not there, -1 memory
 * ran out. */
int hs_recent_get(const char *key, size_t key_len, char **text, size_t *len);
/* Entries and bytes held now, without those that are kept. */
void hs_recent_size(size_t *entries, size_t *bytes);
/* Forget everything, at the end of the process or of a test. */
void hs_recent_clear(void);

#endif
