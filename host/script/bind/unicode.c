/* unicode.c: the Lua module unicode, over utf8proc. See types/unicode.lua. */
#include <utf8proc.h>

#include <lauxlib.h>
#include <lua.h>

#include "script/bind/binds.h"

#define TEXT_BYTES 16384 /* more than a name has, and quickly done */

/* Push a buffer with the code points of argument 1, accents behind their
 * letters, and room for a final zero. Returns how many there are, -1 if the
 * text is too long or isn't UTF-8. */
static utf8proc_ssize_t push_code_points(lua_State *L, utf8proc_int32_t **out)
{
    size_t length;
    const char *text = luaL_checklstring(L, 1, &length);
    const utf8proc_uint8_t *bytes = (const utf8proc_uint8_t *)text;
    utf8proc_ssize_t count = -1;

    if (length <= TEXT_BYTES)
        count = utf8proc_decompose(bytes, (utf8proc_ssize_t)length, NULL, 0,
                                   UTF8PROC_DECOMPOSE);
    if (count < 0)
        return -1;
    *out = lua_newuserdatauv(L, ((size_t)count + 1) * sizeof **out, 0);
    return utf8proc_decompose(bytes, (utf8proc_ssize_t)length, *out, count,
                              UTF8PROC_DECOMPOSE);
}

/* Push the text of `count` code points, letters and accents put together; with
 * a count of -1 argument 1 as it is. */
static int push_composed(lua_State *L, utf8proc_int32_t *points,
                         utf8proc_ssize_t count)
{
    utf8proc_ssize_t length =
        count < 0 ? -1 : utf8proc_reencode(points, count, UTF8PROC_COMPOSE);

    if (length < 0)
        lua_pushvalue(L, 1);
    else
        lua_pushlstring(L, (const char *)points, (size_t)length);
    return 1;
}

static int l_lower(lua_State *L)
{
    utf8proc_int32_t *points = NULL;
    utf8proc_ssize_t count = push_code_points(L, &points);

    for (utf8proc_ssize_t i = 0; i < count; i++)
        points[i] = utf8proc_tolower(points[i]);
    return push_composed(L, points, count);
}

static int l_unaccent(lua_State *L)
{
    utf8proc_int32_t *points = NULL;
    utf8proc_ssize_t count = push_code_points(L, &points);
    utf8proc_ssize_t kept = 0;

    for (utf8proc_ssize_t i = 0; i < count; i++) {
        if (points[i] < 0x300 || points[i] > 0x36F)
            points[kept++] = points[i];
    }
    return push_composed(L, points, count < 0 ? -1 : kept);
}

int l_open_unicode(lua_State *L)
{
    static const luaL_Reg functions[] = {
        {"lower", l_lower}, {"unaccent", l_unaccent}, {NULL, NULL}};

    luaL_newlib(L, functions);
    return 1;
}
