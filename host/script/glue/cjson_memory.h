/* cjson_memory.h: lua-cjson's buffers, in memory that Lua owns. */
#ifndef HS_CJSON_MEMORY_H
#define HS_CJSON_MEMORY_H

#include <stddef.h>

#include <lua.h>

/* lua-cjson's own buffers end the process when malloc() fails, and leak when
 * Lua raises while it decodes. cjson_memory.c sits in front of the functions
 * that make them: the only buffer that decode() asks for is the one lent here.
 *
 * Push a userdata for a text of `len` bytes, which must stay on the stack while
 * cjson decodes that text, and lend it to this thread's next decode(). Raises
 * when memory runs out. */
void l_cjson_lend(lua_State *L, size_t len);

#endif
