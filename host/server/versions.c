/* versions.c: the history of the Lua sources in the database. */
#include "server/versions.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "lib/folder.h"
#include "lib/store.h"
#include "script/bundle.h"

#define WAIT_MS 2000

static struct hs_value text_value(const char *text, size_t len)
{
    return (struct hs_value){.type = HS_TEXT, .bytes = text, .len = len};
}

/* {"forwarding.lua":"hash of its text", …} */
static int files_json(const struct hs_bundle *bundle, struct hs_buf *out)
{
    size_t count = hs_bundle_files(bundle);

    if (hs_buf_add_str(out, "{") != 0)
        return -1;
    for (size_t i = 0; i < count; i++) {
        const char *name = hs_bundle_file_name(bundle, i);

        if (hs_buf_add_str(out, i ? "," : "") ||
            hs_buf_add_json(out, name, strlen(name)) ||
            hs_buf_printf(out, ":\"%s\"", hs_bundle_file_hash(bundle, i)))
            return -1;
    }
    return hs_buf_add_str(out, "}");
}

/* Does the bundle have a file with this text? */
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

static void add(struct entry *entry, const char *sql, int count)
{
    entry->batch[entry->statements++] =
        (struct hs_statement){.sql = sql,
                              .sql_len = strlen(sql),
                              .values = entry->values + entry->used,
                              .count = count};
    entry->used += count;
}

/* The texts that `before` does not have are new. */
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
        value[0] = text_value(hash, strlen(hash));
        value[1] = text_value(text, len);
        add(entry,
            "INSERT INTO rule_texts (hash, text) VALUES (?, ?) "
            "ON CONFLICT (hash) DO NOTHING",
            2);
    }
}

static void add_version(struct entry *entry, const char *hash,
                        const char *result, const struct hs_buf *files)
{
    struct hs_value *value = entry->values + entry->used;
    struct hs_value now = {.type = HS_INTEGER, .integer = hs_now_ms()};

    value[0] = text_value(hash, strlen(hash));
    value[1] = now;
    value[2] = text_value(result, strlen(result));
    value[3] = text_value(files->data, files->len);
    add(entry,
        "INSERT INTO rule_versions (hash, live_at, result, files) "
        "VALUES (?, ?, ?, ?) ON CONFLICT (hash) DO NOTHING",
        4);
    value += 4;
    value[0] = now;
    value[1] = text_value(result, strlen(result));
    value[2] = text_value(hash, strlen(hash));
    add(entry,
        "INSERT INTO rule_activations (version, live_at, result) "
        "SELECT id, ?, ? FROM rule_versions WHERE hash = ? AND id <> "
        "COALESCE((SELECT version FROM rule_activations "
        "ORDER BY id DESC LIMIT 1), 0)",
        3);
}

static int enter(struct hs_session *session, const struct hs_bundle *bundle,
                 const struct hs_bundle *before, const char *result,
                 struct hs_error *err)
{
    size_t count = hs_bundle_files(bundle);
    struct entry entry = {.batch = calloc(count + 2, sizeof *entry.batch),
                          .values =
                              calloc(2 * count + 7, sizeof *entry.values)};
    struct hs_buf files = {0};
    int rc = -1;

    if (!entry.batch || !entry.values || files_json(bundle, &files) != 0) {
        hs_error_set(err, "memory", "out of memory");
        goto done;
    }
    add_texts(&entry, bundle, before);
    add_version(&entry, hs_bundle_hash(bundle), result, &files);
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
    static const char sql[] = "SELECT id FROM rule_versions WHERE hash = ?";
    struct hs_value key = text_value(hash, strlen(hash));
    struct hs_statement select = {
        .sql = sql, .sql_len = sizeof sql - 1, .values = &key, .count = 1};
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
                     const struct hs_bundle *before, const char *result,
                     int64_t *version, struct hs_error *err)
{
    struct hs_session *session = hs_session_new(store, err);
    struct hs_error unreadable;
    int entered, found;

    if (!session)
        return -1;
    entered = enter(session, bundle, before, result, err);
    /* On a disk that cannot be written an older version still has a number. */
    found = look_up(session, hs_bundle_hash(bundle), version,
                    entered == 0 ? err : &unreadable);
    hs_session_free(session);
    return found > 0 ? 0 : -1;
}

/* Append the one text that the statement gives. 1 found, 0 not, -1 failed. */
static int read_text(struct hs_session *session, struct hs_statement *select,
                     struct hs_buf *out, struct hs_error *err)
{
    struct hs_cursor *cursor = hs_session_query(session, select, WAIT_MS, err);
    struct hs_value text;
    int found;

    if (!cursor)
        return -1;
    found = hs_cursor_step(cursor, err);
    if (found > 0) {
        hs_cursor_value(cursor, 0, &text);
        if (text.type != HS_TEXT) {
            found = 0; /* a version of the first days */
        } else if (hs_buf_add(out, text.bytes, text.len) != 0) {
            hs_error_set(err, "memory", "out of memory");
            found = -1;
        }
    }
    hs_cursor_close(cursor);
    return found;
}

/* The hash of a file in {"name":"hash", …}, as files_json() wrote it. 0 or -1.
 */
static int find_hash(const char *files, const char *name, char hash[65])
{
    char key[HS_FOLDER_NAME_MAX + 6];
    const char *at;

    snprintf(key, sizeof key, "\"%s\":\"", name);
    at = strstr(files, key);
    if (!at || strlen(at) < strlen(key) + 64)
        return -1;
    memcpy(hash, at + strlen(key), 64);
    hash[64] = '\0';
    return 0;
}

int hs_version_last_text(struct hs_store *store, const char *name,
                         struct hs_buf *out, struct hs_error *err)
{
    static const char files_sql[] =
        "SELECT v.files FROM rule_activations AS a JOIN rule_versions AS v "
        "ON v.id = a.version ORDER BY a.id DESC LIMIT 1";
    static const char text_sql[] = "SELECT text FROM rule_texts WHERE hash = ?";
    char hash[65];
    struct hs_value key;
    struct hs_statement files_of = {.sql = files_sql,
                                    .sql_len = sizeof files_sql - 1};
    struct hs_statement text_of = {.sql = text_sql,
                                   .sql_len = sizeof text_sql - 1,
                                   .values = &key,
                                   .count = 1};
    struct hs_session *session = hs_session_new(store, err);
    struct hs_buf files = {0};
    int found;

    if (!session)
        return -1;
    found = read_text(session, &files_of, &files, err);
    if (found > 0 && find_hash(files.data, name, hash) == 0) {
        key = text_value(hash, 64);
        found = read_text(session, &text_of, out, err);
    } else if (found > 0) {
        found = 0;
    }
    hs_session_free(session);
    hs_buf_free(&files);
    return found;
}
