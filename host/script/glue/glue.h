/* glue.h: helpers that all bindings use. */
#ifndef HS_GLUE_H
#define HS_GLUE_H

#include <lua.h>

/* Own a resource for the rest of this C function: `release(p)` runs when the
 * function returns and also when Lua raises past it; in a coroutine that a
 * raise ended, only when that is collected. So what is released isn't memory
 * of Lua, which may be collected first. Store into the returned cell after
 * acquiring. Takes one stack slot, which must stay. */
void **l_own(lua_State *L, void (*release)(void *p));
/* Own a resource until the state closes or another is kept under `key`: store
 * into the returned cell, as above. Raises when memory ran out. */
void **l_keep_under(lua_State *L, const char *key, void (*release)(void *p));
/* The resource kept under `key`, or NULL. */
void *l_kept_under(lua_State *L, const char *key);
/* Push nil, a message and a short stable code: how a binding reports failures
 * from outside. Returns 3. */
int l_fail(lua_State *L, const char *code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* Keep a new table under the address `key` of the registry; `mode`: whether its
 * keys ("k") or values ("v") are weak. */
void l_weak_table(lua_State *L, const void *key, const char *mode);
/* Push what require(name) gives. */
void l_push_module(lua_State *L, const char *name);
/* Call once per state, before any binding is used. */
void l_glue_open(lua_State *L);

#endif
