/* vm.c: a Lua state with a memory cap, a time budget, and one way in. */
#include "script/vm.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <lauxlib.h>
#include <lua.h>

#include "base/log.h"
#include "base/memory.h"
#include "script/glue/glue.h"
#include "script/pool.h"
#include "script/rule_vm/watchdog.h"
#include "script/script_error.h"

/* Every state may hold SHARE bytes. Anything beyond is drawn, in chunks, from a
 * pool that all states share: a few large requests at a time have room, their
 * sum is bounded, and small ones aren't affected. */
#define SHARE ((size_t)8 << 20)
#define CHUNK ((size_t)1 << 20)

static _Atomic size_t drawn;

struct hs_vm {
    lua_State *L;
    size_t bytes;
    size_t cap;
    size_t allowed; /* SHARE and what was drawn */
    struct hs_pool pool;
    size_t refused;                    /* the size it was refused, or 0 */
    int refused_real;                  /* the system refused, not our cap */
    struct hs_script_error refused_at; /* where; of the last time */
    int cut_before;                    /* host.cut by then */
    struct hs_host host;
};

static const char host_key; /* its address is the registry key */

/* Draw enough for the state to hold `need`. 0, or -1. */
static int draw(struct hs_vm *vm, size_t need)
{
    size_t more = (need - vm->allowed + CHUNK - 1) / CHUNK * CHUNK;

    if (atomic_fetch_add(&drawn, more) + more > HS_VM_DRAWN_MAX) {
        atomic_fetch_sub(&drawn, more);
        return -1;
    }
    vm->allowed += more;
    return 0;
}

/* Put back what the state doesn't need, except for a chunk. */
static void put_back(struct hs_vm *vm)
{
    size_t need = (vm->bytes + 2 * CHUNK - 1) / CHUNK * CHUNK;
    size_t keep = need > SHARE ? need : SHARE;

    if (keep < vm->allowed) {
        atomic_fetch_sub(&drawn, vm->allowed - keep);
        vm->allowed = keep;
    }
}

/* Refuse memory; `real` if the system has none, rather than our cap. */
static void *refuse(struct hs_vm *vm, size_t size, int real)
{
    lua_Debug ar;

    if (real)
        hs_memory_missed();
    vm->cut_before = vm->host.cut;
    vm->host.cut = 1;
    vm->refused = size;
    vm->refused_real = real;
    /* After an error Lua also shrinks its stack; that isn't where memory ran
     * out. */
    if (vm->L && lua_getstack(vm->L, 0, &ar))
        hs_script_error_place(&vm->refused_at, vm->L, 0);
    return NULL;
}

/* After a refusal Lua collects garbage and asks again. If it then gets the same
 * size, nothing was lost. */
static void settle(struct hs_vm *vm, size_t size)
{
    if (size == vm->refused) {
        if (vm->refused_real)
            hs_memory_found();
        vm->host.cut = vm->cut_before;
    }
    vm->refused = 0;
}

/* Counts what the state holds and refuses growth beyond the cap. Lua passes a
 * type tag as the old size of a NULL block. */
static void *vm_alloc(void *ud, void *ptr, size_t old, size_t size)
{
    struct hs_vm *vm = ud;
    unsigned misses;
    void *grown;

    if (!ptr)
        old = 0;
    if (size == 0) {
        hs_pool_put(&vm->pool, ptr, old);
        vm->bytes -= old;
        if (vm->allowed > SHARE && vm->allowed - vm->bytes > 4 * CHUNK)
            put_back(vm);
        return NULL;
    }
    if (vm->cap && size > old && size - old > vm->cap - vm->bytes)
        return refuse(vm, size, 0);
    if (size > old && vm->bytes + (size - old) > vm->allowed &&
        draw(vm, vm->bytes + (size - old)) != 0)
        return refuse(vm, size, 1);
    grown = ptr ? NULL : hs_pool_take(&vm->pool, size);
    if (!grown) {
        misses = hs_memory_misses();
        grown = hs_pool_resize(&vm->pool, ptr, old, size);
        if (!grown && hs_memory_misses() != misses)
            hs_memory_found(); /* refuse() counts, or nothing was lost */
        if (!grown && size > old)
            return refuse(vm, size, 1);
    }
    if (size > old && vm->refused)
        settle(vm, size);
    vm->bytes += size - old;
    return grown ? grown : ptr; /* Lua relies on shrinking to succeed */
}

/* Only a call into Lua that bypasses hs_vm_call can get here, and Lua ends the
 * process afterwards anyway: say why. */
static int l_panic(lua_State *L)
{
    const char *message = lua_tostring(L, -1);

    hs_log(HS_LOG_ERROR, "lua_panic",
           HS_S("message", message ? message : "not a string"));
    return 0;
}

void l_host_set(lua_State *L, struct hs_host *host)
{
    lua_pushlightuserdata(L, host);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &host_key);
}

struct hs_host *hs_host(lua_State *L)
{
    struct hs_host *host;

    lua_rawgetp(L, LUA_REGISTRYINDEX, &host_key);
    host = lua_touserdata(L, -1);
    lua_pop(L, 1);
    return host;
}

static int l_prepare(lua_State *L)
{
    struct hs_vm *vm = lua_touserdata(L, 1);

    l_glue_open(L);
    l_host_set(L, &vm->host);
    return 0;
}

struct hs_vm *hs_vm_new(size_t cap_bytes, const struct hs_host *host)
{
    struct hs_vm *vm = calloc(1, sizeof *vm);

    if (!vm)
        return NULL;
    vm->cap = cap_bytes;
    vm->allowed = SHARE;
    vm->host = *host;
    vm->L = lua_newstate(vm_alloc, vm);
    if (!vm->L)
        goto failed;
    lua_atpanic(vm->L, l_panic);
    lua_pushcfunction(vm->L, l_prepare);
    lua_pushlightuserdata(vm->L, vm);
    if (hs_vm_call(vm, 1, 0, 0, NULL) != 0)
        goto failed;
    return vm;

failed:
    hs_vm_free(vm);
    return NULL;
}

void hs_vm_free(struct hs_vm *vm)
{
    if (!vm)
        return;
    if (vm->L)
        lua_close(vm->L);
    hs_pool_free(&vm->pool);
    atomic_fetch_sub(&drawn, vm->allowed - SHARE);
    free(vm);
}

lua_State *hs_vm_state(struct hs_vm *vm)
{
    return vm->L;
}

size_t hs_vm_bytes(const struct hs_vm *vm)
{
    return vm->bytes;
}

size_t hs_vm_footprint(const struct hs_vm *vm)
{
    return vm->bytes > vm->pool.mapped ? vm->bytes : vm->pool.mapped;
}

size_t hs_vm_drawn(void)
{
    return atomic_load(&drawn);
}

void hs_vm_take_request(struct hs_vm *vm, int has_changed)
{
    vm->host.changed = has_changed;
}

int hs_vm_has_changed(const struct hs_vm *vm)
{
    return vm->host.changed;
}

int hs_vm_was_cut(const struct hs_vm *vm)
{
    return vm->host.cut;
}

int hs_vm_hit_cap(const struct hs_vm *vm)
{
    return vm->host.cut && !vm->refused_real;
}

/* Runs where the error was raised, with the stack still there. */
static int l_message(lua_State *L)
{
    struct hs_watch *watch = hs_watch_top();

    lua_settop(L, 1);
    if (!watch->reported) {
        hs_script_error_place(watch->err, L, 1);
        l_script_error_value(watch->err, L, 1);
        lua_settop(L, 1);
    }
    return 1;
}

/* Lua runs no handler when memory runs out, and the stack is gone by now: say
 * where memory was refused. */
static void explain_shortage(lua_State *L, struct hs_script_error *err)
{
    void *vm;

    hs_script_error_set(err, "memory", "not enough memory");
    if (lua_getallocf(L, &vm) == vm_alloc) {
        const struct hs_script_error *at = &((struct hs_vm *)vm)->refused_at;

        err->line = at->line;
        memcpy(err->source, at->source, sizeof err->source);
        memcpy(err->traceback, at->traceback, sizeof err->traceback);
    }
}

/* After a failed call: what l_message couldn't know. */
static void explain(struct hs_watch *watch, lua_State *L, int status)
{
    struct hs_script_error *err = watch->err;

    if (!err->code[0] && !watch->reported)
        hs_script_error_set(err, "error", "the error cannot be described");
    if (watch->tripped) {
        snprintf(err->code, sizeof err->code, "time");
        snprintf(err->message, sizeof err->message, HS_TIME_MESSAGE,
                 watch->budget_ms);
    } else if (status == LUA_ERRMEM) {
        explain_shortage(L, err);
    }
}

/* During l_prepare the state has no host yet. */
static void mark_cut(lua_State *L)
{
    struct hs_host *host = hs_host(L);

    if (host)
        host->cut = 1;
}

int hs_vm_call_on(lua_State *L, int nargs, int nres, int budget_ms,
                  struct hs_script_error *err)
{
    struct hs_script_error unwanted;
    struct hs_watch watch;
    int base = lua_gettop(L) - nargs;
    int status = LUA_ERRMEM;

    if (!err)
        err = &unwanted;
    err->code[0] = '\0';
    hs_watch_push(&watch, L, budget_ms, err);
    if (lua_checkstack(L, 1)) {
        lua_pushcfunction(L, l_message);
        lua_insert(L, base);
        status = lua_pcall(L, nargs, nres, base);
    }
    hs_watch_pop(&watch);
    if (status == LUA_OK) {
        lua_remove(L, base);
        return 0;
    }
    lua_settop(L, base - 1);
    explain(&watch, L, status);
    if (watch.tripped || status == LUA_ERRMEM)
        mark_cut(L);
    /* What filled the state is garbage now. By itself the collector waits until
     * there is twice as much, and a long string, whose buffer it doesn't count,
     * would find no room. */
    if (strcmp(err->code, "memory") == 0)
        (void)lua_gc(L, LUA_GCCOLLECT);
    return -1;
}

int hs_vm_call(struct hs_vm *vm, int nargs, int nres, int budget_ms,
               struct hs_script_error *err)
{
    return hs_vm_call_on(vm->L, nargs, nres, budget_ms, err);
}
