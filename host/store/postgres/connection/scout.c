/* scout.c: asking one server what it is. */
#include "store/postgres/connection/scout.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"

#define RESOLVE_MS                                                             \
    60000            /* addresses are good for so long, if they answer ... */
#define LOST_MS 5000 /* ... and if they don't */

/* ---- its addresses ---- */

static int has_no_name(const struct hs_database_host *host)
{
    struct in6_addr address;

    return !host->name[0] || host->name[0] == '/' || host->name[0] == '@' ||
           host->address[0] || strchr(host->name, '%') ||
           inet_pton(AF_INET, host->name, &address) == 1 ||
           inet_pton(AF_INET6, host->name, &address) == 1;
}

int hs_scout_is_lost(const struct hs_scouted *server, int answers)
{
    return server->count > 0 && !has_no_name(&server->host) &&
           hs_monotonic_ms() - server->resolved_at >
               (answers ? RESOLVE_MS : LOST_MS);
}

void hs_scout_resolve(struct hs_scouted *server, struct hs_error *err)
{
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
    struct addrinfo *list = NULL;
    int turn = server->turn, rc;

    server->resolved_at = hs_monotonic_ms();
    if (has_no_name(&server->host)) {
        server->at[0] = server->host;
        server->count = 1;
        return;
    }
    rc = getaddrinfo(server->host.name, NULL, &hints, &list);
    if (rc != 0) {
        hs_error_set(err, "io", "its name can't be resolved: %s",
                     gai_strerror(rc));
        return;
    }
    server->count = 0;
    for (struct addrinfo *at = list; at && server->count < HS_SCOUT_ADDRESSES;
         at = at->ai_next) {
        struct hs_database_host *out = &server->at[server->count];

        *out = server->host;
        if (getnameinfo(at->ai_addr, at->ai_addrlen, out->address,
                        sizeof out->address, NULL, 0, NI_NUMERICHOST) == 0)
            server->count++;
    }
    freeaddrinfo(list);
    server->turn = server->count ? turn % server->count : 0;
}

/* ---- asking ---- */

static int fetch(struct pg_conn *pg, const char *sql, int64_t until,
                 struct pg_result **out, struct hs_error *err)
{
    struct pg_result *result;
    int ready = 1;

    *out = NULL;
    if (!hs_pq.sendQueryParams(pg, sql, 0, NULL, NULL, NULL, NULL, 0)) {
        hs_dial_error(pg, err);
        return -1;
    }
    for (;;) {
        while (ready > 0 && hs_pq.isBusy(pg)) {
            ready = hs_dial_wait(pg, POLLIN, until);
            if (ready > 0 && !hs_pq.consumeInput(pg))
                ready = -1;
        }
        if (ready <= 0)
            break;
        result = hs_pq.getResult(pg);
        if (!result)
            return 0;
        hs_pq.clear(*out);
        *out = result;
    }
    hs_pq.clear(*out);
    *out = NULL;
    if (ready == 0)
        hs_error_set(err, "busy", "the database server did not answer in time");
    else
        hs_dial_error(pg, err);
    return -1;
}

/* Are we not allowed to ask this, or doesn't the server know it? */
static int is_untold(const struct pg_result *result)
{
    static const char *const states[] = {"42501", "42883", "0A000"};
    const char *state = hs_pq.resultErrorField(result, 'C');

    for (size_t i = 0; state && i < sizeof states / sizeof states[0]; i++) {
        if (strcmp(state, states[i]) == 0)
            return 1;
    }
    return 0;
}

/* 0; 1: it doesn't tell this; -1 and `err`. */
static int ask_for(struct pg_conn *pg, int plain, int64_t until,
                   struct hs_report *out)
{
    char sql[400];
    struct pg_result *result;
    int status, untold = 0;

    (void)snprintf(sql, sizeof sql, "SELECT %s, pg_backend_pid()",
                   hs_standing_sql(plain));
    if (fetch(pg, sql, until, &result, &out->why) != 0)
        return -1;
    status = hs_pq.resultStatus(result);
    if (status == HS_PQ_TUPLES_OK && hs_pq.ntuples(result) == 1 &&
        hs_dial_is_pooled(pg, hs_pq.getvalue(result, 0, 4))) {
        /* Before anything is set: others would get the connection with it. */
        hs_error_set(&out->why, "open", HS_POOLED);
    } else if (status == HS_PQ_TUPLES_OK && hs_pq.ntuples(result) == 1) {
        hs_standing_read(result, &out->standing);
        out->place.plain = plain;
        out->answered = 1;
    } else if (plain || !(untold = is_untold(result))) {
        hs_error_set(&out->why, "io", "%s",
                     hs_pq.resultErrorField(result, 'M')
                         ? hs_pq.resultErrorField(result, 'M')
                         : "the connection to the database was lost");
    }
    hs_pq.clear(result);
    return out->answered ? 0 : untold ? 1 : -1;
}

static void ask_at(const char *url, const struct hs_database_host *host,
                   int64_t until, struct hs_report *out)
{
    struct pg_conn *pg;

    *out = (struct hs_report){.place.host = *host};
    pg = hs_dial(url, &out->place, until, &out->why);
    if (pg) {
        if (ask_for(pg, 0, until, out) > 0)
            (void)ask_for(pg, 1, until, out);
        hs_pq.finish(pg);
    }
    out->silent = !out->answered && strcmp(out->why.code, "busy") == 0;
}

int hs_report_is_writable(const struct hs_report *report)
{
    return report->answered && !report->standing.standby &&
           !report->standing.read_only;
}

/* One that writes is better than one that answers, and that than none. */
static int worth(const struct hs_report *report)
{
    return hs_report_is_writable(report) ? 2 : report->answered;
}

/* A silent address takes all the time there is: the next one has its turn when
 * the server is asked again. */
void hs_scout_ask(const char *url, struct hs_scouted *server, int ms,
                  struct hs_report *out)
{
    struct hs_report one;
    int first = server->turn;

    for (int i = 0; i < server->count; i++) {
        int turn = (first + i) % server->count;

        ask_at(url, &server->at[turn], hs_running_ms() + ms, &one);
        if (i == 0 || worth(&one) > worth(out)) {
            *out = one;
            server->turn = turn;
        }
        if (one.silent && server->count > 1)
            server->turn = (turn + 1) % server->count;
        if (one.silent || worth(&one) == 2)
            break;
    }
}

/* ---- for people ---- */

void hs_host_show(const struct hs_database_host *host, char out[HS_HOST_SHOWN])
{
    const char *name = host->name[0] ? host->name : host->address;
    int colons = strchr(name, ':') != NULL;

    (void)snprintf(out, HS_HOST_SHOWN, "%s%s%s%s%s", colons ? "[" : "",
                   name[0] ? name : "the server", colons ? "]" : "",
                   host->port[0] ? ":" : "", host->port);
}

void hs_report_why_not(const struct hs_report *report,
                       const struct hs_seen *seen, char *out, size_t size)
{
    const char *text = report->why.message;
    const char *after = strstr(text, " failed: ");

    if (!report->answered)
        (void)snprintf(out, size, "%.90s",
                       after ? after + strlen(" failed: ") : text);
    else if (report->standing.standby)
        (void)snprintf(out, size, "a standby");
    else if (report->standing.read_only)
        (void)snprintf(out, size, "read-only: " HS_READ_ONLY);
    else if (report->standing.system != seen->system)
        (void)snprintf(
            out, size, "another cluster than was used before%s%s",
            seen->file ? ": if you mean it, stop the host and delete " : "",
            seen->file ? seen->file : "");
    else
        (void)snprintf(out, size,
                       "an old primary: timeline %u, and %u was seen",
                       report->standing.timeline, seen->timeline);
}
