/* compile.h: Lua source, read line by line, so that what is wrong with it
 * always has a line: Lua names none when its stack or the memory is used up,
 * and names the end of a block for a stray `break` or `goto`. */
#ifndef HS_COMPILE_H
#define HS_COMPILE_H

#include <stddef.h>

#include <lua.h>

/* A source being read, by lines or in large pieces. */
struct hs_lines {
    const char *text;
    size_t left;
    int by_line;
    int line;      /* the last one that was handed out, from 1 */
    int is_inside; /* the next piece belongs to the same line */
};

/* The next piece, no more than a line when `by_line`; NULL at the end. */
const char *hs_lines_next(struct hs_lines *lines, size_t *size);
/* Does the message on top of the stack lack a line? `chunk` is the name that
 * lua_load() was given. */
int hs_compile_lacks_line(lua_State *L, const char *chunk);
/* Put "name:line: " in front of the message on top of the stack, unless Lua's
 * own is right. Raises a memory error when there is none left. */
void l_compile_place(lua_State *L, const char *chunk, int line);
/* Compile a text (no bytecode) as lua_load() does: a status, and the function
 * or the message on the stack. `line` is where it fails, 0 when that isn't
 * known. Raises a memory error when there is none left for the message. */
int l_compile(lua_State *L, const char *text, size_t len, const char *chunk,
              int *line);

#endif
