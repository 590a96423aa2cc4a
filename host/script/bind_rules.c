/* bind_rules.c: rules.*: asking the rule VM that stands beside this app VM.
 *
 *   rules.decide(input)   true, index|nil, plan|nil, reads
 *                         or nil, message, code, reads
 *   rules.list()          { { name=, line=, plan=|nil }, … }
 *   rules.examples()      the examples of the file
 *   rules.version()       number of the version that decides
 *   rules.error()         why the newest file is not that version, or nil
 *
 * An index without a plan, here and in the list, means the console's settings.
 */
#include <stdio.h>

#include <lauxlib.h>
#include <lua.h>

#include "base/metrics.h"
#include "script/binds.h"
#include "script/glue.h"
#include "script/plain_copy.h"
#include "script/rule_vm.h"

/* In the rule VM: the rule VM's struct → index, plan. */
static int l_ask(lua_State *L)
{
    struct hs_rule_vm *rules = lua_touserdata(L, 1);

    lua_rawgeti(L, LUA_REGISTRYINDEX, rules->progress);
    lua_pushinteger(L, 0);
    lua_rawseti(L, -2, 1);
    lua_rawgeti(L, LUA_REGISTRYINDEX, rules->decide);
    l_rule_call_push(L, &rules->call);
    lua_call(L, 1, 2);
    return 2;
}

/* nil, message, code, reads: the rules could not decide. */
static int fail(lua_State *L, const struct hs_script_error *err,
                const char *reads)
{
    hs_count(HS_C_RULE_ERRORS, 1);
    if (err->source[0])
        hs_fail(L, err->code, "%s:%d: %s", err->source, err->line,
                err->message);
    else
        hs_fail(L, err->code, "%s", err->message);
    lua_pushstring(L, reads);
    return 4;
}

/* Push the plan at index 2 of the rule VM's stack. 0, or -1 and `err`. */
static int push_plan(lua_State *L, struct hs_rule_vm *rules,
                     struct hs_script_error *err)
{
    struct hs_plain_limits left = HS_PLAIN_LIMITS;
    int top = lua_gettop(L);
    const char *wrong = l_plain_copy(hs_vm_state(rules->vm), 2, L, &left);

    if (!wrong)
        return 0;
    lua_settop(L, top);
    *err = (struct hs_script_error){.code = "plan"};
    snprintf(err->message, sizeof err->message, "the plan cannot be stored: %s",
             wrong);
    hs_rule_vm_blame(rules, err);
    return -1;
}

/* Run the rules on the input at index 1. 0 with index and plan on the rule VM's
 * stack, or -1 and `err`. */
static int ask(lua_State *L, struct hs_rule_vm *rules, const char **reads,
               struct hs_script_error *err)
{
    lua_State *inside = hs_vm_state(rules->vm);
    int rc;

    lua_settop(inside, 0);
    if (hs_rule_call_begin(&rules->call, L, 1) != 0) {
        *err = (struct hs_script_error){.code = "error",
                                        .message = "not enough memory"};
        return -1;
    }
    lua_pushcfunction(inside, l_ask);
    lua_pushlightuserdata(inside, rules);
    rc = hs_vm_call(rules->vm, 1, 2, (int)rules->config->rule_time_ms, err);
    *reads = hs_rule_call_end(&rules->call);
    if (rc != 0)
        hs_rule_vm_blame(rules, err);
    return rc;
}

static int l_decide(lua_State *L)
{
    struct hs_rule_vm *rules = hs_host(L)->rules;
    struct hs_script_error err = {.code = "unavailable",
                                  .message = "no rules are loaded"};
    const char *reads = "{}";
    lua_State *inside;

    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 1);
    if (rules && rules->call.app)
        return luaL_error(L, "rules was called by a provider");
    if (!rules || hs_rule_vm_ready(rules, &err) != 0)
        return fail(L, &err, reads);
    if (ask(L, rules, &reads, &err) != 0) {
        hs_rule_vm_settle(rules, &err);
        return fail(L, &err, reads);
    }
    inside = hs_vm_state(rules->vm);
    lua_pushboolean(L, 1);
    if (lua_isinteger(inside, 1))
        lua_pushinteger(L, lua_tointeger(inside, 1));
    else
        lua_pushnil(L);
    if (push_plan(L, rules, &err) != 0) {
        hs_rule_vm_settle(rules, &err);
        return fail(L, &err, reads);
    }
    lua_pushstring(L, reads);
    lua_settop(inside, 0);
    hs_rule_vm_settle(rules, NULL);
    return 4;
}

/* Push a copy of a table that the rule VM's registry holds. */
static int push_kept(lua_State *L, int examples)
{
    struct hs_rule_vm *rules = hs_host(L)->rules;
    struct hs_plain_limits left = {
        .depth = 20, .entries = 1 << 20, .bytes = 16u << 20};
    struct hs_script_error err = {0};
    const char *wrong;
    lua_State *inside;

    if (!rules) {
        lua_newtable(L);
        return 1;
    }
    if (rules->call.app)
        return luaL_error(L, "rules was called by a provider");
    if (hs_rule_vm_ready(rules, &err) != 0)
        return luaL_error(L, "%s:%d: %s", err.source, err.line, err.message);
    inside = hs_vm_state(rules->vm);
    lua_settop(inside, 0);
    lua_rawgeti(inside, LUA_REGISTRYINDEX,
                examples ? rules->examples : rules->list);
    wrong = l_plain_copy(inside, 1, L, &left);
    lua_settop(inside, 0);
    if (wrong)
        return luaL_error(L, "the rules cannot be listed: %s", wrong);
    return 1;
}

static int l_list(lua_State *L)
{
    return push_kept(L, 0);
}

static int l_examples(lua_State *L)
{
    return push_kept(L, 1);
}

static int l_version(lua_State *L)
{
    const struct hs_rule_vm *rules = hs_host(L)->rules;

    lua_pushinteger(L, rules ? hs_bundle_version(rules->bundle) : 0);
    return 1;
}

static int l_error(lua_State *L)
{
    char text[1024];

    hs_rules_refusal(text, sizeof text);
    if (text[0])
        lua_pushstring(L, text);
    else
        lua_pushnil(L);
    return 1;
}

int l_open_rules(lua_State *L)
{
    static const luaL_Reg functions[] = {
        {"decide", l_decide},   {"list", l_list},   {"examples", l_examples},
        {"version", l_version}, {"error", l_error}, {NULL, NULL}};

    luaL_newlib(L, functions);
    return 1;
}
