/* pattern.c: any bytes as a pattern and a subject, apart by the first newline.
 * A match lies within the subject, ends within its steps, and is the one that
 * Lua's own string library finds wherever that can be asked safely. */
#include "script/rule_vm/pattern.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>

#define STEPS 20000
/* Lua's library takes no more steps than this matcher, give or take a few. */
#define ASK_BELOW 5000

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct input {
    const char *pattern, *subject;
    size_t pattern_len, subject_len;
};

static void check_bounds(const struct hs_pattern *pattern,
                         const struct hs_pattern_match *match, size_t at,
                         size_t len)
{
    assert(match->start == at && match->end >= at && match->end <= len);
    assert(pattern->captures <= HS_PATTERN_CAPTURES);
    for (int i = 0; i < pattern->captures; i++) {
        size_t start = match->capture[i].start;

        assert(start >= at && start <= match->end);
        if (match->capture[i].len != HS_PATTERN_POSITION)
            assert(match->capture[i].len <= match->end - start);
    }
}

/* string.find from the first place on, with captures, says the same. */
static void check_lua(lua_State *L, const struct input *in,
                      const struct hs_pattern *pattern,
                      const struct hs_pattern_match *match)
{
    lua_settop(L, 0);
    lua_getglobal(L, "string");
    lua_getfield(L, -1, "find");
    lua_pushlstring(L, in->subject, in->subject_len);
    lua_pushlstring(L, in->pattern, in->pattern_len);
    if (lua_pcall(L, 2, LUA_MULTRET, 0) != LUA_OK)
        return; /* "pattern too complex" */
    if (!match) {
        assert(lua_isnil(L, 2));
        return;
    }
    assert(lua_tointeger(L, 2) == (lua_Integer)match->start + 1);
    assert(lua_tointeger(L, 3) == (lua_Integer)match->end);
    for (int i = 0; i < pattern->captures; i++) {
        size_t start = match->capture[i].start, len;
        const char *text;

        if (match->capture[i].len == HS_PATTERN_POSITION) {
            assert(lua_tointeger(L, 4 + i) == (lua_Integer)start + 1);
            continue;
        }
        text = lua_tolstring(L, 4 + i, &len);
        assert(len == match->capture[i].len);
        assert(memcmp(text, in->subject + start, len) == 0);
    }
}

static void check(lua_State *L, const struct input *in, void *space)
{
    char why[80] = "";
    const char *text = in->pattern;
    size_t len = in->pattern_len;
    int anchored = len > 0 && *text == '^';
    struct hs_pattern_match match;
    struct hs_pattern pattern;
    int64_t steps = STEPS;
    int found = 0;

    if (hs_pattern_compile(&pattern, space, text + anchored, len - anchored,
                           why) != 0) {
        assert(why[0] && strlen(why) < sizeof why);
        return;
    }
    for (size_t at = 0; at <= in->subject_len && !found; at++) {
        memset(&match, 0xaa, sizeof match);
        found = hs_pattern_match_at(&pattern, in->subject, in->subject_len, at,
                                    &steps, &match);
        assert(steps >= 0 && steps <= STEPS);
        if (found > 0)
            check_bounds(&pattern, &match, at, in->subject_len);
        if (anchored)
            break;
    }
    if (found >= 0 && steps > STEPS - ASK_BELOW)
        check_lua(L, in, &pattern, found ? &match : NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static lua_State *L;
    const uint8_t *newline = memchr(data, '\n', size);
    struct input in = {.pattern = (const char *)data};
    char *pattern, *subject;
    void *space;

    if (!L) {
        L = luaL_newstate();
        luaL_openlibs(L);
    }
    in.pattern_len = newline ? (size_t)(newline - data) : size;
    in.subject_len = newline ? size - in.pattern_len - 1 : 0;
    /* Blocks of just their size, so that the sanitizer sees every slip. */
    pattern = malloc(in.pattern_len + 1);
    subject = malloc(in.subject_len + 1);
    space = malloc(hs_pattern_space(in.pattern_len));
    if (!pattern || !subject || !space)
        abort();
    memcpy(pattern, data, in.pattern_len);
    if (newline)
        memcpy(subject, newline + 1, in.subject_len);
    in.pattern = realloc(pattern, in.pattern_len ? in.pattern_len : 1);
    in.subject = realloc(subject, in.subject_len ? in.subject_len : 1);
    check(L, &in, space);
    free((void *)in.pattern);
    free((void *)in.subject);
    free(space);
    return 0;
}
