/* bounded_string.c: find, match, gmatch, gsub, rep, byte and format whose work
 * has a bound. Upvalue 1 of each is the bounds. */
#include "script/rule_vm/bounded_string.h"

#include <stdint.h>
#include <string.h>

#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>

#include "script/rule_vm/pattern.h"

#define RESULTS 100000 /* the most that byte returns */

static const char too_costly[] = "pattern too costly";

static const struct hs_bounds *bounds_of(lua_State *L)
{
    return lua_touserdata(L, lua_upvalueindex(1));
}

/* One library call: the subject, the compiled pattern, the steps left. */
struct job {
    struct hs_pattern pattern;
    struct hs_pattern_match match;
    const char *subject;
    size_t len;
    size_t at;
    int64_t steps;
    int anchored;
};

/* Room for a pattern of about fifty bytes in the C frame. */
struct scratch {
    _Alignas(16) unsigned char bytes[2560];
};

/* Compile the pattern at `index`, in `scratch` when it is short, else in a
 * userdata that stays on the stack. Always takes one stack slot. */
static void push_pattern(lua_State *L, struct job *job, int index,
                         struct scratch *scratch)
{
    size_t len;
    const char *text = luaL_checklstring(L, index, &len);
    char why[80];
    void *space = scratch;

    if (job->anchored && len > 0 && *text == '^') {
        text++;
        len--;
    } else {
        job->anchored = 0;
    }
    if (scratch && hs_pattern_space(len) <= sizeof *scratch)
        lua_pushnil(L);
    else
        space = lua_newuserdatauv(L, hs_pattern_space(len), 0);
    if (hs_pattern_compile(&job->pattern, space, text, len, why) != 0)
        luaL_error(L, "%s", why);
}

/* Match here or, unless anchored, at the first place after. */
static int l_search(lua_State *L, struct job *job)
{
    do {
        int found = hs_pattern_match_at(&job->pattern, job->subject, job->len,
                                        job->at, &job->steps, &job->match);

        if (found < 0)
            luaL_error(L, too_costly);
        if (found)
            return 1;
        job->at++;
    } while (!job->anchored && job->at <= job->len);
    return 0;
}

/* Push capture `index`; without captures the whole match is the first. */
static void push_capture(lua_State *L, const struct job *job, int index)
{
    const struct hs_pattern_match *m = &job->match;

    if (index >= job->pattern.captures)
        lua_pushlstring(L, job->subject + m->start, m->end - m->start);
    else if (m->capture[index].len == HS_PATTERN_POSITION)
        lua_pushinteger(L, (lua_Integer)m->capture[index].start + 1);
    else
        lua_pushlstring(L, job->subject + m->capture[index].start,
                        m->capture[index].len);
}

/* All captures; `whole`: without captures, the whole match. */
static int push_captures(lua_State *L, const struct job *job, int whole)
{
    int count = job->pattern.captures;

    if (count == 0 && whole)
        count = 1;
    luaL_checkstack(L, count, "too many captures");
    for (int i = 0; i < count; i++)
        push_capture(L, job, i);
    return count;
}

/* The offset of an optional position argument; it may be past the end. Negative
 * positions count from the end. */
static size_t l_start_offset(lua_State *L, int index, size_t len)
{
    lua_Integer pos = luaL_optinteger(L, index, 1);

    if (pos > 0)
        return (size_t)pos - 1;
    if (pos == 0 || pos < -(lua_Integer)len)
        return 0;
    return len - (size_t)-pos;
}

static int has_specials(const char *pattern, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (pattern[i] != 0 && strchr("^$*+?.([%-", pattern[i]))
            return 1;
    }
    return 0;
}

static int find_plain(lua_State *L, const struct job *job)
{
    size_t len;
    const char *text = lua_tolstring(L, 2, &len);
    const char *found =
        memmem(job->subject + job->at, job->len - job->at, text, len);

    if (!found) {
        lua_pushnil(L);
        return 1;
    }
    lua_pushinteger(L, found - job->subject + 1);
    lua_pushinteger(L, found - job->subject + (lua_Integer)len);
    return 2;
}

static int l_find_or_match(lua_State *L, int find)
{
    struct scratch scratch;
    struct job job = {.steps = bounds_of(L)->pattern_steps, .anchored = 1};
    size_t pattern_len;
    const char *pattern;

    job.subject = luaL_checklstring(L, 1, &job.len);
    pattern = luaL_checklstring(L, 2, &pattern_len);
    job.at = l_start_offset(L, 3, job.len);
    if (job.at > job.len) {
        lua_pushnil(L);
        return 1;
    }
    if (find && (lua_toboolean(L, 4) || !has_specials(pattern, pattern_len)))
        return find_plain(L, &job);
    push_pattern(L, &job, 2, &scratch);
    if (!l_search(L, &job)) {
        lua_pushnil(L);
        return 1;
    }
    if (!find)
        return push_captures(L, &job, 1);
    lua_pushinteger(L, (lua_Integer)job.match.start + 1);
    lua_pushinteger(L, (lua_Integer)job.match.end);
    return 2 + push_captures(L, &job, 0);
}

static int l_find(lua_State *L)
{
    return l_find_or_match(L, 1);
}

static int l_match(lua_State *L)
{
    return l_find_or_match(L, 0);
}

/* An iterator's job; upvalues keep the subject and the pattern's space. */
struct iteration {
    struct job job;
    int64_t steps; /* of each match */
    size_t last;   /* where the last match ended, or SIZE_MAX */
};

static int l_gmatch_next(lua_State *L)
{
    struct iteration *it = lua_touserdata(L, lua_upvalueindex(1));
    struct job *job = &it->job;

    job->steps = it->steps;
    while (job->at <= job->len && l_search(L, job)) {
        if (job->match.end != it->last) {
            job->at = it->last = job->match.end;
            return push_captures(L, job, 1);
        }
        job->at++;
    }
    return 0;
}

static int l_gmatch(lua_State *L)
{
    size_t len;
    const char *subject = luaL_checklstring(L, 1, &len);
    struct iteration *it;

    luaL_checkstring(L, 2);
    lua_settop(L, 3);
    it = lua_newuserdatauv(L, sizeof *it, 0);
    memset(it, 0, sizeof *it);
    it->job.subject = subject;
    it->job.len = len;
    it->job.at = l_start_offset(L, 3, len);
    it->steps = bounds_of(L)->pattern_steps;
    it->last = SIZE_MAX;
    push_pattern(L, &it->job, 2, NULL);
    lua_pushvalue(L, 1);
    lua_pushcclosure(L, l_gmatch_next, 3);
    return 1;
}

/* One gsub: the job and how a match is replaced. */
struct replacing {
    struct job job;
    int type; /* of the replacement, argument 3 */
    const char *text;
    size_t len;
};

/* Append the expanded replacement string for the match. */
static void l_add_text(lua_State *L, struct replacing *r, luaL_Buffer *out)
{
    const struct hs_pattern_match *m = &r->job.match;
    const char *p = r->text, *end = p + r->len;

    r->job.steps -= (int64_t)(r->len / 8);
    while (p < end) {
        const char *percent = memchr(p, '%', (size_t)(end - p));
        int c;

        if (!percent)
            percent = end;
        luaL_addlstring(out, p, (size_t)(percent - p));
        if (percent == end)
            return;
        p = percent + 1;
        c = p < end ? *p++ : 0;
        if (c == '%') {
            luaL_addchar(out, '%');
        } else if (c == '0') {
            luaL_addlstring(out, r->job.subject + m->start, m->end - m->start);
        } else if (c >= '1' && c <= '9') {
            if (c != '1' && c - '1' >= r->job.pattern.captures)
                luaL_error(L, "invalid capture index %%%d", c - '0');
            push_capture(L, &r->job, c - '1');
            luaL_addvalue(out);
        } else {
            luaL_error(L, "invalid use of '%%' in replacement string");
        }
    }
}

/* Append the replacement of one match; false and nil keep the original. */
static void l_add_replacement(lua_State *L, struct replacing *r,
                              luaL_Buffer *out)
{
    const struct hs_pattern_match *m = &r->job.match;

    if (r->type == LUA_TFUNCTION) {
        lua_pushvalue(L, 3);
        lua_call(L, push_captures(L, &r->job, 1), 1);
    } else if (r->type == LUA_TTABLE) {
        push_capture(L, &r->job, 0);
        lua_gettable(L, 3);
    } else {
        l_add_text(L, r, out);
        return;
    }
    if (!lua_toboolean(L, -1)) {
        lua_pop(L, 1);
        luaL_addlstring(out, r->job.subject + m->start, m->end - m->start);
        return;
    }
    if (!lua_isstring(L, -1))
        luaL_error(L, "invalid replacement value (a %s)", luaL_typename(L, -1));
    luaL_addvalue(out);
}

static void check_replacement(lua_State *L, struct replacing *r)
{
    r->type = lua_type(L, 3);
    if (r->type == LUA_TSTRING || r->type == LUA_TNUMBER)
        r->text = lua_tolstring(L, 3, &r->len);
    else if (r->type != LUA_TTABLE && r->type != LUA_TFUNCTION)
        luaL_typeerror(L, 3, "string/function/table");
}

static int l_gsub(lua_State *L)
{
    struct scratch scratch;
    struct replacing r = {
        .job = {.steps = bounds_of(L)->pattern_steps, .anchored = 1}};
    struct job *job = &r.job;
    size_t last = SIZE_MAX;
    lua_Integer most, count = 0;
    luaL_Buffer out;

    job->subject = luaL_checklstring(L, 1, &job->len);
    luaL_checkstring(L, 2);
    check_replacement(L, &r);
    most = luaL_optinteger(L, 4, (lua_Integer)job->len + 1);
    push_pattern(L, job, 2, &scratch);
    luaL_buffinit(L, &out);
    while (count < most) {
        int found = hs_pattern_match_at(&job->pattern, job->subject, job->len,
                                        job->at, &job->steps, &job->match);

        if (found < 0)
            return luaL_error(L, too_costly);
        if (found && job->match.end != last) {
            count++;
            l_add_replacement(L, &r, &out);
            job->at = last = job->match.end;
        } else if (job->at < job->len) {
            luaL_addchar(&out, job->subject[job->at++]);
        } else {
            break;
        }
        if (job->anchored)
            break;
    }
    if (job->at < job->len)
        luaL_addlstring(&out, job->subject + job->at, job->len - job->at);
    luaL_pushresult(&out);
    lua_pushinteger(L, count);
    return 2;
}

static int l_rep(lua_State *L)
{
    size_t len, sep_len;
    const char *s = luaL_checklstring(L, 1, &len);
    lua_Integer n = luaL_checkinteger(L, 2);
    const char *sep = luaL_optlstring(L, 3, "", &sep_len);
    luaL_Buffer out;
    size_t unit, total, most;
    char *to;

    if (n <= 0 || len + sep_len == 0) {
        lua_pushliteral(L, "");
        return 1;
    }
    most = bounds_of(L)->rep;
    if (len + sep_len > most || n > (lua_Integer)(most / (len + sep_len)))
        return luaL_error(L, "resulting string too large");
    unit = len + sep_len;
    total = unit * (size_t)n - sep_len;
    to = luaL_buffinitsize(L, &out, total);
    memcpy(to, s, len);
    memcpy(to + len, sep, n > 1 ? sep_len : 0);
    for (size_t done = unit; done < total; done *= 2)
        memcpy(to + done, to, done < total - done ? done : total - done);
    luaL_pushresultsize(&out, total);
    return 1;
}

/* A value without a text form prints its address, which would differ on a
 * replay and should stay private. */
static void l_hide_address(lua_State *L, int index)
{
    int type = lua_type(L, index);

    if (type <= LUA_TSTRING && type != LUA_TLIGHTUSERDATA)
        return;
    if (luaL_getmetafield(L, index, "__tostring") != LUA_TNIL) {
        lua_pop(L, 1);
        return;
    }
    lua_pushstring(L, luaL_typename(L, index));
    lua_replace(L, index);
}

/* The stock byte, upvalue 2, with a limit on results. */
static int l_byte(lua_State *L)
{
    size_t len;
    lua_Integer first, last;

    luaL_checklstring(L, 1, &len);
    first = (lua_Integer)l_start_offset(L, 2, len) + 1;
    last = luaL_optinteger(L, 3, first);
    if (last > (lua_Integer)len)
        last = (lua_Integer)len;
    else if (last < 0)
        last = last < -(lua_Integer)len ? 0 : (lua_Integer)len + last + 1;
    if (last - first >= RESULTS)
        return luaL_error(L, "string slice too long");
    return lua_tocfunction(L, lua_upvalueindex(2))(L);
}

/* The stock format, upvalue 2, within bounds. It runs in this frame, so that
 * its errors name the caller's line. */
static int l_format(lua_State *L)
{
    size_t len, total = 0;
    const char *format = luaL_checklstring(L, 1, &len);
    const char *end = format + len;
    int count = lua_gettop(L);

    if (len > bounds_of(L)->format)
        return luaL_error(L, "format too long");
    for (const char *p = format; p < end; p++) {
        if (*p != '%')
            continue;
        p += 1 + strspn(p + 1, "-+ #0123456789.");
        if (*p == 'p')
            return luaL_error(L, "invalid conversion '%%p' to 'format'");
    }
    for (int i = 2; i <= count; i++) {
        l_hide_address(L, i);
        total += lua_type(L, i) == LUA_TSTRING ? lua_rawlen(L, i) : 0;
    }
    if (total > bounds_of(L)->formatted)
        return luaL_error(L, "resulting string too large");
    return lua_tocfunction(L, lua_upvalueindex(2))(L);
}

void l_bounded_string_install(lua_State *L, const struct hs_bounds *bounds)
{
    static const luaL_Reg own[] = {{"find", l_find},     {"match", l_match},
                                   {"gmatch", l_gmatch}, {"gsub", l_gsub},
                                   {"rep", l_rep},       {NULL, NULL}};
    static const luaL_Reg around[] = {
        {"byte", l_byte}, {"format", l_format}, {NULL, NULL}};

    lua_getglobal(L, LUA_STRLIBNAME);
    lua_pushlightuserdata(L, (void *)bounds);
    luaL_setfuncs(L, own, 1);
    for (const luaL_Reg *one = around; one->name; one++) {
        lua_pushlightuserdata(L, (void *)bounds);
        lua_getfield(L, -2, one->name);
        lua_pushcclosure(L, one->func, 2);
        lua_setfield(L, -2, one->name);
    }
    lua_pop(L, 1);
}
