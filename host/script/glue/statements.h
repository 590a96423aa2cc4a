/* statements.h: lists of SQL statements from Lua: { {sql, value, …}, … }. */
#ifndef HS_STATEMENTS_H
#define HS_STATEMENTS_H

#include <stddef.h>

#include <lua.h>

#include "base/buf.h"
#include "store/store.h"

/* NULL, or what is wrong with the value at `index` of the stack. Texts aren't
 * copied: `out` is valid as long as the value is on the stack or in a table
 * that is. */
const char *hs_value_of(lua_State *L, int index, struct hs_value *out);
/* How many statements and values the list at `index` has. Raises unless it is a
 * list of 1 to 1000 statements. */
void l_statements_count(lua_State *L, int index, int *statements, int *values);
/* Read it into arrays of that size. Raises, naming the place. */
void l_statements_read(lua_State *L, int index, struct hs_statement *statements,
                       struct hs_value *values);

/* Statements that outlive Lua's values. Zero-initialise; keeps its memory for
 * the next list. */
struct hs_batch {
    int count; /* 0: none */
    struct hs_statement *statements;
    struct hs_value *values;
    size_t statements_room;
    size_t values_room;
    struct hs_buf texts;
};
/* Copy the list at `index`. Raises as above, or when memory runs out; `batch`
 * is then empty. */
void l_batch_copy(lua_State *L, int index, struct hs_batch *batch);
void hs_batch_free(struct hs_batch *batch);

#endif
