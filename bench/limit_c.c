/* limit_c.c: limit B, and the work on the database: the number and its
 * settings are read, the call and its decision are written in one transaction,
 * and the answer leaves after the commit.
 *
 * Each worker has its own reading connection with a prepared statement; one
 * thread writes (limit_write.c) under WAL and synchronous=FULL. --normal:
 * synchronous=NORMAL. --remember: each worker reads a number only once. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <sqlite3.h>

#include "limit_common.h"
#include "limit_write.h"

/* The number with its settings: one statement, one read transaction. */
static const char read_number_sql[] =
    "SELECT n.id, n.user_id, n.is_active, n.timezone, n.voicemail_greeting,"
    " n.recording, f.id, f.forwarding_type, f.forward_to_number,"
    " f.ring_timeout FROM user_phone_numbers n LEFT JOIN call_forwarding f"
    " ON f.phone_number_id = n.id AND f.is_active = 1"
    " WHERE n.phone_number = ? AND n.released_at IS NULL";

struct reader {
    sqlite3 *db;
    sqlite3_stmt *number;
    sem_t done;
    /* The number read last. */
    char phone[32];
    char user_id[64];
    sqlite3_int64 number_id;
};

/* The owned number that was called, and its settings: 0, or -1. */
static int read_number(struct reader *reader, const struct hs_field *to)
{
    sqlite3_stmt *stmt = reader->number;
    int rules = 0;

    if (to->value_len >= sizeof reader->phone)
        return -1;
    hs_limit_bind(stmt, 1, to);
    while (sqlite3_step(stmt) == SQLITE_ROW) {
        reader->number_id = sqlite3_column_int64(stmt, 0);
        snprintf(reader->user_id, sizeof reader->user_id, "%s",
                 (const char *)sqlite3_column_text(stmt, 1));
        rules += sqlite3_column_text(stmt, 8) != NULL;
    }
    sqlite3_reset(stmt);
    memcpy(reader->phone, to->value, to->value_len);
    reader->phone[rules > 0 ? to->value_len : 0] = '\0';
    return rules > 0 ? 0 : -1;
}

static int remembered(const struct reader *reader, const struct hs_field *to)
{
    return to->value_len == strlen(reader->phone) &&
           memcmp(to->value, reader->phone, to->value_len) == 0;
}

static int serve(struct hs_worker *worker)
{
    const struct hs_limit *limit = worker->limit;
    struct reader *reader = worker->own;
    struct timespec now;
    struct hs_job job;

    if (hs_limit_parse(worker) != 0 || !hs_limit_signed(worker))
        return 403;
    memset(&job, 0, sizeof job);
    job.worker = worker;
    job.done = &reader->done;
    job.call_sid = hs_limit_field(worker, "CallSid");
    job.from = hs_limit_field(worker, "From");
    job.to = hs_limit_field(worker, "To");
    job.status = hs_limit_field(worker, "CallStatus");
    if (!job.call_sid || !job.from || !job.to || !job.status)
        return 500;
    if (!(limit->remember && remembered(reader, job.to)) &&
        read_number(reader, job.to) != 0)
        return 500;
    job.number_id = reader->number_id;
    job.user_id = reader->user_id;
    clock_gettime(CLOCK_REALTIME, &now);
    job.at = (sqlite3_int64)now.tv_sec * 1000 + now.tv_nsec / 1000000;
    job.plan_len = hs_limit_fill(&limit->plan, HS_ESCAPE_JSON, job.call_sid,
                                 job.from, worker->plan);
    job.inputs_len = hs_limit_fill(&limit->inputs, HS_ESCAPE_JSON, job.call_sid,
                                   job.from, worker->inputs);
    job.reads_len = hs_limit_fill(&limit->reads, HS_ESCAPE_JSON, job.call_sid,
                                  job.from, worker->reads);
    return hs_writer_commit(&job) == SQLITE_OK ? 200 : 500;
}

static int open_reader(struct hs_worker *worker)
{
    struct reader *reader = calloc(1, sizeof *reader);

    if (!reader)
        return -1;
    worker->own = reader;
    sem_init(&reader->done, 0, 0);
    reader->db = hs_limit_connect(worker->limit, "PRAGMA cache_size=-256");
    if (!reader->db)
        return -1;
    reader->number = hs_limit_statement(reader->db, read_number_sql);
    return reader->number ? 0 : -1;
}

static void close_reader(struct hs_worker *worker)
{
    struct reader *reader = worker->own;

    if (!reader)
        return;
    sqlite3_finalize(reader->number);
    sqlite3_close(reader->db);
    sem_destroy(&reader->done);
    free(reader);
}

int main(int argc, char **argv)
{
    static const struct hs_limit_hooks own_hooks = {open_reader, close_reader,
                                                    serve};

    return hs_limit_main(argc, argv, &own_hooks, hs_writer_start,
                         hs_writer_end);
}
