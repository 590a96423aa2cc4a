/* trial.c: the sequence of a trial; lua/calls/proof/trial.lua examines the
 * rules. */
#include "script/trial.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <lauxlib.h>
#include <lua.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "script/glue/glue.h"
#include "script/rule_vm/rule_vm.h"
#include "script/rule_vm/watchdog.h"
#include "script/script_error.h"

#define BROKEN_MAX 16 /* files that are left out of what explains others */

/* The input of trial.run, and its answer copied out of the VM. */
struct answer {
    const struct hs_bundle *bundle;
    const char *user;
    struct hs_trial_report report;
    struct hs_script_error fault; /* code "" if there is none */
};

static int64_t l_count_of(lua_State *L, int table, const char *field)
{
    int64_t count;

    lua_getfield(L, table, field);
    count = lua_tointeger(L, -1);
    lua_pop(L, 1);
    return count;
}

/* The text in a field of the table at `index`, or "". */
static void l_copy_text(lua_State *L, int index, const char *field, char *out,
                        size_t size)
{
    lua_getfield(L, index, field);
    snprintf(out, size, "%s", lua_isstring(L, -1) ? lua_tostring(L, -1) : "");
    lua_pop(L, 1);
}

/* A copy of the text in a field, to be freed; NULL if it is "" or memory ran
 * out. */
static char *l_take_text(lua_State *L, int table, const char *field)
{
    const char *text;
    char *copy = NULL;

    lua_getfield(L, table, field);
    text = lua_tostring(L, -1);
    if (text && *text)
        copy = strdup(text);
    lua_pop(L, 1);
    return copy;
}

int hs_trial_next_line(const char **text, struct hs_trial_line *line)
{
    const char *at = *text, *end, *digits;

    if (!at || !*at)
        return 0;
    end = at + strcspn(at, "\n");
    *text = *end ? end + 1 : end;
    digits = memchr(at, ':', (size_t)(end - at));
    line->line = 0;
    line->file = at;
    line->file_len = 0;
    if (digits) {
        char *behind;
        long number = strtol(digits + 1, &behind, 10);

        if (behind > digits + 1 && *behind == ':')
            line->line = (int)number;
        if (line->line && !memchr(at, ' ', (size_t)(digits - at)))
            line->file_len = (int)(digits - at);
        at = line->line ? behind + 1 : digits + 1;
        at += *at == ' ';
    }
    line->message = at;
    line->len = (int)(end - at);
    return 1;
}

/* The first of all problems, which has been cut if it is long. */
static void first_of(const char *problems, int *line, char message[512])
{
    struct hs_trial_line first;

    if (!hs_trial_next_line(&problems, &first))
        return;
    *line = first.line;
    snprintf(message, 512, "%.*s", first.len, first.message);
}

static void l_take_report(lua_State *L, int table,
                          struct hs_trial_report *report)
{
    report->rules = l_count_of(L, table, "rules");
    report->examples = l_count_of(L, table, "examples");
    report->calls = l_count_of(L, table, "calls");
    report->plans = l_count_of(L, table, "plans");
    report->problems = l_take_text(L, table, "problems");
    report->warnings = l_take_text(L, table, "warnings");
    report->accounts = l_take_text(L, table, "accounts");
    report->json = l_take_text(L, table, "rules_json");
}

static void l_take_fault(lua_State *L, int table, struct answer *answer)
{
    struct hs_script_error *fault = &answer->fault;

    l_copy_text(L, table, "code", fault->code, sizeof fault->code);
    l_copy_text(L, table, "message", fault->message, sizeof fault->message);
    l_copy_text(L, table, "path", answer->report.path,
                sizeof answer->report.path);
    fault->line = (int)l_count_of(L, table, "line");
    lua_getfield(L, table, "shown");
    if (lua_istable(L, -1)) {
        int shown = lua_gettop(L);

        l_copy_text(L, shown, "message", answer->report.seen.message,
                    sizeof answer->report.seen.message);
        l_copy_text(L, shown, "path", answer->report.seen.path,
                    sizeof answer->report.seen.path);
        answer->report.seen.line = (int)l_count_of(L, shown, "line");
        answer->report.seen.problems = l_take_text(L, shown, "problems");
        first_of(answer->report.seen.problems, &answer->report.seen.line,
                 answer->report.seen.message);
    }
    lua_pop(L, 1);
}

/* models.account_facts.read(user): what the proof needs to know about the
 * account, and what may be named. */
static int l_facts(lua_State *L)
{
    l_push_module(L, "models.account_facts");
    lua_getfield(L, -1, "read");
    lua_pushvalue(L, 1);
    lua_call(L, 1, 2);
    return 2;
}

/* Push both, or nil and nil without a database. From here on the trial may read
 * the database. */
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
                         const char *source, size_t len, const char *user)
{
    const struct hs_config *config = hs_host(L)->config;

    lua_createtable(L, 0, 6);
    lua_pushstring(L, config->timezone);
    lua_setfield(L, -2, "zone");
    lua_pushinteger(L, config->ring_limit_seconds);
    lua_setfield(L, -2, "ring_limit");
    lua_pushlstring(L, source, len);
    lua_setfield(L, -2, "source");
    lua_pushinteger(L, hs_now_ms() / 1000);
    lua_setfield(L, -2, "at");
    l_bundle_push_reader(L, bundle);
    lua_setfield(L, -2, "text");
    lua_pushstring(L, config->country);
    lua_setfield(L, -2, "country");
    push_facts(L, user);
    lua_setfield(L, -3, "shown");
    lua_setfield(L, -2, "facts");
}

/* models.gate.run(rules, options, user): what the rules change for the last
 * real calls, and a fault. */
static int l_gate(lua_State *L)
{
    l_push_module(L, "models.gate");
    lua_getfield(L, -1, "run");
    lua_insert(L, 1);
    lua_settop(L, 4);
    lua_call(L, 3, 2);
    return 2;
}

/* Decide the last real calls by the rules at index 2, with the options at index
 * 3. Without a database there are none; if the database fails, that isn't the
 * files' fault. */
static void l_judge_calls(lua_State *L, struct answer *answer)
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
        l_take_fault(L, lua_gettop(L), answer);
    if (lua_istable(L, -2)) {
        report->changed = l_count_of(L, lua_gettop(L) - 1, "changed");
        l_copy_text(L, lua_gettop(L) - 1, "line", report->change,
                    sizeof report->change);
        l_copy_text(L, lua_gettop(L) - 1, "json", report->gate,
                    sizeof report->gate);
    }
}

/* trial.run(rules, options): a report, and a problem or nil. */
static int l_run(lua_State *L)
{
    struct answer *answer = lua_touserdata(L, 1);
    size_t len = 0;
    const char *source = hs_bundle_source(answer->bundle, HS_RULE_FILE, &len);

    l_push_module(L, "rules");
    push_options(L, answer->bundle, source ? source : "", len, answer->user);
    l_push_module(L, "calls.proof.trial");
    lua_getfield(L, -1, "run");
    lua_pushvalue(L, 2);
    lua_pushvalue(L, 3);
    lua_call(L, 2, 2);
    luaL_checktype(L, -2, LUA_TTABLE);
    l_take_report(L, lua_gettop(L) - 1, &answer->report);
    if (!lua_isnil(L, -1)) {
        luaL_checktype(L, -1, LUA_TTABLE);
        l_take_fault(L, lua_gettop(L), answer);
    } else {
        l_judge_calls(L, answer);
    }
    return 0;
}

void hs_trial_too_long(long long seconds, struct hs_script_error *err)
{
    snprintf(err->source, sizeof err->source, "%s", HS_RULE_FILE);
    err->line = 0;
    snprintf(err->message, sizeof err->message,
             "the files did not get through their checks within %lld s "
             "(trial_seconds): an endless loop, or a machine that is too busy",
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
    int rc;

    lua_pushcfunction(L, l_run);
    lua_pushlightuserdata(L, &answer);
    rc = hs_vm_call(app, 1, 0, (int)seconds * 1000, err);
    candidate->report = answer.report;
    if (rc != 0) {
        if (strcmp(err->code, "time") == 0)
            hs_trial_too_long(seconds, err);
        return -1;
    }
    if (!answer.fault.code[0])
        return 0;
    *err = answer.fault;
    first_of(answer.report.problems, &err->line, err->message);
    snprintf(err->source, sizeof err->source, "%s", HS_RULE_FILE);
    return -1;
}

/* ---- a file that does not load ---- */

/* The bundle as it would be with an empty list in place of `broken` and of each
 * other file that doesn't parse, so that the files beside them are there; else
 * the program's own. */
static struct hs_bundle *bundle_without(const struct hs_trial *trial,
                                        const char *broken)
{
    static const char empty[] = "return {}\n";
    const struct hs_bundle_from program = {.base = HS_BASE_BUILT_IN};
    struct hs_bundle_from from = trial->from;
    struct hs_bundle_text *texts;
    struct hs_bundle *bundle = NULL;
    struct hs_script_error next[BROKEN_MAX];
    struct hs_buf text = {0};
    size_t given = 0;

    while (from.texts && from.texts[given].name)
        given++;
    texts = calloc(given + BROKEN_MAX + 1, sizeof *texts);
    if (given > 0 && texts)
        memcpy(texts, from.texts, given * sizeof *texts);
    from.texts = texts;
    from.broken = &text;
    for (int i = 0; texts && broken && i < BROKEN_MAX; i++) {
        texts[given + (size_t)i] =
            (struct hs_bundle_text){broken, empty, sizeof empty - 1};
        hs_buf_clear(&text);
        bundle = hs_bundle_make(&from, &next[i]);
        broken = !bundle && text.len > 0 ? next[i].source : NULL;
    }
    hs_buf_free(&text);
    free(texts);
    return bundle ? bundle : hs_bundle_make(&program, &next[0]);
}

/* A rule file that doesn't load. */
struct unloaded {
    const struct hs_trial *trial;
    const struct hs_bundle *bundle;
    const char *text;
    size_t len;
    struct hs_explained out;
};

/* trial.in_spite(rules, options, told, text): all its problems. */
static int l_run_in_spite(lua_State *L)
{
    struct unloaded *file = lua_touserdata(L, 1);
    size_t len;
    const char *lines;

    l_push_module(L, "calls.proof.trial");
    lua_getfield(L, -1, "in_spite");
    l_push_module(L, "rules");
    push_options(L, file->bundle, file->out.rest.data, file->out.rest.len,
                 file->trial->user);
    lua_pushlstring(L, file->out.told.data, file->out.told.len);
    lua_pushlstring(L, file->text, file->len);
    lua_call(L, 4, 1);
    lines = luaL_checklstring(L, -1, &len);
    hs_buf_clear(&file->out.told);
    if (hs_buf_add(&file->out.told, lines, len) != 0)
        luaL_error(L, "not enough memory");
    return 0;
}

/* Add what the proof finds in the rules that can run all the same. If that
 * fails, what was told remains. */
static void prove_in_spite(struct unloaded *file)
{
    struct hs_vm_reach reach = file->trial->reach;
    struct hs_vm_group group = {0};
    struct hs_bundle *bundle = bundle_without(file->trial, HS_RULE_FILE);
    struct hs_script_error ignored;

    reach.trial = 1;
    reach.take_routes = NULL;
    file->bundle = bundle;
    if (bundle && hs_vm_group_open(&group, bundle, &reach, &ignored) == 0) {
        lua_pushcfunction(hs_vm_state(group.app), l_run_in_spite);
        lua_pushlightuserdata(hs_vm_state(group.app), file);
        hs_vm_call(group.app, 1, 0, (int)reach.config->trial_seconds * 1000 / 3,
                   &ignored);
    }
    hs_vm_group_close(&group);
    hs_bundle_drop(bundle);
}

/* Report everything wrong with a file that doesn't load, not only the first
 * problem, using the bundle's modules and files. */
static void explain(const struct hs_trial *trial, struct hs_bundle *bundle,
                    const char *text, size_t len,
                    struct hs_candidate *candidate, struct hs_script_error *err)
{
    struct unloaded file = {.trial = trial, .text = text, .len = len};
    const char *name =
        hs_rule_vm_is_data(err->source) ? HS_RULE_FILE : err->source;

    if (bundle)
        hs_bundle_keep(bundle);
    else
        bundle = bundle_without(trial, err->source);
    if (bundle && hs_rule_file_explain(bundle, name, text, len,
                                       trial->reach.config, &file.out) == 0) {
        if (strcmp(name, HS_RULE_FILE) == 0 && file.out.rest.len > 0)
            prove_in_spite(&file);
        candidate->report.problems = file.out.told.data;
    } else {
        hs_buf_free(&file.out.told);
    }
    hs_buf_free(&file.out.rest);
    first_of(candidate->report.problems, &err->line, err->message);
    hs_bundle_drop(bundle);
}

static void tell_reads(const struct hs_trial *trial, int reads)
{
    if (trial->reads)
        trial->reads(trial->ctx, reads);
}

/* A bundle, or NULL and `err`. */
static struct hs_bundle *make_bundle(const struct hs_trial *trial,
                                     struct hs_candidate *candidate,
                                     struct hs_script_error *err)
{
    struct hs_buf broken = {0};
    struct hs_bundle_from from = trial->from;
    struct hs_bundle *bundle;

    from.broken = &broken;
    tell_reads(trial, 1);
    bundle = hs_bundle_make(&from, err);
    tell_reads(trial, 0);
    if (!bundle && broken.data)
        explain(trial, NULL, broken.data, broken.len, candidate, err);
    hs_buf_free(&broken);
    return bundle;
}

static int open_vms(const struct hs_trial *trial,
                    const struct hs_vm_reach *reach,
                    struct hs_candidate *candidate, struct hs_script_error *err)
{
    struct hs_bundle *bundle = candidate->bundle;
    size_t len;
    const char *text;

    if (hs_vm_group_open(&candidate->vms, bundle, reach, err) == 0)
        return 0;
    text = hs_bundle_source(bundle, HS_RULE_FILE, &len);
    if (text && strcmp(err->code, "error") == 0 &&
        (strcmp(err->source, HS_RULE_FILE) == 0 ||
         hs_rule_vm_is_data(err->source)))
        explain(trial, bundle, text, len, candidate, err);
    return -1;
}

static int run(const struct hs_trial *trial, struct hs_candidate *candidate,
               struct hs_script_error *err)
{
    struct hs_vm_reach reach = trial->reach;

    reach.trial = 1;
    *candidate = (struct hs_candidate){0};
    *err = (struct hs_script_error){0};
    candidate->bundle = make_bundle(trial, candidate, err);
    if (!candidate->bundle)
        return -1;
    if (trial->known &&
        strcmp(hs_bundle_hash(candidate->bundle), trial->known) == 0)
        return 1;
    if (trial->compiled)
        trial->compiled(trial->ctx, candidate->bundle);
    if (open_vms(trial, &reach, candidate, err) != 0)
        return -1;
    candidate->same_application =
        trial->loaded &&
        hs_bundle_same_application(candidate->bundle, trial->loaded);
    if (reach.take_routes && !candidate->same_application &&
        reach.take_routes(candidate->vms.app, trial->router, err) != 0)
        return -1;
    return trial->depth == HS_TRIAL_FULL ? try_rules(trial, candidate, err) : 0;
}

int hs_trial_is_verdict(const struct hs_script_error *err)
{
    static const char *const passing[] = {HS_TRIAL_CHANGED, HS_VM_SHORTAGE,
                                          HS_TRIAL_STOPPING, HS_TRIAL_WAITING,
                                          "io"};

    for (size_t i = 0; i < sizeof passing / sizeof *passing; i++) {
        if (strcmp(err->code, passing[i]) == 0)
            return 0;
    }
    return 1;
}

void hs_trial_short(struct hs_script_error *err)
{
    *err = (struct hs_script_error){.code = HS_VM_SHORTAGE,
                                    .message = "memory ran short while the "
                                               "files were checked"};
}

/* As hs_bundle_is_still(). */
static int is_still(const struct hs_trial *trial,
                    const struct hs_bundle *bundle)
{
    int still;

    tell_reads(trial, 1);
    still = hs_bundle_is_still(bundle, &trial->from);
    tell_reads(trial, 0);
    return still;
}

int hs_trial_run(const struct hs_trial *trial, struct hs_candidate *candidate,
                 struct hs_script_error *err)
{
    unsigned misses = hs_memory_misses();
    /* Its parts end before the whole is given up: that names no line. */
    int before =
        hs_watch_be_patient((int)trial->reach.config->trial_seconds * 1000 / 3);
    int rc = run(trial, candidate, err);

    hs_watch_be_patient(before);
    if (trial->from.patience == HS_FOLDER_AHEAD &&
        !is_still(trial, candidate->bundle)) {
        *err = (struct hs_script_error){
            .code = HS_TRIAL_CHANGED,
            .message = "the files were still being written"};
        rc = -1;
    }
    if (hs_memory_misses() == misses)
        return rc;
    hs_trial_short(err); /* whatever was found isn't a verdict */
    return -1;
}

void hs_trial_report_free(struct hs_trial_report *report)
{
    free(report->problems);
    free(report->seen.problems);
    free(report->warnings);
    free(report->accounts);
    free(report->json);
    report->problems = report->seen.problems = report->warnings = NULL;
    report->accounts = report->json = NULL;
}

void hs_candidate_free(struct hs_candidate *candidate)
{
    hs_trial_report_free(&candidate->report);
    hs_vm_group_close(&candidate->vms);
    hs_bundle_drop(candidate->bundle);
    candidate->bundle = NULL;
}
