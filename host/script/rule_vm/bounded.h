/* bounded.h: Lua's libraries, changed so that no call can hold a thread.
 *
 * The watchdog stops Lua between two instructions and never inside a C
 * function. So every library function whose running time depends on its
 * arguments is replaced: by one that checks the watchdog as it goes (table.*,
 * load), or by one that refuses more than it can handle in a few milliseconds
 * (string.*, utf8.*). Arguments are measured as the function itself will see
 * them, after all coercions. */
#ifndef HS_BOUNDED_H
#define HS_BOUNDED_H

#include <lua.h>

#include "script/rule_vm/bounds.h"

extern const struct hs_bounds hs_bounds_tight; /* rules and lookups */
extern const struct hs_bounds hs_bounds_roomy; /* applications */

/* Replace the functions in the open libraries, found through the globals.
 * `bounds` must outlive the state. May raise. */
void l_bounded_replace(lua_State *L, const struct hs_bounds *bounds);
/* The same, and make them the methods of strings, except string.dump. May
 * raise. */
void l_bounded_install(lua_State *L, const struct hs_bounds *bounds);

#endif
