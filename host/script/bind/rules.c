/* rules.c: rules.*: asking the rule VM beside this app VM.
 *
 *   rules.decide(input, everything)
 *                         true, index|nil, plan|nil, reads
 *                         or nil, message, code, reads
 *   rules.list()          { { name=, line=, plan=|nil }, … }
 *   rules.examples()      the examples of the file
 *   rules.calendar()      the times and dates of its hours and rotas
 *   rules.functions()     lines on which the functions begin that a decision
 *                         can come to
 *   rules.version()       number of the version that decides
 *   rules.error()         why the newest file is not that version, or nil
 *   rules.open(source, in_spite?)
 *                         decide, list, … of other rules, and close;
 *                         or nil, message, code, {file=, line=, message=};
 *                         { ["forwarding.lua"] = text, … } in place of the
 *                         team's files altogether; in spite of mistakes
 *                         that can be set aside
 *   rules.replaced(hash)  the same of the rules that tried ones would replace
 *
 * An index without a plan, here and in the list, means the console's settings.
 */
#include <stdio.h>
#include <string.h>

#include <lauxlib.h>
#include <lua.h>

#include "base/metrics.h"
#include "script/bind/binds.h"
#include "script/glue/glue.h"
#include "script/glue/plain_copy.h"
#include "script/live_rules.h"
#include "script/rule_vm/rule_vm_internal.h"

#define RULESET "hs.ruleset"
#define PLANS_MAX (INT64_C(1) << 32) /* that one loaded rule file numbers */

/* Registry of the app VM: { [number of a plan that rules keep] = its copy },
 * while the copy is in use. */
static const char copies_key;

/* Rules being tried beside the live ones. */
struct ruleset {
    struct hs_rule_vm *rules; /* NULL: closed */
    int lent;                 /* they belong to somebody else */
};

/* In the rule VM: the rule VM's struct, the first rule to try → index, plan. */
static int l_ask(lua_State *L)
{
    struct hs_rule_vm *rules = lua_touserdata(L, 1);

    lua_rawgeti(L, LUA_REGISTRYINDEX, rules->progress);
    lua_pushinteger(L, 0);
    lua_rawseti(L, -2, 1);
    lua_rawgeti(L, LUA_REGISTRYINDEX, rules->decide);
    l_rule_call_push(L, &rules->call);
    lua_pushvalue(L, 2);
    lua_call(L, 2, 2);
    return 2;
}

/* nil, message, code. The line is named if it is known. */
static int l_refuse(lua_State *L, const struct hs_script_error *err)
{
    char text[HS_PLACED_SIZE];

    hs_error_place(err->source, err->line, err->message, text, sizeof text);
    return l_fail(L, err->code, "%s", text);
}

/* nil, message, code, reads: the rules couldn't decide. */
static int l_fail_by(lua_State *L, const struct hs_script_error *err,
                     const char *reads)
{
    l_refuse(L, err);
    lua_pushstring(L, reads);
    return 4;
}

/* The number of the plan at index 2 of the rule VM's stack, among those of all
 * rule VMs, or 0 if it is for this call only. */
static lua_Integer plan_number(const struct hs_rule_vm *rules)
{
    lua_State *inside = hs_vm_state(rules->vm);
    lua_Integer number = 0;

    if (lua_istable(inside, 2)) {
        lua_rawgeti(inside, LUA_REGISTRYINDEX, rules->numbers);
        lua_pushvalue(inside, 2);
        lua_rawget(inside, -2);
        number = lua_tointeger(inside, -1);
        lua_settop(inside, 2);
    }
    return number > 0 && number < PLANS_MAX ? rules->load * PLANS_MAX + number
                                            : 0;
}

/* Push the plan at index 2 of the rule VM's stack. 0, or -1 and `err`. */
static int push_plan(lua_State *L, struct hs_rule_vm *rules,
                     struct hs_script_error *err)
{
    struct hs_plain_limits left = HS_PLAIN_LIMITS;
    lua_Integer number = plan_number(rules);
    int top = lua_gettop(L);
    const char *wrong;

    lua_rawgetp(L, LUA_REGISTRYINDEX, &copies_key);
    if (number && lua_rawgeti(L, -1, number) == LUA_TTABLE) {
        lua_remove(L, -2);
        return 0;
    }
    lua_settop(L, top + 1);
    wrong = l_plain_copy(hs_vm_state(rules->vm), 2, L, &left);
    if (!wrong && number) {
        lua_pushvalue(L, -1);
        lua_rawseti(L, -3, number);
    }
    if (!wrong) {
        lua_remove(L, top + 1);
        return 0;
    }
    lua_settop(L, top);
    *err = (struct hs_script_error){.code = "plan"};
    snprintf(err->message, sizeof err->message, "the plan cannot be stored: %s",
             wrong);
    hs_rule_vm_blame(rules, err);
    return -1;
}

/* Run the rules from `first` on, on the input at index 1. 0 with index and plan
 * on the rule VM's stack, or -1 and `err`. */
static int ask(lua_State *L, int everything, lua_Integer first,
               struct hs_rule_vm *rules, const char **reads,
               struct hs_script_error *err)
{
    lua_State *inside = hs_vm_state(rules->vm);
    int rc;

    lua_settop(inside, 0);
    if (hs_rule_call_begin(&rules->call, L, 1, everything) != 0) {
        *err = (struct hs_script_error){.code = "error",
                                        .message = "not enough memory"};
        return -1;
    }
    lua_pushcfunction(inside, l_ask);
    lua_pushlightuserdata(inside, rules);
    lua_pushinteger(inside, first);
    rc = hs_vm_call(rules->vm, 2, 2, (int)rules->config->rule_time_ms, err);
    *reads = hs_rule_call_end(&rules->call);
    if (rc != 0)
        hs_rule_vm_blame(rules, err);
    return rc;
}

/* input, everything?, first? → the decision of `rules`. */
static int l_decide_by(lua_State *L, struct hs_rule_vm *rules)
{
    int everything = lua_toboolean(L, 2);
    lua_Integer first = luaL_optinteger(L, 3, 1);
    struct hs_script_error err = {.code = "unavailable",
                                  .message = "no rules are loaded"};
    const char *reads = "{}";
    lua_State *inside;

    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 1);
    if (rules && rules->call.app)
        return luaL_error(L, "rules was called by a provider");
    if (!rules || hs_rule_vm_ready(rules, &err) != 0)
        return l_fail_by(L, &err, reads);
    if (ask(L, everything, first, rules, &reads, &err) != 0) {
        hs_rule_vm_settle(rules, &err);
        return l_fail_by(L, &err, reads);
    }
    inside = hs_vm_state(rules->vm);
    lua_pushboolean(L, 1);
    if (lua_isinteger(inside, 1))
        lua_pushinteger(L, lua_tointeger(inside, 1));
    else
        lua_pushnil(L);
    if (push_plan(L, rules, &err) != 0) {
        hs_rule_vm_settle(rules, &err);
        return l_fail_by(L, &err, reads);
    }
    lua_pushstring(L, reads);
    lua_settop(inside, 0);
    hs_rule_vm_settle(rules, NULL);
    return 4;
}

static int l_decide(lua_State *L)
{
    struct hs_rule_vm *rules = hs_host(L)->rules;
    int answers;

    answers = l_decide_by(L, rules);
    if (lua_isnil(L, -answers))
        hs_count(HS_C_RULE_ERRORS, 1);
    return answers;
}

enum kept { KEPT_LIST, KEPT_EXAMPLES, KEPT_CALENDAR, KEPT_FUNCTIONS };

static int kept_ref(const struct hs_rule_vm *rules, enum kept kept)
{
    switch (kept) {
    case KEPT_LIST:
        return rules->list;
    case KEPT_EXAMPLES:
        return rules->examples;
    case KEPT_FUNCTIONS:
        return rules->functions;
    default:
        return rules->calendar;
    }
}

/* Push a copy of a table that the rule VM's registry holds. */
static int push_kept(lua_State *L, struct hs_rule_vm *rules, enum kept kept)
{
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
    if (hs_rule_vm_ready(rules, &err) != 0) {
        l_refuse(L, &err);
        lua_pop(L, 1); /* the code */
        return lua_error(L);
    }
    inside = hs_vm_state(rules->vm);
    lua_settop(inside, 0);
    lua_rawgeti(inside, LUA_REGISTRYINDEX, kept_ref(rules, kept));
    wrong = l_plain_copy(inside, 1, L, &left);
    lua_settop(inside, 0);
    if (wrong)
        return luaL_error(L, "the rules cannot be listed: %s", wrong);
    return 1;
}

static int l_list(lua_State *L)
{
    return push_kept(L, hs_host(L)->rules, KEPT_LIST);
}

static int l_examples(lua_State *L)
{
    return push_kept(L, hs_host(L)->rules, KEPT_EXAMPLES);
}

static int l_calendar(lua_State *L)
{
    return push_kept(L, hs_host(L)->rules, KEPT_CALENDAR);
}

static int l_functions(lua_State *L)
{
    return push_kept(L, hs_host(L)->rules, KEPT_FUNCTIONS);
}

static int l_version(lua_State *L)
{
    const struct hs_rule_vm *rules = hs_host(L)->rules;

    lua_pushinteger(L, rules ? hs_bundle_version(rules->bundle) : 0);
    return 1;
}

static int l_error(lua_State *L)
{
    struct hs_live_rules live;
    char text[1024];

    hs_live_rules_get(&live);
    hs_refusal_text(&live.refusal, text, sizeof text);
    if (text[0])
        lua_pushstring(L, text);
    else
        lua_pushnil(L);
    return 1;
}

/* ---- other rules than the live ones ---- */

/* The ruleset, an upvalue of each of its functions. */
static struct ruleset *bound_ruleset(lua_State *L)
{
    return lua_touserdata(L, lua_upvalueindex(1));
}

static struct hs_rule_vm *check_open(lua_State *L)
{
    struct ruleset *ruleset = bound_ruleset(L);

    if (!ruleset->rules)
        luaL_error(L, "the ruleset is closed");
    return ruleset->rules;
}

static int l_ruleset_decide(lua_State *L)
{
    return l_decide_by(L, check_open(L));
}

static int l_ruleset_list(lua_State *L)
{
    return push_kept(L, check_open(L), KEPT_LIST);
}

static int l_ruleset_functions(lua_State *L)
{
    return push_kept(L, check_open(L), KEPT_FUNCTIONS);
}

static int l_ruleset_examples(lua_State *L)
{
    return push_kept(L, check_open(L), KEPT_EXAMPLES);
}

static int l_ruleset_calendar(lua_State *L)
{
    return push_kept(L, check_open(L), KEPT_CALENDAR);
}

static void l_close_ruleset(lua_State *L, struct ruleset *ruleset)
{
    if (ruleset->rules && ruleset->rules->call.app)
        luaL_error(L, "a ruleset was closed by a provider");
    if (!ruleset->lent)
        hs_rule_vm_free(ruleset->rules);
    ruleset->rules = NULL;
}

static int l_ruleset_close(lua_State *L)
{
    l_close_ruleset(L, bound_ruleset(L));
    return 0;
}

static int l_ruleset_gc(lua_State *L)
{
    l_close_ruleset(L, luaL_checkudata(L, 1, RULESET));
    return 0;
}

/* {file=, line=, message=} */
static void push_place(lua_State *L, const struct hs_script_error *err)
{
    lua_createtable(L, 0, 3);
    lua_pushstring(L, err->source[0] ? err->source : HS_RULE_FILE);
    lua_setfield(L, -2, "file");
    lua_pushinteger(L, err->line);
    lua_setfield(L, -2, "line");
    lua_pushstring(L, err->message);
    lua_setfield(L, -2, "message");
}

/* Push a table with the functions of the ruleset at the top of the stack. */
static void push_functions(lua_State *L)
{
    static const luaL_Reg functions[] = {{"decide", l_ruleset_decide},
                                         {"list", l_ruleset_list},
                                         {"examples", l_ruleset_examples},
                                         {"calendar", l_ruleset_calendar},
                                         {"functions", l_ruleset_functions},
                                         {"close", l_ruleset_close},
                                         {NULL, NULL}};
    int ruleset = lua_gettop(L);

    luaL_newlibtable(L, functions);
    lua_pushvalue(L, ruleset);
    luaL_setfuncs(L, functions, 1);
    lua_createtable(L, 0, 1);
    lua_pushvalue(L, ruleset);
    lua_pushcclosure(L, l_ruleset_close, 1);
    lua_setfield(L, -2, "__close");
    lua_setmetatable(L, -2);
}

/* The table at index 1 as a list of files on the stack, ended by a NULL name;
 * the table owns the strings. */
static struct hs_bundle_text *push_texts(lua_State *L)
{
    struct hs_bundle_text *texts;
    size_t count = 0;

    for (lua_pushnil(L); lua_next(L, 1); lua_pop(L, 1))
        count++;
    texts = lua_newuserdatauv(L, (count + 1) * sizeof *texts, 0);
    count = 0;
    for (lua_pushnil(L); lua_next(L, 1); lua_pop(L, 1)) {
        struct hs_bundle_text *text = &texts[count++];

        luaL_argcheck(
            L, lua_type(L, -2) == LUA_TSTRING && lua_type(L, -1) == LUA_TSTRING,
            1, "files are names and texts");
        text->name = lua_tostring(L, -2);
        text->text = lua_tolstring(L, -1, &text->len);
    }
    texts[count] = (struct hs_bundle_text){0};
    return texts;
}

/* Rules from the team's files in `texts`, with the program's own files. NULL
 * and `err`. */
static struct hs_rule_vm *open_files(const struct hs_rule_vm *live,
                                     const struct hs_bundle_text *texts,
                                     struct hs_script_error *err)
{
    const struct hs_bundle_from from = {
        .base = HS_BASE_BEFORE, .texts = texts, .before = live->bundle};
    struct hs_bundle *bundle = hs_bundle_make(&from, err);
    struct hs_rule_vm *rules =
        bundle ? hs_rule_vm_new(bundle, live->config, err) : NULL;

    hs_bundle_drop(bundle);
    return rules;
}

static int l_open_ruleset(lua_State *L)
{
    const struct hs_rule_vm *live = hs_host(L)->rules;
    int in_spite = lua_toboolean(L, 2); /* before more is pushed */
    const struct hs_bundle_text *texts =
        lua_istable(L, 1) ? push_texts(L) : NULL;
    struct hs_script_error err = {0};
    size_t len = 0;
    const char *text = texts ? NULL : luaL_checklstring(L, 1, &len);
    struct ruleset *ruleset;

    if (!live)
        return luaL_error(L, "rules.open: no rules are loaded here");
    ruleset = lua_newuserdatauv(L, sizeof *ruleset, 0);
    *ruleset = (struct ruleset){0};
    luaL_setmetatable(L, RULESET);
    ruleset->rules = texts ? open_files(live, texts, &err)
                           : hs_rule_vm_new_with(live->bundle, text, len,
                                                 in_spite, live->config, &err);
    if (ruleset->rules) {
        push_functions(L);
        return 1;
    }
    l_refuse(L, &err);
    push_place(L, &err);
    return 4;
}

/* rules.replaced(hash): the rules that tried ones would replace, if they are of
 * the version with that hash; or nil. */
static int l_replaced(lua_State *L)
{
    struct hs_rule_vm *replaced = hs_host(L)->replaced;
    const char *hash = luaL_checkstring(L, 1);
    struct ruleset *ruleset;

    if (!replaced || strcmp(hs_bundle_hash(replaced->bundle), hash) != 0)
        return 0;
    ruleset = lua_newuserdatauv(L, sizeof *ruleset, 0);
    *ruleset = (struct ruleset){.rules = replaced, .lent = 1};
    luaL_setmetatable(L, RULESET);
    push_functions(L);
    return 1;
}

static void l_register_ruleset(lua_State *L)
{
    luaL_newmetatable(L, RULESET);
    lua_pushcfunction(L, l_ruleset_gc);
    lua_setfield(L, -2, "__gc");
    lua_pop(L, 1);
}

int l_open_rules(lua_State *L)
{
    static const luaL_Reg functions[] = {
        {"decide", l_decide},       {"list", l_list},
        {"examples", l_examples},   {"calendar", l_calendar},
        {"functions", l_functions}, {"version", l_version},
        {"error", l_error},         {"open", l_open_ruleset},
        {"replaced", l_replaced},   {NULL, NULL}};

    l_register_ruleset(L);
    l_weak_table(L, &copies_key, "v");
    luaL_newlib(L, functions);
    return 1;
}
