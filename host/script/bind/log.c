/* log.c: the Lua module log. */
#include "base/log.h"

#include <math.h>
#include <stdio.h>

#include <lauxlib.h>
#include <lua.h>

#include "script/bind/binds.h"

#define FIELDS_MAX 24
#define NUMBER_SIZE 40

/* One line to be written; its texts belong to Lua values on the stack or in the
 * fields table, or to `numbers`. */
struct line {
    struct hs_field fields[FIELDS_MAX];
    char numbers[FIELDS_MAX][NUMBER_SIZE];
    size_t count;
};

static void set_number(struct line *line, struct hs_field *field, double x)
{
    char *text = line->numbers[line->count];

    if (fabs(x) < 9007199254740992.0 && x == floor(x)) {
        field->number = (int64_t)x;
        field->is_number = 1;
        return;
    }
    snprintf(text, NUMBER_SIZE, "%.14g", x);
    field->text = text;
}

/* One field from the key and value at the top of the stack. A value without a
 * text form is written as the name of its type: a log line never fails. */
static void add_field(lua_State *L, struct line *line)
{
    struct hs_field *field = &line->fields[line->count];

    *field = (struct hs_field){.name = lua_tostring(L, -2)};
    switch (lua_type(L, -1)) {
    case LUA_TSTRING:
        field->text = lua_tostring(L, -1);
        break;
    case LUA_TNUMBER:
        if (lua_isinteger(L, -1)) {
            field->number = lua_tointeger(L, -1);
            field->is_number = 1;
        } else {
            set_number(line, field, lua_tonumber(L, -1));
        }
        break;
    case LUA_TBOOLEAN:
        field->text = lua_toboolean(L, -1) ? "true" : "false";
        break;
    case LUA_TLIGHTUSERDATA: /* json.null */
        field->text = NULL;
        break;
    default:
        field->text = luaL_typename(L, -1);
        break;
    }
    line->count++;
}

static int l_write(lua_State *L, enum hs_log_level level)
{
    const char *event = luaL_checkstring(L, 1);
    struct line line;

    if (!hs_log_enabled(level))
        return 0;
    line.count = 0;
    if (lua_type(L, 2) == LUA_TTABLE) {
        lua_settop(L, 2);
        for (lua_pushnil(L); lua_next(L, 2); lua_pop(L, 1)) {
            if (lua_type(L, -2) == LUA_TSTRING && line.count < FIELDS_MAX)
                add_field(L, &line);
        }
    }
    hs_log_fields(level, event, line.fields, line.count);
    return 0;
}

static int l_debug(lua_State *L)
{
    return l_write(L, HS_LOG_DEBUG);
}

static int l_info(lua_State *L)
{
    return l_write(L, HS_LOG_INFO);
}

static int l_warn(lua_State *L)
{
    return l_write(L, HS_LOG_WARN);
}

static int l_error(lua_State *L)
{
    return l_write(L, HS_LOG_ERROR);
}

static const luaL_Reg functions[] = {
    {"debug", l_debug}, {"info", l_info}, {"warn", l_warn},
    {"error", l_error}, {NULL, NULL},
};

int l_open_log(lua_State *L)
{
    luaL_newlib(L, functions);
    return 1;
}
