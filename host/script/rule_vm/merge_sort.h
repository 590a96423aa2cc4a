/* merge_sort.h: a stable sort that time limits can interrupt. */
#ifndef HS_MERGE_SORT_H
#define HS_MERGE_SORT_H

#include <stdint.h>

#include <lua.h>

/* Is the element with number `a` before the one with number `b`? May raise. */
typedef int (*hs_before)(lua_State *L, void *ctx, uint32_t a, uint32_t b);

/* Fill `order` with the numbers 0 to n - 1 in the order of their elements;
 * equal elements keep their order. `spare` has room for n numbers too. The
 * result depends only on `before`; an inconsistent one does no harm. Raises
 * when the call's time is up, so both arrays must be owned in a way that
 * survives this. */
void l_merge_sort(lua_State *L, uint32_t *order, uint32_t *spare, uint32_t n,
                  hs_before before, void *ctx);

#endif
