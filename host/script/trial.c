/* trial.c: the sequence; lua/calls/proof/trial.lua examines the rules, and a
 * fault gets its line here. */
#include "script/trial.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include <lauxlib.h>
#include <lua.h>

#include "base/clock.h"
#include "base/log.h"
#include "script/rule_vm/rule_vm.h"
#include "script/script_error.h"

/* What trial.run is given, and its answer, out of the VM. */
struct answer {
    const struct hs_bundle *bundle;
    const char *user;
    struct hs_trial_report report;
    struct hs_script_error fault; /* its code is "" when there is none */
    int example;                  /* the number of the one that fails, or 0 */
};

static void require(lua_State *L, const char *name)
{
    lua_getglobal(L, "require");
    lua_pushstring(L, name);
    lua_call(L, 1, 1);
}

static int64_t count_of(lua_State *L, int table, const char *field)
{
    int64_t count;

    lua_getfield(L, table, field);
    count = lua_tointeger(L, -1);
    lua_pop(L, 1);
    return count;
}

/* The text in a field of the table at `index`, "" when there is none. */
static void copy_text(lua_State *L, int index, const char *field, char *out,
                      size_t size)
{
    lua_getfield(L, index, field);
    snprintf(out, size, "%s", lua_isstring(L, -1) ? lua_tostring(L, -1) : "");
    lua_pop(L, 1);
}

static void take_report(lua_State *L, int table, struct hs_trial_report *report)
{
    report->rules = count_of(L, table, "rules");
    report->examples = count_of(L, table, "examples");
    report->calls = count_of(L, table, "calls");
    report->plans = count_of(L, table, "plans");
    copy_text(L, table, "warning", report->warning, sizeof report->warning);
}

static void take_fault(lua_State *L, int table, struct answer *answer)
{
    struct hs_script_error *fault = &answer->fault;

    copy_text(L, table, "code", fault->code, sizeof fault->code);
    copy_text(L, table, "message", fault->message, sizeof fault->message);
    copy_text(L, table, "path", answer->report.path,
              sizeof answer->report.path);
    fault->line = (int)count_of(L, table, "line");
    answer->example = (int)count_of(L, table, "example");
    lua_getfield(L, table, "shown");
    if (lua_istable(L, -1)) {
        int shown = lua_gettop(L);

        copy_text(L, shown, "message", answer->report.seen.message,
                  sizeof answer->report.seen.message);
        copy_text(L, shown, "path", answer->report.seen.path,
                  sizeof answer->report.seen.path);
        answer->report.seen.line = (int)count_of(L, shown, "line");
    }
    lua_pop(L, 1);
}

/* models.facts.read(user): what the proof has to know of the account, and what
 * of it may be named. */
static int l_facts(lua_State *L)
{
    require(L, "models.facts");
    lua_getfield(L, -1, "read");
    lua_pushvalue(L, 1);
    lua_call(L, 1, 2);
    return 2;
}

/* Both, or nil and nil without a database that could tell. The trial is
 * over as far as it keeps files from the database. */
static void push_facts(lua_State *L, const char *user)
{
    struct hs_host *host = hs_host(L);
    int trial = host->trial;

    if (!host->session) {
        lua_pushnil(L);
        lua_pushnil(L);
        return;
    }
    host->trial = 0;
    lua_pushcfunction(L, l_facts);
    lua_pushstring(L, user);
    if (lua_pcall(L, 1, 2, 0) != LUA_OK) {
        lua_pop(L, 1);
        lua_pushnil(L);
        lua_pushnil(L);
    }
    host->trial = trial;
}

static void push_options(lua_State *L, const struct hs_bundle *bundle,
                         const char *user)
{
    const struct hs_config *config = hs_host(L)->config;
    size_t len = 0;
    const char *source = hs_bundle_source(bundle, HS_RULE_FILE, &len);

    lua_createtable(L, 0, 6);
    lua_pushstring(L, config->timezone);
    lua_setfield(L, -2, "zone");
    lua_pushinteger(L, config->ring_limit_seconds);
    lua_setfield(L, -2, "ring_limit");
    lua_pushlstring(L, source ? source : "", len);
    lua_setfield(L, -2, "source");
    lua_pushinteger(L, hs_now_ms() / 1000);
    lua_setfield(L, -2, "at");
    push_facts(L, user);
    lua_setfield(L, -3, "shown");
    lua_setfield(L, -2, "facts");
}

/* models.gate.run(rules, options, user): what the rules do to the last real
 * calls, and a fault. */
static int l_gate(lua_State *L)
{
    require(L, "models.gate");
    lua_getfield(L, -1, "run");
    lua_insert(L, 1);
    lua_settop(L, 4);
    lua_call(L, 3, 2);
    return 2;
}

/* The last real calls, decided by the rules at index 2, with the options at
 * index 3. Without a database there are none; where it fails, the files are not
 * to blame. */
static void judge_calls(lua_State *L, struct answer *answer)
{
    struct hs_host *host = hs_host(L);
    struct hs_trial_report *report = &answer->report;
    int trial = host->trial;

    if (!host->session)
        return;
    host->trial = 0;
    lua_pushcfunction(L, l_gate);
    lua_pushvalue(L, 2);
    lua_pushvalue(L, 3);
    lua_pushstring(L, answer->user);
    if (lua_pcall(L, 3, 2, 0) != LUA_OK) {
        hs_log(HS_LOG_WARN, "real_calls_not_judged",
               HS_S("message", luaL_tolstring(L, -1, NULL)));
        host->trial = trial;
        return;
    }
    host->trial = trial;
    if (lua_istable(L, -1))
        take_fault(L, lua_gettop(L), answer);
    if (lua_istable(L, -2)) {
        report->changed = count_of(L, lua_gettop(L) - 1, "changed");
        copy_text(L, lua_gettop(L) - 1, "line", report->change,
                  sizeof report->change);
        copy_text(L, lua_gettop(L) - 1, "json", report->gate,
                  sizeof report->gate);
    }
}

/* trial.run(rules, options): a report, and what is wrong or nil. */
static int l_run(lua_State *L)
{
    struct answer *answer = lua_touserdata(L, 1);

    require(L, "rules");
    push_options(L, answer->bundle, answer->user);
    require(L, "calls.proof.trial");
    lua_getfield(L, -1, "run");
    lua_pushvalue(L, 2);
    lua_pushvalue(L, 3);
    lua_call(L, 2, 2);
    luaL_checktype(L, -2, LUA_TTABLE);
    take_report(L, lua_gettop(L) - 1, &answer->report);
    if (!lua_isnil(L, -1)) {
        luaL_checktype(L, -1, LUA_TTABLE);
        take_fault(L, lua_gettop(L), answer);
    } else {
        judge_calls(L, answer);
    }
    return 0;
}

static int is_comment(const char *source, const char *at)
{
    const char *line = at;

    while (line > source && line[-1] != '\n')
        line--;
    while (line < at && isspace((unsigned char)*line))
        line++;
    return strncmp(line, "--", 2) == 0;
}

/* The next `word =` from `at` on that is not in a comment, or NULL. */
static const char *field(const char *source, const char *at, const char *word)
{
    while ((at = strstr(at, word)) != NULL) {
        const char *behind = at + strlen(word);

        if ((at == source ||
             (!isalnum((unsigned char)at[-1]) && at[-1] != '_')) &&
            behind[strspn(behind, " \t")] == '=' && !is_comment(source, at))
            return at;
        at = behind;
    }
    return NULL;
}

/* The examples lost their lines when the file had run: find the n-th expect
 * behind `examples =`. 0 when the file is written in another way. */
static int line_of(const struct hs_bundle *bundle, int number)
{
    size_t len;
    const char *source = hs_bundle_source(bundle, HS_RULE_FILE, &len);
    const char *at = source ? field(source, source, "examples") : NULL;
    int line = 1;

    for (int i = 0; at && i < number; i++)
        at = field(source, at + 1, "expect");
    if (!at)
        return 0;
    for (const char *p = source; p < at; p++)
        line += *p == '\n';
    return line;
}

void hs_trial_too_long(long long seconds, struct hs_script_error *err)
{
    snprintf(err->source, sizeof err->source, "%s", HS_RULE_FILE);
    err->line = 0;
    snprintf(err->message, sizeof err->message,
             "the files did not get through their checks within %lld s "
             "(trial_seconds), probably because of an endless loop",
             seconds);
}

/* Examples and proof, in an app VM with the rules beside it. */
static int try_rules(const struct hs_trial *trial,
                     struct hs_candidate *candidate,
                     struct hs_script_error *err)
{
    struct answer answer = {.bundle = candidate->bundle, .user = trial->user};
    struct hs_vm *app = candidate->vms.app;
    lua_State *L = hs_vm_state(app);
    long long seconds = trial->reach.config->trial_seconds;

    lua_pushcfunction(L, l_run);
    lua_pushlightuserdata(L, &answer);
    if (hs_vm_call(app, 1, 0, (int)seconds * 1000, err) != 0) {
        if (strcmp(err->code, "time") == 0)
            hs_trial_too_long(seconds, err);
        return -1;
    }
    candidate->report = answer.report;
    if (!answer.fault.code[0])
        return 0;
    *err = answer.fault;
    snprintf(err->source, sizeof err->source, "%s", HS_RULE_FILE);
    if (answer.example && !err->line)
        err->line = line_of(candidate->bundle, answer.example);
    return -1;
}

int hs_trial_run(const struct hs_trial *trial, struct hs_candidate *candidate,
                 struct hs_script_error *err)
{
    struct hs_vm_reach reach = trial->reach;

    reach.trial = 1;
    *candidate = (struct hs_candidate){0};
    *err = (struct hs_script_error){0};
    candidate->bundle = hs_bundle_make(&trial->from, err);
    if (!candidate->bundle)
        return -1;
    if (trial->known &&
        strcmp(hs_bundle_hash(candidate->bundle), trial->known) == 0)
        return 1;
    if (hs_vm_group_open(&candidate->vms, candidate->bundle, &reach, err) != 0)
        return -1;
    if (reach.take_routes &&
        reach.take_routes(candidate->vms.app, trial->router, err) != 0)
        return -1;
    return trial->depth == HS_TRIAL_FULL ? try_rules(trial, candidate, err) : 0;
}

void hs_candidate_free(struct hs_candidate *candidate)
{
    hs_vm_group_close(&candidate->vms);
    hs_bundle_drop(candidate->bundle);
    candidate->bundle = NULL;
}
