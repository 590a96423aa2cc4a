/* libpq.h: PostgreSQL's client library, loaded when a database is named by a
 * URL: whoever stays with SQLite needs and pays none of it. Its functions as
 * its manual describes them, without the PQ. */
#ifndef HS_POSTGRES_LIBPQ_H
#define HS_POSTGRES_LIBPQ_H

#include <stddef.h>

#include "base/err.h"

struct pg_conn;
struct pg_result;
/* PGnotify: what was told on a channel. Freed with freemem(). */
struct hs_pq_notice {
    char *channel;
    int server_pid;
    char *text;
    struct hs_pq_notice *next; /* libpq's own */
};

enum {
    HS_PQ_POLL_FAILED,
    HS_PQ_POLL_READING,
    HS_PQ_POLL_WRITING,
    HS_PQ_POLL_OK
};
enum {
    HS_PQ_COMMAND_OK = 1,
    HS_PQ_TUPLES_OK = 2,
    HS_PQ_FATAL_ERROR = 7,
    HS_PQ_SYNC = 10,
    HS_PQ_ABORTED = 11
};
/* Types of values, by their numbers in every database. */
enum {
    HS_PG_BOOL = 16,
    HS_PG_BYTEA = 17,
    HS_PG_INT8 = 20,
    HS_PG_INT2 = 21,
    HS_PG_INT4 = 23,
    HS_PG_TEXT = 25,
    HS_PG_FLOAT4 = 700,
    HS_PG_FLOAT8 = 701,
    HS_PG_VARCHAR = 1043,
    HS_PG_NUMERIC = 1700
};

struct hs_libpq {
#define X(name, declaration) declaration;
#include "store/postgres/connection/libpq.def"
#undef X
};

extern struct hs_libpq hs_pq;

/* Load it, once a process. 0, or -1 with "open" and what to install. Any
 * thread. */
int hs_libpq_load(struct hs_error *err);

#endif
