/* nearest.h: the known name that a mistyped one probably meant. */
#ifndef HS_NEAREST_H
#define HS_NEAREST_H

#include <stddef.h>

/* Zero-initialise, offer every known name, then read `name`: NULL if none is
 * close enough to suggest. */
struct hs_nearest {
    const char *name;
    size_t distance;
};
/* Compare `word` with one candidate, which must outlive `nearest`. */
void hs_nearest_offer(struct hs_nearest *nearest, const char *word,
                      const char *candidate);
/* Letters to insert, delete, change or swap to turn `a` into `b`, ignoring
 * case; only the first 63 letters count. */
size_t hs_edit_distance(const char *a, const char *b);

#endif
