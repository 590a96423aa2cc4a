/* bounded.h: the language's libraries, such that no call holds a thread.
 *
 * The watchdog stops Lua between two instructions and never inside a C
 * function. So every library function that works for as long as its arguments
 * say is replaced: by one that looks at the watchdog on its way (table.*,
 * load), or by one that takes no more than it can handle in a few milliseconds
 * (string.*, utf8.*). Arguments are measured as the function itself will see
 * them, after all coercions. */
#ifndef HS_BOUNDED_H
#define HS_BOUNDED_H

#include <stddef.h>
#include <stdint.h>

#include <lua.h>

/* How much one call may be given. */
struct hs_bounds {
    int64_t pattern_steps;
    size_t rep;       /* bytes of a string.rep */
    size_t format;    /* bytes of a format of string.format */
    size_t formatted; /* bytes of the strings put into it */
    size_t text;      /* bytes that are gone through one by one */
    size_t elements;  /* of a list, moved or sorted */
};

extern const struct hs_bounds hs_bounds_tight; /* rules and lookups */
extern const struct hs_bounds hs_bounds_roomy; /* applications */

/* Replace the functions in the libraries that are open, as they are found in
 * the globals. `bounds` outlives the state. May raise. */
void l_bounded_replace(lua_State *L, const struct hs_bounds *bounds);
/* The same, and make them the methods of strings. string.dump, if there, stays
 * in the table, for calls/rules/upvalues.lua, and not a method. May raise. */
void l_bounded_install(lua_State *L, const struct hs_bounds *bounds);

#endif
