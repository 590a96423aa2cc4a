/* app_lib.h: the standard libraries as an app VM has them. */
#ifndef HS_APP_LIB_H
#define HS_APP_LIB_H

#include <lua.h>

#include "script/rule_vm/bounded.h"

/* Open them: no io, no files, no bytecode, no finalizers, nothing of os but
 * the clock, of debug only traceback and getinfo(function). What runs other
 * code (coroutines, xpcall) obeys the watchdog, what works in C stays within
 * `bounds`, and pairs and next have one order. May raise. */
void l_app_lib_open(lua_State *L, const struct hs_bounds *bounds);
/* From then on a global that is new raises where it is set. May raise. */
void l_app_lib_seal(lua_State *L);

#endif
