/* lookups.c: the lookup VM: lookups.lua, beside an app VM. */
#include "script/lookups.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <lauxlib.h>
#include <lua.h>

#include "base/buf.h"
#include "script/glue/plain_copy.h"
#include "script/glue/use_json.h"
#include "script/script_error.h"

#define LOAD_BUDGET_MS 1000
#define ANSWER_BYTES 16384
#define LOOKUPS_MAX 20
#define SPARE_BYTES ((size_t)1 << 20) /* garbage a VM may keep */

struct lookup {
    char *name;
    int line;
};

struct hs_lookups {
    struct hs_bundle *bundle;
    struct hs_host host;
    struct hs_vm *vm; /* NULL: to be made again */
    int functions;    /* registry: the functions, in the order of `list` */
    size_t loaded_bytes;
    struct lookup *list;
    int count;
    int known; /* the list is complete */
    struct hs_buf answer;
};

/* ---- loading ---- */

/* The line of `name =` in the file; 1 if it isn't written that way. */
static int line_of(const char *source, const char *name)
{
    size_t len = strlen(name);
    int line = 1;

    for (const char *at = source; *at; at++) {
        line += *at == '\n';
        if (strncmp(at, name, len) == 0 &&
            (at == source ||
             (!isalnum((unsigned char)at[-1]) && at[-1] != '_')) &&
            at[len + strspn(at + len, " \t")] == '=')
            return line;
    }
    return 1;
}

static int is_name(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (!isalnum((unsigned char)text[i]) && text[i] != '_')
            return 0;
    }
    return len > 0 && len <= 64 && !isdigit((unsigned char)text[0]);
}

static int compare(const void *a, const void *b)
{
    const struct lookup *one = a, *other = b;

    if (one->line != other->line)
        return one->line < other->line ? -1 : 1;
    return strcmp(one->name, other->name);
}

/* The entry at the top of the stack: key, value. */
static void l_take_entry(lua_State *L, struct hs_lookups *lookups,
                         const char *source)
{
    struct lookup *lookup = &lookups->list[lookups->count];
    lua_Debug where;
    size_t len = 0;
    const char *name =
        lua_type(L, -2) == LUA_TSTRING ? lua_tolstring(L, -2, &len) : "";

    if (!is_name(name, len))
        luaL_error(L, HS_LOOKUP_FILE ":1: a lookup is name = function(call) "
                                     "... end, with a name of letters");
    if (!lua_isfunction(L, -1))
        luaL_error(L,
                   HS_LOOKUP_FILE ":%d: %s must be function(call) ... end, "
                                  "not a %s",
                   line_of(source, name), name, luaL_typename(L, -1));
    if (lookups->count == LOOKUPS_MAX)
        luaL_error(L, HS_LOOKUP_FILE ":1: at most %d lookups", LOOKUPS_MAX);
    lookup->name = strdup(name);
    if (!lookup->name)
        luaL_error(L, "not enough memory");
    lookups->count++;
    lua_pushvalue(L, -1);
    lua_getinfo(L, ">S", &where);
    lookup->line = where.linedefined > 0 ? where.linedefined : 1;
}

/* The functions of the table at the top, by their index in the list. */
static void l_keep_functions(lua_State *L, struct hs_lookups *lookups)
{
    int table = lua_gettop(L);

    lua_createtable(L, lookups->count, 0);
    for (int i = 0; i < lookups->count; i++) {
        lua_getfield(L, table, lookups->list[i].name);
        lua_rawseti(L, -2, i + 1);
    }
    lookups->functions = luaL_ref(L, LUA_REGISTRYINDEX);
}

static int l_load(lua_State *L)
{
    struct hs_lookups *lookups = lua_touserdata(L, 1);
    size_t len;
    const char *source =
        hs_bundle_source(lookups->bundle, HS_LOOKUP_FILE, &len);

    if (l_bundle_push(L, lookups->bundle, HS_LOOKUP_FILE) != 0)
        return luaL_error(L, "not enough memory");
    lua_call(L, 0, 1);
    if (!lua_istable(L, -1))
        return luaL_error(L,
                          HS_LOOKUP_FILE
                          ":1: the file must return a table of lookups, "
                          "not a %s",
                          luaL_typename(L, -1));
    for (lua_pushnil(L); !lookups->known && lua_next(L, 2); lua_pop(L, 1))
        l_take_entry(L, lookups, source);
    if (!lookups->known)
        qsort(lookups->list, (size_t)lookups->count, sizeof *lookups->list,
              compare);
    lookups->known = 1;
    lua_settop(L, 2);
    l_keep_functions(L, lookups);
    lua_settop(L, 0);
    lua_gc(L, LUA_GCCOLLECT);
    return 0;
}

static void unload(struct hs_lookups *lookups)
{
    hs_vm_free(lookups->vm);
    lookups->vm = NULL;
}

/* Make the VM unless there is one. 0, or -1 and `err`. */
static int ready(struct hs_lookups *lookups, struct hs_script_error *err)
{
    lua_State *L;
    int trial;

    if (lookups->vm)
        return 0;
    lookups->vm = hs_app_vm_new(lookups->bundle, &lookups->host, err);
    if (!lookups->vm)
        return -1;
    L = hs_vm_state(lookups->vm);
    /* The file only defines functions; it can't ask anything while loading. */
    trial = hs_host(L)->trial;
    hs_host(L)->trial = 1;
    lua_pushcfunction(L, l_load);
    lua_pushlightuserdata(L, lookups);
    if (hs_vm_call(lookups->vm, 1, 0, LOAD_BUDGET_MS, err) != 0) {
        if (!err->source[0])
            snprintf(err->source, sizeof err->source, "%s", HS_LOOKUP_FILE);
        unload(lookups);
        return -1;
    }
    hs_host(L)->trial = trial;
    lookups->loaded_bytes = hs_vm_bytes(lookups->vm);
    return 0;
}

/* ---- asking ---- */

struct question {
    struct hs_lookups *lookups;
    int index;
    lua_State *app; /* the call is at its index 1 */
};

/* function(call) → its answer as JSON, in lookups->answer. */
static int l_ask(lua_State *L)
{
    const struct question *question = lua_touserdata(L, 1);
    struct hs_lookups *lookups = question->lookups;
    struct hs_plain_limits left = HS_PLAIN_LIMITS;
    const char *wrong, *text;
    size_t len;

    lua_rawgeti(L, LUA_REGISTRYINDEX, lookups->functions);
    lua_rawgeti(L, -1, question->index + 1);
    wrong = l_plain_copy(question->app, 1, L, &left);
    if (wrong)
        return luaL_error(L, "the call cannot be copied: %s", wrong);
    lua_call(L, 1, 1);
    hs_json_push_encoded(L, lua_gettop(L));
    text = lua_tolstring(L, -1, &len);
    if (len > ANSWER_BYTES)
        return luaL_error(L, "the answer is longer than %d bytes of JSON",
                          ANSWER_BYTES);
    if (hs_buf_add(&lookups->answer, text, len) != 0)
        return luaL_error(L, "not enough memory");
    return 0;
}

int hs_lookups_ask(struct hs_lookups *lookups, int index, lua_State *app,
                   int budget_ms, const char **json,
                   struct hs_script_error *err)
{
    struct question question = {.lookups = lookups, .index = index, .app = app};
    int top = lua_gettop(app);
    lua_State *L;
    int failed;

    hs_buf_clear(&lookups->answer);
    if (ready(lookups, err) != 0)
        return -1;
    L = hs_vm_state(lookups->vm);
    lua_settop(L, 0);
    lua_pushcfunction(L, l_ask);
    lua_pushlightuserdata(L, &question);
    failed = hs_vm_call(lookups->vm, 1, 0, budget_ms, err) != 0;
    lua_settop(app, top); /* an aborted copy left values there */
    if (!failed) {
        *json = lookups->answer.data;
        return 0;
    }
    if (strcmp(err->code, "time") == 0 || strcmp(err->code, "memory") == 0)
        unload(lookups); /* its state can't be trusted any more */
    return -1;
}

void hs_lookups_settle(struct hs_lookups *lookups)
{
    if (lookups->vm &&
        hs_vm_bytes(lookups->vm) > 2 * lookups->loaded_bytes + SPARE_BYTES)
        lua_gc(hs_vm_state(lookups->vm), LUA_GCCOLLECT);
}

/* ---- lifetime ---- */

int hs_lookups_new(struct hs_bundle *bundle, const struct hs_host *host,
                   struct hs_lookups **out, struct hs_script_error *err)
{
    struct hs_lookups *lookups;
    size_t len;

    *out = NULL;
    if (!hs_bundle_source(bundle, HS_LOOKUP_FILE, &len))
        return 0;
    lookups = calloc(1, sizeof *lookups);
    if (lookups)
        lookups->list = calloc(LOOKUPS_MAX, sizeof *lookups->list);
    if (!lookups || !lookups->list) {
        hs_script_error_set(err, "memory", "not enough memory");
        free(lookups);
        return -1;
    }
    hs_bundle_keep(bundle);
    lookups->bundle = bundle;
    lookups->host = *host;
    lookups->host.lookup = 1;
    lookups->host.rules = NULL;
    lookups->host.lookups = NULL;
    if (ready(lookups, err) != 0) {
        hs_lookups_free(lookups);
        return -1;
    }
    if (lookups->count > 0)
        *out = lookups;
    else
        hs_lookups_free(lookups);
    return 0;
}

void hs_lookups_free(struct hs_lookups *lookups)
{
    if (!lookups)
        return;
    unload(lookups);
    hs_buf_free(&lookups->answer);
    for (int i = 0; i < lookups->count; i++)
        free(lookups->list[i].name);
    free(lookups->list);
    hs_bundle_drop(lookups->bundle);
    free(lookups);
}

int hs_lookups_count(const struct hs_lookups *lookups)
{
    return lookups ? lookups->count : 0;
}

const char *hs_lookups_name(const struct hs_lookups *lookups, int index,
                            int *line)
{
    *line = lookups->list[index].line;
    return lookups->list[index].name;
}
