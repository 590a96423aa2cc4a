/* own_buf.h: a byte buffer that cannot leak when Lua raises. */
#ifndef HS_OWN_BUF_H
#define HS_OWN_BUF_H

#include <lua.h>

#include "base/buf.h"

/* An empty buffer, freed when this C function returns or Lua raises past it.
 * Takes one stack slot, which must stay. Raises when memory ran out. */
struct hs_buf *l_own_buf(lua_State *L);

#endif
