/* rule_call.h: `call`, the lazy view that rules have of the app VM's input.
 *
 * An empty table whose metatable copies a field on its first read and notes it
 * for the trace: strings, numbers and booleans as they are, lists as copies,
 * records as views too; functions (providers) are called in the app VM for
 * their value. */
#ifndef HS_RULE_CALL_H
#define HS_RULE_CALL_H

#include <stddef.h>

#include <lua.h>

#include "base/buf.h"

#define HS_RULE_RECORDS 64 /* that one decision may read */

/* Belongs to a rule VM; zero-initialise. */
struct hs_rule_call {
    lua_State *app;       /* NULL: no decision under way */
    int base;             /* app's stack before */
    lua_Integer first_id; /* of this decision's records */
    int count;
    struct hs_rule_record {
        int index;   /* of the record on app's stack */
        size_t path; /* in paths, ends with NUL */
        int looked;  /* a field of it was read */
    } record[HS_RULE_RECORDS];
    struct hs_buf paths;
    struct hs_buf reads; /* JSON without the closing brace */
    int truncated;
    int everything; /* also note fields that weren't there */
};

/* In the rule VM, once: make the metatable, bound to `call`. May raise. */
void l_rule_call_open(lua_State *L, struct hs_rule_call *call);
/* In the rule VM, once: fields that `call` has besides the app VM's. Pops a
 * table: name → function(call) that returns the value. Raises only when memory
 * runs out. */
void l_rule_call_fields(lua_State *L);
/* Begin a decision on the table at `input` of the app VM; `everything` sets
 * the field of that name. 0, or -1 when memory ran out. Outside of the rule
 * VM's protected call. */
int hs_rule_call_begin(struct hs_rule_call *call, lua_State *app, int input,
                       int everything);
/* In the rule VM: push the view. May raise. */
void l_rule_call_push(lua_State *L, struct hs_rule_call *call);
/* End it: app's stack is as before. Returns what was read, a JSON object of
 * "dotted.path": value, valid until the next begin. Never NULL. */
const char *hs_rule_call_end(struct hs_rule_call *call);
void hs_rule_call_free(struct hs_rule_call *call);

#endif
