/* nearest.c: edit distance (optimal string alignment), for suggestions. */
#include "base/nearest.h"

#include <string.h>

#define WORD_MAX 63

static int lower(char letter)
{
    return letter >= 'A' && letter <= 'Z' ? letter + ('a' - 'A') : letter;
}

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

size_t hs_edit_distance(const char *a, const char *b)
{
    size_t a_len = strnlen(a, WORD_MAX), b_len = strnlen(b, WORD_MAX);
    size_t rows[3][WORD_MAX + 1] = {{0}};
    size_t *before = rows[0], *last = rows[1], *row = rows[2];

    for (size_t j = 0; j <= b_len; j++)
        last[j] = j;
    for (size_t i = 1; i <= a_len; i++) {
        size_t *spare = before;

        row[0] = i;
        for (size_t j = 1; j <= b_len; j++) {
            int same = lower(a[i - 1]) == lower(b[j - 1]);

            row[j] =
                smaller(last[j - 1] + !same, smaller(last[j], row[j - 1]) + 1);
            if (i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) &&
                lower(a[i - 2]) == lower(b[j - 1]))
                row[j] = smaller(row[j], before[j - 2] + 1);
        }
        before = last;
        last = row;
        row = spare;
    }
    return last[b_len];
}

void hs_nearest_offer(struct hs_nearest *nearest, const char *word,
                      const char *candidate)
{
    size_t distance = hs_edit_distance(word, candidate);
    size_t len = strnlen(candidate, WORD_MAX);

    /* With a third of the letters wrong it's a different word. */
    if (distance > (len < 6 ? 2 : len / 3))
        return;
    if (!nearest->name || distance < nearest->distance) {
        nearest->name = candidate;
        nearest->distance = distance;
    }
}
