/* engine_support.h: a store of each engine with a small schema, made again for
 * each test. PostgreSQL is tested where HS_POSTGRES is the URL of a database on
 * 127.0.0.1 in which schemas may be made (spec/run postgres sets it). */
#ifndef HS_SPEC_ENGINE_SUPPORT_H
#define HS_SPEC_ENGINE_SUPPORT_H

#include "store/engine/schema.h"
#include "store_support.h"

static const char schema_sql[] =
    "-- a comment; with a semicolon\n"
    "CREATE TABLE calls (id INTEGER PRIMARY KEY, sid TEXT NOT NULL UNIQUE,\n"
    "    n INTEGER CHECK (n < 1000000), price REAL) STRICT;\n"
    "CREATE TABLE settings (name TEXT PRIMARY KEY, value TEXT) STRICT;\n"
    "CREATE TABLE presence (name TEXT PRIMARY KEY) STRICT;\n"
    "CREATE TABLE sums (day INTEGER PRIMARY KEY, total INTEGER NOT NULL,\n"
    "    started INTEGER) STRICT;\n"
    "CREATE TRIGGER sums_insert AFTER INSERT ON calls\n"
    "WHEN NEW.n IS NOT NULL AND CASE NEW.sid WHEN 'quiet' THEN 0 ELSE 1 END = "
    "1\n"
    "BEGIN\n"
    "    INSERT INTO sums (day, total, started)\n"
    "    VALUES (NEW.n / 10, NEW.n, CAST(strftime('%s', 'now') AS INTEGER))\n"
    "    ON CONFLICT (day) DO UPDATE SET total = total + excluded.total;\n"
    "END;\n"
    "CREATE TRIGGER sums_delete BEFORE DELETE ON calls\n"
    "BEGIN\n"
    "    UPDATE sums SET total = total - OLD.n WHERE day = OLD.n / 10;\n"
    "END;\n";
static const struct hs_schema_file files[] = {
    {"0001_a.sql", schema_sql, sizeof schema_sql - 1},
    {"0002_b.sql", "INSERT INTO settings VALUES ('made', 'yes');", 44}};

static const char *const hot[] = {"calls", "sums", NULL};

struct engine {
    struct place place;
    char database[600];
    char schema[32];
    struct hs_store *store;
    struct hs_session *session;
};

static void psql(const char *text)
{
    char command[1024];

    snprintf(command, sizeof command,
             "psql -Xq -d '%s' -c '%s' >/dev/null 2>&1", getenv("HS_POSTGRES"),
             text);
    assert_int_equal(system(command), 0);
}

static struct hs_store *open_hot(const char *database)
{
    struct hs_error err = {0};
    struct hs_store *store = hs_store_open(database, hot, &err);

    if (!store)
        fail_msg("%s: %s", err.code, err.message);
    return store;
}

static int set_up_engine(void **state, int postgres)
{
    static int serial;
    struct engine *e = calloc(1, sizeof *e);
    struct hs_error err = {0};
    char text[128];

    assert_non_null(e);
    make_place(&e->place);
    snprintf(e->database, sizeof e->database, "%s", e->place.path);
    if (postgres) {
        snprintf(e->schema, sizeof e->schema, "t%d_%d", getpid(), ++serial);
        snprintf(text, sizeof text, "CREATE SCHEMA %s", e->schema);
        psql(text);
        snprintf(e->database, sizeof e->database,
                 "%s?options=-csearch_path%%3D%s&application_name=%s",
                 getenv("HS_POSTGRES"), e->schema, e->schema);
    }
    if (hs_migrate_files(e->database, files, 2, 0, NULL, &err) != 0)
        fail_msg("%s: %s", err.code, err.message);
    e->store = open_hot(e->database);
    e->session = open_session(e->store);
    *state = e;
    return 0;
}

static int set_up_postgres(void **state)
{
    return set_up_engine(state, 1);
}

static int tear_down_engine(void **state)
{
    struct engine *e = *state;
    char text[128];

    hs_session_free(e->session);
    hs_store_close(e->store);
    if (e->schema[0]) {
        snprintf(text, sizeof text,
                 "SET client_min_messages = error; DROP SCHEMA %s CASCADE",
                 e->schema);
        psql(text);
    }
    drop_place(&e->place);
    free(e);
    return 0;
}

#define ON(name, test)                                                         \
    {                                                                          \
#test " on " #name, test, set_up_##name, tear_down_engine, NULL        \
    }
#endif
