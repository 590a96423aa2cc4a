/* script_error.h: what Lua raised, as the host reports it. */
#ifndef HS_SCRIPT_ERROR_H
#define HS_SCRIPT_ERROR_H

#include <stddef.h>

#include <lua.h>

struct hs_script_error {
    char
        code[32]; /* "error", "time", "memory", "syntax", or a raised table's */
    char message[512]; /* without position */
    char source[128];  /* file as in the Lua folder: "forwarding.lua" */
    int line;          /* 0 = unknown */
    char traceback[2048];
};

#define HS_PLACED_SIZE 672 /* fits the output of hs_error_place() */
#define HS_TIME_MESSAGE "time budget of %d ms exceeded"

/* Fill all of `err` from a text such as "forwarding.lua:12: message"; the
 * position is split off. */
void hs_script_error_set(struct hs_script_error *err, const char *code,
                         const char *text);
/* Source, line and traceback of the current stack, from `level` up. Allocates
 * nothing, so it also works when memory ran out and inside a hook. */
void hs_script_error_place(struct hs_script_error *err, lua_State *L,
                           int level);
/* The raised value at `index`: a string, a table with code and message, or
 * anything else. May call a __tostring, so only in a protected call. */
void l_script_error_value(struct hs_script_error *err, lua_State *L, int index);

#endif
