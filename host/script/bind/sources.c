/* sources.c: sources.*: the Lua files themselves, for the routes and the
 * command that show, try, save and restore them.
 *
 *   sources.live()             what answers now: { version=, live_at=, hash=,
 *                              defaults=, error=|nil, instead=|nil }
 *   sources.files()            { { name=, bytes= }, … } of this VM's version
 *   sources.text(name)         the text of one of them, or nil
 *   sources.saved(name)        the text on disk; or nil, message, code
 *   sources.writable()         whether save() may work
 *   sources.turn()             one save at a time: to be closed, `turn:close()`
 *                              does it early; or nil, message, code
 *   sources.try(texts, user)   { rules=, examples=, calls=, plans=, warnings=,
 *                              accounts= (JSON), hash=, changed=, change=,
 *                              gate=|nil } when the folder with these texts
 *                              could go live; or nil, message, code, { file=,
 *                              line=, message=, path=, problems= }; or nil,
 *                              message, "not_checked" when they weren't tried
 *                              (user: who reads that; nil: the operator,
 *                              or with a third argument everybody)
 *   sources.save(texts, seen)  puts them on disk, if the files that `seen`
 *                              names still have their hashes; true, or nil,
 *                              message, code
 *   sources.discard()          remove the draft; true, or nil, message, code
 *   sources.await_draft(hash)  whether the draft on disk has that hash, now or
 *                              after a short wait
 *   sources.await(hash)        whether the files with that hash, or the
 *                              forwarding.lua, are live, after waiting for
 *                              them for a while
 *
 * `texts` is { ["forwarding.lua"] = text, … }: only the team's own files, which
 * lie at the top of the folder. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include <lauxlib.h>
#include <lua.h>

#include "base/clock.h"
#include "base/file.h"
#include "lib/crypt.h"
#include "lib/encoding.h"
#include "lib/files/disk_turns.h"
#include "lib/files/text_file.h"
#include "script/bind/binds.h"
#include "script/glue/glue.h"
#include "script/live_rules.h"
#include "script/rule_vm/rule_vm_internal.h"
#include "script/trial.h"
#include "store/store.h"

#define TEXTS_MAX 100
#define PATH_SIZE 4096
#define AWAIT_MS 3000
#define DRAFT_WAIT_MS 100
#define SAVE_WAIT_MS 5000 /* for another's save: the folder may be slow */
#define TURN_WAIT_MS 10000
#define TURN "sources.turn"

/* One at a time. On a condition, since ThreadSanitizer doesn't see a mutex that
 * is waited for until a time. */
struct turn {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    const void *holder; /* or NULL */
};
#define TURN_FREE                                                              \
    {                                                                          \
        .lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER \
    }
/* Whoever reads, tries and saves files takes a turn for it: then savers don't
 * find each other's files half written, nor what they read replaced. Its holder
 * is a VM. */
static struct turn editing = TURN_FREE;
/* Whoever compares and writes. Its holder is a thread. */
static struct turn saving = TURN_FREE;

/* The bundle of the rules beside this VM; raises when there are none. */
static const struct hs_bundle *check_bundle(lua_State *L)
{
    const struct hs_rule_vm *rules = hs_host(L)->rules;

    if (!rules) {
        luaL_error(L, "no rules are loaded here");
        return NULL;
    }
    return rules->bundle;
}

static void l_set_text(lua_State *L, const char *field, const char *text)
{
    lua_pushstring(L, text);
    lua_setfield(L, -2, field);
}

static void l_set_integer(lua_State *L, const char *field, int64_t value)
{
    lua_pushinteger(L, value);
    lua_setfield(L, -2, field);
}

/* ---- what is live ---- */

/* The lines of a report as a list of { file=, line=, message= }. */
static void push_lines(lua_State *L, const char *field, const char *text)
{
    struct hs_trial_line line;

    lua_newtable(L);
    for (int i = 1; hs_trial_next_line(&text, &line); i++) {
        lua_createtable(L, 0, 3);
        l_set_integer(L, "line", line.line);
        lua_pushlstring(L, line.file_len ? line.file : HS_RULE_FILE,
                        line.file_len ? (size_t)line.file_len
                                      : sizeof HS_RULE_FILE - 1);
        lua_setfield(L, -2, "file");
        lua_pushlstring(L, line.message, (size_t)line.len);
        lua_setfield(L, -2, "message");
        lua_rawseti(L, -2, i);
    }
    lua_setfield(L, -2, field);
}

static void push_refusal(lua_State *L, const struct hs_refusal *refusal)
{
    lua_createtable(L, 0, 7);
    push_lines(L, "problems", refusal->problems);
    l_set_text(L, "file", refusal->file);
    l_set_integer(L, "line", refusal->line);
    l_set_text(L, "message", refusal->message);
    l_set_integer(L, "at", refusal->at);
    if (refusal->path[0])
        l_set_text(L, "path", refusal->path);
    lua_pushboolean(L, refusal->held);
    lua_setfield(L, -2, "held");
}

static int l_live(lua_State *L)
{
    struct hs_live_rules live;

    hs_live_rules_get(&live);
    lua_createtable(L, 0, 5);
    l_set_integer(L, "version", live.version);
    l_set_integer(L, "live_at", live.live_at);
    l_set_text(L, "hash", live.hash);
    lua_pushboolean(L, live.answering == HS_ANSWERS_DEFAULTS);
    lua_setfield(L, -2, "defaults");
    lua_pushboolean(L, live.refusal.overtaken);
    lua_setfield(L, -2, "overtaken");
    if (live.refusal.message[0]) {
        push_refusal(L, &live.refusal);
        lua_setfield(L, -2, "error");
        l_set_text(L, "instead", hs_answering_text(live.answering));
    }
    return 1;
}

static int l_files(lua_State *L)
{
    const struct hs_bundle *bundle = check_bundle(L);
    size_t count = hs_bundle_files(bundle);

    lua_createtable(L, (int)count, 0);
    for (size_t i = 0; i < count; i++) {
        const char *name = hs_bundle_file_name(bundle, i);
        size_t len = 0;

        (void)hs_bundle_source(bundle, name, &len);
        lua_createtable(L, 0, 2);
        l_set_text(L, "name", name);
        l_set_integer(L, "bytes", (int64_t)len);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    return 1;
}

static int l_text(lua_State *L)
{
    const char *name = luaL_checkstring(L, 1);
    size_t len;
    const char *text = hs_bundle_source(check_bundle(L), name, &len);

    if (text)
        lua_pushlstring(L, text, len);
    else
        lua_pushnil(L);
    return 1;
}

static int l_await(lua_State *L)
{
    struct hs_live_rules live;

    lua_pushboolean(
        L, hs_live_rules_await(luaL_checkstring(L, 1), AWAIT_MS, &live));
    return 1;
}

/* ---- files on disk ---- */

static struct hs_disk_turns readers = HS_DISK_TURNS;

/* Before whatever asks the folder: ends the request if the folder doesn't
 * answer. */
static void l_begin(lua_State *L)
{
    if (hs_disk_turn_begin(&readers, (int)hs_host(L)->config->workers))
        return;
    l_push_module(L, "hookswitch.fail");
    lua_getfield(L, -1, "raise");
    lua_pushinteger(L, 503);
    lua_pushliteral(L, "folder_stuck");
    lua_pushliteral(L, "The Lua folder doesn't answer. Check the mount it is "
                       "on.");
    lua_pushnil(L);
    lua_createtable(L, 0, 1);
    l_set_text(L, "Retry-After", "10");
    lua_call(L, 5, 0);
}

static void end(void)
{
    hs_disk_turn_end(&readers);
}

/* Is it the name of one of the team's files? */
static int is_own(const char *name)
{
    size_t len = strlen(name);
    const char *ending = len > 4 ? name + len - 4 : "";

    return name[0] != '.' && !strchr(name, '/') &&
           strcmp(name, "app.lua") != 0 &&
           (strcmp(ending, ".lua") == 0 || strcmp(ending, ".txt") == 0 ||
            strcmp(ending, ".csv") == 0);
}

/* Push the file's path. Raises if it isn't one of the team's. */
static const char *push_path(lua_State *L, const char *name)
{
    luaL_argcheck(L, is_own(name), 1, "not one of the team's files");
    return lua_pushfstring(L, "%s/%s", hs_host(L)->config->lua, name);
}

static void release_text(void *text)
{
    free(text);
}

/* A calendar beside the rules: read, but no part of a version. */
static int is_calendar(const char *name)
{
    size_t len = strlen(name);

    return len > 4 && name[0] != '.' && !strchr(name, '/') &&
           strcmp(name + len - 4, ".ics") == 0;
}

/* The text of a file on disk, as one that is loaded reads. NULL and `err`. */
static char *read_saved(const char *path, size_t *len, struct hs_error *err)
{
    char *text = hs_file_read(path, HS_FOLDER_FILE_BYTES, len, err);

    if (text && hs_encoding_to_utf8(path, &text, len) != 0) {
        free(text);
        text = NULL;
        hs_no_memory(err);
    }
    return text;
}

static int l_saved(lua_State *L)
{
    const char *name = luaL_checkstring(L, 1);
    const char *path =
        is_calendar(name)
            ? lua_pushfstring(L, "%s/%s", hs_host(L)->config->lua, name)
            : push_path(L, name);
    char **text = (char **)l_own(L, release_text);
    struct hs_error err;
    size_t len;

    l_begin(L);
    *text = read_saved(path, &len, &err);
    end();
    if (!*text)
        return l_fail(L, err.code, "%s", err.message);
    lua_pushlstring(L, *text, len);
    return 1;
}

/* Other digits for every file that is put there, "" where there is none. */
static int l_stamp(lua_State *L)
{
    const char *path = push_path(L, luaL_checkstring(L, 1));
    struct stat st;
    int rc;

    l_begin(L);
    rc = stat(path, &st);
    end();
    if (rc != 0)
        lua_pushliteral(L, "");
    else
        lua_pushfstring(L, "%I.%I.%I", (LUAI_UACINT)st.st_ino,
                        (LUAI_UACINT)st.st_mtim.tv_sec,
                        (LUAI_UACINT)st.st_mtim.tv_nsec);
    return 1;
}

static int l_writable(lua_State *L)
{
    const char *path = push_path(L, HS_RULE_FILE);
    int writable;

    l_begin(L);
    writable = hs_text_file_is_writable(path);
    end();
    lua_pushboolean(L, writable);
    return 1;
}

/* The table of texts at an index as a list that ends in a name NULL, on the
 * stack. Its strings are the table's. */
static struct hs_bundle_text *check_texts(lua_State *L, int table)
{
    struct hs_bundle_text *texts;
    int count = 0;

    luaL_checktype(L, table, LUA_TTABLE);
    texts = lua_newuserdatauv(L, (TEXTS_MAX + 1) * sizeof *texts, 0);
    for (lua_pushnil(L); lua_next(L, table); lua_pop(L, 1)) {
        struct hs_bundle_text *text = &texts[count++];

        luaL_argcheck(L, count <= TEXTS_MAX, table, "too many files");
        luaL_argcheck(
            L, lua_type(L, -2) == LUA_TSTRING && lua_type(L, -1) == LUA_TSTRING,
            table, "files are names and texts");
        text->name = lua_tostring(L, -2);
        text->text = lua_tolstring(L, -1, &text->len);
        luaL_argcheck(L, is_own(text->name), 1, "not one of the team's files");
    }
    texts[count] = (struct hs_bundle_text){0};
    return texts;
}

/* ---- trying ---- */

static void release_candidate(void *candidate)
{
    hs_candidate_free(candidate);
    free(candidate);
}

/* 0, or -1 and `err`, with what this user may see. */
static int try(const struct hs_host *own, const struct hs_bundle_text *texts,
               const char *user, int is_shown, struct hs_candidate *candidate,
               struct hs_script_error *err)
{
    const struct hs_trial trial = {
        .from = {.folder = own->config->lua,
                 .patience = HS_FOLDER_PATIENT,
                 .texts = texts,
                 .before = own->rules ? own->rules->bundle : NULL},
        .reach = {.config = own->config,
                  .store = own->session ? hs_session_store(own->session) : NULL,
                  .session_key = own->session_key,
                  .take_routes = own->take_routes},
        .loaded = own->rules ? own->rules->bundle : NULL,
        .user = user};
    struct hs_trial_report *report = &candidate->report;
    int rc = hs_trial_run(&trial, candidate, err);

    if (rc != 0 && is_shown && report->seen.message[0]) {
        snprintf(err->message, sizeof err->message, "%s", report->seen.message);
        memcpy(report->path, report->seen.path, sizeof report->path);
        free(report->problems); /* they name things this user may not see */
        report->problems = report->seen.problems;
        report->seen.problems = NULL;
        err->line = report->seen.line;
    }
    return rc;
}

static void push_report(lua_State *L, const struct hs_rule_vm *rules,
                        const struct hs_trial_report *report)
{
    lua_createtable(L, 0, 8);
    lua_createtable(L, rules->count, 0);
    for (int i = 0; i < rules->count; i++) {
        lua_createtable(L, 0, 3);
        l_set_integer(L, "index", i + 1);
        l_set_text(L, "name", rules->names[i].name);
        l_set_integer(L, "line", rules->names[i].line);
        lua_rawseti(L, -2, i + 1);
    }
    lua_setfield(L, -2, "rules");
    if (report->json)
        l_set_text(L, "accounts", report->json);
    push_lines(L, "warnings", report->warnings);
    l_set_integer(L, "examples", report->examples);
    l_set_integer(L, "calls", report->calls);
    l_set_integer(L, "plans", report->plans);
    l_set_text(L, "hash", hs_bundle_hash(rules->bundle));
    l_set_integer(L, "changed", report->changed);
    l_set_text(L, "change", report->change);
    if (report->gate[0])
        l_set_text(L, "gate", report->gate);
}

/* The files weren't tried, for a reason that may pass. nil, message, code. */
static int l_not_checked(lua_State *L, const struct hs_script_error *err)
{
    return l_fail(L, HS_TRIAL_NOT_CHECKED,
                  "The files couldn't be checked: %s%s%s. Try again in a "
                  "moment.",
                  err->source, err->source[0] ? ": " : "", err->message);
}

/* nil, message, code, place. */
static int l_refused(lua_State *L, const struct hs_script_error *err,
                     const struct hs_trial_report *report)
{
    const char *path = report->path;
    char text[HS_PLACED_SIZE];

    hs_error_place(err->source, err->line, err->message, text, sizeof text);
    l_fail(L, err->code, "%s", text);
    lua_createtable(L, 0, 4);
    l_set_text(L, "file", err->source);
    l_set_integer(L, "line", err->line);
    l_set_text(L, "message", err->message);
    if (path[0])
        l_set_text(L, "path", path);
    push_lines(L, "problems", report->problems);
    return 4;
}

static int l_try(lua_State *L)
{
    const char *user = luaL_optstring(L, 2, NULL);
    int is_shown = user || lua_toboolean(L, 3);
    struct hs_bundle_text *texts = check_texts(L, 1);
    void **cell = l_own(L, release_candidate);
    struct hs_candidate *candidate = calloc(1, sizeof *candidate);
    struct hs_script_error err;

    *cell = candidate;
    if (!candidate)
        return luaL_error(L, "not enough memory");
    l_begin(L);
    end(); /* few try at a time anyway */
    if (try(hs_host(L), texts, user, is_shown, candidate, &err) != 0)
        return hs_trial_is_verdict(&err)
                   ? l_refused(L, &err, &candidate->report)
                   : l_not_checked(L, &err);
    push_report(L, candidate->vms.rules, &candidate->report);
    return 1;
}

/* ---- saving ---- */

/* 1, or 0 when the time is over. Whoever has the turn already doesn't wait for
 * itself, and doesn't get it again. */
static int take_turn(struct turn *turn, const void *who, int wait_ms)
{
    struct timespec until = hs_running_moment(hs_running_ms() + wait_ms);
    int rc = 0, taken;

    pthread_mutex_lock(&turn->lock);
    while (turn->holder && turn->holder != who && rc == 0)
        rc = pthread_cond_clockwait(&turn->changed, &turn->lock,
                                    CLOCK_MONOTONIC, &until);
    taken = !turn->holder;
    if (taken)
        turn->holder = who;
    pthread_mutex_unlock(&turn->lock);
    return taken;
}

static void end_turn(struct turn *turn)
{
    pthread_mutex_lock(&turn->lock);
    turn->holder = NULL;
    pthread_cond_signal(&turn->changed);
    pthread_mutex_unlock(&turn->lock);
}

/* The turn at the first index is over, once. */
static int l_end_turn(lua_State *L)
{
    int *mine = luaL_checkudata(L, 1, TURN);

    if (*mine) {
        *mine = 0;
        end_turn(&editing);
    }
    return 0;
}

static int l_turn(lua_State *L)
{
    int *mine = lua_newuserdatauv(L, sizeof *mine, 0);

    *mine = 0;
    luaL_setmetatable(L, TURN);
    *mine =
        take_turn(&editing, lua_topointer(L, LUA_REGISTRYINDEX), TURN_WAIT_MS);
    return *mine ? 1 : l_fail(L, "busy", "others are saving files");
}

/* 0, or -1 and `err`: "busy". */
static int lock_saving(struct hs_error *err)
{
    if (take_turn(&saving, err, SAVE_WAIT_MS))
        return 0;
    return hs_error_set(err, "busy",
                        "another save takes long to reach the disk");
}

/* Does the file's text have the hash ("" for a missing file)? 1, 0, or -1 and
 * `err`. */
static int has_hash(const char *path, const char *hash, struct hs_error *err)
{
    unsigned char digest[32];
    size_t len;
    char hex[65], *text = read_saved(path, &len, err);

    if (!text)
        return strcmp(err->code, "missing") == 0 ? !hash[0] : -1;
    hs_sha256(text, len, digest);
    hs_hex(digest, sizeof digest, hex);
    free(text);
    return strcmp(hex, hash) == 0;
}

/* What whoever saves has read: names and hashes. */
struct seen {
    const char *folder;
    const struct hs_bundle_text *files;
};

/* Nobody else, by hand either, has saved one of them since. */
static int is_as_seen(void *ctx, struct hs_error *err)
{
    const struct seen *seen = ctx;
    char path[PATH_SIZE];
    int same = 1;

    for (const struct hs_bundle_text *f = seen->files; same > 0 && f->name;
         f++) {
        snprintf(path, sizeof path, "%s/%s", seen->folder, f->name);
        same = has_hash(path, f->text, err);
        if (same == 0)
            hs_error_set(err, "conflict",
                         "someone else has saved %s in the meantime", f->name);
    }
    return same > 0 ? 0 : -1;
}

/* 0, or -1 and `err`. `seen` are names and hashes. */
static int save(const char *folder, const struct hs_bundle_text *texts,
                const struct hs_bundle_text *seen, struct hs_error *err)
{
    struct hs_text_file files[TEXTS_MAX];
    struct seen before = {.folder = folder, .files = seen};
    size_t count = 0;
    int rc;

    for (; texts->name; texts++)
        files[count++] = (struct hs_text_file){
            .name = texts->name, .text = texts->text, .len = texts->len};
    if (lock_saving(err) != 0)
        return -1;
    rc = hs_text_files_replace(folder, files, count, is_as_seen, &before, err);
    end_turn(&saving);
    return rc;
}

static int l_written(lua_State *L, int rc, const struct hs_error *err)
{
    if (rc != 0)
        return l_fail(L, err->code, "%s", err->message);
    hs_host(L)->changed = 1;
    lua_pushboolean(L, 1);
    return 1;
}

static int l_save(lua_State *L)
{
    const struct hs_bundle_text none = {0}, *texts, *seen = &none;
    struct hs_error err;
    int rc;

    lua_settop(L, 2);
    texts = check_texts(L, 1);
    if (hs_host(L)->trial)
        return luaL_error(L, "sources.save is not available while loading");
    if (!lua_isnoneornil(L, 2))
        seen = check_texts(L, 2);
    l_begin(L);
    rc = save(hs_host(L)->config->lua, texts, seen, &err);
    end();
    return l_written(L, rc, &err);
}

/* 0, or -1 and `err`. `seen` is the hash the file must have, or NULL. */
static int discard(const char *path, const char *seen, struct hs_error *err)
{
    int same = 1, rc = 0;

    if (lock_saving(err) != 0)
        return -1;
    if (seen)
        same = has_hash(path, seen, err);
    if (same == 0)
        hs_error_set(err, "conflict",
                     "someone else has saved " HS_FOLDER_DRAFT
                     " in the meantime");
    if (same > 0)
        rc = hs_text_file_remove(path, err);
    end_turn(&saving);
    return same > 0 ? rc : -1;
}

static int l_discard(lua_State *L)
{
    const char *seen = luaL_optstring(L, 1, NULL);
    const char *path = push_path(L, HS_FOLDER_DRAFT);
    struct hs_error err;
    int rc;

    if (hs_host(L)->trial)
        return luaL_error(L, "sources.discard is not available while loading");
    l_begin(L);
    rc = discard(path, seen, &err);
    end();
    return l_written(L, rc, &err);
}

static int l_await_draft(lua_State *L)
{
    const struct timespec wait = {.tv_nsec = DRAFT_WAIT_MS * 1000000L};
    const char *hash = luaL_checkstring(L, 1);
    const char *path = push_path(L, HS_FOLDER_DRAFT);
    struct hs_error err;
    int same;

    l_begin(L);
    same = has_hash(path, hash, &err) > 0;
    if (!same) {
        (void)nanosleep(&wait, NULL);
        same = has_hash(path, hash, &err) > 0;
    }
    end();
    lua_pushboolean(L, same);
    return 1;
}

int l_open_sources(lua_State *L)
{
    static const luaL_Reg functions[] = {{"live", l_live},
                                         {"files", l_files},
                                         {"text", l_text},
                                         {"saved", l_saved},
                                         {"writable", l_writable},
                                         {"stamp", l_stamp},
                                         {"try", l_try},
                                         {"save", l_save},
                                         {"discard", l_discard},
                                         {"await", l_await},
                                         {"await_draft", l_await_draft},
                                         {"turn", l_turn},
                                         {NULL, NULL}};
    static const luaL_Reg turn[] = {{"__close", l_end_turn},
                                    {"__gc", l_end_turn},
                                    {"close", l_end_turn},
                                    {NULL, NULL}};

    luaL_newmetatable(L, TURN);
    luaL_setfuncs(L, turn, 0);
    lua_pushvalue(L, -1);
    lua_setfield(L, -2, "__index");
    luaL_newlib(L, functions);
    l_set_integer(L, "MAX_BYTES", HS_FOLDER_FILE_BYTES);
    return 1;
}
