/* pattern.h: Lua 5.4 patterns (reference manual, 6.4.1) under a step budget.
 *
 * The library's own matcher backtracks in C, where no watchdog reaches it: a
 * pattern of forty characters can hold a worker for hours. Here a pattern is
 * first compiled, so a malformed one is refused at once, and then matched with
 * a counter that stops it after a few milliseconds. No Lua in here. */
#ifndef HS_PATTERN_H
#define HS_PATTERN_H

#include <stddef.h>
#include <stdint.h>

#define HS_PATTERN_CAPTURES 32
#define HS_PATTERN_LENGTH 32768
#define HS_PATTERN_STEPS 1000000         /* of one call of the string library */
#define HS_PATTERN_POSITION ((size_t)-1) /* the length of a `()` capture */

struct hs_pattern_item;
struct hs_pattern_choice;

/* A compiled pattern; its parts are in the caller's space. */
struct hs_pattern {
    struct hs_pattern_item *items;
    struct hs_pattern_choice *choices;
    unsigned char (*sets)[32]; /* one bit per byte value */
    int item_count;
    int set_count;
    int captures;
};

/* Offsets into the subject. */
struct hs_pattern_match {
    size_t start, end;
    struct {
        size_t start, len;
    } capture[HS_PATTERN_CAPTURES];
};

/* Bytes of space, aligned like malloc's, that a pattern of `len` bytes needs.
 * It may be reused for another pattern, not for two matches at once. */
size_t hs_pattern_space(size_t len);
/* Compile. Returns 0, or -1 with the reason in `why` (80 bytes). A leading `^`
 * is ordinary here: the caller strips it. */
int hs_pattern_compile(struct hs_pattern *pattern, void *space,
                       const char *text, size_t len, char *why);
/* Match at exactly `at`. Returns 1 and fills `match`, 0, or -1 when `steps`
 * ran out; `steps` is counted down and may serve many matches. */
int hs_pattern_match_at(const struct hs_pattern *pattern, const char *subject,
                        size_t len, size_t at, int64_t *steps,
                        struct hs_pattern_match *match);

#endif
