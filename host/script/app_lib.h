/* app_lib.h: the standard libraries as an app VM has them. */
#ifndef HS_APP_LIB_H
#define HS_APP_LIB_H

#include <lua.h>

#include "script/rule_vm/bounded.h"

/* Open them: no io, no files, no bytecode, no finalizers; of os only the clock,
 * of debug only traceback and getinfo(function). Functions that run other code
 * (coroutines, xpcall) obey the watchdog, those that work in C stay within
 * `bounds`, and pairs and next have a fixed order. May raise. */
void l_app_lib_open(lua_State *L, const struct hs_bounds *bounds);
/* From then on, setting a new global raises. May raise. */
void l_app_lib_seal(lua_State *L);

#endif
