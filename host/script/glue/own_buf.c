/* own_buf.c: a byte buffer that cannot leak when Lua raises. */
#include "script/glue/own_buf.h"

#include <stdlib.h>

#include <lauxlib.h>

#include "script/glue/glue.h"

static void release(void *p)
{
    struct hs_buf *buf = p;

    hs_buf_free(buf);
    free(buf);
}

struct hs_buf *l_own_buf(lua_State *L)
{
    void **cell = l_own(L, release);

    *cell = calloc(1, sizeof(struct hs_buf));
    if (!*cell)
        luaL_error(L, "not enough memory");
    return *cell;
}
