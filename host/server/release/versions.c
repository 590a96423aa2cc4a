/* versions.c: the history of the Lua sources in the database. */
#include "server/release/versions.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "lib/crypt.h"
#include "lib/files/program.h"
#include "lib/jsonscan.h"
#include "script/bundle.h"
#include "server/sql.h"

#define WAIT_MS 2000

int hs_version_is_teams(const struct hs_bundle_text *file)
{
    return !strchr(file->name, '/') && strcmp(file->name, "app.lua") != 0 &&
           file->text && !hs_program_holds(file->name, file->text, file->len);
}

static int is_teams(const struct hs_bundle *bundle, const char *name)
{
    struct hs_bundle_text file = {.name = name};

    file.text = hs_bundle_source(bundle, name, &file.len);
    return hs_version_is_teams(&file);
}

static int list_file(struct hs_buf *out, const char *name, const char *hash)
{
    return hs_buf_add_str(out, out->len > 1 ? "," : "") ||
           hs_buf_add_json(out, name, strlen(name)) ||
           hs_buf_printf(out, ":\"%s\"", hash);
}

/* {"forwarding.lua":"hash of its text", …} */
static int files_json(const struct hs_bundle *bundle, int teams,
                      struct hs_buf *out)
{
    size_t count = hs_bundle_files(bundle);

    if (hs_buf_add_str(out, "{") != 0)
        return -1;
    for (size_t i = 0; i < count; i++) {
        const char *name = hs_bundle_file_name(bundle, i);

        if ((!teams || is_teams(bundle, name)) &&
            list_file(out, name, hs_bundle_file_hash(bundle, i)) != 0)
            return -1;
    }
    return hs_buf_add_str(out, "}");
}

static void hash_of(const void *data, size_t len, char out[65])
{
    unsigned char digest[32];

    hs_sha256(data, len, digest);
    hs_hex(digest, sizeof digest, out);
}

/* Does the bundle contain a file with this text? */
static int has_text(const struct hs_bundle *bundle, const char *hash)
{
    size_t count = bundle ? hs_bundle_files(bundle) : 0;

    for (size_t i = 0; i < count; i++) {
        if (strcmp(hs_bundle_file_hash(bundle, i), hash) == 0)
            return 1;
    }
    return 0;
}

/* What goes live is written in one transaction. */
struct entry {
    struct hs_statement *batch;
    struct hs_value *values;
    int statements, used;
};

/* With the next unused values. */
static void add(struct entry *entry, const struct hs_sql *sql)
{
    entry->batch[entry->statements++] =
        hs_sql_with(sql, entry->values + entry->used);
    entry->used += sql->places;
}

/* Texts that `before` doesn't have are new. */
static void add_texts(struct entry *entry, const struct hs_bundle *bundle,
                      const struct hs_bundle *before)
{
    size_t count = hs_bundle_files(bundle);

    for (size_t i = 0; i < count; i++) {
        const char *hash = hs_bundle_file_hash(bundle, i);
        struct hs_value *value = entry->values + entry->used;
        size_t len = 0;
        const char *text;

        if (has_text(before, hash))
            continue;
        text = hs_bundle_source(bundle, hs_bundle_file_name(bundle, i), &len);
        value[0] = hs_text_value(hash, strlen(hash));
        value[1] = hs_text_value(text, len);
        add(entry, &hs_sql_text_keep);
    }
}

static struct hs_value optional(const char *text)
{
    return text[0] ? hs_text_value(text, strlen(text))
                   : (struct hs_value){.type = HS_NULL};
}

static void add_activation(struct entry *entry, const char *hash,
                           const struct hs_version_about *about,
                           struct hs_value now)
{
    struct hs_value *value = entry->values + entry->used;

    value[0] = now;
    value[1] = hs_text_value(about->result, strlen(about->result));
    value[2] = optional(about->author.name);
    value[3] = optional(about->author.kind);
    value[4] = optional(about->author.note);
    value[5] = optional(about->checks);
    value[6] = optional(about->gate);
    value[7] = hs_text_value(hash, strlen(hash));
    add(entry, &hs_sql_activation_add);
    value[8] = value[7];
    add(entry, &hs_sql_intent_end);
}

static void add_version(struct entry *entry, const char *hash,
                        const struct hs_version_about *about,
                        const struct hs_buf *files)
{
    struct hs_value *value = entry->values + entry->used;
    struct hs_value now = {.type = HS_INTEGER, .integer = hs_now_ms()};

    value[0] = hs_text_value(hs_program_hash, strlen(hs_program_hash));
    value[1] = hs_text_value(hash, strlen(hash));
    add(entry, &hs_sql_version_again);
    value[2] = value[1];
    value[3] = now;
    value[4] = hs_text_value(about->result, strlen(about->result));
    value[5] = hs_text_value(files->data, files->len);
    value[6] = value[0];
    value[7] = value[1];
    add(entry, &hs_sql_version_keep);
    add_activation(entry, hash, about, now);
}

static int enter(struct hs_session *session, const struct hs_bundle *bundle,
                 const struct hs_bundle *before,
                 const struct hs_version_about *about, struct hs_error *err)
{
    size_t count = hs_bundle_files(bundle);
    struct entry entry = {.batch = calloc(count + 4, sizeof *entry.batch),
                          .values =
                              calloc(2 * count + 17, sizeof *entry.values)};
    struct hs_buf files = {0};
    int rc = -1;

    if (!entry.batch || !entry.values || files_json(bundle, 0, &files) != 0) {
        hs_no_memory(err);
        goto done;
    }
    add_texts(&entry, bundle, before);
    add_version(&entry, hs_bundle_hash(bundle), about, &files);
    rc = hs_session_write(session, entry.batch, entry.statements, WAIT_MS, err);

done:
    hs_buf_free(&files);
    free(entry.values);
    free(entry.batch);
    return rc;
}

/* 1 found, 0 not there, -1 failed. */
static int look_up(struct hs_session *session, const char *hash,
                   int64_t *version, struct hs_error *err)
{
    struct hs_value key = hs_text_value(hash, strlen(hash));
    struct hs_statement select = hs_sql_with(&hs_sql_version_find, &key);
    struct hs_cursor *cursor = hs_session_query(session, &select, WAIT_MS, err);
    struct hs_value id;
    int found;

    if (!cursor)
        return -1;
    found = hs_cursor_step(cursor, err);
    if (found > 0) {
        hs_cursor_value(cursor, 0, &id);
        *version = id.integer;
    }
    hs_cursor_close(cursor);
    return found;
}

int hs_version_enter(struct hs_store *store, const struct hs_bundle *bundle,
                     const struct hs_bundle *before,
                     const struct hs_version_about *about, int64_t *version,
                     struct hs_error *err)
{
    struct hs_error unreadable;
    struct hs_session *session = hs_session_new(store, err);
    int entered = session ? enter(session, bundle, before, about, err) : -1;
    /* On a read-only disk an older version still has its number. */
    int found = session ? look_up(session, hs_bundle_hash(bundle), version,
                                  entered == 0 ? err : &unreadable)
                        : -1;

    hs_session_free(session);
    return entered == 0 && found > 0 ? 0 : -1;
}

int hs_version_is_accepted(struct hs_store *store, const char *hash)
{
    struct hs_error err;
    struct hs_session *session = hs_session_new(store, &err);
    struct hs_value key = hs_text_value(hash, strlen(hash));
    struct hs_statement select = hs_sql_with(&hs_sql_intent_accepted, &key);
    struct hs_cursor *cursor =
        session ? hs_session_query(session, &select, WAIT_MS, &err) : NULL;
    int found = cursor ? hs_cursor_step(cursor, &err) : 0;

    if (cursor)
        hs_cursor_close(cursor);
    hs_session_free(session);
    return found > 0;
}

int hs_version_name_author(struct hs_store *store,
                           const struct hs_author *author, struct hs_error *err)
{
    struct hs_session *session = hs_session_new(store, err);
    struct hs_value values[3] = {optional(author->name), optional(author->kind),
                                 optional(author->note)};
    struct hs_statement update = hs_sql_with(&hs_sql_activation_author, values);
    int rc = session ? hs_session_write(session, &update, 1, WAIT_MS, err) : -1;

    hs_session_free(session);
    return rc;
}

/* ---- the last good one ---- */

/* Append the text in a column of the cursor's row, if any. 0 or -1. */
static int take_text(struct hs_cursor *cursor, int column, struct hs_buf *out,
                     struct hs_error *err)
{
    struct hs_value value;

    hs_cursor_value(cursor, column, &value);
    if ((value.type != HS_TEXT && value.type != HS_BLOB) ||
        hs_buf_add(out, value.bytes, value.len) == 0)
        return 0;
    return hs_no_memory(err);
}

/* Append the first row's texts, of `columns` columns. 1 found, 0 not, -1
 * failed. */
static int read_row(struct hs_session *session, struct hs_statement *select,
                    struct hs_buf *out, int columns, struct hs_error *err)
{
    struct hs_cursor *cursor = hs_session_query(session, select, WAIT_MS, err);
    int found;

    if (!cursor)
        return -1;
    found = hs_cursor_step(cursor, err);
    for (int i = 0; found > 0 && i < columns; i++) {
        if (take_text(cursor, i, &out[i], err) != 0)
            found = -1;
    }
    hs_cursor_close(cursor);
    return found;
}

/* The next `"name":"hash"` in the output of files_json(), from `*at` on. 1, or
 * 0 at the end. */
static int next_file(const char **at, struct hs_buf *name, char hash[65])
{
    const char *from = *at + strcspn(*at, "\"");
    const char *to = *from ? from + 1 : NULL;
    struct hs_json_value quoted = {.type = HS_JSON_STRING, .text = from};

    while (to && *to && *to != '"')
        to += *to == '\\' && to[1] ? 2 : 1;
    if (!to || strncmp(to, "\":\"", 3) != 0 || strlen(to) < 3 + 64)
        return 0;
    quoted.len = (size_t)(to + 1 - from);
    hs_buf_clear(name);
    if (hs_json_string(&quoted, name) != 0)
        return 0;
    memcpy(hash, to + 3, 64);
    hash[64] = '\0';
    *at = to + 3 + 65;
    return 1;
}

/* Add a file with its text. 0; -1 and `err`, also if the text is gone. */
static int add_file(struct hs_session *session, struct hs_version_files *files,
                    const char *name, const char *hash, struct hs_error *err)
{
    struct hs_value key = hs_text_value(hash, strlen(hash));
    struct hs_statement select = hs_sql_with(&hs_sql_text_get, &key);
    struct hs_bundle_text *texts =
        reallocarray(files->texts, files->count + 2, sizeof *texts);
    struct hs_buf text = {0};
    char *copy = texts ? strdup(name) : NULL;
    int found;

    if (texts)
        files->texts = texts;
    if (!copy)
        return hs_no_memory(err);
    found = read_row(session, &select, &text, 1, err);
    if (found == 0)
        hs_error_set(err, "gone", "the text of %s is not stored", name);
    if (found <= 0) {
        free(copy);
        hs_buf_free(&text);
        return -1;
    }
    texts[files->count++] = (struct hs_bundle_text){copy, text.data, text.len};
    texts[files->count] = (struct hs_bundle_text){NULL, NULL, 0};
    return 0;
}

static int read_files(struct hs_session *session, const char *list,
                      struct hs_version_files *files, struct hs_error *err)
{
    struct hs_buf name = {0};
    char hash[65];
    int rc = 0;

    while (rc == 0 && next_file(&list, &name, hash))
        rc = add_file(session, files, name.data, hash, err);
    hs_buf_free(&name);
    return rc;
}

int hs_version_last(struct hs_store *store, struct hs_version_files *files,
                    struct hs_error *err)
{
    struct hs_statement select = hs_sql_with(&hs_sql_version_last, NULL);
    struct hs_buf row[2] = {{0}, {0}};
    struct hs_session *session;
    int rc;

    *files = (struct hs_version_files){0};
    session = hs_session_new(store, err);
    if (!session)
        return -1;
    rc = read_row(session, &select, row, 2, err);
    if (rc > 0) {
        files->is_whole =
            row[1].len && strcmp(row[1].data, hs_program_hash) == 0;
        rc = row[0].len ? read_files(session, row[0].data, files, err) : 0;
    }
    hs_session_free(session);
    hs_buf_free(&row[0]);
    hs_buf_free(&row[1]);
    if (rc == 0)
        return 0;
    hs_version_files_free(files);
    return -1;
}

/* ---- what is live on all hosts ---- */

int hs_current_hash(const struct hs_bundle *bundle, char out[65])
{
    struct hs_buf files = {0};
    int rc = files_json(bundle, 1, &files);

    if (rc == 0)
        hash_of(files.data, files.len, out);
    hs_buf_free(&files);
    return rc;
}

int hs_current_hash_folder(const struct hs_folder *folder, char out[65])
{
    struct hs_buf files = {0};
    int failed = hs_buf_add_str(&files, "{");

    for (size_t i = 0; !failed && i < hs_folder_count(folder); i++) {
        struct hs_bundle_text file = {0};
        char hash[65];

        file.name = hs_folder_file(folder, i, &file.text, &file.len);
        hash_of(file.text, file.len, hash);
        failed =
            hs_version_is_teams(&file) && list_file(&files, file.name, hash);
    }
    if (!failed && hs_buf_add_str(&files, "}") == 0)
        hash_of(files.data, files.len, out);
    else
        failed = 1;
    hs_buf_free(&files);
    return failed ? -1 : 0;
}

static void copy_value(struct hs_cursor *cursor, int column, char *out,
                       size_t size)
{
    struct hs_value value;

    hs_cursor_value(cursor, column, &value);
    (void)snprintf(out, size, "%.*s", (int)value.len,
                   value.len ? value.bytes : "");
}

static int read_current(struct hs_session *session, struct hs_current *out,
                        struct hs_buf *files, struct hs_error *err)
{
    struct hs_statement select = hs_sql_with(&hs_sql_current_get, NULL);
    struct hs_cursor *cursor = hs_session_query(session, &select, WAIT_MS, err);
    struct hs_value seq;
    int found;

    if (!cursor)
        return -1;
    found = hs_cursor_step(cursor, err);
    if (found > 0) {
        hs_cursor_value(cursor, 0, &seq);
        out->seq = seq.integer;
        copy_value(cursor, 1, out->hash, sizeof out->hash);
        copy_value(cursor, 3, out->by_host, sizeof out->by_host);
        if (take_text(cursor, 2, files, err) != 0)
            found = -1;
    }
    hs_cursor_close(cursor);
    return found;
}

int hs_current_read(struct hs_store *store, struct hs_current *out,
                    struct hs_error *err)
{
    struct hs_session *session = hs_session_new(store, err);
    struct hs_buf files = {0};
    int rc = -1;

    *out = (struct hs_current){0};
    if (session)
        rc = read_current(session, out, &files, err);
    if (rc > 0)
        rc = read_files(session, files.data, &out->files, err);
    hs_session_free(session);
    hs_buf_free(&files);
    if (rc != 0)
        hs_version_files_free(&out->files);
    return rc;
}

static int publish_texts(struct hs_session *session,
                         const struct hs_bundle *bundle, const char *host,
                         struct hs_value seq[2], struct hs_error *err)
{
    size_t count = hs_bundle_files(bundle);
    struct entry entry = {.batch = calloc(count + 1, sizeof *entry.batch),
                          .values =
                              calloc(2 * count + 6, sizeof *entry.values)};
    struct hs_buf files = {0};
    struct hs_value *value;
    char hash[65];
    int rc = -1;

    if (!entry.batch || !entry.values || files_json(bundle, 1, &files) != 0 ||
        hs_current_hash(bundle, hash) != 0) {
        hs_no_memory(err);
    } else {
        add_texts(&entry, bundle, NULL);
        value = entry.values + entry.used;
        value[0] = seq[1];
        value[1] = hs_text_value(hash, strlen(hash));
        value[2] = hs_text_value(files.data, files.len);
        value[3] = hs_text_value(host, strlen(host));
        value[4] =
            (struct hs_value){.type = HS_INTEGER, .integer = hs_now_ms()};
        value[5] = seq[0];
        add(&entry, &hs_sql_current_put);
        rc = hs_session_write(session, entry.batch, entry.statements, WAIT_MS,
                              err);
        if (rc == 0)
            rc = entry.batch[entry.statements - 1].changes > 0;
    }
    hs_buf_free(&files);
    free(entry.values);
    free(entry.batch);
    return rc;
}

int hs_current_publish(struct hs_store *store, const struct hs_bundle *bundle,
                       const char *host, int64_t *seq, struct hs_error *err)
{
    struct hs_session *session = hs_session_new(store, err);
    struct hs_value values[2] = {{.type = HS_INTEGER, .integer = *seq},
                                 {.type = HS_INTEGER, .integer = *seq + 1}};
    int rc = session ? publish_texts(session, bundle, host, values, err) : -1;

    hs_session_free(session);
    if (rc > 0)
        (*seq)++;
    return rc;
}

int hs_version_was_live(struct hs_store *store, const char *text, size_t len)
{
    struct hs_error err;
    struct hs_session *session = hs_session_new(store, &err);
    unsigned char digest[32];
    char hash[65];
    struct hs_value key;
    struct hs_statement select;
    struct hs_buf found = {0};
    int rc = 0;

    hs_sha256(text, len, digest);
    hs_hex(digest, sizeof digest, hash);
    key = hs_text_value(hash, 64);
    select = hs_sql_with(&hs_sql_text_was_live, &key);
    if (session)
        rc = read_row(session, &select, &found, 1, &err);
    hs_session_free(session);
    hs_buf_free(&found);
    return rc > 0;
}

void hs_version_files_free(struct hs_version_files *files)
{
    for (size_t i = 0; i < files->count; i++) {
        free((char *)files->texts[i].name);
        free((char *)files->texts[i].text);
    }
    free(files->texts);
    *files = (struct hs_version_files){0};
}
