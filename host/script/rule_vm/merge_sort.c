/* merge_sort.c: runs by insertion, then merged from the bottom up. */
#include "script/rule_vm/merge_sort.h"

#include <string.h>

#include "script/rule_vm/watchdog.h"

#define RUN 8

struct sort {
    lua_State *L;
    hs_before before;
    void *ctx;
};

static int l_before(const struct sort *sort, uint32_t a, uint32_t b)
{
    l_watch_poll(sort->L);
    return sort->before(sort->L, sort->ctx, a, b);
}

static void l_insert_run(const struct sort *sort, uint32_t *order, uint32_t n)
{
    for (uint32_t i = 1; i < n; i++) {
        uint32_t moved = order[i], at = i;

        for (; at > 0 && l_before(sort, moved, order[at - 1]); at--)
            order[at] = order[at - 1];
        order[at] = moved;
    }
}

/* from[0, middle) and from[middle, n) into `to`. */
static void l_merge(const struct sort *sort, const uint32_t *from,
                    uint32_t middle, uint32_t n, uint32_t *to)
{
    uint32_t left = 0, right = middle;

    while (left < middle && right < n) {
        if (l_before(sort, from[right], from[left]))
            *to++ = from[right++];
        else
            *to++ = from[left++];
    }
    memcpy(to, from + left, (middle - left) * sizeof *to);
    memcpy(to + (middle - left), from + right, (n - right) * sizeof *to);
}

void l_merge_sort(lua_State *L, uint32_t *order, uint32_t *spare, uint32_t n,
                  hs_before less, void *ctx)
{
    const struct sort sort = {.L = L, .before = less, .ctx = ctx};
    uint32_t *from = order, *to = spare;

    for (uint32_t i = 0; i < n; i++)
        order[i] = i;
    for (uint32_t at = 0; at < n; at += RUN)
        l_insert_run(&sort, order + at, n - at < RUN ? n - at : RUN);
    for (uint64_t width = RUN; width < n; width *= 2) {
        uint32_t *swap = from;

        for (uint64_t at = 0; at < n; at += 2 * width) {
            uint64_t left = n - at;
            uint64_t middle = left < width ? left : width;

            l_merge(&sort, from + at, (uint32_t)middle,
                    (uint32_t)(left < 2 * width ? left : 2 * width), to + at);
        }
        from = to;
        to = swap;
    }
    if (from != order)
        memcpy(order, from, n * sizeof *order);
}
