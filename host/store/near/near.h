/* near.h: the near file: what a host on PostgreSQL keeps on its own disk, so
 * that calls are answered and stored while the database is down, slow or
 * silent.
 *
 * It is a SQLite database with the same tables: a copy of the settings that
 * calls are decided by, the calls of an outage, and the spool: batches that are
 * committed here and delivered to the database afterwards, each once, in any
 * order. One thread delivers, asks whether the database is back, and copies;
 * another keeps the plans of calls under way. The functions below may be called
 * by any thread. */
#ifndef HS_NEAR_H
#define HS_NEAR_H

#include "store/store.h"

struct hs_near;

/* Open the file, or make it and its folder; holds at most `limit` bytes of
 * batches. One process has it at a time: one that is leaving is waited for,
 * beside another it is refused ("in_use"). NULL and `err`. */
struct hs_near *hs_near_open(const char *path, int64_t limit,
                             struct hs_error *err);
/* Begin to deliver to the database, and to copy from it. `moved` (of `store`,
 * HS_KINDS of them) are counted on when what was read from the file may be
 * outdated. 0, or -1 and `err`. */
int hs_near_start(struct hs_near *near, struct hs_store *store,
                  _Atomic uint64_t *moved, struct hs_error *err);
/* This process is about to end: the next one may wait for the file. NULL is
 * accepted. */
void hs_near_leaving(struct hs_near *near);
/* Stop and close; what isn't delivered is at the next start. NULL is accepted.
 * Its sessions must be freed before. */
void hs_near_close(struct hs_near *near);

/* Does it hold a copy of the settings? */
int hs_near_is_filled(const struct hs_near *near);
/* Since when nothing is asked of the database, hs_now_ms(); 0: it works. */
int64_t hs_near_down_since(const struct hs_near *near);
/* The database has failed a call, or kept it waiting for too long. */
void hs_near_failed(struct hs_near *near, const struct hs_error *err);
/* After a call's statement failed: 0 when the near file is to take its place.
 * That is also so when the database refuses the statement: it lacks a table, or
 * a right. Then only this statement goes there. */
int hs_near_cannot_help(struct hs_near *near, const struct hs_error *err);

/* A session on the file. NULL and `err`. */
struct hs_session *hs_near_session(struct hs_near *near, struct hs_error *err);
/* Run a call's batch on the file, for the call's later steps, and commit it to
 * the spool with that. `session` is one of hs_near_session(). Fills the
 * statements' changes. 0; -1 and `err`: "full", or as hs_session_write(). */
int hs_near_keep(struct hs_near *near, struct hs_session *session,
                 struct hs_statement *batch, int count, struct hs_error *err);

struct hs_near_state {
    int64_t down_since; /* as above */
    int64_t batches;    /* in the spool ... */
    int64_t bytes;      /* ... and their size */
    int64_t limit;
    int64_t waiting_since; /* that it isn't empty; 0: it is */
    int64_t refused;       /* batches that the database refused, and are kept */
};
void hs_near_look(const struct hs_near *near, struct hs_near_state *out);

#endif
