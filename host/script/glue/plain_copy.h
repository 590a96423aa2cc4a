/* plain_copy.h: plain data from one Lua state to another of the same thread. */
#ifndef HS_PLAIN_COPY_H
#define HS_PLAIN_COPY_H

#include <stddef.h>

#include <lua.h>

/* What a copy may still hold; counted down while copying. */
struct hs_plain_limits {
    int depth;
    int entries;
    size_t bytes; /* of strings */
};
#define HS_PLAIN_LIMITS                                                        \
    (struct hs_plain_limits)                                                   \
    {                                                                          \
        .depth = 16, .entries = 4096, .bytes = 262144                          \
    }

/* Push on `to` a copy of the value at `index` of `from`: nil, booleans,
 * numbers, strings, and tables of these without cycles; metatables are not
 * copied. NULL, or the problem, with garbage left on both stacks.
 *
 * Raises in `to` only. `from` may be inside or outside of a protected call: it
 * is read without allocating, so nothing can raise there. */
const char *l_plain_copy(lua_State *from, int index, lua_State *to,
                         struct hs_plain_limits *left);

#endif
