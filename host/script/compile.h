/* compile.h: Lua source, read line by line, so that what is wrong with it
 * always has a line: Lua names none when its stack or the memory is used up,
 * and names the end of a block for a stray `break` or `goto`. */
#ifndef HS_COMPILE_H
#define HS_COMPILE_H

#include <stddef.h>

#include <lua.h>

/* A source being read; `line` is the last one that was handed out, from 1. */
struct hs_lines {
    const char *text;
    size_t left;
    int line;
    int is_inside; /* the next piece belongs to the same line */
};

/* The next line, or a piece of a long one; NULL at the end. */
const char *hs_lines_next(struct hs_lines *lines, size_t *size);
/* Put "name:line: " in front of the message on top of the stack, unless Lua's
 * own is right. `chunk` is the name that lua_load() was given. Raises a memory
 * error when there is none left. */
void hs_compile_place(lua_State *L, const char *chunk, int line);
/* Compile a text (no bytecode) as lua_load() does: a status, and the function
 * or the message on the stack; `line` is where reading stopped. */
int hs_compile(lua_State *L, const char *text, size_t len, const char *chunk,
               int *line);

#endif
