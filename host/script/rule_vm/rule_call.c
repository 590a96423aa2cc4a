/* rule_call.c: `call`, the lazy view that rules have of the app VM's input.
 *
 * Two states meet here. The rule VM (L) runs, under hs_vm_call, and may raise
 * at any time; the app VM waits in rules.decide, and an error raised in it from
 * here would jump over the rule VM's frames. So it is only read without
 * allocating, or in a protected call. */
#include "script/rule_vm/rule_call.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include <lauxlib.h>
#include <lua.h>

#include "script/glue/plain_copy.h"
#include "script/rule_vm/ordered.h"
#include "script/vm.h"

#define READS_LIMIT 4096 /* bytes one decision may read */
#define TEXT_LIMIT 512   /* bytes of one string in that */
#define PATH_SIZE 256
#define JSON_DEPTH 8

/* Keys of a view and of its cache; addresses no rule can make. */
static const char meta_key;   /* registry: the metatable */
static const char fields_key; /* registry: fields made here */
static const char cache_key;  /* view: what was read */
static const char id_key;     /* cache: the record's id */
static const char keys_key;   /* cache: the copy for pairs */
static const char absent;     /* cache: read, was nil */

/* ---- what was read: values on the app VM's stack, as JSON ---- */

static int json_value(struct hs_buf *out, lua_State *app, int index, int depth);

/* A string, cut between two characters when it is long. */
static int json_text(struct hs_buf *out, const char *text, size_t len)
{
    char cut[TEXT_LIMIT + 4];
    size_t keep = TEXT_LIMIT;

    if (len <= TEXT_LIMIT)
        return hs_buf_add_json(out, text, len);
    while (keep > TEXT_LIMIT - 4 && ((unsigned char)text[keep] & 0xc0) == 0x80)
        keep--;
    snprintf(cut, sizeof cut, "%.*s\xe2\x80\xa6", (int)keep, text);
    return hs_buf_add_json(out, cut, strlen(cut));
}

static int json_number(struct hs_buf *out, lua_State *app, int index)
{
    double number;

    if (lua_isinteger(app, index))
        return hs_buf_printf(out, "%lld", (long long)lua_tointeger(app, index));
    number = lua_tonumber(app, index);
    if (!isfinite(number))
        return hs_buf_add_str(out, "null");
    return hs_buf_printf(out, "%.17g", number);
}

static int json_key(struct hs_buf *out, lua_State *app, int index)
{
    size_t len;
    const char *text;

    if (lua_type(app, index) != LUA_TSTRING)
        return hs_buf_printf(out,
                             "\"%lld\":", (long long)lua_tointeger(app, index));
    text = lua_tolstring(app, index, &len);
    if (json_text(out, text, len) != 0)
        return -1;
    return hs_buf_add_str(out, ":");
}

static int json_table(struct hs_buf *out, lua_State *app, int index, int depth)
{
    int list = lua_rawlen(app, index) > 0;
    int failed = hs_buf_add_str(out, list ? "[" : "{");
    const char *comma = "";

    if (depth > JSON_DEPTH || !lua_checkstack(app, 3))
        return -1;
    lua_pushnil(app);
    while (!failed && out->len <= READS_LIMIT && lua_next(app, index)) {
        failed = hs_buf_add_str(out, comma) != 0 ||
                 (!list && json_key(out, app, lua_gettop(app) - 1) != 0) ||
                 json_value(out, app, lua_gettop(app), depth + 1) != 0;
        comma = ",";
        lua_pop(app, 1);
    }
    if (failed || out->len > READS_LIMIT)
        return -1;
    return hs_buf_add_str(out, list ? "]" : "}");
}

/* 0, or -1 if it doesn't fit, with part of it written. */
static int json_value(struct hs_buf *out, lua_State *app, int index, int depth)
{
    size_t len;
    const char *text;

    switch (lua_type(app, index)) {
    case LUA_TSTRING:
        text = lua_tolstring(app, index, &len);
        return json_text(out, text, len);
    case LUA_TNUMBER:
        return json_number(out, app, index);
    case LUA_TBOOLEAN:
        return hs_buf_add_str(out,
                              lua_toboolean(app, index) ? "true" : "false");
    case LUA_TTABLE:
        return json_table(out, app, index, depth);
    default:
        return hs_buf_add_str(out, "null");
    }
}

/* Note that `path` was read: the value at `index` of the app VM. */
static void note(struct hs_rule_call *call, const char *path, int index)
{
    struct hs_buf *out = &call->reads;
    size_t before = out->len;
    int top = lua_gettop(call->app);
    int failed;

    if (call->truncated)
        return;
    failed = hs_buf_add_str(out, out->len > 1 ? "," : "") != 0 ||
             hs_buf_add_json(out, path, strlen(path)) != 0 ||
             hs_buf_add_str(out, ":") != 0 ||
             json_value(out, call->app, index, 0) != 0;
    lua_settop(call->app, top);
    if (failed || out->len > READS_LIMIT) {
        call->truncated = 1;
        out->len = before;
    }
}

/* ---- reading a field ---- */

/* A key from L's stack, on its way to the app VM. */
struct key {
    const char *text; /* NULL: the number */
    size_t len;
    lua_Integer number;
};

/* In the app VM, protected: record, key → the raw field. */
static int l_app_field(lua_State *app)
{
    const struct key *key = lua_touserdata(app, 2);

    if (key->text)
        lua_pushlstring(app, key->text, key->len);
    else
        lua_pushinteger(app, key->number);
    lua_rawget(app, 1);
    return 1;
}

/* Push the field on the app VM's stack; a provider is called for its value.
 * Raises in L. */
static void push_app_field(lua_State *L, struct hs_rule_call *call,
                           const struct hs_rule_record *record,
                           const struct key *key, const char *path)
{
    lua_State *app = call->app;
    struct hs_script_error err;

    if (!lua_checkstack(app, 8))
        luaL_error(L, "not enough memory");
    lua_pushcfunction(app, l_app_field);
    lua_pushvalue(app, record->index);
    lua_pushlightuserdata(app, (void *)key);
    if (lua_pcall(app, 2, 1, 0) != LUA_OK) {
        lua_pop(app, 1);
        luaL_error(L, "call.%s could not be read", path);
    }
    if (lua_isfunction(app, -1) && hs_vm_call_on(app, 0, 1, 0, &err) != 0)
        luaL_error(L, "call.%s could not be read: %s", path, err.message);
}

static size_t append(char *out, size_t len, const char *text, size_t more)
{
    if (more > PATH_SIZE - 1 - len)
        more = PATH_SIZE - 1 - len;
    memcpy(out + len, text, more);
    out[len + more] = '\0';
    return len + more;
}

/* The dotted path of a field, cut if longer than `out`. */
static void field_path(const struct hs_rule_call *call,
                       const struct hs_rule_record *record,
                       const struct key *key, char *out)
{
    const char *parent = call->paths.data + record->path;
    size_t len = append(out, 0, parent, strlen(parent));
    char number[24];

    if (len > 0)
        len = append(out, len, ".", 1);
    if (key->text) {
        append(out, len, key->text, key->len);
    } else {
        snprintf(number, sizeof number, "%lld", (long long)key->number);
        append(out, len, number, strlen(number));
    }
}

/* Push a view of the record on top of the app VM's stack, which stays there. */
static void push_view(lua_State *L, struct hs_rule_call *call, const char *path)
{
    struct hs_rule_record *record = &call->record[call->count];

    if (call->count == HS_RULE_RECORDS)
        luaL_error(L, "a rule may look into %d records of a call",
                   HS_RULE_RECORDS);
    record->index = lua_gettop(call->app);
    record->path = call->paths.len;
    record->looked = 0;
    if (hs_buf_add(&call->paths, path, strlen(path) + 1) != 0)
        luaL_error(L, "not enough memory");
    lua_createtable(L, 0, 1); /* the view */
    lua_createtable(L, 0, 4); /* its cache */
    lua_pushinteger(L, call->first_id + call->count);
    lua_rawsetp(L, -2, &id_key);
    lua_rawsetp(L, -2, &cache_key);
    lua_rawgetp(L, LUA_REGISTRYINDEX, &meta_key);
    lua_setmetatable(L, -2);
    call->count++;
}

/* Copy the value on top of the app VM's stack, and pop it there unless it is a
 * record. */
static void push_value(lua_State *L, struct hs_rule_call *call,
                       const char *path)
{
    struct hs_plain_limits left = HS_PLAIN_LIMITS;
    int index = lua_gettop(call->app);
    const char *wrong;

    if (lua_istable(call->app, index) && lua_rawlen(call->app, index) == 0) {
        push_view(L, call, path);
        return;
    }
    wrong = l_plain_copy(call->app, index, L, &left);
    if (wrong)
        luaL_error(L, "call.%s cannot be read: %s", path, wrong);
    note(call, path, index);
    lua_settop(call->app, index - 1);
}

static struct hs_rule_record *l_record_of(lua_State *L,
                                          struct hs_rule_call *call, int cache)
{
    lua_Integer id;

    lua_rawgetp(L, cache, &id_key);
    id = lua_tointeger(L, -1) - call->first_id;
    lua_pop(L, 1);
    if (!call->app || id < 0 || id >= call->count)
        luaL_error(L, "this call has been decided");
    return &call->record[id];
}

/* Push the cache of the view at index 1, which must be one. */
static void push_cache(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    if (lua_rawgetp(L, 1, &cache_key) != LUA_TTABLE)
        luaL_error(L, "this is not a part of `call`");
}

/* Is one of our own words reading, rather than the file's author? What a word
 * looks for and doesn't find says nothing about the rules. */
static int read_by_a_word(lua_State *L)
{
    lua_Debug reader;

    return lua_getstack(L, 1, &reader) && lua_getinfo(L, "S", &reader) &&
           strncmp(reader.source, "@calls/", strlen("@calls/")) == 0;
}

/* Push a field that the rule VM makes from the call at index 1, such as the
 * wall clock. 0, with nothing pushed, if it makes no such field. */
static int push_made(lua_State *L, int key_index)
{
    lua_rawgetp(L, LUA_REGISTRYINDEX, &fields_key);
    lua_pushvalue(L, key_index);
    lua_rawget(L, -2);
    lua_remove(L, -2);
    if (!lua_isfunction(L, -1)) {
        lua_pop(L, 1);
        return 0;
    }
    lua_pushvalue(L, 1);
    lua_call(L, 1, 1);
    return 1;
}

/* Keep the value on top of the stack for the next time. */
static void l_cache_value(lua_State *L, int cache, int key_index)
{
    lua_pushvalue(L, key_index);
    if (lua_isnil(L, -2))
        lua_pushlightuserdata(L, (void *)&absent);
    else
        lua_pushvalue(L, -2);
    lua_rawset(L, cache);
}

/* Push the field that the key at `key_index` names, from the cache or the app
 * VM. */
static void push_field(lua_State *L, struct hs_rule_call *call, int cache,
                       int key_index)
{
    struct hs_rule_record *record;
    struct key key = {0};
    char path[PATH_SIZE];

    lua_pushvalue(L, key_index);
    if (lua_rawget(L, cache) != LUA_TNIL) {
        if (lua_touserdata(L, -1) == &absent) {
            lua_pop(L, 1);
            lua_pushnil(L);
        }
        return;
    }
    if (lua_type(L, key_index) == LUA_TSTRING)
        key.text = lua_tolstring(L, key_index, &key.len);
    else if (lua_isinteger(L, key_index))
        key.number = lua_tointeger(L, key_index);
    else
        return; /* the nil */
    lua_pop(L, 1);
    record = l_record_of(L, call, cache);
    if (record == call->record && push_made(L, key_index)) {
        l_cache_value(L, cache, key_index);
        return;
    }
    field_path(call, record, &key, path);
    push_app_field(L, call, record, &key, path);
    if (lua_isnil(call->app, -1) && key.text && !call->everything &&
        read_by_a_word(L)) {
        lua_pop(call->app, 1);
        lua_pushnil(L);
        return; /* not cached: a read by the author is noted */
    }
    if (!key.text && lua_isnil(call->app, -1)) {
        lua_pop(call->app, 1); /* ipairs, at the end of an empty list */
        lua_pushnil(L);
    } else {
        record->looked = 1;
        push_value(L, call, path);
    }
    l_cache_value(L, cache, key_index);
}

static struct hs_rule_call *bound_call(lua_State *L)
{
    return lua_touserdata(L, lua_upvalueindex(1));
}

static int l_call_index(lua_State *L)
{
    lua_settop(L, 2);
    push_cache(L);
    push_field(L, bound_call(L), 3, 2);
    return 1;
}

static int l_call_newindex(lua_State *L)
{
    return luaL_error(L, "call is read-only");
}

/* A record has no list part. */
static int l_call_len(lua_State *L)
{
    lua_pushinteger(L, 0);
    return 1;
}

/* ---- pairs and next ---- */

/* Push the record's keys, as those of a table. */
static void push_keys(lua_State *L, struct hs_rule_call *call,
                      const struct hs_rule_record *record)
{
    lua_State *app = call->app;

    if (!lua_checkstack(app, 3))
        luaL_error(L, "not enough memory");
    lua_newtable(L);
    lua_pushnil(app);
    while (lua_next(app, record->index)) {
        struct hs_plain_limits left = HS_PLAIN_LIMITS;

        lua_pop(app, 1);
        if (l_plain_copy(app, lua_gettop(app), L, &left))
            luaL_error(L, "a key of `call` cannot be read");
        lua_pushboolean(L, 1);
        lua_rawset(L, -3);
    }
}

/* Push a plain copy of the record, one level deep, for pairs. Fields are read
 * in order, since there may be too much to keep. */
static void push_snapshot(lua_State *L, struct hs_rule_call *call, int cache)
{
    int keys, copy;
    struct hs_rule_record *record;

    if (lua_rawgetp(L, cache, &keys_key) == LUA_TTABLE)
        return;
    lua_pop(L, 1);
    record = l_record_of(L, call, cache);
    if (!call->everything)
        record->looked = 1;
    lua_newtable(L);
    copy = lua_gettop(L);
    push_keys(L, call, record);
    l_ordered_keys(L, -1);
    keys = lua_gettop(L);
    for (lua_Integer i = 1; lua_rawgeti(L, keys, i) != LUA_TNIL; i++) {
        push_field(L, call, cache, lua_gettop(L));
        lua_rawset(L, copy);
    }
    lua_settop(L, copy);
    lua_pushvalue(L, copy);
    lua_rawsetp(L, cache, &keys_key);
}

/* next of a view: key → key, value. */
static int l_call_next(lua_State *L)
{
    lua_settop(L, 2);
    push_cache(L);
    push_snapshot(L, bound_call(L), 3);
    lua_pushvalue(L, 2);
    if (!lua_isnil(L, 2) && lua_rawget(L, -2) == LUA_TNIL)
        return luaL_error(L, "invalid key to 'next'");
    lua_settop(L, 4);
    lua_pushvalue(L, 2);
    return l_ordered_next(L, -2) ? 2 : 0;
}

static int l_call_pairs(lua_State *L)
{
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_pushcclosure(L, l_call_next, 1);
    lua_pushvalue(L, 1);
    lua_pushnil(L);
    return 3;
}

/* ---- a decision ---- */

void l_rule_call_open(lua_State *L, struct hs_rule_call *call)
{
    static const luaL_Reg methods[] = {{"__index", l_call_index},
                                       {"__newindex", l_call_newindex},
                                       {"__len", l_call_len},
                                       {"__pairs", l_call_pairs},
                                       {NULL, NULL}};

    luaL_newlibtable(L, methods);
    lua_pushlightuserdata(L, call);
    luaL_setfuncs(L, methods, 1);
    lua_pushliteral(L, "call");
    lua_setfield(L, -2, "__metatable");
    lua_rawsetp(L, LUA_REGISTRYINDEX, &meta_key);
}

void l_rule_call_fields(lua_State *L)
{
    lua_rawsetp(L, LUA_REGISTRYINDEX, &fields_key);
}

int hs_rule_call_begin(struct hs_rule_call *call, lua_State *app, int input,
                       int everything)
{
    call->base = lua_gettop(app);
    call->first_id += call->count;
    call->count = 0;
    call->truncated = 0;
    call->everything = everything;
    hs_buf_clear(&call->reads);
    hs_buf_clear(&call->paths);
    if (!lua_checkstack(app, 1) || hs_buf_add_str(&call->reads, "{") != 0)
        return -1;
    lua_pushvalue(app, input);
    call->app = app;
    return 0;
}

void l_rule_call_push(lua_State *L, struct hs_rule_call *call)
{
    push_view(L, call, "");
}

/* A record that was only compared with nil, or traversed without finding a
 * field: note that it was there. */
static int note_untouched(struct hs_rule_call *call,
                          const struct hs_rule_record *record)
{
    const char *path = call->paths.data + record->path;
    struct hs_buf *out = &call->reads;
    size_t before = out->len;

    if (before + strlen(path) <= READS_LIMIT &&
        hs_buf_add_str(out, before > 1 ? "," : "") == 0 &&
        hs_buf_add_json(out, path, strlen(path)) == 0 &&
        hs_buf_add_str(out, ":{}") == 0)
        return 0;
    out->len = before;
    return -1;
}

const char *hs_rule_call_end(struct hs_rule_call *call)
{
    struct hs_buf *out = &call->reads;

    lua_settop(call->app, call->base);
    for (int i = 1; i < call->count && !call->truncated; i++) {
        if (!call->record[i].looked &&
            note_untouched(call, &call->record[i]) != 0)
            call->truncated = 1;
    }
    call->app = NULL;
    if (call->truncated &&
        hs_buf_add_str(out, out->len > 1
                                ? ",\"\xe2\x80\xa6truncated\":true"
                                : "\"\xe2\x80\xa6truncated\":true") != 0)
        return "{}";
    return hs_buf_add_str(out, "}") == 0 ? out->data : "{}";
}

void hs_rule_call_free(struct hs_rule_call *call)
{
    hs_buf_free(&call->reads);
    hs_buf_free(&call->paths);
}
