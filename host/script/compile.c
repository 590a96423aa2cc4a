/* compile.c: compiles Lua source so that every error has a line. */
#include "script/compile.h"

#include <stdlib.h>
#include <string.h>

#include <lauxlib.h>

#define PIECE 4096 /* most bytes between two checks of the watchdog */

const char *hs_lines_next(struct hs_lines *lines, size_t *size)
{
    const char *piece = lines->text;
    size_t most = lines->left < PIECE ? lines->left : PIECE;
    size_t len = 0;
    int ended = 0;

    if (most == 0)
        return NULL;
    if (!lines->by_line)
        len = most;
    while (len < most && !ended) {
        char byte = piece[len++];

        /* For Lua a carriage return alone ends a line too. */
        ended = byte == '\n' ||
                (byte == '\r' && !(len < lines->left && piece[len] == '\n'));
    }
    lines->line += !lines->is_inside;
    lines->is_inside = !ended;
    lines->text += len;
    lines->left -= len;
    *size = len;
    return piece;
}

/* The number after " at line ", if the message is about that line. */
static int line_of_jump(const char *message)
{
    const char *at = strstr(message, " at line ");

    if (!at || !(strstr(message, "<goto") || strstr(message, "break outside")))
        return 0;
    return (int)strtol(at + strlen(" at line "), NULL, 10);
}

/* The line number after "name:" at the start of a message. */
static size_t digits_of(const char *message, const char *name)
{
    size_t len = strlen(name);

    if (strncmp(message, name, len) != 0 || message[len] != ':')
        return 0;
    return strspn(message + len + 1, "0123456789");
}

/* The name as in messages; NULL for a chunk named after its text. */
static const char *name_of(const char *chunk)
{
    return *chunk == '@' || *chunk == '=' ? chunk + 1 : NULL;
}

int hs_compile_lacks_line(lua_State *L, const char *chunk)
{
    const char *name = name_of(chunk), *message = lua_tostring(L, -1);

    return name && message && digits_of(message, name) == 0;
}

void l_compile_place(lua_State *L, const char *chunk, int line)
{
    const char *name = name_of(chunk), *message = lua_tostring(L, -1);
    size_t digits;
    int jump;

    if (!name || !message)
        return;
    digits = digits_of(message, name);
    jump = line_of_jump(message);
    if (digits > 0 && jump == 0)
        return;
    if (digits > 0)
        message += strlen(name) + 1 + digits + 2; /* ": " */
    lua_pushfstring(L, "%s:%d: %s", name, jump ? jump : line, message);
    lua_remove(L, -2);
}

static const char *read_line(lua_State *L, void *lines, size_t *size)
{
    (void)L;
    return hs_lines_next(lines, size);
}

int l_compile(lua_State *L, const char *text, size_t len, const char *chunk,
              int *line)
{
    struct hs_lines lines = {.text = text, .left = len};
    int status = lua_load(L, read_line, &lines, chunk, "t");

    *line = 0;
    if (status != LUA_OK &&
        (status == LUA_ERRMEM || hs_compile_lacks_line(L, chunk))) {
        lua_pop(L, 1);
        lines = (struct hs_lines){.text = text, .left = len, .by_line = 1};
        status = lua_load(L, read_line, &lines, chunk, "t");
        *line = lines.line;
    }
    if (status != LUA_OK && status != LUA_ERRMEM)
        l_compile_place(L, chunk, *line);
    return status;
}
