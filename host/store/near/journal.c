/* journal.c: the plans of calls under way (store/memory/recent.h), written into
 * the near file several times a second, so that a call goes on after a restart
 * while the database is down. */
#include "store/near/journal.h"

#include <signal.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/log.h"
#include "store/memory/recent.h"
#include "store/near/inside.h"
#include "store/near/spool.h"

#define WAIT_MS 2000
#define TOGETHER 500 /* texts written at once */
#define PRUNE_MS 60000
#define AGAIN_MS 1000               /* after a failure */
#define KEEP_MS (5LL * 3600 * 1000) /* longer than a call */

struct page {
    int count;
    struct {
        size_t key, key_len, text, len; /* in `bytes` */
    } list[TOGETHER];
    struct hs_buf bytes;
    struct hs_near *near;
    struct hs_error err;
};

static int begins_with(const char *key, size_t len, const char *with)
{
    return len >= strlen(with) && memcmp(key, with, strlen(with)) == 0;
}

static int flush(struct page *page)
{
    struct hs_statement batch[TOGETHER];
    struct hs_value values[TOGETHER][3];
    int count = page->count;

    for (int i = 0; i < count; i++) {
        values[i][0] = (struct hs_value){
            HS_TEXT, .bytes = page->bytes.data + page->list[i].key,
            .len = page->list[i].key_len};
        values[i][1] = (struct hs_value){
            HS_BLOB, .bytes = page->bytes.data + page->list[i].text,
            .len = page->list[i].len};
        values[i][2] = (struct hs_value){HS_INTEGER, .integer = hs_now_ms()};
        batch[i] = hs_near_statement(
            HS_NEAR_SQL("INSERT INTO near_recent (name, text, at)"
                        " VALUES (?, ?, ?) ON CONFLICT (name) DO UPDATE SET"
                        " text = excluded.text, at = excluded.at"),
            values[i], 3);
    }
    return count == 0 ? 0
                      : hs_session_write(page->near->journal, batch, count,
                                         WAIT_MS, &page->err);
}

/* Under a lock of recent.c: only copies. */
static int add(void *ctx, const char *key, size_t key_len, const char *text,
               size_t len)
{
    struct page *page = ctx;
    size_t at = page->bytes.len;

    if (!begins_with(key, key_len, "CA") &&
        !begins_with(key, key_len, "accepted "))
        return 0;
    if (page->count == TOGETHER)
        return 1;
    if (hs_buf_add(&page->bytes, key, key_len) != 0 ||
        hs_buf_add(&page->bytes, text, len) != 0)
        return hs_no_memory(&page->err);
    page->list[page->count].key = at;
    page->list[page->count].key_len = key_len;
    page->list[page->count].text = at + key_len;
    page->list[page->count].len = len;
    page->count++;
    return 0;
}

static int prune(struct hs_near *near, struct hs_error *err)
{
    struct hs_value before = {.type = HS_INTEGER,
                              .integer = hs_now_ms() - KEEP_MS};
    struct hs_statement remove = hs_near_statement(
        HS_NEAR_SQL("DELETE FROM near_recent WHERE at < ?"), &before, 1);

    near->journal_pruned_at = hs_monotonic_ms();
    return hs_session_write(near->journal, &remove, 1, WAIT_MS, err);
}

static void look(struct hs_near *near)
{
    struct page page = {.near = near};
    uint64_t before = near->journaled;
    int rc;

    if (hs_monotonic_ms() < near->journal_at)
        return;
    rc = hs_recent_since(&near->journaled, add, &page);
    /* More than fits: what is left out is in memory only. */
    if (rc > 0)
        near->journaled = hs_recent_puts();
    if (rc >= 0)
        rc = flush(&page);
    if (rc == 0 && hs_monotonic_ms() - near->journal_pruned_at > PRUNE_MS)
        rc = prune(near, &page.err);
    if (rc != 0) { /* once more, all of them */
        near->journaled = before;
        near->journal_at = hs_monotonic_ms() + AGAIN_MS;
        if (hs_trouble_met(&near->journal_trouble, page.err.code))
            hs_log(HS_LOG_WARN, "plans_not_kept", HS_S("code", page.err.code),
                   HS_S("message", page.err.message));
    } else {
        (void)hs_trouble_gone(&near->journal_trouble, NULL);
    }
    hs_buf_free(&page.bytes);
}

static void *journal_main(void *arg)
{
    struct hs_near *near = arg;

    pthread_setname_np(pthread_self(), "hs-journal");
    while (!hs_near_is_stopping(near)) {
        look(near);
        hs_near_pause(near);
    }
    look(near);
    return NULL;
}

int hs_journal_start(struct hs_near *near, struct hs_error *err)
{
    sigset_t all, before;
    int rc;

    near->journal = hs_session_new(near->file, err);
    if (!near->journal)
        return -1;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    rc = pthread_create(&near->journal_thread, NULL, journal_main, near);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    near->journal_started = rc == 0;
    if (rc == 0)
        return 0;
    return hs_error_set(err, "memory",
                        "cannot start the near file's second thread");
}

int hs_journal_load(struct hs_near *near, struct hs_error *err)
{
    struct hs_value since = {.type = HS_INTEGER,
                             .integer = hs_now_ms() - KEEP_MS};
    struct hs_statement select = hs_near_statement(
        HS_NEAR_SQL("SELECT name, text FROM near_recent WHERE at >= ? "
                    "ORDER BY at"),
        &since, 1);
    struct hs_cursor *cursor =
        hs_session_query(near->here, &select, WAIT_MS, err);
    int found;

    if (!cursor)
        return -1;
    while ((found = hs_cursor_step(cursor, err)) > 0) {
        struct hs_value name, text;

        hs_cursor_value(cursor, 0, &name);
        hs_cursor_value(cursor, 1, &text);
        (void)hs_recent_put(name.bytes, name.len, text.bytes, text.len);
    }
    hs_cursor_close(cursor);
    return found;
}
