/* ordered.h: pairs and next that go through a table in one fixed order.
 *
 * The library's own follow the hash order, which depends on each VM's seed and
 * addresses: a rule that takes the first entry would decide differently in
 * every worker. Here positive whole numbers come first, then other numbers,
 * text by its bytes, false and true. Keys of other types (tables, functions)
 * have no order that is the same everywhere, so a rule that has two of them is
 * refused. */
#ifndef HS_ORDERED_H
#define HS_ORDERED_H

#include <lua.h>

/* Replace the globals pairs and next. `strict`: refuse keys without an order;
 * otherwise order them by address. As in the library, an entry may be changed
 * or cleared during a traversal; a new one may be missed. next follows __pairs
 * as pairs does. May raise. */
void l_ordered_install(lua_State *L, int strict);
/* Push a list of the keys of the table at `index`, in order. May raise. */
void l_ordered_keys(lua_State *L, int index);
/* lua_next in order: replace the key at the top by the next key and its value
 * and return 1, or pop it and return 0. May raise. */
int l_ordered_next(lua_State *L, int index);

#endif
