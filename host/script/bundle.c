/* bundle.c: all Lua sources of one version, compiled once, shared read-only. */
#include "script/bundle.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <lauxlib.h>
#include <lua.h>

#include "base/buf.h"
#include "base/utf8.h"
#include "lib/crypt.h"
#include "lib/files/folder.h"
#include "lib/files/program.h"
#include "script/compile.h"
#include "script/script_error.h"

/* Bytecode; successive bundles share what didn't change. */
struct code {
    atomic_int uses;
    struct hs_buf bytes;
};

struct file {
    const char *name; /* these three are in the folder */
    const char *text;
    size_t len;
    char hash[65];     /* of the text */
    struct code *code; /* NULL for a data file */
};

struct hs_bundle {
    atomic_int uses;
    _Atomic int64_t version;
    char hash[65];
    struct hs_folder *folder;
    struct file *files; /* sorted by name */
    size_t count;
};

static void fail(struct hs_script_error *err, const char *code,
                 const char *source, const char *message)
{
    hs_script_error_set(err, code, "");
    snprintf(err->source, sizeof err->source, "%s", source);
    snprintf(err->message, sizeof err->message, "%s", message);
}

static int is_code(const char *name)
{
    size_t len = strlen(name);

    return len > 4 && strcmp(name + len - 4, ".lua") == 0;
}

static int write_code(lua_State *L, const void *data, size_t len, void *buf)
{
    (void)L;
    return hs_buf_add(buf, data, len);
}

static void drop_code(struct code *code)
{
    if (!code || atomic_fetch_sub(&code->uses, 1) > 1)
        return;
    hs_buf_free(&code->bytes);
    free(code);
}

struct compiling {
    struct file *file;
    int line;   /* where it fails, or 0 */
    int status; /* Lua's */
};

/* Put the text's bytecode into file->code. Returns NULL or the error message.
 * */
static int l_compile_text(lua_State *L)
{
    struct compiling *compiling = lua_touserdata(L, 1);
    struct file *file = compiling->file;
    char chunk[HS_FOLDER_NAME_MAX + 2];

    snprintf(chunk, sizeof chunk, "@%s", file->name);
    compiling->status =
        l_compile(L, file->text, file->len, chunk, &compiling->line);
    if (compiling->status != LUA_OK)
        return 1;
    compiling->status = LUA_ERRMEM;
    file->code = calloc(1, sizeof *file->code);
    if (!file->code)
        return 0;
    atomic_init(&file->code->uses, 1);
    if (lua_dump(L, write_code, &file->code->bytes, 0) == 0)
        compiling->status = LUA_OK;
    return 0;
}

/* The line of the first byte that isn't UTF-8; 0 if all is. */
static int foreign_line(const struct file *file)
{
    int line = 1;

    for (size_t at = 0, step; at < file->len; at += step) {
        step = hs_utf8_next(file->text + at, file->len - at);
        if (step == 0)
            return line;
        line += file->text[at] == '\n';
    }
    return 0;
}

/* Source to bytecode, with its line numbers. 0, or -1 and `err`. */
static int compile(lua_State *L, struct file *file, struct hs_script_error *err)
{
    struct compiling compiling = {.file = file};
    int line = foreign_line(file);
    int status;

    if (line > 0) {
        fail(err, "syntax", file->name,
             "this line is not UTF-8: save the file as UTF-8");
        err->line = line;
        return -1;
    }
    if (!is_code(file->name))
        return 0;
    lua_pushcfunction(L, l_compile_text);
    lua_pushlightuserdata(L, &compiling);
    status = lua_pcall(L, 1, 1, 0);
    if (status == LUA_OK)
        status = compiling.status;
    if (status == LUA_ERRMEM) {
        fail(err, "memory", file->name, "not enough memory");
        err->line = compiling.line;
    } else if (status != LUA_OK) {
        hs_script_error_set(err, "syntax", lua_tostring(L, -1));
        snprintf(err->source, sizeof err->source, "%s", file->name);
    }
    lua_settop(L, 0);
    return status == LUA_OK ? 0 : -1;
}

static int compare_name(const void *name, const void *file)
{
    return strcmp(name, ((const struct file *)file)->name);
}

static const struct file *find(const struct hs_bundle *bundle, const char *name)
{
    return bsearch(name, bundle->files, bundle->count, sizeof *bundle->files,
                   compare_name);
}

/* Take over hash and bytecode of the same text under the same name. 1 if there
 * was one. */
static int take_over(struct file *file, const struct hs_bundle *before)
{
    const struct file *was = before ? find(before, file->name) : NULL;

    if (!was || was->len != file->len ||
        memcmp(was->text, file->text, file->len) != 0)
        return 0;
    memcpy(file->hash, was->hash, sizeof file->hash);
    file->code = was->code;
    if (file->code)
        atomic_fetch_add(&file->code->uses, 1);
    return 1;
}

static void hash_text(const char *text, size_t len, char *hex)
{
    unsigned char digest[32];

    hs_sha256(text, len, digest);
    hs_hex(digest, sizeof digest, hex);
}

/* Most files are unchanged since the previous bundle: only the others cost
 * time. A refused text of Lua goes into `broken`. */
static int compile_all(struct hs_bundle *bundle, const struct hs_bundle *before,
                       struct hs_buf *broken, struct hs_script_error *err)
{
    lua_State *L = luaL_newstate();
    int rc = L ? 0 : -1;

    if (!L)
        fail(err, "memory", "", "not enough memory");
    for (size_t i = 0; rc == 0 && i < bundle->count; i++) {
        struct file *file = &bundle->files[i];

        if (take_over(file, before))
            continue;
        rc = compile(L, file, err);
        if (rc != 0 && broken && is_code(file->name) &&
            strcmp(err->code, "syntax") == 0)
            (void)hs_buf_add(broken, file->text, file->len);
        if (rc == 0)
            hash_text(file->text, file->len, file->hash);
    }
    if (L)
        lua_close(L);
    return rc;
}

/* SHA-256 over every name and the hash of its text. 0 or -1. */
static int hash(struct hs_bundle *bundle, struct hs_script_error *err)
{
    struct hs_buf all = {0};
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < bundle->count; i++)
        rc = hs_buf_printf(&all, "%s\n%s\n", bundle->files[i].name,
                           bundle->files[i].hash);
    if (rc == 0)
        hash_text(all.data ? all.data : "", all.len, bundle->hash);
    else
        fail(err, "memory", "", "not enough memory");
    hs_buf_free(&all);
    return rc;
}

static int take_files(struct hs_bundle *bundle, struct hs_script_error *err)
{
    bundle->count = hs_folder_count(bundle->folder);
    bundle->files = calloc(bundle->count + 1, sizeof *bundle->files);
    if (!bundle->files) {
        fail(err, "memory", "", "not enough memory");
        return -1;
    }
    for (size_t i = 0; i < bundle->count; i++) {
        struct file *file = &bundle->files[i];

        file->name = hs_folder_file(bundle->folder, i, &file->text, &file->len);
    }
    return 0;
}

/* The program's sentences, unless the team has its own. */
#define PHRASES "phrases.lua"

static int has_phrases(const struct hs_folder *folder)
{
    const char *text;
    size_t len;

    for (size_t i = 0; i < hs_folder_count(folder); i++) {
        if (strcmp(hs_folder_file(folder, i, &text, &len), PHRASES) == 0)
            return 1;
    }
    return 0;
}

/* The embedded files, or only their phrases. 0, or -1 and `err`. */
static int add_embedded(struct hs_folder *folder, int only_phrases,
                        struct hs_error *err)
{
    int own_phrases = has_phrases(folder);
    int rc = 0;

    for (unsigned i = 0; rc == 0 && i < hs_program_count; i++) {
        const struct hs_program_file *file = &hs_program_files[i];

        if (strcmp(file->name, PHRASES) == 0 ? own_phrases : only_phrases)
            continue;
        rc = hs_folder_replace(folder, file->name, file->text,
                               (size_t)(file->end - file->text), err);
    }
    return rc;
}

/* A rules folder: it holds the team's files and none of the program's. */
static int is_rules_only(const struct hs_folder *folder)
{
    const char *text;
    size_t len;

    for (size_t i = 0; i < hs_folder_count(folder); i++) {
        const char *name = hs_folder_file(folder, i, &text, &len);

        if (strcmp(name, PHRASES) != 0 && hs_program_has(name))
            return 0;
    }
    return hs_folder_count(folder) > 0;
}

static int is_not_teams(const char *name)
{
    return strchr(name, '/') || strcmp(name, "app.lua") == 0;
}

/* Cut the folder down to what `base` takes of it. Returns whether all embedded
 * files come with it, or only phrases where it has none: the same files must
 * make the same version, whoever puts them together. */
static int cut_down(struct hs_folder *folder, enum hs_bundle_base base)
{
    int rules_only = is_rules_only(folder);
    int empty = hs_folder_count(folder) == 0;

    if (base == HS_BASE_PROGRAM)
        hs_folder_filter(folder, hs_program_has);
    if (base == HS_BASE_OTHERS)
        hs_folder_filter(folder, is_not_teams);
    return base == HS_BASE_BUILT_IN || (base == HS_BASE_FOLDER && rules_only) ||
           (base == HS_BASE_OTHERS && (rules_only || empty));
}

/* The files below the texts. NULL and `err`, with the file's name in `source`.
 */
static struct hs_folder *read_base(const struct hs_bundle_from *from,
                                   char *source, struct hs_error *err)
{
    const struct hs_folder *before = from->before ? from->before->folder : NULL;
    struct hs_folder *folder;
    int whole;

    if (from->base == HS_BASE_BEFORE)
        return hs_folder_copy(before, hs_program_has, err);
    folder =
        from->base != HS_BASE_BUILT_IN && from->base != HS_BASE_NOTHING
            ? hs_folder_read(from->folder, from->patience, before, source, err)
            : hs_folder_new(err);

    if (!folder)
        return NULL;
    whole = cut_down(folder, from->base);
    if (from->base == HS_BASE_NOTHING ||
        (!whole && hs_folder_count(folder) == 0) ||
        add_embedded(folder, !whole, err) == 0)
        return folder;
    hs_folder_free(folder);
    return NULL;
}

/* 0, or -1 and `err`. */
static int read_files(struct hs_bundle *bundle,
                      const struct hs_bundle_from *from,
                      struct hs_script_error *err)
{
    const struct hs_bundle_text *text = from->texts;
    struct hs_error reason;
    char source[HS_FOLDER_NAME_MAX + 1] = "";

    bundle->folder = read_base(from, source, &reason);
    if (!bundle->folder) {
        fail(err, reason.code, source, reason.message);
        return -1;
    }
    for (; text && text->name; text++) {
        if (hs_folder_replace(bundle->folder, text->name, text->text, text->len,
                              &reason) == 0)
            continue;
        fail(err, reason.code, text->name, reason.message);
        return -1;
    }
    return 0;
}

struct hs_bundle *hs_bundle_make(const struct hs_bundle_from *from,
                                 struct hs_script_error *err)
{
    struct hs_bundle *bundle = calloc(1, sizeof *bundle);

    if (!bundle) {
        fail(err, "memory", "", "not enough memory");
        return NULL;
    }
    atomic_init(&bundle->uses, 1);
    if (read_files(bundle, from, err) == 0 && take_files(bundle, err) == 0 &&
        compile_all(bundle, from->before, from->broken, err) == 0 &&
        hash(bundle, err) == 0)
        return bundle;
    hs_bundle_drop(bundle);
    return NULL;
}

int hs_bundle_is_still(const struct hs_bundle *bundle,
                       const struct hs_bundle_from *from)
{
    return bundle &&
           hs_folder_is_still(bundle->folder, from->folder,
                              from->before ? from->before->folder : NULL);
}

void hs_bundle_keep(struct hs_bundle *bundle)
{
    atomic_fetch_add(&bundle->uses, 1);
}

void hs_bundle_drop(struct hs_bundle *bundle)
{
    if (!bundle || atomic_fetch_sub(&bundle->uses, 1) > 1)
        return;
    for (size_t i = 0; bundle->files && i < bundle->count; i++)
        drop_code(bundle->files[i].code);
    free(bundle->files);
    hs_folder_free(bundle->folder);
    free(bundle);
}

const char *hs_bundle_hash(const struct hs_bundle *bundle)
{
    return bundle->hash;
}

int64_t hs_bundle_version(const struct hs_bundle *bundle)
{
    return bundle->version;
}

void hs_bundle_set_version(struct hs_bundle *bundle, int64_t version)
{
    bundle->version = version;
}

const char *hs_bundle_source(const struct hs_bundle *bundle, const char *name,
                             size_t *len)
{
    const struct file *file = find(bundle, name);

    if (!file)
        return NULL;
    *len = file->len;
    return file->text;
}

/* The next file of the application from `*at` on, or NULL. */
static const struct file *next_of_application(const struct hs_bundle *bundle,
                                              size_t *at)
{
    while (*at < bundle->count) {
        const struct file *file = &bundle->files[(*at)++];

        if (file->code && strcmp(file->name, HS_RULE_FILE) != 0)
            return file;
    }
    return NULL;
}

int hs_bundle_same_application(const struct hs_bundle *bundle,
                               const struct hs_bundle *other)
{
    const struct file *one, *two;
    size_t i = 0, j = 0;

    do {
        one = next_of_application(bundle, &i);
        two = next_of_application(other, &j);
        if (one && two &&
            (one->code != two->code || strcmp(one->name, two->name) != 0))
            return 0;
    } while (one && two);
    return !one && !two;
}

size_t hs_bundle_files(const struct hs_bundle *bundle)
{
    return bundle->count;
}

const char *hs_bundle_file_name(const struct hs_bundle *bundle, size_t index)
{
    return bundle->files[index].name;
}

const char *hs_bundle_file_hash(const struct hs_bundle *bundle, size_t index)
{
    return bundle->files[index].hash;
}

int l_bundle_push(lua_State *L, const struct hs_bundle *bundle,
                  const char *name)
{
    const struct file *file = find(bundle, name);
    char chunk[HS_FOLDER_NAME_MAX + 2];

    if (!file || !file->code)
        return -1;
    snprintf(chunk, sizeof chunk, "@%s", name);
    if (luaL_loadbufferx(L, file->code->bytes.data, file->code->bytes.len,
                         chunk, "b") != LUA_OK)
        return lua_error(L);
    return 0;
}

static int l_text(lua_State *L)
{
    const struct hs_bundle *bundle = lua_touserdata(L, lua_upvalueindex(1));
    size_t len;
    const char *text = hs_bundle_source(bundle, luaL_checkstring(L, 1), &len);

    if (text)
        lua_pushlstring(L, text, len);
    else
        lua_pushnil(L);
    return 1;
}

void l_bundle_push_reader(lua_State *L, const struct hs_bundle *bundle)
{
    lua_pushlightuserdata(L, (void *)bundle);
    lua_pushcclosure(L, l_text, 1);
}
