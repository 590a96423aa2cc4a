/* link.c: a connection to a PostgreSQL server. */
#include "store/postgres/connection/link.h"

#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

#define OLDEST 140000 /* PostgreSQL 14 */
#define COLLECT_MAX 512
#define CONNECTIONS 12 /* of one host, with some to spare */
#define SLICE_MS 300   /* waited for, before others are thought of */
#define TRIES 2        /* to connect, where the primary has just moved */

/* ---- closing ---- */

void hs_link_forget_plans(struct hs_link *link)
{
    static _Atomic uint64_t last;

    for (int i = 0; i < HS_PLAN_BUCKETS; i++) {
        struct hs_plan *plan;

        while ((plan = link->buckets[i])) {
            link->buckets[i] = plan->next;
            free(plan->types);
            free(plan->sql);
            free(plan);
        }
    }
    link->plans = 0;
    link->plans_id = atomic_fetch_add(&last, 1) + 1;
}

static void close_link(struct hs_link *link)
{
    if (link->pg)
        hs_pq.finish(link->pg);
    link->pg = NULL;
    link->in_transaction = 0;
    hs_link_forget_plans(link);
}

/* It has failed: is its server still the primary? */
static void fail_link(struct hs_link *link)
{
    if (link->pg)
        hs_primary_doubt(link->primary, link->epoch);
    close_link(link);
}

int hs_link_is_outdated(const struct hs_link *link)
{
    return link->epoch != hs_primary_epoch(link->primary);
}

/* ---- errors in our words ---- */

static const char *code_of(const char *sqlstate)
{
    static const struct {
        const char *begin;
        const char *code;
    } codes[] = {
        {"40001", "busy"},    {"40P01", "busy"},     {"55P03", "busy"},
        {"57014", "time"},    {"25006", "readonly"}, {"53100", "full"},
        {"53", "io"},         {"57", "io"},          {"58", "io"},
        {"08", "io"},         {"XX001", "corrupt"},  {"XX002", "corrupt"},
        {"23", "constraint"}, {"22", "constraint"},  {"25P02", "io"},
        {"25P03", "io"},      {"", "sql"},
    };
    size_t i = 0;

    while (strncmp(sqlstate, codes[i].begin, strlen(codes[i].begin)) != 0)
        i++;
    return codes[i].code;
}

int hs_result_is(const struct pg_result *result, const char *sqlstate)
{
    const char *state = hs_pq.resultErrorField(result, 'C');

    return state && strcmp(state, sqlstate) == 0;
}

int hs_result_failed(const struct pg_result *result, struct hs_error *err)
{
    int status = hs_pq.resultStatus(result);
    const char *state, *text;

    if (status == HS_PQ_COMMAND_OK || status == HS_PQ_TUPLES_OK)
        return 0;
    state = hs_pq.resultErrorField(result, 'C');
    text = hs_pq.resultErrorField(result, 'M');
    if (status == HS_PQ_ABORTED)
        hs_error_set(err, "sql", "a statement before it failed");
    else
        hs_error_set(err, state ? code_of(state) : "io", "%s",
                     text ? text : "the connection to the database was lost");
    return 1;
}

int hs_link_broken(struct hs_link *link, struct hs_error *err)
{
    if (link->pg)
        hs_dial_error(link->pg, err);
    else
        hs_error_set(err, "io", "the connection to the database was lost");
    fail_link(link);
    return -1;
}

/* ---- waiting ---- */

/* 0 when the socket is ready; -1 with `err`, and the link is closed. A wait
 * that takes long ends as soon as another server is the primary. */
static int wait_socket(struct hs_link *link, short events, int64_t until,
                       struct hs_error *err)
{
    for (;;) {
        int64_t slice = hs_running_ms() + SLICE_MS;
        int rc = hs_dial_wait(link->pg, events, slice < until ? slice : until);

        if (rc > 0)
            return 0;
        if (rc < 0)
            return hs_link_broken(link, err);
        if (hs_running_ms() >= until) {
            hs_error_set(err, "busy",
                         "the database server did not answer in time");
            break;
        }
        hs_primary_hurry(link->primary);
        if (hs_link_is_outdated(link)) {
            hs_error_set(err, "io", "another server is the primary now");
            break;
        }
    }
    fail_link(link);
    return -1;
}

static int flush(struct hs_link *link, int64_t until, struct hs_error *err)
{
    int left;

    while ((left = hs_pq.flush(link->pg)) > 0) {
        if (wait_socket(link, POLLIN | POLLOUT, until, err) != 0)
            return -1;
        /* A server that can't send stops reading. */
        if (!hs_pq.consumeInput(link->pg))
            return hs_link_broken(link, err);
    }
    return left == 0 ? 0 : hs_link_broken(link, err);
}

/* The next result, NULL between those of two statements. */
static int next_result(struct hs_link *link, struct pg_result **result,
                       int64_t until, struct hs_error *err)
{
    while (hs_pq.isBusy(link->pg)) {
        if (wait_socket(link, POLLIN, until, err) != 0)
            return -1;
        if (!hs_pq.consumeInput(link->pg))
            return hs_link_broken(link, err);
    }
    *result = hs_pq.getResult(link->pg);
    if (hs_pq.status(link->pg) == 0)
        return 0;
    hs_pq.clear(*result);
    return hs_link_broken(link, err);
}

void hs_link_clear(struct pg_result **results, int count)
{
    for (int i = 0; i < count; i++)
        hs_pq.clear(results[i]);
}

int hs_link_collect(struct hs_link *link, struct pg_result **results, int count,
                    int64_t until, struct hs_error *err)
{
    struct pg_result *result = NULL;
    int found = 0, gaps = 0;

    if (!link->pg || hs_pq.pipelineSync(link->pg) != 1)
        return hs_link_broken(link, err);
    if (flush(link, until, err) != 0)
        return -1;
    for (;;) {
        if (next_result(link, &result, until, err) != 0)
            goto failed;
        if (!result) {
            if (++gaps > count + COLLECT_MAX) /* nothing is under way */
                break;
            continue;
        }
        if (hs_pq.resultStatus(result) == HS_PQ_SYNC)
            break;
        if (found < count)
            results[found++] = result;
        else
            hs_pq.clear(result);
    }
    hs_pq.clear(result);
    if (found == count)
        return 0;
    (void)hs_link_broken(link, err);

failed:
    hs_link_clear(results, found);
    return -1;
}

int hs_link_send_with(struct hs_link *link, const char *sql,
                      const char *const *values, int count,
                      struct hs_error *err)
{
    if (!link->pg || !hs_pq.sendQueryParams(link->pg, sql, count, NULL, values,
                                            NULL, NULL, 0))
        return hs_link_broken(link, err);
    return 0;
}

int hs_link_send(struct hs_link *link, const char *sql, struct hs_error *err)
{
    return hs_link_send_with(link, sql, NULL, 0, err);
}

struct pg_result *hs_link_ask(struct hs_link *link, const char *sql,
                              const char *const *values, int count,
                              int64_t until, struct hs_error *err)
{
    struct pg_result *result = NULL;

    if (hs_link_send_with(link, sql, values, count, err) != 0 ||
        hs_link_collect(link, &result, 1, until, err) != 0)
        return NULL;
    if (!hs_result_failed(result, err))
        return result;
    hs_pq.clear(result);
    return NULL;
}

int hs_link_run(struct hs_link *link, const char *const *sql, int count,
                struct pg_result **last, int64_t until, struct hs_error *err)
{
    struct pg_result *results[HS_LINK_RUN_MAX] = {0};
    int failed = 0;

    for (int i = 0; i < count; i++) {
        if (hs_link_send(link, sql[i], err) != 0)
            return -1;
    }
    if (hs_link_collect(link, results, count, until, err) != 0)
        return -1;
    for (int i = 0; i < count && !failed; i++)
        failed = hs_result_failed(results[i], err);
    if (!failed && last) {
        *last = results[count - 1];
        results[count - 1] = NULL;
    }
    hs_link_clear(results, count);
    return failed ? -1 : 0;
}

/* ---- opening ---- */

static void note_notice(void *ctx, const char *text)
{
    struct hs_link *link = ctx;

    (void)text;
    link->warned = 1;
}

static int connect_to(struct hs_link *link, const char *url,
                      const struct hs_place *place, int64_t until,
                      struct hs_error *err)
{
    link->pg = hs_dial(url, place, until, err);
    link->epoch = place->epoch;
    if (!link->pg) {
        hs_primary_doubt(link->primary, place->epoch);
        return -1;
    }
    if (hs_pq.setnonblocking(link->pg, 1) != 0 ||
        hs_pq.enterPipelineMode(link->pg) != 1)
        return hs_link_broken(link, err);
    hs_pq.setNoticeProcessor(link->pg, note_notice, link);
    return 0;
}

/* Can this server be used? */
static int check_server(const struct hs_link *link, struct hs_error *err)
{
    int version = hs_pq.serverVersion(link->pg);
    const char *encoding = hs_pq.parameterStatus(link->pg, "server_encoding");

    if (version < OLDEST)
        return hs_error_set(
            err, "open",
            "the server is PostgreSQL %d.%d; 14 or later is needed",
            version / 10000, version % 10000);
    if (!encoding || strcmp(encoding, "UTF8") != 0)
        return hs_error_set(
            err, "open",
            "the database's encoding is %s, expected UTF8: create it "
            "with createdb --encoding=UTF8 --template=template0",
            encoding ? encoding : "unknown");
    return 0;
}

/* What set_up() asked for last: can anybody work with this session? */
static int check_session(const struct hs_link *link,
                         const struct pg_result *result, struct hs_error *err)
{
    if (hs_pq.getisnull(result, 0, 20))
        return hs_error_set(
            err, "open",
            "the URL's search_path names no schema that exists and "
            "may be used");
    if (strcmp(hs_pq.getvalue(result, 0, 22), "replica") == 0)
        return hs_error_set(
            err, "open",
            "session_replication_role is replica, so that no trigger "
            "runs: reset it for the role and the database");
    if (!hs_pq.getisnull(result, 0, 23))
        return hs_error_set(
            err, "open",
            "search_path leads to the empty schema %s, and Hookswitch's tables "
            "are in %s: reset it for the role and the database, or name a "
            "schema in the URL (?options=-csearch_path%%3D%s)",
            hs_pq.getvalue(result, 0, 20), hs_pq.getvalue(result, 0, 23),
            hs_pq.getvalue(result, 0, 23));
    if (hs_dial_is_pooled(link->pg, hs_pq.getvalue(result, 0, 21)))
        return hs_error_set(err, "open", HS_POOLED);
    return 0;
}

/* What holds for the whole connection, and what is to be known of the server.
 * A wait for a lock, or for our own next statement, may not take long: all
 * other writers wait for it. An ordinary role isn't told the backend_type of
 * others' connections. */
static const char session[] =
    " set_config('lock_timeout', '300ms', false),"
    " NULL,"
    " set_config('idle_in_transaction_session_timeout', '10s', false),"
    " (SELECT string_agg(set_config(name, '0', false), '') FROM pg_settings"
    "   WHERE name IN ('idle_session_timeout', 'transaction_timeout')),"
    " set_config('client_connection_check_interval', '1s', false),"
    " set_config('tcp_keepalives_idle', '3', false),"
    " set_config('tcp_keepalives_interval', '1', false),"
    " set_config('tcp_keepalives_count', '3', false),"
    " set_config('client_min_messages', 'warning', false),"
    " set_config('default_transaction_isolation', 'read committed', false),"
    " set_config('standard_conforming_strings', 'on', false),"
    " set_config('bytea_output', 'hex', false),"
    " set_config('extra_float_digits', '1', false),"
    " (SELECT rolsuper FROM pg_roles WHERE rolname = current_user),"
    " LEAST((SELECT current_setting('max_connections')::int"
    "   - current_setting('superuser_reserved_connections')::int - count(*)"
    "   FROM pg_stat_activity WHERE datid IS NOT NULL AND usesysid IS NOT"
    "   NULL AND coalesce(backend_type, 'client backend') ="
    "   'client backend'),"
    "  (SELECT rolconnlimit - (SELECT count(*) FROM pg_stat_activity AS a"
    "   WHERE a.usename = r.rolname) FROM pg_roles AS r"
    "   WHERE rolname = current_user AND rolconnlimit >= 0),"
    "  (SELECT datconnlimit - (SELECT count(*) FROM pg_stat_activity AS a"
    "   WHERE a.datname = d.datname) FROM pg_database AS d"
    "   WHERE datname = current_database() AND datconnlimit >= 0)),"
    " current_schema(), pg_backend_pid(),"
    " current_setting('session_replication_role'),"
    /* Our tables elsewhere, where the URL doesn't say that it is meant. */
    " (SELECT min(n.nspname) FROM pg_class AS c JOIN pg_namespace AS n"
    "   ON n.oid = c.relnamespace WHERE c.relname = 'twilio_call_logs'"
    "   AND pg_has_role(c.relowner, 'USAGE')"
    "   AND to_regclass(quote_ident(current_schema())"
    "     || '.twilio_call_logs') IS NULL"
    "   AND 'client' <> (SELECT source FROM pg_settings"
    "     WHERE name = 'search_path')),"
    " set_config('exit_on_error', 'off', false),"
    " set_config('transform_null_equals', 'off', false),"
    " set_config('default_transaction_deferrable', 'off', false),"
    " set_config('array_nulls', 'on', false),"
    " set_config('quote_all_identifiers', 'off', false),"
    " set_config('row_security', 'on', false)";

/* 0; or -1 and `err`. */
static int set_up(struct hs_link *link, int read_only, struct hs_place *place,
                  int64_t until, struct hs_error *err)
{
    char sql[sizeof session + 512];
    /* First of all: what the role is given may be too short to ask in. */
    const char *const list[] = {"SET statement_timeout = '60s'", sql};
    struct hs_standing standing;
    struct pg_result *result;
    int rc;

    (void)snprintf(sql, sizeof sql, "SELECT %s, %s,%s",
                   hs_standing_sql(place->plain),
                   read_only ? "set_config('default_transaction_read_only',"
                               " 'on', false)"
                             : "current_setting('default_transaction_read_only'"
                               ")",
                   session);
    if (hs_link_run(link, list, 2, &result, until, err) != 0)
        return -1;
    hs_standing_read(result, &standing);
    link->superuser = *hs_pq.getvalue(result, 0, 18) == 't';
    link->connections_left = strtoll(hs_pq.getvalue(result, 0, 19), NULL, 10);
    if (hs_primary_judge(link->primary, place, &standing, err) != 0) {
        hs_pq.clear(result);
        close_link(link);
        return -1;
    }
    link->epoch = place->epoch;
    rc = check_session(link, result, err);
    hs_pq.clear(result);
    link->warned = 0;
    return rc;
}

static int open_link(struct hs_link *link, const char *url, int read_only,
                     int64_t until, struct hs_error *err)
{
    struct hs_place place;

    if (hs_primary_find(link->primary, until, &place, err) != 0)
        return -1;
    if (connect_to(link, url, &place, until, err) == 0 &&
        check_server(link, err) == 0 &&
        set_up(link, read_only, &place, until, err) == 0)
        return 0;
    close_link(link);
    return -1;
}

struct hs_link *hs_link_open(const char *url, int read_only, int64_t until,
                             struct hs_error *err)
{
    struct hs_primary *primary = hs_primary_open(url, err);
    struct hs_link *link = primary ? calloc(1, sizeof *link) : NULL;
    int rc = -1;

    if (!primary)
        return NULL;
    if (!link) {
        hs_primary_close(primary);
        hs_no_memory(err);
        return NULL;
    }
    link->primary = primary;
    hs_link_forget_plans(link);
    for (int i = 0; rc != 0 && i < TRIES; i++) {
        rc = open_link(link, url, read_only, until, err);
        if (rc != 0 &&
            (strcmp(err->code, "io") != 0 || hs_running_ms() >= until))
            break;
    }
    if (rc == 0)
        return link;
    hs_link_free(link);
    return NULL;
}

int hs_link_notes(const struct hs_link *link, struct hs_buf *notes)
{
    int failed = 0;

    if (link->superuser)
        failed = hs_buf_add_str(
            notes, "the database's role is a superuser: use one that owns "
                   "nothing but this database\n");
    if (link->connections_left < CONNECTIONS)
        failed |= hs_buf_printf(
            notes,
            "the database server has room for %lld more connections, and a "
            "host may need %d: raise max_connections, or the limit of the role "
            "or the database\n",
            (long long)link->connections_left, CONNECTIONS);
    return failed ? -1 : 0;
}

void hs_link_free(struct hs_link *link)
{
    if (!link)
        return;
    close_link(link);
    hs_primary_close(link->primary);
    free(link);
}
