/* versions.c: the numbers that sets of Lua sources have in the database. */
#include "server/versions.h"

#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "lib/store.h"
#include "script/bundle.h"

#define WAIT_MS 2000

static struct hs_value text_value(const char *text, size_t len)
{
    return (struct hs_value){.type = HS_TEXT, .bytes = text, .len = len};
}

/* {"forwarding.lua":"…", …} */
static int sources_json(const struct hs_bundle *bundle, struct hs_buf *out)
{
    size_t count = hs_bundle_files(bundle);

    if (hs_buf_add_str(out, "{") != 0)
        return -1;
    for (size_t i = 0; i < count; i++) {
        const char *name = hs_bundle_file_name(bundle, i);
        size_t len = 0;
        const char *text = hs_bundle_source(bundle, name, &len);

        if (hs_buf_add_str(out, i ? "," : "") ||
            hs_buf_add_json(out, name, strlen(name)) ||
            hs_buf_add_str(out, ":") || hs_buf_add_json(out, text, len))
            return -1;
    }
    return hs_buf_add_str(out, "}");
}

static int enter(struct hs_session *session, const struct hs_bundle *bundle,
                 struct hs_error *err)
{
    static const char sql[] =
        "INSERT INTO rule_versions (hash, live_at, sources) "
        "VALUES (?, ?, ?) ON CONFLICT (hash) DO NOTHING";
    const char *hash = hs_bundle_hash(bundle);
    struct hs_buf sources = {0};
    struct hs_value values[3];
    struct hs_statement insert = {
        .sql = sql, .sql_len = sizeof sql - 1, .values = values, .count = 3};
    int result = -1;

    if (sources_json(bundle, &sources) != 0) {
        hs_error_set(err, "memory", "out of memory");
        goto done;
    }
    values[0] = text_value(hash, strlen(hash));
    values[1] = (struct hs_value){.type = HS_INTEGER, .integer = hs_now_ms()};
    values[2] = text_value(sources.data, sources.len);
    result = hs_session_write(session, &insert, 1, WAIT_MS, err);

done:
    hs_buf_free(&sources);
    return result;
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

int hs_version_of(struct hs_store *store, const struct hs_bundle *bundle,
                  int64_t *version, struct hs_error *err)
{
    const char *hash = hs_bundle_hash(bundle);
    struct hs_session *session = hs_session_new(store, err);
    int found;

    if (!session)
        return -1;
    found = look_up(session, hash, version, err);
    if (found == 0 && enter(session, bundle, err) == 0)
        found = look_up(session, hash, version, err);
    hs_session_free(session);
    return found > 0 ? 0 : -1;
}
