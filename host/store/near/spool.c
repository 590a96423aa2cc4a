/* spool.c: the state of the near file, and committing to its spool. */
#include "store/near/spool.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/metrics.h"
#include "lib/crypt.h"
#include "store/health.h"
#include "store/near/inside.h"
#include "store/near/packed.h"

#define TICK_NS 100000000L
#define WAIT_MS 2000
#define UID_BYTES 16
#define SAY_MS 10000 /* between two lines about what is refused */

/* ---- its state ---- */

int hs_near_is_filled(const struct hs_near *near)
{
    return atomic_load(&near->filled);
}

int64_t hs_near_down_since(const struct hs_near *near)
{
    return atomic_load(&near->down_since);
}

void hs_near_failed(struct hs_near *near, const struct hs_error *err)
{
    int64_t up = 0;

    if (!atomic_compare_exchange_strong(&near->down_since, &up, hs_now_ms()))
        return;
    hs_gauge_set(HS_G_DATABASE_DOWN, 1);
    if (hs_trouble_met(&near->trouble, err->code))
        hs_log(HS_LOG_WARN, "near_file_answers", HS_S("code", err->code),
               HS_S("message", err->message));
    pthread_mutex_lock(&near->lock);
    pthread_cond_broadcast(&near->wake);
    pthread_mutex_unlock(&near->lock);
}

int hs_near_cannot_help(struct hs_near *near, const struct hs_error *err)
{
    int64_t now = hs_now_ms(), said = atomic_load(&near->refusal_said_at);

    if (hs_error_from_outside(err)) {
        hs_near_failed(near, err);
        return 0;
    }
    if (strcmp(err->code, "sql") != 0)
        return 1;
    if ((now < said || now - said >= SAY_MS) &&
        atomic_compare_exchange_strong(&near->refusal_said_at, &said, now))
        hs_log(HS_LOG_ERROR, "database_refuses", HS_S("code", err->code),
               HS_S("message", err->message));
    return 0;
}

int hs_near_is_stopping(struct hs_near *near)
{
    int stopping;

    pthread_mutex_lock(&near->lock);
    stopping = near->stopping;
    pthread_mutex_unlock(&near->lock);
    return stopping;
}

void hs_near_pause(struct hs_near *near)
{
    struct timespec at;

    clock_gettime(CLOCK_MONOTONIC, &at);
    at.tv_nsec += TICK_NS;
    at.tv_sec += at.tv_nsec / 1000000000;
    at.tv_nsec %= 1000000000;
    pthread_mutex_lock(&near->lock);
    if (!near->stopping)
        pthread_cond_timedwait(&near->wake, &near->lock, &at);
    pthread_mutex_unlock(&near->lock);
}

void hs_near_look(const struct hs_near *near, struct hs_near_state *out)
{
    *out = (struct hs_near_state){.down_since = atomic_load(&near->down_since),
                                  .batches = atomic_load(&near->batches),
                                  .bytes = atomic_load(&near->bytes),
                                  .limit = near->limit,
                                  .waiting_since =
                                      atomic_load(&near->waiting_since),
                                  .refused = atomic_load(&near->refused_shown)};
}

struct hs_session *hs_near_session(struct hs_near *near, struct hs_error *err)
{
    return hs_session_new(near->file, err);
}

/* ---- the spool ---- */

static int make_uid(char out[2 * UID_BYTES + 1])
{
    unsigned char random[UID_BYTES];

    if (hs_random(random, sizeof random) != 0)
        return -1;
    hs_hex(random, sizeof random, out);
    return 0;
}

/* The batch, and its place in the spool, in one transaction. When it can't run
 * here (the copy may lack a row that it needs), the spool alone has it. */
static int commit(struct hs_session *session, struct hs_statement *batch,
                  int count, const struct hs_statement *place,
                  struct hs_error *err)
{
    struct hs_statement *all = calloc((size_t)count + 1, sizeof *all);
    int ran, rc;

    if (!all)
        return hs_no_memory(err);
    memcpy(all, batch, (size_t)count * sizeof *all);
    all[count] = *place;
    rc = hs_session_write(session, all, count + 1, WAIT_MS, err);
    ran = rc == 0;
    if (!ran &&
        (strcmp(err->code, "constraint") == 0 || strcmp(err->code, "sql") == 0))
        rc = hs_session_write(session, &all[count], 1, WAIT_MS, err);
    for (int i = 0; rc == 0 && i < count; i++)
        batch[i].changes = ran ? all[i].changes : 1;
    free(all);
    return rc;
}

/* Counted before it is there, since it may be delivered at once. 0 if there is
 * no room. */
static int count_in(struct hs_near *near, int64_t size, int even_if_full)
{
    int64_t before = atomic_fetch_add(&near->bytes, size);

    if (!even_if_full && before + size > near->limit) {
        atomic_fetch_sub(&near->bytes, size);
        return 0;
    }
    atomic_fetch_add(&near->batches, 1);
    return 1;
}

static void count_out(struct hs_near *near, int64_t size)
{
    atomic_fetch_sub(&near->batches, 1);
    atomic_fetch_sub(&near->bytes, size);
}

int hs_near_put(struct hs_near *near, struct hs_session *session,
                struct hs_statement *batch, int count, int even_if_full,
                struct hs_error *err)
{
    struct hs_buf packed = {0};
    char uid[2 * UID_BYTES + 1];
    int rc = -1;

    if (make_uid(uid) != 0 || hs_packed_add(&packed, batch, count) != 0) {
        hs_no_memory(err);
    } else if (!count_in(near, (int64_t)packed.len, even_if_full)) {
        atomic_store(&near->was_full, 1);
        hs_error_set(err, "full",
                     "the spool of the near file is full (%lld bytes)",
                     (long long)near->limit);
    } else {
        struct hs_value values[] = {
            {.type = HS_TEXT, .bytes = uid, .len = sizeof uid - 1},
            {.type = HS_INTEGER, .integer = hs_now_ms()},
            {.type = HS_BLOB, .bytes = packed.data, .len = packed.len}};
        struct hs_statement place = hs_near_statement(
            HS_NEAR_SQL("INSERT INTO near_spool (uid, at, batch) "
                        "VALUES (?, ?, ?)"),
            values, 3);

        rc = commit(session, batch, count, &place, err);
        if (rc == 0)
            hs_count(HS_C_SPOOLED, 1);
        else if (strcmp(err->code, "unknown") != 0) /* it isn't there */
            count_out(near, (int64_t)packed.len);
    }
    hs_buf_free(&packed);
    return rc;
}

int hs_near_keep(struct hs_near *near, struct hs_session *session,
                 struct hs_statement *batch, int count, struct hs_error *err)
{
    return hs_near_put(near, session, batch, count, 0, err);
}
