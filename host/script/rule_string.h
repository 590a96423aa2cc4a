/* rule_string.h: the string library as the rule VM has it. */
#ifndef HS_RULE_STRING_H
#define HS_RULE_STRING_H

#include <lua.h>

/* Push a table: find, match, gmatch and gsub over script/pattern.h; rep and
 * format with bounds; byte char len lower reverse sub upper as they are. The
 * state's string library must be open. Specs reach it through native.so. May
 * raise. */
int l_open_rule_string(lua_State *L);
/* Put these functions in the place of the library's, also as methods of
 * strings. string.dump stays in the table, for calls/upvalues.lua, and is no
 * method. May raise. */
void l_rule_string_install(lua_State *L);

#endif
