/* numbering.c: the Lua module numbering, over lib/numbering. */
#include "lib/numbering.h"

#include <lauxlib.h>
#include <lua.h>

#include "script/bind/binds.h"

/* numbering.look(number): valid, countries, types; see types/numbering.lua. */
static int l_look(lua_State *L)
{
    const struct hs_numbering_label *label = NULL;
    size_t len;
    const char *number = luaL_checklstring(L, 1, &len);
    int valid = 0;

    if (len > 1 && number[0] == '+')
        label = hs_numbering_look(number + 1, len - 1, &valid);
    lua_pushboolean(L, valid);
    if (!label)
        return 1;
    lua_pushstring(L, label->countries);
    lua_pushinteger(L, label->types);
    return 3;
}

/* numbering.country(iso): country code, trunk prefix, international prefix; or
 * nil. */
static int l_country(lua_State *L)
{
    const struct hs_numbering_country *country =
        hs_numbering_country_of(luaL_checkstring(L, 1));

    if (!country) {
        lua_pushnil(L);
        return 1;
    }
    lua_pushstring(L, country->code);
    lua_pushstring(L, country->trunk);
    lua_pushstring(L, country->abroad);
    return 3;
}

int l_open_numbering(lua_State *L)
{
    static const struct {
        const char *name;
        enum hs_number_type type;
    } types[] = {
        {"FIXED", HS_NUMBER_FIXED},
        {"MOBILE", HS_NUMBER_MOBILE},
        {"TOLL_FREE", HS_NUMBER_TOLL_FREE},
        {"PREMIUM", HS_NUMBER_PREMIUM},
        {"PERSONAL", HS_NUMBER_PERSONAL},
        {"VOICEMAIL", HS_NUMBER_VOICEMAIL},
        {"UAN", HS_NUMBER_UAN},
        {"PAGER", HS_NUMBER_PAGER},
        {"VOIP", HS_NUMBER_VOIP},
        {"SHARED_COST", HS_NUMBER_SHARED_COST},
        {"GLOBAL", HS_NUMBER_GLOBAL},
    };
    static const luaL_Reg functions[] = {
        {"look", l_look}, {"country", l_country}, {NULL, NULL}};

    luaL_newlib(L, functions);
    lua_pushstring(L, hs_numbering_version);
    lua_setfield(L, -2, "version");
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        lua_pushinteger(L, types[i].type);
        lua_setfield(L, -2, types[i].name);
    }
    return 1;
}
