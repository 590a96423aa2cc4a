/* dial.c: connecting to one server. */
#include "store/postgres/connection/dial.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

#define LATE "the database server did not answer in time"

/* The timeline of what is written now: that of the last checkpoint is the old
 * one for a while after a promotion. */
#define BOTH_SQL                                                               \
    "pg_is_in_recovery(), current_setting('default_transaction_read_only'),"
static const char full_sql[] =
    BOTH_SQL " (SELECT system_identifier FROM pg_control_system()),"
             " CASE WHEN pg_is_in_recovery() THEN NULL ELSE"
             " substr(pg_walfile_name(pg_current_wal_insert_lsn()), 1, 8) END";
static const char plain_sql[] = BOTH_SQL " '0', '0'";

const char *hs_standing_sql(int plain)
{
    return plain ? plain_sql : full_sql;
}

void hs_standing_read(const struct pg_result *result, struct hs_standing *out)
{
    out->standby = *hs_pq.getvalue(result, 0, 0) == 't';
    out->read_only = strcmp(hs_pq.getvalue(result, 0, 1), "on") == 0;
    out->system = strtoull(hs_pq.getvalue(result, 0, 2), NULL, 10);
    out->timeline = (unsigned)strtoul(hs_pq.getvalue(result, 0, 3), NULL, 16);
}

int hs_dial_is_pooled(const struct pg_conn *pg, const char *pid)
{
    return strtol(pid, NULL, 10) != hs_pq.backendPID(pg);
}

/* Did memory run out here? libpq has no code for what went wrong. A server that
 * is short of memory says so in its own words: it can't be reached. */
static int is_shortage(const char *text)
{
    if (strstr(text, "FATAL:") || strstr(text, "could not fork"))
        return 0;
    return strstr(text, "out of memory") ||
           strstr(text, "Cannot allocate memory");
}

void hs_dial_error(const struct pg_conn *pg, struct hs_error *err)
{
    char text[200], *hint;
    size_t len;

    (void)snprintf(text, sizeof text, "%s", hs_pq.errorMessage(pg));
    hint = strstr(text, "\n\tIs the server running");
    if (hint)
        *hint = '\0';
    for (len = strlen(text); len > 0 && text[len - 1] == '\n'; len--)
        text[len - 1] = '\0';
    for (size_t i = 0; i < len; i++) {
        if (text[i] == '\n' || text[i] == '\t')
            text[i] = ' ';
    }
    hs_error_set(err, is_shortage(text) ? "memory" : "io", "%s",
                 text[0] ? text : "the connection to the database was lost");
}

int hs_dial_wait(struct pg_conn *pg, short events, int64_t until)
{
    for (;;) {
        int64_t left = until - hs_running_ms();
        struct pollfd fd = {.fd = hs_pq.socket(pg), .events = events};
        int rc = left > 0 ? poll(&fd, 1, left > 60000 ? 60000 : (int)left) : 0;

        if (rc > 0)
            return 1;
        if (rc < 0 && errno != EINTR)
            return -1;
        if (rc == 0 && hs_running_ms() >= until)
            return 0;
    }
}

static struct pg_conn *begin(const char *url, const struct hs_place *place)
{
    /* What follows the URL is stronger than what it says. */
    const char *names[16] = {"dbname",
                             "client_encoding",
                             "gssencmode",
                             "fallback_application_name",
                             "keepalives_idle",
                             "keepalives_interval",
                             "keepalives_count",
                             "tcp_user_timeout",
                             "target_session_attrs"};
    const char *values[16] = {url, "UTF8", "disable", "hookswitch", "5",
                              "2", "3",    "5000",    "any"};
    const struct hs_database_host *host = &place->host;
    int count = 9;

    if (host->name[0] || host->address[0]) {
        names[count] = "host";
        values[count++] = host->name;
        names[count] = "hostaddr";
        values[count++] = host->address;
        names[count] = "port";
        values[count++] = host->port; /* "": as the URL says */
    }
    return hs_pq.connectStartParams(names, values, 1);
}

struct pg_conn *hs_dial(const char *url, const struct hs_place *place,
                        int64_t until, struct hs_error *err)
{
    struct pg_conn *pg = begin(url, place);
    int state = HS_PQ_POLL_WRITING, ready = 1;

    if (!pg) {
        hs_no_memory(err);
        return NULL;
    }
    while (hs_pq.status(pg) != 1 && state != HS_PQ_POLL_OK &&
           state != HS_PQ_POLL_FAILED && ready > 0) {
        ready = hs_dial_wait(pg, state == HS_PQ_POLL_READING ? POLLIN : POLLOUT,
                             until);
        if (ready > 0)
            state = hs_pq.connectPoll(pg);
    }
    if (ready > 0 && hs_pq.status(pg) == 0)
        return pg;
    if (ready == 0)
        hs_error_set(err, "busy", LATE);
    else
        hs_dial_error(pg, err);
    hs_pq.finish(pg);
    return NULL;
}
