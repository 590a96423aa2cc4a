/* limit_write.h: the writing half of limit C. */
#ifndef HS_LIMIT_WRITE_H
#define HS_LIMIT_WRITE_H

#include <semaphore.h>

#include <sqlite3.h>

#include "limit_common.h"

/* One call to be written; lives on its worker's stack until it is woken. */
struct hs_job {
    struct hs_job *next;
    const struct hs_worker *worker; /* holds plan, inputs and reads */
    const struct hs_field *call_sid;
    const struct hs_field *from;
    const struct hs_field *to;
    const struct hs_field *status;
    sqlite3_int64 number_id;
    sqlite3_int64 at; /* milliseconds */
    const char *user_id;
    size_t plan_len;
    size_t inputs_len;
    size_t reads_len;
    sem_t *done;
    int rc;
};

/* Open the database with the pragmas of limit C. NULL on failure. */
sqlite3 *hs_limit_connect(const struct hs_limit *limit, const char *pragmas);
/* Prepare a statement that is kept. NULL on failure. */
sqlite3_stmt *hs_limit_statement(sqlite3 *db, const char *sql);
void hs_limit_bind(sqlite3_stmt *stmt, int at, const struct hs_field *field);

/* Start and end the writer. 0, or another value on failure. */
int hs_writer_start(const struct hs_limit *limit);
void hs_writer_end(void);
/* Write a job and wait until it is committed: SQLITE_OK or SQLite's code. Any
 * worker thread. */
int hs_writer_commit(struct hs_job *job);

#endif
