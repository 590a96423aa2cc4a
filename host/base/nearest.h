/* nearest.h: the known name that a mistyped one most likely meant. */
#ifndef HS_NEAREST_H
#define HS_NEAREST_H

#include <stddef.h>

/* Zero-initialise, offer every known name, then read `name`: NULL when none is
 * near enough to be worth suggesting. */
struct hs_nearest {
    const char *name;
    size_t distance;
};
/* Compare `word` with one candidate, which must outlive `nearest`. */
void hs_nearest_offer(struct hs_nearest *nearest, const char *word,
                      const char *candidate);
/* Letters to insert, delete, change or swap, case aside, to make `a` into `b`;
 * words are looked at up to 63 letters. */
size_t hs_edit_distance(const char *a, const char *b);

#endif
