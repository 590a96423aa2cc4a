/* roster.c: the rows of `hosts`. Times are the database's clock. */
#include "store/postgres/bus/roster.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/utf8.h"
#include "base/version.h"
#include "lib/crypt.h"

#define NOW_MS "floor(EXTRACT(EPOCH FROM clock_timestamp()) * 1000)::bigint"

/* A process that died is forgotten soon if its place is taken again, else after
 * a day, so that people see it. */
#define SOON_MS "10000"
#define A_DAY_MS "86400000"

#define KEY_TEXT 64
#define CLOCK_TEXT 24
#define SHOWN_BYTES 4

const char hs_roster_leave[] =
    "WITH freed AS (DELETE FROM leases WHERE host = $1)"
    " DELETE FROM hosts WHERE id = $1";

static int does(struct hs_link *link, const char *sql,
                const char *const *values, int count, int64_t until,
                struct hs_error *err)
{
    struct pg_result *result =
        hs_link_ask(link, sql, values, count, until, err);

    hs_pq.clear(result);
    return result != NULL;
}

/* A message may have been cut in the middle of a character. */
static void make_valid(char *text)
{
    size_t len = strlen(text);

    for (size_t at = 0; at < len;) {
        size_t step = hs_utf8_next(text + at, len - at);

        if (step == 0)
            text[at] = '?';
        at += step ? step : 1;
    }
}

/* ---- the database's key and clock ---- */

/* How far this clock is ahead for certain: the database read its own at some
 * moment between the question and the answer, whatever held either up. */
static int64_t ahead(int64_t asked, int64_t read, int64_t answered)
{
    if (asked > read)
        return asked - read;
    return answered < read ? answered - read : 0;
}

/* 0, or -1 and `err`. */
static int read_database(struct hs_link *link, char key[KEY_TEXT],
                         char clock[CLOCK_TEXT], int64_t until,
                         struct hs_error *err)
{
    int64_t asked = hs_now_ms(), answered;
    struct pg_result *result = hs_link_ask(
        link, "SELECT key, " NOW_MS " FROM hs_host_key", NULL, 0, until, err);
    int found = result && hs_pq.ntuples(result) == 1;

    answered = hs_now_ms();
    if (found) {
        int64_t read = strtoll(hs_pq.getvalue(result, 0, 1), NULL, 10);

        (void)snprintf(key, KEY_TEXT, "%s", hs_pq.getvalue(result, 0, 0));
        (void)snprintf(clock, CLOCK_TEXT, "%lld",
                       (long long)ahead(asked, read, answered));
    }
    hs_pq.clear(result);
    return found ? 0 : -1;
}

/* ---- settings ---- */

/* Whoever reads the database must not learn a secret. So it is an HMAC under a
 * key of this database, which no table made elsewhere fits and which says
 * nothing about another database with the same secret; and four bytes of it,
 * which tell two values apart, while 2^96 tokens share them. */
static int add_setting(struct hs_buf *out, struct hs_hmac *hmac,
                       const struct hs_host_setting *setting)
{
    unsigned char digest[HS_HMAC_MAX];
    char hex[2 * SHOWN_BYTES + 1];

    hs_hmac_begin(hmac);
    hs_hmac_add(hmac, setting->name, strlen(setting->name) + 1);
    hs_hmac_add(hmac, setting->value, strlen(setting->value));
    (void)hs_hmac_end(hmac, digest);
    hs_hex(digest, SHOWN_BYTES, hex);
    explicit_bzero(digest, sizeof digest);
    return hs_buf_printf(out, "%s\"%s\":\"%s\"", out->len > 1 ? "," : "",
                         setting->name, hex);
}

/* As JSON; "" if that can't be told now, which the next second does. */
static void describe_settings(const struct hs_host_settings *settings,
                              const char *key, struct hs_buf *out)
{
    struct hs_host_setting list[HS_HOST_SETTINGS];
    int count = settings->read(settings->ctx, list);
    struct hs_hmac *hmac = hs_hmac_new("SHA256", key, strlen(key));
    int failed = !hmac || hs_buf_add_str(out, "{") != 0;

    for (int i = 0; !failed && i < count; i++)
        failed = add_setting(out, hmac, &list[i]) != 0;
    if (failed || hs_buf_add_str(out, "}") != 0)
        hs_buf_clear(out);
    hs_hmac_free(hmac);
}

/* ---- the row ---- */

static int write_row(struct hs_link *link, const struct hs_roster_entry *entry,
                     const char *clock, const char *settings, int64_t until,
                     struct hs_error *err)
{
    static const char seen[] =
        "INSERT INTO hosts (id, name, version, started_at, seen_at, rules,"
        " rules_seq, rules_problem, clock_ms, settings)"
        " VALUES ($1, $2, $3, " NOW_MS ", " NOW_MS ", NULLIF($4::bigint, 0),"
        " $5::bigint, $6, NULLIF($7, '')::bigint, NULLIF($8, ''))"
        " ON CONFLICT (id) DO UPDATE SET seen_at = excluded.seen_at,"
        " rules = excluded.rules, rules_seq = excluded.rules_seq,"
        " rules_problem = excluded.rules_problem,"
        " clock_ms = COALESCE(excluded.clock_ms, hosts.clock_ms),"
        " settings = COALESCE(excluded.settings, hosts.settings)";
    const struct hs_host_rules *rules = &entry->rules;
    char version[24], seq[24], problem[sizeof rules->problem];
    const char *const values[] = {entry->id, entry->name, HS_VERSION, version,
                                  seq,       problem,     clock,      settings};

    (void)snprintf(version, sizeof version, "%lld", (long long)rules->version);
    (void)snprintf(seq, sizeof seq, "%lld", (long long)rules->seq);
    memcpy(problem, rules->problem, sizeof problem);
    make_valid(problem);
    return does(link, seen, values, 8, until, err) ? 0 : -1;
}

struct pg_result *hs_roster_move(struct hs_link *link,
                                 const struct hs_roster_entry *entry,
                                 int64_t until, struct hs_error *err)
{
    static const char forget[] =
        "WITH dead AS (DELETE FROM hosts WHERE id <> $1 AND seen_at < " NOW_MS
        " - CASE WHEN name = $2 THEN " SOON_MS " ELSE " A_DAY_MS " END"
        " RETURNING id)"
        " DELETE FROM leases USING dead WHERE leases.host = dead.id";
    static const char others[] =
        "SELECT id, seen_at > " NOW_MS " - 4000 FROM hosts WHERE id <> $1";
    const char *const values[] = {entry->id, entry->name};
    struct hs_buf settings = {0};
    char key[KEY_TEXT], clock[CLOCK_TEXT] = "";
    int rc;

    if (read_database(link, key, clock, until, err) == 0)
        describe_settings(&entry->settings, key, &settings);
    rc = write_row(link, entry, clock, settings.data ? settings.data : "",
                   until, err);
    hs_buf_free(&settings);
    if (rc != 0 || !does(link, forget, values, 2, until, err))
        return NULL;
    return hs_link_ask(link, others, values, 1, until, err);
}
