/* roster.c: the rows of `hosts`. Times are the database's clock. */
#include "store/postgres/bus/roster.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/utf8.h"
#include "base/version.h"

#define NOW_MS "floor(EXTRACT(EPOCH FROM clock_timestamp()) * 1000)::bigint"

/* A process that died is forgotten soon if its place is taken again, else after
 * a day, so that people see it. */
#define SOON_MS "10000"
#define A_DAY_MS "86400000"

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

struct pg_result *hs_roster_move(struct hs_link *link, const char *host,
                                 const char *name,
                                 const struct hs_host_rules *rules,
                                 int64_t until, struct hs_error *err)
{
    static const char seen[] =
        "INSERT INTO hosts (id, name, version, started_at, seen_at, rules,"
        " rules_seq, rules_problem, clock_ms)"
        " VALUES ($1, $2, $3, " NOW_MS ", " NOW_MS ", NULLIF($4::bigint, 0),"
        " $5::bigint, $6, $7::bigint - " NOW_MS ")"
        " ON CONFLICT (id) DO UPDATE SET seen_at = excluded.seen_at,"
        " rules = excluded.rules, rules_seq = excluded.rules_seq,"
        " rules_problem = excluded.rules_problem, clock_ms = excluded.clock_ms";
    static const char forget[] =
        "WITH dead AS (DELETE FROM hosts WHERE id <> $1 AND seen_at < " NOW_MS
        " - CASE WHEN name = $2 THEN " SOON_MS " ELSE " A_DAY_MS " END"
        " RETURNING id)"
        " DELETE FROM leases USING dead WHERE leases.host = dead.id";
    static const char others[] =
        "SELECT id, seen_at > " NOW_MS " - 4000 FROM hosts WHERE id <> $1";
    char version[24], seq[24], clock[24], problem[sizeof rules->problem];
    const char *const values[] = {host, name,    HS_VERSION, version,
                                  seq,  problem, clock};

    (void)snprintf(version, sizeof version, "%lld", (long long)rules->version);
    (void)snprintf(seq, sizeof seq, "%lld", (long long)rules->seq);
    (void)snprintf(clock, sizeof clock, "%lld", (long long)hs_now_ms());
    memcpy(problem, rules->problem, sizeof problem);
    make_valid(problem);
    if (!does(link, seen, values, 7, until, err) ||
        !does(link, forget, values, 2, until, err))
        return NULL;
    return hs_link_ask(link, others, values, 1, until, err);
}
