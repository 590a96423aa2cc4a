/* binds.h: the one table of native modules. */
#ifndef HS_BINDS_H
#define HS_BINDS_H

#include <lua.h>

/* Enter every native module in the package.preload table at the top of the
 * stack. May raise. */
void l_binds_preload(lua_State *L);
/* Only those a lookup may use: none of them changes anything. May raise.
 */
void l_binds_preload_lookup(lua_State *L);
/* native.c, for busted: preloads them all, with a host at default settings and,
 * if HS_TEST_DATABASE names a file, a session on it. Returns a table with
 * native.form(text), which makes the params of a request. */
int luaopen_native(lua_State *L);

/* One per bind_*.c: pushes the module's table. */
int l_open_config(lua_State *L);
int l_open_crypto(lua_State *L);
int l_open_db(lua_State *L);
int l_open_events(lua_State *L);
int l_open_http(lua_State *L);
int l_open_json(lua_State *L);
int l_open_jwt(lua_State *L);
int l_open_limiter(lua_State *L);
int l_open_lines(lua_State *L);
int l_open_log(lua_State *L);
int l_open_lookups(lua_State *L);
int l_open_metrics(lua_State *L);
int l_open_numbering(lua_State *L);
int l_open_recent(lua_State *L);
int l_open_rules(lua_State *L);
int l_open_sources(lua_State *L);
int l_open_spelling(lua_State *L);
int l_open_standin(lua_State *L);
int l_open_twilio(lua_State *L);
int l_open_tz(lua_State *L);
int l_open_unicode(lua_State *L);

#endif
