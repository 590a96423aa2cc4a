/* script_error.c: turns what Lua raised into the struct that the host reports.
 * */
#include "script/script_error.h"

#include <stdio.h>
#include <string.h>

#include <lauxlib.h>
#include <lua.h>

#define TRACE_LEVELS 24

static void copy(char *out, size_t size, const char *text)
{
    snprintf(out, size, "%s", text);
}

/* Length of "file:12: " at the start of `text`, or 0. The file's name ends at
 * the first colon: no name in the Lua folder holds one. */
static size_t position_length(const char *text, size_t *name_len, int *line)
{
    const char *colon = strchr(text, ':');
    const char *p;
    long number = 0;

    if (!colon || colon == text || memchr(text, '\n', colon - text))
        return 0;
    for (p = colon + 1; *p >= '0' && *p <= '9' && number < 100000000; p++)
        number = number * 10 + (*p - '0');
    if (p == colon + 1 || p[0] != ':' || p[1] != ' ')
        return 0;
    *name_len = colon - text;
    *line = (int)number;
    return p + 2 - text;
}

/* The message and, if the text begins with one, the position. */
static void set_text(struct hs_script_error *err, const char *text)
{
    size_t name_len;
    int line;
    size_t skip = position_length(text, &name_len, &line);

    if (skip) {
        snprintf(err->source, sizeof err->source, "%.*s", (int)name_len, text);
        err->line = line;
    }
    copy(err->message, sizeof err->message, text + skip);
}

void hs_script_error_set(struct hs_script_error *err, const char *code,
                         const char *text)
{
    copy(err->code, sizeof err->code, code);
    err->source[0] = '\0';
    err->line = 0;
    err->traceback[0] = '\0';
    set_text(err, text);
}

static const char *source_of(const lua_Debug *ar)
{
    if (ar->source[0] == '@' || ar->source[0] == '=')
        return ar->source + 1;
    return ar->short_src;
}

/* One line of the traceback. Returns its length. */
static size_t describe(const lua_Debug *ar, char *out, size_t size)
{
    int n;

    if (ar->currentline > 0)
        n = snprintf(out, size, "%s:%d: in ", source_of(ar), ar->currentline);
    else
        n = snprintf(out, size, "[C]: in ");
    if (n < 0 || (size_t)n >= size)
        return 0;
    if (ar->name)
        n += snprintf(out + n, size - n, "'%s'\n", ar->name);
    else if (*ar->what == 'm')
        n += snprintf(out + n, size - n, "the file\n");
    else if (*ar->what == 'C')
        n += snprintf(out + n, size - n, "a function\n");
    else
        n += snprintf(out + n, size - n, "a function of line %d\n",
                      ar->linedefined);
    return (size_t)n < size ? (size_t)n : 0;
}

void hs_script_error_place(struct hs_script_error *err, lua_State *L, int level)
{
    lua_Debug ar;
    size_t used = 0;

    err->source[0] = '\0';
    err->line = 0;
    for (int i = 0; i < TRACE_LEVELS && lua_getstack(L, level + i, &ar); i++) {
        lua_getinfo(L, "Sln", &ar);
        if (!err->line && ar.currentline > 0) {
            copy(err->source, sizeof err->source, source_of(&ar));
            err->line = ar.currentline;
        }
        used +=
            describe(&ar, err->traceback + used, sizeof err->traceback - used);
    }
    err->traceback[used ? used - 1 : 0] = '\0'; /* the last newline */
}

/* A string field of the table at `index`, by raw access; stays on the stack. */
static const char *push_field(lua_State *L, int index, const char *name)
{
    lua_pushstring(L, name);
    lua_rawget(L, index);
    return lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1) : NULL;
}

void l_script_error_value(struct hs_script_error *err, lua_State *L, int index)
{
    const char *text = NULL, *code = NULL;

    index = lua_absindex(L, index);
    copy(err->code, sizeof err->code, "error");
    if (lua_type(L, index) == LUA_TTABLE) {
        luaL_checkstack(L, 4, NULL);
        code = push_field(L, index, "code");
        if (code && *code)
            copy(err->code, sizeof err->code, code);
        text = push_field(L, index, "message");
    }
    if (!text)
        text = luaL_tolstring(L, index, NULL);
    set_text(err, text);
}
