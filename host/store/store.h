/* store.h: the database, SQLite or PostgreSQL, behind one narrow interface.
 *
 * One writer thread owns the only writing connection. Work is queued; the
 * thread runs everything that is waiting in one transaction, each item as if
 * alone, commits it to the disk and only then answers each. Reads have
 * connections of their own. SQL is what both engines accept. */
#ifndef HS_STORE_H
#define HS_STORE_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

struct hs_store;
/* One per thread: a place in the queue, and a read connection, opened by the
 * first query. */
struct hs_session;

enum hs_type { HS_NULL, HS_INTEGER, HS_REAL, HS_TEXT, HS_BLOB };
struct hs_value {
    enum hs_type type;
    int64_t integer;
    double real;
    const char *bytes; /* TEXT, BLOB: not owned */
    size_t len;
};
struct hs_statement {
    const char *sql; /* one statement, `?` placeholders */
    size_t sql_len;
    const struct hs_value *values;
    int count;
    int pad_nulls;  /* placeholders without a value are NULL, not an error */
    int unless_new; /* n: left out if the batch's n-th statement inserted a row,
                       which PostgreSQL tells of ON CONFLICT DO NOTHING only; 0:
                       never. Runs if the near file delivers the batch later */
    int read_only;  /* a query that writes is refused */
    int lookup; /* a team's own query: when its time is over, that says nothing
                   about the database */
    int inserted;    /* out, in a batch: see unless_new */
    int64_t changes; /* out, for writes: rows changed */
    int64_t last_id; /* out, for writes */
};

/* What is kept in memory by whoever has read it, apart from each other since
 * presence moves all the time: the tables `presence` and `logins`, and all
 * others that aren't hot. */
enum hs_kind { HS_SETTINGS, HS_PRESENCE, HS_LOGINS, HS_KINDS };

/* Open a file, which is created, or a PostgreSQL URL, and start the writer
 * thread. `hot` (copied, may be NULL) is a NULL-terminated list of tables whose
 * writes move no generation. On a read-only file system it opens for reading
 * and writes fail with "readonly"; it recovers when that changes. NULL and
 * `err` on failure ("open", "pragma", "full", "corrupt", "busy", "memory"). */
struct hs_store *hs_store_open(const char *path, const char *const *hot,
                               struct hs_error *err);
/* The same beside a near file (store/near/near.h; NULL for none), which belongs
 * to the store from then on, and is closed also on failure. If the database is
 * down and the file holds a copy of the settings, it opens anyway, and
 * migrates the database when that is back: `down` says that it is known to be,
 * and why. */
struct hs_near;
struct hs_store *hs_store_open_near(const char *path, const char *const *hot,
                                    struct hs_near *near,
                                    const struct hs_error *down,
                                    struct hs_error *err);
/* The store's near file, or NULL. */
struct hs_near *hs_store_near(const struct hs_store *store);
/* While the writer is known to be stuck, fail with "busy" at once instead of
 * waiting: another process has held the lock for 300 ms, a commit takes a
 * second, or a borrower has held the connection for as long as the caller would
 * wait. For a server, whose few threads must not wait one after the other. Any
 * thread. */
void hs_store_be_impatient(struct hs_store *store);
/* Finish queued work, stop the threads, close. NULL is accepted. Free all its
 * sessions first. */
void hs_store_close(struct hs_store *store);
/* Counts commits, by this process or another, to tables of that kind: while it
 * doesn't change, what was read of them earlier is current. One atomic load;
 * changes of other processes are seen within 100 ms. */
uint64_t hs_store_generation(const struct hs_store *store, enum hs_kind kind);
/* This process among those that use its database together, 16 letters; NULL for
 * an engine whose database has one host. */
const char *hs_store_host(const struct hs_store *store);
/* Remove deleted texts from the files too: the WAL is moved into the database
 * and emptied, and if one of the texts (1 to 256 bytes) is still in it, the
 * file is rewritten, which takes long for a large one and makes writers wait.
 * 0; 1 if something may still hold one of the texts: the message of `err` is
 * then a sentence that says what; -1 and `err` ("busy" if a reader takes too
 * long). Any thread. */
int hs_store_scrub(struct hs_store *store, const struct hs_value *needles,
                   int count, struct hs_error *err);
/* 0 if the last write succeeded; else -1 and `err` says what is wrong with the
 * disk or the lock. Notices by itself, within about a second, when it is over.
 * Any thread. */
int hs_store_healthy(struct hs_store *store, struct hs_error *err);

/* Read all of the database and see whether it is whole: takes long when it is
 * large. 0, with what an administrator should know, a line each ("info: ..."
 * asks for nothing, "error: ..." keeps calls from being stored), appended to
 * `notes`; -1 and `err` ("corrupt", or why it can't be read). Any thread. */
int hs_store_check(struct hs_store *store, struct hs_buf *notes,
                   struct hs_error *err);

/* NULL and "memory" on failure. */
struct hs_session *hs_session_new(struct hs_store *store, struct hs_error *err);
/* An open transaction is rolled back; open cursors must still be closed. NULL
 * is accepted. */
void hs_session_free(struct hs_session *session);
struct hs_store *hs_session_store(struct hs_session *session);
/* From now on the session answers a call (1), or doesn't (0). With a near file,
 * a call waits for the database for 600 ms, up to 400 ms of them to read, and
 * not while it is known to be down; then the near file is read, and stores the
 * batch. Lookups have a time of their own. */
void hs_session_calling(struct hs_session *session, int calling);
int hs_session_is_calling(const struct hs_session *session);

/* Run the statements in one transaction on the writer thread and wait until it
 * is committed. Their values are used in place. Returns 0; -1 with `err`:
 * "busy" (not committed within wait_ms, or the writer is stuck; nothing was
 * written),
 * "unknown" (withdrawn too late: may yet be committed), "full", "readonly",
 * "io", "corrupt", "memory", "constraint", "sql" (not one valid, allowed
 * statement, or the wrong number of values). changes/last_id are filled on
 * success; both are 0 if the statement changed or inserted nothing. */
int hs_session_write(struct hs_session *session, struct hs_statement *batch,
                     int count, int wait_ms, struct hs_error *err);

/* Transactions with code in between: the writer connection is lent to this
 * thread until end. begin waits up to wait_ms ("busy"). Nests by savepoint.
 * end with commit = 0 rolls back; with 1 returns after the group commit of the
 * outermost ("unknown" as above). Either way the transaction is over. Only the
 * thread that began may use it. All other writes wait meanwhile. */
int hs_session_begin(struct hs_session *session, int wait_ms,
                     struct hs_error *err);
int hs_session_end(struct hs_session *session, int commit, int wait_ms,
                   struct hs_error *err);
int hs_session_in_transaction(const struct hs_session *session);
/* Queries of the read connection end with "time" when this moment of
 * hs_running_ms() is past; 0 = never. */
void hs_session_set_deadline(struct hs_session *session, int64_t at);

/* Rows. A statement that only reads runs on the read connection (on the lent
 * writer inside a transaction). One that writes runs at once inside a
 * transaction; outside one it is queued like hs_session_write (wait_ms is for
 * this) and its RETURNING rows are kept in memory. Values of a read are used in
 * place until the cursor is closed. NULL and `err` on failure. Close a cursor
 * before the next query: it keeps its snapshot until the end of its rows.
 */
struct hs_cursor;
struct hs_cursor *hs_session_query(struct hs_session *session,
                                   const struct hs_statement *statement,
                                   int wait_ms, struct hs_error *err);
/* 1 row, 0 end, -1 failed. */
int hs_cursor_step(struct hs_cursor *cursor, struct hs_error *err);
int hs_cursor_columns(const struct hs_cursor *cursor);
const char *hs_cursor_name(const struct hs_cursor *cursor, int column);
/* Valid until the next step; need not end in NUL. */
void hs_cursor_value(struct hs_cursor *cursor, int column,
                     struct hs_value *out);
void hs_cursor_close(struct hs_cursor *cursor); /* NULL accepted */

/* Remember the highest timeline of a database on PostgreSQL in the file
 * `near_file` with .timeline behind it; `write` 0: only heed what is there.
 * Nothing for another database. Before that is opened. */
void hs_keep_timeline(const char *database, const char *near_file, int write);

/* sqlite/migrate.c: the embedded schema/ files, in order. Idempotent. Refuses a
 * newer database ("newer_schema") and an applied file that changed ("changed").
 * dry_run rolls back. `applied` (may be NULL) receives how many ran. Needs no
 * lock if nothing is missing. 0, or -1 with `err`. */
int hs_migrate(const char *path, int dry_run, int *applied,
               struct hs_error *err);
/* Online backup of `from` into the new file `to` ("exists" when it is there),
 * then integrity_check; under another name until it has been checked. progress
 * (may be NULL) gets pages done and total. 0, or -1 with `err`. */
int hs_backup(const char *from, const char *to,
              void (*progress)(void *ctx, int done, int total), void *ctx,
              struct hs_error *err);
/* sqlite/backup_restore.c: the copy `from` replaces the database
 * `to`, which is kept as "<to>.before-restore". Refused with "in_use" while any
 * process has it open, with "corrupt", "newer_schema", "changed" or "foreign"
 * for an unusable copy, and with "same". */
int hs_restore(const char *from, const char *to, struct hs_error *err);

#endif
