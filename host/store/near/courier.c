/* courier.c: the thread that delivers the spool.
 *
 * A group of batches is one transaction of the database, and begins with the
 * ids of the batches, which are unique there: a group whose outcome isn't known
 * is delivered again, and what was there already is refused. */
#include "store/near/courier.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/metrics.h"
#include "store/health.h"
#include "store/near/inside.h"
#include "store/near/packed.h"
#include "store/near/replica.h"
#include "store/near/spool.h"

#define ASK_MS 200 /* between questions whether it is back */
#define ANSWER_MS 700
#define DELIVER_MS 5000
#define HERE_MS 5000
#define STEADY_MS 5000 /* of a line in the log */
#define GROUP_MAX 64
#define GROUP_BESIDE 16 /* while calls wait for the same writer */
#define GROUP_BYTES (1 << 20)
/* Calls go to the database again when so few are left, or after so long. */
#define FEW 64
#define LONG_MS 500
#define AGAIN_MS 5000 /* after the file failed, or the database refused */
#define KEEP_IDS_MS (30LL * 24 * 3600 * 1000)
#define PRUNE_MS (3600LL * 1000)

struct group {
    int count;
    int64_t ids[GROUP_MAX];
    char uids[GROUP_MAX][33];
    size_t starts[GROUP_MAX + 1]; /* in `bytes` */
    struct hs_buf bytes;
    struct hs_unpacked unpacked;
};

static void group_free(struct group *group)
{
    hs_buf_free(&group->bytes);
    hs_unpacked_free(&group->unpacked);
}

/* ---- attention ---- */

/* 1, or 0 when it has to be raised later. */
static int raise_alert(struct hs_near *near, const char *subject,
                       const char *detail)
{
    struct hs_value now = {.type = HS_INTEGER, .integer = hs_now_ms()};
    struct hs_value values[] = {
        {.type = HS_TEXT, .bytes = subject, .len = strlen(subject)},
        {.type = HS_TEXT, .bytes = detail, .len = strlen(detail)},
        now,
        now};
    struct hs_statement raise = hs_near_statement(
        HS_NEAR_SQL("INSERT INTO alerts AS a (user_id, kind, subject, detail,"
                    " first_at, last_at) VALUES ('', 'spool', ?, ?, ?, ?)"
                    " ON CONFLICT (user_id, kind, subject) DO UPDATE SET"
                    " detail = excluded.detail, last_at = excluded.last_at,"
                    " count = a.count + 1, closed_at = NULL"),
        values, 4);
    struct hs_error err;

    hs_log(HS_LOG_ERROR, "spool_alert", HS_S("reason", subject),
           HS_S("message", detail));
    if (hs_near_put(near, near->here, &raise, 1, 1, &err) == 0)
        return 1;
    near->alert_at = hs_monotonic_ms() + AGAIN_MS;
    hs_log(HS_LOG_ERROR, "spool_alert_lost", HS_S("code", err.code),
           HS_S("message", err.message));
    return 0;
}

/* What people have to know and no alert says yet. */
static void raise_alerts(struct hs_near *near, int64_t bytes)
{
    if (hs_monotonic_ms() < near->alert_at)
        return;
    if (bytes >= near->limit / 2 && !near->said_half)
        near->said_half = raise_alert(
            near, "half full",
            "The database can't be reached, and half of the room for "
            "what calls store meanwhile is used (near_file_mb).");
    if (atomic_load(&near->was_full)) {
        near->said_full =
            near->said_full ||
            raise_alert(near, "full",
                        "The database can't be reached, and the near file is "
                        "full (near_file_mb). Calls are still answered, but "
                        "not logged.");
        atomic_store(&near->was_full, !near->said_full);
    }
    if (near->refused_unsaid)
        near->refused_unsaid = !raise_alert(
            near, "refused",
            "The database refused something that was stored while it "
            "couldn't be reached. It is kept in the near file; the log "
            "says why.");
}

static void watch_size(struct hs_near *near)
{
    int64_t bytes = atomic_load(&near->bytes);

    if (atomic_load(&near->batches) == 0)
        atomic_store(&near->waiting_since, 0);
    else if (atomic_load(&near->waiting_since) == 0)
        atomic_store(&near->waiting_since, hs_now_ms());
    if (bytes < near->limit / 4)
        near->said_half = near->said_full = 0;
    raise_alerts(near, bytes);
}

/* ---- taking from the spool ---- */

/* Its columns are id, uid, batch. 0 or -1. */
static int add_row(struct group *group, struct hs_cursor *cursor)
{
    struct hs_value id, uid, batch;

    hs_cursor_value(cursor, 0, &id);
    hs_cursor_value(cursor, 1, &uid);
    hs_cursor_value(cursor, 2, &batch);
    if (uid.len >= sizeof group->uids[0] ||
        hs_buf_add(&group->bytes, batch.bytes, batch.len) != 0)
        return -1;
    group->ids[group->count] = id.integer;
    memcpy(group->uids[group->count], uid.bytes, uid.len);
    group->uids[group->count][uid.len] = '\0';
    group->starts[++group->count] = group->bytes.len;
    return 0;
}

/* It isn't the database's fault: what waits is tried again later, and calls go
 * to the database meanwhile. Returns 1. */
static int put_off(struct hs_near *near, const struct hs_error *err)
{
    near->deliver_at = hs_monotonic_ms() + AGAIN_MS;
    hs_log(HS_LOG_ERROR, "spool_not_emptied", HS_S("code", err->code),
           HS_S("message", err->message));
    return 1;
}

/* The functions below: 0; 1: put off; -1 and `err`: the database failed. */

static int read_group(struct hs_near *near, struct group *group,
                      struct hs_error *err)
{
    struct hs_statement select = hs_near_statement(
        HS_NEAR_SQL("SELECT id, uid, batch FROM near_spool WHERE refused = 0 "
                    "ORDER BY id LIMIT 64"),
        NULL, 0);
    int most = hs_near_down_since(near) ? GROUP_MAX : GROUP_BESIDE;
    struct hs_cursor *cursor;
    int found = 1;

    group->count = 0;
    hs_buf_clear(&group->bytes);
    cursor = hs_session_query(near->here, &select, HERE_MS, err);
    if (!cursor)
        return put_off(near, err);
    while (group->count < most && group->bytes.len < GROUP_BYTES &&
           (found = hs_cursor_step(cursor, err)) > 0) {
        if (add_row(group, cursor) != 0) {
            found = hs_no_memory(err);
            break;
        }
    }
    hs_cursor_close(cursor);
    return found < 0 ? put_off(near, err) : 0;
}

/* Of the group: `count` batches from `first` on. */
static int remove_range(struct hs_near *near, const struct group *group,
                        int first, int count)
{
    int64_t size =
        (int64_t)(group->starts[first + count] - group->starts[first]);
    struct hs_value values[] = {
        {.type = HS_INTEGER, .integer = group->ids[first]},
        {.type = HS_INTEGER, .integer = group->ids[first + count - 1]}};
    struct hs_statement remove = hs_near_statement(
        HS_NEAR_SQL("DELETE FROM near_spool WHERE id BETWEEN ? AND ? "
                    "AND refused = 0"),
        values, 2);
    struct hs_error err;

    if (hs_session_write(near->here, &remove, 1, HERE_MS, &err) != 0)
        return put_off(near, &err);
    atomic_fetch_sub(&near->batches, count);
    atomic_fetch_sub(&near->bytes, size);
    near->delivered += count;
    near->delivered_at = hs_monotonic_ms();
    near->calls_here = 1;
    hs_count(HS_C_SPOOL_DELIVERED, count);
    return 0;
}

/* The database takes all but this one: it stays, and is tried again when its
 * turn comes (try_refused()). Only news is reported, and one alert is enough:
 * it may be what the database refuses. */
static int refuse(struct hs_near *near, const struct group *group, int which,
                  const struct hs_error *why)
{
    struct hs_value id = {.type = HS_INTEGER, .integer = group->ids[which]};
    struct hs_statement update = hs_near_statement(
        HS_NEAR_SQL("UPDATE near_spool SET refused = 1 WHERE id = ?"), &id, 1);
    struct hs_error err;
    int is_news = id.integer > near->refused_id;

    if (is_news)
        hs_log(HS_LOG_ERROR, "spool_refused", HS_S("code", why->code),
               HS_S("message", why->message), HS_S("id", group->uids[which]));
    if (hs_session_write(near->here, &update, 1, HERE_MS, &err) != 0)
        return put_off(near, &err);
    *(is_news ? &near->refused_id : &near->retried_id) = id.integer;
    atomic_fetch_sub(&near->batches, 1);
    if (atomic_fetch_add(&near->refused, 1) == 0 && is_news)
        near->refused_unsaid = 1;
    return 0;
}

/* Back among those that wait: what was refused, behind an id, at most so many
 * (-1: all). How many they are, or -1. */
static int64_t take_back(struct hs_near *near, int64_t behind, int64_t most)
{
    struct hs_value values[] = {{.type = HS_INTEGER, .integer = behind},
                                {.type = HS_INTEGER, .integer = most}};
    struct hs_statement update = hs_near_statement(
        HS_NEAR_SQL("UPDATE near_spool SET refused = 0 WHERE id IN (SELECT id"
                    " FROM near_spool WHERE refused = 1 AND id > ?"
                    " ORDER BY id LIMIT ?)"),
        values, 2);
    struct hs_error err;

    if (hs_session_write(near->here, &update, 1, HERE_MS, &err) != 0)
        return -1;
    atomic_fetch_add(&near->batches, update.changes);
    atomic_fetch_sub(&near->refused, update.changes);
    return update.changes;
}

/* ---- to the database ---- */

/* Its batches, each behind its id. 0; -1 and `err`. */
static int send(struct hs_near *near, struct group *group, int first, int count,
                struct hs_error *err)
{
    struct hs_unpacked *unpacked = &group->unpacked;
    struct hs_value(*values)[2] = calloc((size_t)count, sizeof *values);
    int ends[GROUP_MAX], rc = values ? 0 : -1, used = 0, taken = 0;
    struct hs_statement *all;

    hs_unpacked_clear(unpacked);
    if (rc != 0)
        hs_no_memory(err);
    for (int i = 0; rc == 0 && i < count; i++) {
        size_t start = group->starts[first + i];

        rc =
            hs_packed_read(group->bytes.data + start,
                           group->starts[first + i + 1] - start, unpacked, err);
        ends[i] = unpacked->count;
    }
    all = rc == 0 ? calloc((size_t)unpacked->count + (size_t)count, sizeof *all)
                  : NULL;
    for (int i = 0; all && i < count; i++) {
        const char *uid = group->uids[first + i];

        values[i][0] =
            (struct hs_value){HS_TEXT, .bytes = uid, .len = strlen(uid)};
        values[i][1] = (struct hs_value){HS_INTEGER, .integer = hs_now_ms()};
        all[used++] = hs_near_statement(
            HS_NEAR_SQL("INSERT INTO hs_spooled (id, at) VALUES (?, ?)"),
            values[i], 2);
        while (taken < ends[i])
            all[used++] = unpacked->statements[taken++];
    }
    if (all)
        rc = hs_session_write(near->there, all, used, DELIVER_MS, err);
    else if (rc == 0)
        hs_no_memory(err);
    free(values);
    free(all);
    return all ? rc : -1;
}

/* Is it there from an earlier time? 1, 0; -1 and `err`. */
static int was_delivered(struct hs_near *near, const char *uid,
                         struct hs_error *err)
{
    struct hs_value id = {.type = HS_TEXT, .bytes = uid, .len = strlen(uid)};
    struct hs_statement select = hs_near_statement(
        HS_NEAR_SQL("SELECT 1 FROM hs_spooled WHERE id = ?"), &id, 1);
    struct hs_cursor *cursor;
    int found;

    hs_session_set_deadline(near->there, hs_running_ms() + DELIVER_MS);
    cursor = hs_session_query(near->there, &select, DELIVER_MS, err);
    if (!cursor)
        return -1;
    found = hs_cursor_step(cursor, err);
    hs_cursor_close(cursor);
    return found;
}

/* Of a delivery that failed. 0 when it is the batches' own fault. */
static int blame(struct hs_near *near, const struct hs_error *err)
{
    if (strcmp(err->code, "memory") == 0)
        return put_off(near, err);
    return hs_error_from_outside(err) && strcmp(err->code, "corrupt") != 0 ? -1
                                                                           : 0;
}

static int deliver_one(struct hs_near *near, struct group *group, int which,
                       struct hs_error *err)
{
    struct hs_error why;
    int rc, there;

    if (send(near, group, which, 1, &why) == 0)
        return remove_range(near, group, which, 1);
    *err = why;
    rc = blame(near, &why);
    if (rc != 0)
        return rc;
    there = was_delivered(near, group->uids[which], err);
    if (there < 0)
        return -1;
    return there ? remove_range(near, group, which, 1)
                 : refuse(near, group, which, &why);
}

static int deliver_group(struct hs_near *near, struct group *group,
                         struct hs_error *err)
{
    int rc;

    if (send(near, group, 0, group->count, err) == 0)
        return remove_range(near, group, 0, group->count);
    rc = blame(near, err);
    for (int i = 0; rc == 0 && i < group->count && !hs_near_is_stopping(near);
         i++)
        rc = deliver_one(near, group, i, err);
    return rc;
}

/* ---- down and up ---- */

/* One that writes a row: only that waits for the standby, as calls would. */
static int is_back(struct hs_near *near, struct hs_error *err)
{
    struct hs_value now = {.type = HS_INTEGER, .integer = hs_now_ms()};
    struct hs_statement write = hs_near_statement(
        HS_NEAR_SQL("INSERT INTO hs_spooled (id, at) VALUES ('probe', ?) "
                    "ON CONFLICT (id) DO UPDATE SET at = excluded.at"),
        &now, 1);

    near->asked_at = hs_monotonic_ms();
    return hs_session_write(near->there, &write, 1, ANSWER_MS, err) == 0;
}

/* Settings that were read from the file meanwhile may be outdated. */
static void up(struct hs_near *near)
{
    if (!atomic_exchange(&near->down_since, 0))
        return;
    for (int kind = 0; kind < HS_KINDS; kind++)
        atomic_fetch_add(&near->moved[kind], 1);
    hs_gauge_set(HS_G_DATABASE_DOWN, 0);
}

/* One that is slow goes down and comes back many times: the log says it once,
 * when neither has happened for some seconds. */
static void say_steady(struct hs_near *near)
{
    int64_t ms;

    if (!hs_near_down_since(near) && hs_trouble_gone(&near->trouble, &ms))
        hs_log(HS_LOG_INFO, "database_answers", HS_I("ms", ms));
    if (near->delivered > 0 && atomic_load(&near->batches) == 0 &&
        hs_monotonic_ms() - near->delivered_at >= STEADY_MS) {
        hs_log(HS_LOG_INFO, "spool_delivered", HS_I("count", near->delivered));
        near->delivered = 0;
    }
}

static void deliver(struct hs_near *near)
{
    struct group group = {0};
    int64_t began = hs_monotonic_ms();
    struct hs_error err;
    int rc = began < near->deliver_at;

    while (rc == 0 && !hs_near_is_stopping(near)) {
        rc = read_group(near, &group, &err);
        if (rc == 0 && group.count > 0)
            rc = deliver_group(near, &group, &err);
        if (rc == 0 &&
            (group.count < FEW || hs_monotonic_ms() - began > LONG_MS))
            up(near);
        if (group.count == 0)
            break;
    }
    group_free(&group);
    if (rc < 0)
        hs_near_failed(near, &err);
    else if (rc > 0)
        up(near);
}

/* The database has them. */
static void forget_calls(struct hs_near *near)
{
    if (!near->calls_here || atomic_load(&near->batches) > 0 ||
        hs_monotonic_ms() < near->forget_at)
        return;
    near->calls_here = hs_replica_forget_calls(near) != 0;
    if (near->calls_here)
        near->forget_at = hs_monotonic_ms() + AGAIN_MS;
}

/* Ids are needed as long as a host that was cut off may come back. */
static void prune(struct hs_near *near)
{
    struct hs_value before = {.type = HS_INTEGER,
                              .integer = hs_now_ms() - KEEP_IDS_MS};
    struct hs_statement remove = hs_near_statement(
        HS_NEAR_SQL("DELETE FROM hs_spooled WHERE at < ?"), &before, 1);
    struct hs_error err;

    if (near->pruned_at && hs_monotonic_ms() - near->pruned_at < PRUNE_MS)
        return;
    near->pruned_at = hs_monotonic_ms();
    (void)hs_session_write(near->there, &remove, 1, ANSWER_MS, &err);
}

/* Someone may have restored a table that was missing, or a right. Some have
 * their turn, so that those refused for good don't hold up the others; once the
 * database takes one, all have. */
static void try_refused(struct hs_near *near)
{
    int64_t before = atomic_load(&near->refused), taken;

    if (before == 0 || hs_monotonic_ms() < near->refused_at)
        return;
    near->refused_at = hs_monotonic_ms() + AGAIN_MS;
    taken = take_back(near, near->retried_id, GROUP_BESIDE);
    if (taken == 0)
        taken = take_back(near, near->retried_id = 0, GROUP_BESIDE);
    if (taken <= 0)
        return;
    deliver(near);
    if (atomic_load(&near->refused) < before &&
        atomic_load(&near->batches) == 0 && take_back(near, 0, -1) > 0)
        deliver(near);
}

static void work(struct hs_near *near)
{
    struct hs_error err;

    watch_size(near);
    say_steady(near);
    if (hs_near_down_since(near) &&
        (hs_monotonic_ms() - near->asked_at < ASK_MS || !is_back(near, &err)))
        return;
    if (hs_near_down_since(near) || atomic_load(&near->batches) > 0)
        deliver(near);
    if (!hs_near_down_since(near))
        try_refused(near);
    if (hs_near_down_since(near))
        return;
    forget_calls(near);
    hs_replica_look(near);
    prune(near);
}

static void *courier_main(void *arg)
{
    struct hs_near *near = arg;

    pthread_setname_np(pthread_self(), "hs-near");
    while (!hs_near_is_stopping(near)) {
        work(near);
        atomic_store(&near->refused_shown, atomic_load(&near->refused));
        hs_near_pause(near);
    }
    return NULL;
}

int hs_courier_start(struct hs_near *near)
{
    sigset_t all, before;
    int rc;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    rc = pthread_create(&near->thread, NULL, courier_main, near);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return rc == 0 ? 0 : -1;
}
