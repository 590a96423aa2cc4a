/* bounded.c: load, and the functions that go through a text byte by byte. */
#include "script/rule_vm/bounded.h"

#include <ctype.h>
#include <stddef.h>

#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>

#include "script/compile.h"
#include "script/rule_vm/bounded_string.h"
#include "script/rule_vm/bounded_table.h"
#include "script/rule_vm/pattern.h"
#include "script/rule_vm/watchdog.h"

#define LOADED 5 /* stack index of what the function to load returned */

const struct hs_bounds hs_bounds_tight = {.pattern_steps = HS_PATTERN_STEPS,
                                          .rep = 1u << 20,
                                          .format = 4096,
                                          .formatted = 1u << 18,
                                          .text = 1u << 20,
                                          .elements = 100000};
const struct hs_bounds hs_bounds_roomy = {.pattern_steps =
                                              50LL * HS_PATTERN_STEPS,
                                          .rep = 8u << 20,
                                          .format = 65536,
                                          .formatted = 8u << 20,
                                          .text = 8u << 20,
                                          .elements = 1u << 24};

/* ---- load ---- */

struct reading {
    struct hs_lines lines;
    int function; /* pieces come from the function at index 1 */
};

static const char *l_read(lua_State *L, void *ud, size_t *size)
{
    struct reading *reading = ud;

    l_watch_poll(L);
    if (reading->lines.left == 0 && reading->function) {
        luaL_checkstack(L, 2, NULL);
        lua_pushvalue(L, 1);
        lua_call(L, 0, 1);
        if (lua_isnil(L, -1)) {
            lua_pop(L, 1);
        } else if (lua_isstring(L, -1)) {
            lua_replace(L, LOADED);
            reading->lines.text =
                lua_tolstring(L, LOADED, &reading->lines.left);
        } else {
            luaL_error(L, "reader function must return a string");
        }
    }
    return hs_lines_next(&reading->lines, size);
}

/* load(chunk, name, mode, env), for text only: crafted bytecode can crash the
 * interpreter. */
static int l_load(lua_State *L)
{
    struct reading reading = {.lines.text = ""};
    int has_env = !lua_isnone(L, 4);
    const char *name;
    int status;

    if (lua_isstring(L, 1)) {
        reading.lines.text = lua_tolstring(L, 1, &reading.lines.left);
        name = luaL_optstring(L, 2, reading.lines.text);
    } else {
        luaL_checktype(L, 1, LUA_TFUNCTION);
        reading.function = reading.lines.by_line = 1;
        name = luaL_optstring(L, 2, "=(load)");
    }
    lua_settop(L, LOADED);
    status = lua_load(L, l_read, &reading, name, "t");
    if (status != LUA_OK && !reading.function &&
        hs_compile_lacks_line(L, name)) {
        lua_pop(L, 1);
        reading.lines = (struct hs_lines){.by_line = 1};
        reading.lines.text = lua_tolstring(L, 1, &reading.lines.left);
        status = lua_load(L, l_read, &reading, name, "t");
    }
    if (status != LUA_OK) {
        l_compile_place(L, name, reading.lines.line);
        lua_pushnil(L);
        lua_insert(L, -2);
        return 2;
    }
    if (has_env) {
        lua_pushvalue(L, 4);
        if (!lua_setupvalue(L, -2, 1))
            lua_pop(L, 1);
    }
    return 1;
}

/* ---- functions of one text ---- */

/* The library's function, upvalue 1, for a text of at most upvalue 2 bytes. It
 * runs in this frame, so that its errors name the caller's line. */
static int l_measured(lua_State *L)
{
    if (lua_type(L, 1) == LUA_TSTRING &&
        (lua_Integer)lua_rawlen(L, 1) > lua_tointeger(L, lua_upvalueindex(2)))
        return luaL_error(L, "text too long");
    return lua_tocfunction(L, lua_upvalueindex(1))(L);
}

/* utf8.codes, whose iterator gets the text again at each step. */
static int l_codes(lua_State *L)
{
    int results = l_measured(L);

    lua_pushvalue(L, -results);
    lua_pushvalue(L, lua_upvalueindex(2));
    lua_pushcclosure(L, l_measured, 2);
    lua_replace(L, -results - 1);
    return results;
}

/* string.pack, packsize and unpack: the format at index 1 decides how much
 * work. */
static int l_packing(lua_State *L)
{
    lua_Integer most = lua_tointeger(L, lua_upvalueindex(2)), sum = 0;
    size_t len;
    const char *format = luaL_checklstring(L, 1, &len);

    if ((lua_Integer)len > most)
        return luaL_error(L, "format too long");
    for (size_t i = 0; i < len && sum <= most;) {
        lua_Integer number = 0;

        for (; i < len && isdigit((unsigned char)format[i]); i++) {
            if (number <= most)
                number = number * 10 + (format[i] - '0');
        }
        sum += number;
        i += i < len;
    }
    if (sum > most)
        return luaL_error(L, "format result too large");
    return lua_tocfunction(L, lua_upvalueindex(1))(L);
}

struct measured {
    const char *library, *name;
    lua_CFunction around;
    size_t bound; /* which member of struct hs_bounds */
};

#define BOUND(member) offsetof(struct hs_bounds, member)

static const struct measured measured[] = {
    {LUA_GNAME, "tonumber", l_measured, BOUND(text)},
    {LUA_STRLIBNAME, "lower", l_measured, BOUND(text)},
    {LUA_STRLIBNAME, "reverse", l_measured, BOUND(text)},
    {LUA_STRLIBNAME, "upper", l_measured, BOUND(text)},
    {LUA_STRLIBNAME, "pack", l_packing, BOUND(format)},
    {LUA_STRLIBNAME, "packsize", l_packing, BOUND(format)},
    {LUA_STRLIBNAME, "unpack", l_packing, BOUND(format)},
    {LUA_UTF8LIBNAME, "codepoint", l_measured, BOUND(text)},
    {LUA_UTF8LIBNAME, "codes", l_codes, BOUND(text)},
    {LUA_UTF8LIBNAME, "len", l_measured, BOUND(text)},
    {LUA_UTF8LIBNAME, "offset", l_measured, BOUND(text)},
    {LUA_OSLIBNAME, "date", l_measured, BOUND(format)},
};

static void l_install_measured(lua_State *L, const struct hs_bounds *bounds)
{
    for (size_t i = 0; i < sizeof measured / sizeof *measured; i++) {
        const struct measured *one = &measured[i];
        size_t most = *(const size_t *)((const char *)bounds + one->bound);

        int top = lua_gettop(L);

        if (lua_getglobal(L, one->library) == LUA_TTABLE &&
            lua_getfield(L, -1, one->name) == LUA_TFUNCTION) {
            lua_pushinteger(L, (lua_Integer)most);
            lua_pushcclosure(L, one->around, 2);
            lua_setfield(L, -2, one->name);
        }
        lua_settop(L, top);
    }
}

/* Strings have the functions of `string` as methods, except dump. */
static void l_install_methods(lua_State *L)
{
    lua_pushliteral(L, "");
    lua_getmetatable(L, -1);
    lua_newtable(L);
    lua_getglobal(L, LUA_STRLIBNAME);
    for (lua_pushnil(L); lua_next(L, -2);) {
        lua_pushvalue(L, -2);
        lua_insert(L, -2);
        lua_settable(L, -5);
    }
    lua_pop(L, 1);
    lua_pushnil(L);
    lua_setfield(L, -2, "dump");
    lua_setfield(L, -2, "__index");
    lua_pop(L, 2);
}

void l_bounded_replace(lua_State *L, const struct hs_bounds *bounds)
{
    l_bounded_string_install(L, bounds);
    l_bounded_table_install(L, bounds);
    l_install_measured(L, bounds);
    lua_pushcfunction(L, l_load);
    lua_setglobal(L, "load");
}

void l_bounded_install(lua_State *L, const struct hs_bounds *bounds)
{
    l_bounded_replace(L, bounds);
    l_install_methods(L);
}
