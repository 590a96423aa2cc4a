/* json.c: the Lua module json.
 *
 * encode is our own: exact integers, lists by metatable or by sequence, sorted
 * keys, checked UTF-8, one buffer reused by every call. decode is lua-cjson's,
 * with its numbers corrected. Both obey the watchdog: encode polls it as it
 * works, decode before and after lua-cjson, which gets no more than it can read
 * in a few milliseconds. */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <lauxlib.h>
#include <lua-cjson.h>
#include <lua.h>

#include "base/utf8.h"
#include "script/bind/binds.h"
#include "script/glue/cjson_memory.h"
#include "script/rule_vm/watchdog.h"

#define DEPTH 32
#define ENCODED_MAX (16u << 20) /* shared tables can multiply */
#define DECODED_MAX (4u << 20)
#define ELEMENTS_MAX 100000    /* commas and opening brackets */
#define PIECE 4096u            /* bytes between two polls of the watchdog */
#define KEEP_BYTES (64u << 10) /* a larger buffer is given back */
#define ENCODER "hs.json.encoder"
#define EXACT 9007199254740992.0 /* 2^53: a double below it is exact */

/* One `"key":value` in the text, still to be sorted. */
struct member {
    const char *key;
    size_t key_len;
    size_t start, end;
};

/* An upvalue of encode, so what it owns outlives a raise. */
struct encoder {
    char *text;
    size_t len, cap;
    struct member *members; /* of all objects under way, innermost last */
    size_t count, members_cap;
    const char *key; /* of the value being encoded, for messages; or NULL */
};

static void l_encode_value(lua_State *L, struct encoder *enc, int depth);

static _Noreturn void l_refuse(lua_State *L, const struct encoder *enc,
                               const char *what)
{
    if (enc->key)
        luaL_error(L, "json.encode: %s (at \"%s\")", what, enc->key);
    luaL_error(L, "json.encode: %s", what);
    abort(); /* luaL_error does not return, but is not declared so */
}

/* Room for `more` bytes, or a raise. */
static char *check_room(lua_State *L, struct encoder *enc, size_t more)
{
    if (!enc->text || enc->cap - enc->len < more) {
        size_t cap = enc->cap ? enc->cap * 2 : 1024;
        char *grown;

        if (enc->len + more > ENCODED_MAX)
            l_refuse(L, enc, "the text is larger than 16 MiB");
        while (cap < enc->len + more)
            cap *= 2;
        grown = realloc(enc->text, cap);
        if (!grown)
            l_refuse(L, enc, "not enough memory");
        enc->text = grown;
        enc->cap = cap;
    }
    return enc->text + enc->len;
}

static void l_add(lua_State *L, struct encoder *enc, const char *data,
                  size_t len)
{
    memcpy(check_room(L, enc, len), data, len);
    enc->len += len;
}

/* ASCII bytes that stand for themselves in a JSON string. */
static int is_plain(unsigned char c)
{
    static const uint64_t plain[4] = {0xfffffffb00000000, 0xffffffffefffffff};

    return (int)(plain[c >> 6] >> (c & 63)) & 1;
}

/* The escape of a byte that JSON does not allow in a string. */
static size_t escape(unsigned char c, char out[8])
{
    static const char letters[] = "btn\0fr"; /* \b is 8 … \r is 13 */

    out[0] = '\\';
    if (c == '"' || c == '\\') {
        out[1] = (char)c;
        return 2;
    }
    if (c >= 8 && c <= 13 && letters[c - 8]) {
        out[1] = letters[c - 8];
        return 2;
    }
    return (size_t)snprintf(out, 8, "\\u%04x", c);
}

/* The rest of a string, from the first byte that needs an escape. */
static void l_encode_hard(lua_State *L, struct encoder *enc,
                          const unsigned char *p, const unsigned char *end)
{
    while (p < end) {
        const unsigned char *run = p;
        char out[8];

        l_watch_poll(L);
        while (p < end && p - run < (ptrdiff_t)PIECE &&
               (is_plain(*p) || *p >= 0x80)) {
            size_t n = hs_utf8_next((const char *)p, end - p);

            if (!n)
                l_refuse(L, enc, "the text is not valid UTF-8");
            p += n;
        }
        l_add(L, enc, (const char *)run, p - run);
        if (p < end && !is_plain(*p) && *p < 0x80) {
            l_add(L, enc, out, escape(*p, out));
            p++;
        }
    }
}

static void l_encode_string(lua_State *L, struct encoder *enc, const char *s,
                            size_t len)
{
    char *out = check_room(L, enc, len + 2);
    size_t i = 0;

    *out++ = '"';
    for (; i < len && is_plain((unsigned char)s[i]); i++)
        out[i] = s[i];
    enc->len += i + 1;
    if (i < len)
        l_encode_hard(L, enc, (const unsigned char *)s + i,
                      (const unsigned char *)s + len);
    l_add(L, enc, "\"", 1);
}

static void l_encode_integer(lua_State *L, struct encoder *enc, lua_Integer n)
{
    char digits[24];
    size_t at = sizeof digits;
    uint64_t rest = n < 0 ? 0 - (uint64_t)n : (uint64_t)n;

    do {
        digits[--at] = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest);
    if (n < 0)
        digits[--at] = '-';
    l_add(L, enc, digits + at, sizeof digits - at);
}

/* The shortest text that reads back as the same number. */
static void l_encode_float(lua_State *L, struct encoder *enc, double x)
{
    char text[40];
    int len = 0;

    if (!isfinite(x))
        l_refuse(L, enc, "NaN and infinity have no JSON form");
    if (fabs(x) < EXACT && x == floor(x)) {
        l_encode_integer(L, enc, (lua_Integer)x);
        return;
    }
    for (int precision = 15; precision <= 17; precision++) {
        len = snprintf(text, sizeof text, "%.*g", precision, x);
        if (strtod(text, NULL) == x)
            break;
    }
    l_add(L, enc, text, (size_t)len);
}

/* The list at the top of the stack, with exactly `n` values. */
static void l_encode_list(lua_State *L, struct encoder *enc, lua_Integer n,
                          int depth)
{
    const char *key = enc->key;

    l_add(L, enc, "[", 1);
    for (lua_Integer i = 1; i <= n; i++) {
        if (i > 1)
            l_add(L, enc, ",", 1);
        enc->key = key;
        if (lua_rawgeti(L, -1, i) == LUA_TNIL)
            l_refuse(L, enc, "a list with holes");
        l_encode_value(L, enc, depth);
        lua_pop(L, 1);
    }
    l_add(L, enc, "]", 1);
}

static int compare(const struct member *a, const struct member *b)
{
    size_t shorter = a->key_len < b->key_len ? a->key_len : b->key_len;
    int order = memcmp(a->key, b->key, shorter);

    if (order)
        return order;
    return (a->key_len > b->key_len) - (a->key_len < b->key_len);
}

/* Once time is up all members compare equal, so qsort ends soon. */
static int compare_members(const void *a, const void *b)
{
    const struct hs_watch *watch = hs_watch_top();

    return watch && watch->tripped ? 0 : compare(a, b);
}

/* Returns 1 if the order was wrong. */
static int l_sort(lua_State *L, struct member *members, size_t count)
{
    size_t sorted = 1;

    while (sorted < count &&
           compare(&members[sorted - 1], &members[sorted]) < 0)
        sorted++;
    if (sorted >= count)
        return 0;
    if (count > 24) {
        qsort(members, count, sizeof *members, compare_members);
        l_watch_poll(L);
        return 1;
    }
    for (; sorted < count; sorted++) {
        struct member moved = members[sorted];
        size_t at = sorted;

        for (; at > 0 && compare(&members[at - 1], &moved) > 0; at--)
            members[at] = members[at - 1];
        members[at] = moved;
    }
    return 1;
}

/* Sort the members from `first` on by key: copy them after the text, then back
 * over their old place. */
static void l_order(lua_State *L, struct encoder *enc, size_t first,
                    size_t start)
{
    size_t len = enc->len - start;
    char *out;

    if (!l_sort(L, enc->members + first, enc->count - first))
        return;
    out = check_room(L, enc, len);
    for (size_t i = first; i < enc->count; i++) {
        const struct member *m = &enc->members[i];

        if (i > first)
            *out++ = ',';
        memcpy(out, enc->text + m->start, m->end - m->start);
        out += m->end - m->start;
    }
    memcpy(enc->text + start, enc->text + enc->len, len);
}

static void l_remember(lua_State *L, struct encoder *enc, struct member m)
{
    if (enc->count == enc->members_cap) {
        size_t cap = enc->members_cap ? enc->members_cap * 2 : 64;
        struct member *grown =
            reallocarray(enc->members, cap, sizeof *enc->members);

        if (!grown)
            l_refuse(L, enc, "not enough memory");
        enc->members = grown;
        enc->members_cap = cap;
    }
    enc->members[enc->count++] = m;
}

/* The table whose first key and value are on top of it on the stack. */
static void l_encode_object(lua_State *L, struct encoder *enc, int depth)
{
    size_t first = enc->count, start;

    l_add(L, enc, "{", 1);
    start = enc->len;
    do {
        struct member m;

        if (lua_type(L, -2) != LUA_TSTRING)
            l_refuse(L, enc, "a table with keys of several kinds");
        m.key = lua_tolstring(L, -2, &m.key_len);
        if (enc->count > first)
            l_add(L, enc, ",", 1);
        enc->key = m.key;
        m.start = enc->len;
        l_encode_string(L, enc, m.key, m.key_len);
        l_add(L, enc, ":", 1);
        l_encode_value(L, enc, depth);
        m.end = enc->len;
        l_remember(L, enc, m);
        lua_pop(L, 1);
    } while (lua_next(L, -2));
    l_order(L, enc, first, start);
    enc->count = first;
    l_add(L, enc, "}", 1);
}

/* How many keys the table at the top has; raises at one that isn't an integer.
 * */
static lua_Integer l_count_list(lua_State *L, const struct encoder *enc)
{
    lua_Integer n = 0;

    for (lua_pushnil(L); lua_next(L, -2); lua_pop(L, 1)) {
        l_watch_poll(L);
        if (!lua_isinteger(L, -2))
            l_refuse(L, enc, "a list that also has named fields");
        n++;
    }
    return n;
}

static void l_encode_table(lua_State *L, struct encoder *enc, int depth)
{
    int is_list = 0;

    if (depth >= DEPTH)
        l_refuse(L, enc, "more than 32 levels, or a table inside itself");
    if (lua_getmetatable(L, -1)) {
        is_list = lua_rawequal(L, -1, lua_upvalueindex(2));
        lua_pop(L, 1);
    }
    lua_pushnil(L);
    if (!lua_next(L, -2)) {
        l_add(L, enc, is_list ? "[]" : "{}", 2);
        return;
    }
    if (lua_type(L, -2) == LUA_TSTRING && !is_list) {
        l_encode_object(L, enc, depth + 1);
        return;
    }
    lua_pop(L, 2);
    l_encode_list(L, enc, l_count_list(L, enc), depth + 1);
}

/* Encode the value at the top of the stack, which stays. */
static void l_encode_value(lua_State *L, struct encoder *enc, int depth)
{
    size_t len;
    const char *s;

    l_watch_poll(L);
    switch (lua_type(L, -1)) {
    case LUA_TSTRING:
        s = lua_tolstring(L, -1, &len);
        l_encode_string(L, enc, s, len);
        return;
    case LUA_TNUMBER:
        if (lua_isinteger(L, -1))
            l_encode_integer(L, enc, lua_tointeger(L, -1));
        else
            l_encode_float(L, enc, lua_tonumber(L, -1));
        return;
    case LUA_TBOOLEAN:
        if (lua_toboolean(L, -1))
            l_add(L, enc, "true", 4);
        else
            l_add(L, enc, "false", 5);
        return;
    case LUA_TTABLE:
        l_encode_table(L, enc, depth);
        return;
    case LUA_TNIL:
        l_add(L, enc, "null", 4);
        return;
    case LUA_TLIGHTUSERDATA:
        if (!lua_touserdata(L, -1)) { /* json.null */
            l_add(L, enc, "null", 4);
            return;
        }
        break;
    default:
        break;
    }
    lua_pushfstring(L, "a %s has no JSON form", luaL_typename(L, -1));
    l_refuse(L, enc, lua_tostring(L, -1));
}

static void give_back(struct encoder *enc)
{
    free(enc->text);
    free(enc->members);
    enc->text = NULL;
    enc->members = NULL;
    enc->cap = enc->members_cap = 0;
}

/* Buffers that a large value needed: the state doesn't count them. */
static void give_back_much(struct encoder *enc)
{
    if (enc->cap > KEEP_BYTES ||
        enc->members_cap * sizeof *enc->members > KEEP_BYTES)
        give_back(enc);
}

/* json.encode(value) */
static int l_encode(lua_State *L)
{
    struct encoder *enc = lua_touserdata(L, lua_upvalueindex(1));

    luaL_checkany(L, 1);
    lua_settop(L, 1);
    luaL_checkstack(L, DEPTH * 3 + LUA_MINSTACK, "json.encode");
    give_back_much(enc); /* the last call may have raised */
    enc->len = 0;
    enc->count = 0;
    enc->key = NULL;
    l_encode_value(L, enc, 0);
    lua_pushlstring(L, enc->text, enc->len);
    give_back_much(enc);
    return 1;
}

static int l_encoder_gc(lua_State *L)
{
    give_back(lua_touserdata(L, 1));
    return 0;
}

static void push_encoder(lua_State *L)
{
    struct encoder *enc = lua_newuserdatauv(L, sizeof *enc, 0);

    memset(enc, 0, sizeof *enc);
    if (luaL_newmetatable(L, ENCODER)) {
        lua_pushcfunction(L, l_encoder_gc);
        lua_setfield(L, -2, "__gc");
    }
    lua_setmetatable(L, -2);
}

/* Integral floats become integers, everywhere below the value at the top.
 * Returns 0 when a number was out of range. */
static int l_fix_numbers(lua_State *L)
{
    if (lua_type(L, -1) == LUA_TNUMBER) {
        double x = lua_tonumber(L, -1);

        if (!isfinite(x))
            return 0;
        if (fabs(x) < EXACT && x == floor(x)) {
            lua_pop(L, 1);
            lua_pushinteger(L, (lua_Integer)x);
        }
        return 1;
    }
    if (lua_type(L, -1) != LUA_TTABLE)
        return 1;
    for (lua_pushnil(L); lua_next(L, -2); lua_pop(L, 1)) {
        int type = lua_type(L, -1);

        l_watch_poll(L);
        if (type != LUA_TNUMBER && type != LUA_TTABLE)
            continue;
        if (!l_fix_numbers(L))
            return 0;
        if (type == LUA_TNUMBER) { /* an existing key: allowed in lua_next */
            lua_pushvalue(L, -2);
            lua_pushvalue(L, -2);
            lua_rawset(L, -5);
        }
    }
    return 1;
}

static int push_malformed(lua_State *L, const char *message)
{
    lua_pushnil(L);
    lua_pushstring(L, message);
    lua_pushliteral(L, "malformed");
    return 3;
}

/* Stands between two values, or opens a table. */
static int is_mark(char c)
{
    return c == ',' || c == '[' || c == '{';
}

/* Why lua-cjson must not get the text, or NULL: it would accept all of these.
 * */
static const char *l_fault(lua_State *L, const char *text, size_t len)
{
    int quoted = 0, elements = 0;

    if (!hs_utf8_valid(text, len))
        return "the text is not valid UTF-8";
    for (size_t i = 0; i < len; i++) {
        if (i % PIECE == 0)
            l_watch_poll(L);
        if (text[i] == '"')
            quoted = !quoted;
        else if (quoted && text[i] == '\\')
            i++;
        else if (quoted && (unsigned char)text[i] < 0x20)
            return "a string holds a control character";
        else if (!quoted && is_mark(text[i]) && ++elements > ELEMENTS_MAX)
            return "the text has more than 100,000 elements";
    }
    return NULL;
}

/* Behind the string that begins at `at`; the text is JSON. */
static size_t string_end(const char *text, size_t at)
{
    for (at++; text[at] != '"'; at++)
        at += text[at] == '\\';
    return at + 1;
}

/* Push the value of a string as written, its quotes included. */
static void l_push_name(lua_State *L, const char *text, size_t len)
{
    if (!memchr(text, '\\', len)) {
        lua_pushlstring(L, text + 1, len - 2);
        return;
    }
    l_cjson_lend(L, len);
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_pushlstring(L, text, len);
    lua_call(L, 1, 1);
    lua_remove(L, -2); /* the buffer that was lent */
}

/* Push a name that an object of the text has more than once; 0 if there is
 * none. lua-cjson, which has read the text, keeps the last value. A name
 * belongs to the object that was opened last: the stack has a set for each. */
static int l_push_repeated(lua_State *L, const char *text, size_t len)
{
    size_t at = 0;

    while (at < len) {
        size_t start = at++;

        if (text[start] == '{')
            lua_newtable(L);
        else if (text[start] == '}')
            lua_pop(L, 1);
        if (text[start] != '"')
            continue;
        l_watch_poll(L);
        at = string_end(text, start);
        if (text[at + strspn(text + at, " \t\r\n")] != ':')
            continue;
        l_push_name(L, text + start, at - start);
        lua_pushvalue(L, -1);
        if (lua_rawget(L, -3) != LUA_TNIL) {
            lua_pop(L, 1);
            return 1;
        }
        lua_pop(L, 1);
        lua_pushboolean(L, 1);
        lua_rawset(L, -3);
    }
    return 0;
}

/* json.decode(text, unique?) */
static int l_decode(lua_State *L)
{
    size_t len;
    const char *text = luaL_checklstring(L, 1, &len);
    int unique = lua_toboolean(L, 2);
    const char *wrong;
    int status;

    if (len > DECODED_MAX)
        return push_malformed(L, "the text is larger than 4 MiB");
    wrong = l_fault(L, text, len);
    if (wrong)
        return push_malformed(L, wrong);
    lua_settop(L, 1);
    luaL_checkstack(L, DEPTH * 4 + LUA_MINSTACK, "json.decode");
    l_cjson_lend(L, len);
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_pushvalue(L, 1);
    status = lua_pcall(L, 1, 1, 0);
    if (status == LUA_ERRMEM)
        return lua_error(L);
    if (status != LUA_OK)
        return push_malformed(L, lua_tostring(L, -1));
    if (!l_fix_numbers(L))
        return push_malformed(L, "a number is too large");
    if (unique && l_push_repeated(L, text, len)) {
        lua_pushnil(L);
        lua_insert(L, -2);
        lua_pushliteral(L, "repeated");
        return 3;
    }
    return 1;
}

/* json.array(t?): mark t as a list, so that it encodes as one when empty. */
static int l_array(lua_State *L)
{
    if (lua_isnoneornil(L, 1)) {
        lua_settop(L, 0);
        lua_newtable(L);
    }
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 1);
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_setmetatable(L, 1);
    return 1;
}

/* cjson's decode with its settings, which belong to this state. */
static void push_cjson_decode(lua_State *L)
{
    lua_pushcfunction(L, luaopen_cjson);
    lua_call(L, 0, 1);
    lua_getfield(L, -1, "decode_max_depth");
    lua_pushinteger(L, DEPTH);
    lua_call(L, 1, 0);
    lua_getfield(L, -1, "decode_invalid_numbers");
    lua_pushboolean(L, 0);
    lua_call(L, 1, 0);
    lua_getfield(L, -1, "decode");
    lua_remove(L, -2);
}

int l_open_json(lua_State *L)
{
    lua_createtable(L, 0, 4);
    lua_createtable(L, 0, 1); /* the metatable that marks a list */
    lua_pushliteral(L, "json.array");
    lua_setfield(L, -2, "__name");

    push_encoder(L);
    lua_pushvalue(L, -2);
    lua_pushcclosure(L, l_encode, 2);
    lua_setfield(L, -3, "encode");
    lua_pushcclosure(L, l_array, 1);
    lua_setfield(L, -2, "array");
    push_cjson_decode(L);
    lua_pushcclosure(L, l_decode, 1);
    lua_setfield(L, -2, "decode");
    lua_pushlightuserdata(L, NULL);
    lua_setfield(L, -2, "null");
    return 1;
}
