/* advice.c: what an administrator should know of a PostgreSQL database, or
 * change: `hookswitch doctor`. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "store/engine/schema.h"
#include "store/postgres/connection/link.h"
#include "store/postgres/whole.h"

#define TABLES_MAX 128
#define NAME_MAX_BYTES 64
#define CONNECT_MS 5000
#define ASK_MS 5000
#define SKEW_MS 2000
#define CONNECTIONS 12 /* of a host */

struct facts {
    int64_t clock_ms, asked_ms, answered_ms;
    int64_t room; /* connections that the server has for us, used or not */
    int64_t hosts;
    int sees_standbys, waits;
    int64_t standbys; /* synchronous ones that are connected */
    const char *names;
};

/* The smallest of what the server, the role and the database allow. */
static const char facts_sql[] =
    "SELECT floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint,"
    " least(current_setting('max_connections')::int"
    " - current_setting('superuser_reserved_connections')::int"
    " - coalesce(current_setting('reserved_connections', true), '0')::int,"
    " (SELECT nullif(rolconnlimit, -1) FROM pg_roles"
    "  WHERE rolname = current_user),"
    " (SELECT nullif(datconnlimit, -1) FROM pg_database"
    "  WHERE datname = current_database())),"
    " pg_has_role(current_user, 'pg_read_all_stats', 'USAGE'),"
    " current_setting('synchronous_commit') NOT IN ('off', 'local'),"
    " (SELECT count(*) FROM pg_stat_replication"
    "  WHERE sync_state IN ('sync', 'quorum')),"
    " current_setting('synchronous_standby_names')";
static const char hosts_sql[] =
    "SELECT count(*) FROM hosts WHERE seen_at >"
    " floor(extract(epoch FROM clock_timestamp()) * 1000) - 4000";

static int64_t number(const struct pg_result *rows, int column)
{
    return strtoll(hs_pq.getvalue(rows, 0, column), NULL, 10);
}

/* A database that isn't migrated yet has no hosts. */
static int64_t count_hosts(struct hs_link *link)
{
    const char *const list[] = {hosts_sql};
    struct pg_result *rows;
    struct hs_error ignored;
    int64_t count = 0;

    if (hs_link_run(link, list, 1, &rows, hs_running_ms() + ASK_MS, &ignored) !=
        0)
        return 0;
    count = number(rows, 0);
    hs_pq.clear(rows);
    return count;
}

static int note_connections(const struct facts *facts, struct hs_buf *notes)
{
    int64_t needed = CONNECTIONS * (facts->hosts > 0 ? facts->hosts : 1);

    if (needed > facts->room)
        return hs_buf_printf(
            notes,
            "%lld hosts may need %lld connections, and the server, the role "
            "or the database allows %lld: raise max_connections, or the "
            "role's or the database's CONNECTION LIMIT\n",
            (long long)(needed / CONNECTIONS), (long long)needed,
            (long long)facts->room);
    return hs_buf_printf(notes,
                         "info: has room for %lld hosts (%d connections "
                         "each), and %lld run\n",
                         (long long)(facts->room / CONNECTIONS), CONNECTIONS,
                         (long long)facts->hosts);
}

static int note_clock(const struct facts *facts, struct hs_buf *notes)
{
    int64_t skew = 0;

    if (facts->clock_ms < facts->asked_ms)
        skew = facts->asked_ms - facts->clock_ms;
    else if (facts->clock_ms > facts->answered_ms)
        skew = facts->clock_ms - facts->answered_ms;
    if (skew <= SKEW_MS)
        return 0;
    return hs_buf_printf(notes,
                         "the clocks of this machine and of the database "
                         "differ by %lld s: run NTP on both\n",
                         (long long)(skew / 1000));
}

/* A database on one server may do without: then it is only said. */
static int note_standby(const struct facts *facts, int servers,
                        struct hs_buf *notes)
{
    if (!facts->names[0])
        return hs_buf_printf(
            notes,
            "%sno synchronous standby is configured: what was stored last is "
            "lost if the server's disk is (set synchronous_standby_names)\n",
            servers > 1 ? "" : "info: ");
    if (!facts->waits)
        return hs_buf_add_str(
            notes, "synchronous_commit doesn't wait for the standby: what was "
                   "stored last may be lost with the primary\n");
    if (!facts->sees_standbys)
        return hs_buf_add_str(
            notes, "info: whether the synchronous standby is connected can't "
                   "be seen by this role (GRANT pg_read_all_stats TO it)\n");
    if (facts->standbys == 0)
        return hs_buf_add_str(
            notes, "synchronous_standby_names is set, but no such standby is "
                   "connected: every commit waits for one\n");
    return hs_buf_add_str(notes, "info: a synchronous standby is connected\n");
}

/* ---- are all tables there? ---- */

struct names {
    char list[TABLES_MAX][NAME_MAX_BYTES];
    int count;
};

static void remove_name(struct names *names, const char *name)
{
    for (int i = 0; i < names->count; i++) {
        if (strcmp(names->list[i], name) == 0)
            memcpy(names->list[i], names->list[--names->count], NAME_MAX_BYTES);
    }
}

static void add_name(struct names *names, const char *name)
{
    remove_name(names, name);
    if (names->count < TABLES_MAX)
        (void)snprintf(names->list[names->count++], NAME_MAX_BYTES, "%s", name);
}

/* The tables that the schema's files leave behind. */
static void read_line(struct names *names, const char *line)
{
    char first[NAME_MAX_BYTES], second[NAME_MAX_BYTES];

    if (sscanf(line, "CREATE TABLE %63[a-z0-9_]", first) == 1) {
        add_name(names, first);
    } else if (sscanf(line, "DROP TABLE %63[a-z0-9_]", first) == 1) {
        remove_name(names, first);
    } else if (sscanf(line, "ALTER TABLE %63[a-z0-9_] RENAME TO %63[a-z0-9_]",
                      first, second) == 2) {
        remove_name(names, first);
        add_name(names, second);
    }
}

static int expected_tables(struct names *names, struct hs_buf *array)
{
    char line[160];
    int failed = hs_buf_add_str(array, "{");

    names->count = 0;
    for (unsigned i = 0; i < hs_schema_count; i++) {
        const struct hs_schema_file *file = &hs_schema_files[i];
        const char *at = file->sql, *end = file->sql + file->len, *next;

        for (; at < end; at = next) {
            next = memchr(at, '\n', (size_t)(end - at));
            next = next ? next + 1 : end;
            (void)snprintf(line, sizeof line, "%.*s", (int)(next - at), at);
            read_line(names, line);
        }
    }
    for (int i = 0; !failed && i < names->count; i++)
        failed = hs_buf_printf(array, "%s%s", i ? "," : "", names->list[i]);
    return failed || hs_buf_add_str(array, "}") ? -1 : 0;
}

static const char tables_sql[] =
    "SELECT string_agg(t, ', ' ORDER BY t) FILTER (WHERE to_regclass(t) IS"
    " NULL), string_agg(t, ', ' ORDER BY t) FILTER (WHERE to_regclass(t) IS NOT"
    " NULL AND NOT (has_table_privilege(to_regclass(t), 'SELECT') AND"
    " has_table_privilege(to_regclass(t), 'INSERT') AND"
    " has_table_privilege(to_regclass(t), 'UPDATE') AND"
    " has_table_privilege(to_regclass(t), 'DELETE')))"
    " FROM unnest($1::text[]) AS t";

static int note_tables(struct hs_link *link, struct hs_buf *notes,
                       struct hs_error *err)
{
    struct names names;
    struct hs_buf array = {0};
    struct pg_result *rows = NULL;
    const char *values[1];
    int failed = expected_tables(&names, &array);

    if (failed) {
        hs_no_memory(err);
    } else {
        values[0] = array.data;
        rows = hs_link_ask(link, tables_sql, values, 1,
                           hs_running_ms() + ASK_MS, err);
        failed = rows ? 0 : -1;
    }
    if (rows && !hs_pq.getisnull(rows, 0, 0))
        failed = hs_buf_printf(notes, "error: it lacks tables: %s\n",
                               hs_pq.getvalue(rows, 0, 0));
    if (rows && !failed && !hs_pq.getisnull(rows, 0, 1))
        failed = hs_buf_printf(notes,
                               "error: this role may not read and write: %s\n",
                               hs_pq.getvalue(rows, 0, 1));
    if (rows && failed)
        hs_no_memory(err);
    if (rows)
        hs_pq.clear(rows);
    hs_buf_free(&array);
    return failed;
}

static int look(struct hs_link *link, struct hs_buf *notes,
                struct hs_error *err)
{
    const char *const list[] = {facts_sql};
    struct pg_result *rows;
    struct facts facts = {.asked_ms = hs_now_ms()};
    int failed;

    if (hs_link_run(link, list, 1, &rows, hs_running_ms() + ASK_MS, err) != 0)
        return -1;
    facts.answered_ms = hs_now_ms();
    facts.clock_ms = number(rows, 0);
    facts.room = number(rows, 1);
    facts.sees_standbys = *hs_pq.getvalue(rows, 0, 2) == 't';
    facts.waits = *hs_pq.getvalue(rows, 0, 3) == 't';
    facts.standbys = number(rows, 4);
    facts.names = hs_pq.getvalue(rows, 0, 5);
    facts.hosts = count_hosts(link);
    failed =
        note_connections(&facts, notes) != 0 ||
        note_clock(&facts, notes) != 0 ||
        note_standby(&facts, hs_primary_servers(link->primary), notes) != 0;
    hs_pq.clear(rows);
    return failed ? hs_no_memory(err) : 0;
}

/* Whether its files are whole is what pg_amcheck is for. */
int hs_pg_check(const char *url, struct hs_buf *notes, struct hs_error *err)
{
    int64_t until = hs_running_ms() + CONNECT_MS;
    struct hs_link *link = hs_link_open(url, 1, until, err);
    int failed;

    if (!link)
        return -1;
    failed = hs_link_notes(link, notes) != 0 ||
             hs_primary_notes(link->primary, until, notes) != 0;
    if (failed)
        hs_no_memory(err);
    else
        failed =
            look(link, notes, err) != 0 || note_tables(link, notes, err) != 0;
    hs_link_free(link);
    return failed ? -1 : 0;
}
