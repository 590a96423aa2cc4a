/* compile.h: reads Lua source line by line, so that every error has a line: Lua
 * names none if its stack or memory is used up, and names the end of the block
 * for a stray `break` or `goto`. */
#ifndef HS_COMPILE_H
#define HS_COMPILE_H

#include <stddef.h>

#include <lua.h>

/* A source being read, by lines or in large pieces. */
struct hs_lines {
    const char *text;
    size_t left;
    int by_line;
    int line;      /* the last one handed out, from 1 */
    int is_inside; /* the next piece belongs to the same line */
};

/* The next piece, at most a line if `by_line`; NULL at the end. */
const char *hs_lines_next(struct hs_lines *lines, size_t *size);
/* Does the message on top of the stack lack a line? `chunk` is the name that
 * lua_load() was given. */
int hs_compile_lacks_line(lua_State *L, const char *chunk);
/* Put "name:line: " in front of the message on top of the stack, unless Lua's
 * own is right. Raises a memory error when memory runs out. */
void l_compile_place(lua_State *L, const char *chunk, int line);
/* Compile a text (no bytecode) as lua_load() does: a status, and the function
 * or the message on the stack. `line` is where it fails, 0 if unknown. Raises a
 * memory error when memory runs out for the message. */
int l_compile(lua_State *L, const char *text, size_t len, const char *chunk,
              int *line);

#endif
