/* libpq.h: PostgreSQL's client library, loaded when a database is named by a
 * URL: whoever stays with SQLite needs and pays none of it. Its functions as
 * its manual describes them, without the PQ. */
#ifndef HS_POSTGRES_LIBPQ_H
#define HS_POSTGRES_LIBPQ_H

#include <stddef.h>

#include "base/err.h"

struct pg_conn;
struct pg_result;

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

/* clang-format off */
#define HS_LIBPQ(X)                                                            \
    X(connectStartParams, struct pg_conn *(*connectStartParams)(const char *const *, const char *const *, int)) \
    X(connectPoll, int (*connectPoll)(struct pg_conn *)) \
    X(status, int (*status)(const struct pg_conn *)) \
    X(socket, int (*socket)(const struct pg_conn *)) \
    X(finish, void (*finish)(struct pg_conn *)) \
    X(errorMessage, char *(*errorMessage)(const struct pg_conn *)) \
    X(parameterStatus, const char *(*parameterStatus)(const struct pg_conn *, const char *)) \
    X(serverVersion, int (*serverVersion)(const struct pg_conn *)) \
    X(setnonblocking, int (*setnonblocking)(struct pg_conn *, int)) \
    X(setNoticeProcessor, void *(*setNoticeProcessor)(struct pg_conn *, void (*)(void *, const char *), void *)) \
    X(enterPipelineMode, int (*enterPipelineMode)(struct pg_conn *)) \
    X(pipelineSync, int (*pipelineSync)(struct pg_conn *)) \
    X(flush, int (*flush)(struct pg_conn *)) \
    X(consumeInput, int (*consumeInput)(struct pg_conn *)) \
    X(isBusy, int (*isBusy)(struct pg_conn *)) \
    X(getResult, struct pg_result *(*getResult)(struct pg_conn *)) \
    X(sendQueryParams, int (*sendQueryParams)(struct pg_conn *, const char *, int, const unsigned *, const char *const *, const int *, const int *, int)) \
    X(sendPrepare, int (*sendPrepare)(struct pg_conn *, const char *, const char *, int, const unsigned *)) \
    X(sendDescribePrepared, int (*sendDescribePrepared)(struct pg_conn *, const char *)) \
    X(sendQueryPrepared, int (*sendQueryPrepared)(struct pg_conn *, const char *, int, const char *const *, const int *, const int *, int)) \
    X(resultStatus, int (*resultStatus)(const struct pg_result *)) \
    X(resultErrorField, char *(*resultErrorField)(const struct pg_result *, int)) \
    X(clear, void (*clear)(struct pg_result *)) \
    X(cmdStatus, char *(*cmdStatus)(struct pg_result *)) \
    X(cmdTuples, char *(*cmdTuples)(struct pg_result *)) \
    X(ntuples, int (*ntuples)(const struct pg_result *)) \
    X(nfields, int (*nfields)(const struct pg_result *)) \
    X(nparams, int (*nparams)(const struct pg_result *)) \
    X(paramtype, unsigned (*paramtype)(const struct pg_result *, int)) \
    X(fname, char *(*fname)(const struct pg_result *, int)) \
    X(ftype, unsigned (*ftype)(const struct pg_result *, int)) \
    X(getvalue, char *(*getvalue)(const struct pg_result *, int, int)) \
    X(getlength, int (*getlength)(const struct pg_result *, int, int)) \
    X(getisnull, int (*getisnull)(const struct pg_result *, int, int)) \
    X(unescapeBytea, unsigned char *(*unescapeBytea)(const unsigned char *, size_t *)) \
    X(freemem, void (*freemem)(void *))
/* clang-format on */

struct hs_libpq {
#define X(name, declaration) declaration;
    HS_LIBPQ(X)
#undef X
};

extern struct hs_libpq hs_pq;

/* Load it, once a process. 0, or -1 with "open" and what to install. Any
 * thread. */
int hs_libpq_load(struct hs_error *err);

#endif
