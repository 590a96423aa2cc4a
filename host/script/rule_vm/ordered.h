/* ordered.h: pairs and next that go through a table in one fixed order.
 *
 * The library's own go through it as its keys are hashed, with a seed and
 * addresses that every VM has of its own: a rule that takes the first entry
 * would decide differently in every worker. Here positive whole numbers come
 * first, then the other numbers, text by its bytes, false and true. Two keys of
 * another type (tables, functions) have no order that would be the same
 * elsewhere: a rule is refused. */
#ifndef HS_ORDERED_H
#define HS_ORDERED_H

#include <lua.h>

/* Replace the globals pairs and next. `strict`: keys without an order are
 * refused; otherwise their addresses order them. As in the library, an entry
 * may be changed or cleared during a traversal; a new one may be missed. next
 * follows __pairs as pairs does. May raise. */
void l_ordered_install(lua_State *L, int strict);
/* Push a list of the keys of the table at `index`, in order. May raise. */
void l_ordered_keys(lua_State *L, int index);
/* lua_next in order: replace the key at the top by the following key and its
 * value and return 1, or take it away and return 0. May raise. */
int l_ordered_next(lua_State *L, int index);

#endif
