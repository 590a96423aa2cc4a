/* log.c: JSON lines, redacted by construction: a field whose name isn't in the
 * list below isn't written, only named in "dropped". */
#include "base/log.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/log_file.h"
#include "base/utf8.h"

#define TEXT_MAX 4000 /* bytes of one value; a traceback fits */
#define NAME_MAX_SHOWN 48
#define DROPPED_MAX 16
#define WAIT_MS 200 /* for a reader of the log, once */

/* Sorted, for bsearch. No name here may ever carry a secret: no token, key
 * material, password, header or body. "key" is the name of a setting. */
static const char *const allowed[] = {
    "accepted",    "address",       "answer",
    "applied",     "at_line",       "attempt",
    "attempts",    "backup",        "budget_ms",
    "bytes",       "cache",         "call_sid",
    "call_status", "caller",        "calls",
    "changes",     "client",        "code",
    "column",      "command",       "commits",
    "connection",  "connections",   "count",
    "cpu_ms",      "database",      "deadline",
    "decision",    "depth",         "digits",
    "direction",   "dropped_count", "duration",
    "errno",       "error",         "expected",
    "failed",      "fallback",      "fd",
    "field",       "file",          "files",
    "folder",      "from_number",   "generation",
    "got",         "handler",       "hash",
    "host",        "http_status",   "id",
    "in_flight",   "index",         "item",
    "job",         "key",           "kind",
    "leg",         "level_name",    "limit",
    "line",        "listen",        "local",
    "log",         "lookup",        "message",
    "method",      "micros",        "migration",
    "missing",     "mode",          "ms",
    "name",        "nearest",       "number",
    "of",          "operation",     "option",
    "outcome",     "owner",         "package",
    "path",        "peer",          "pending",
    "phase",       "pid",           "plan",
    "policy",      "port",          "problems",
    "query_ms",    "queue",         "queued",
    "reason",      "recording_sid", "refused",
    "remaining",   "remote",        "request_id",
    "retry",       "retry_after",   "route",
    "rows",        "rss_kb",        "rule",
    "rules",       "sandbox",       "schema",
    "seconds",     "sequence",      "server",
    "setting",     "sid",           "signal",
    "size",        "source",        "stage",
    "state",       "status",        "step",
    "table",       "target",        "task",
    "thread",      "threads",       "timeline",
    "timeout_ms",  "timezone",      "to_number",
    "total",       "traceback",     "try",
    "twilio_code", "type",          "unit",
    "url_host",    "url_path",      "user",
    "value_kind",  "version",       "waited_ms",
    "wanted",      "warnings",      "watch",
    "what",        "where",         "worker",
    "workers",     "zone",
};

static enum hs_log_level lowest_level = HS_LOG_INFO;
static int log_fd = STDERR_FILENO;

/* A reader that has stopped, of a pipe or a terminal, must not stop who logs.
 */
static struct {
    int on;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    int busy;         /* someone has the turn, and `torn` with it */
    int torn;         /* the last line isn't whole */
    _Atomic int held; /* the last one wasn't taken in time */
    _Atomic long long lost;
} hurry = {.lock = PTHREAD_MUTEX_INITIALIZER,
           .changed = PTHREAD_COND_INITIALIZER};

void hs_log_open(enum hs_log_level lowest, int fd)
{
    lowest_level = lowest;
    log_fd = fd < 0 ? STDERR_FILENO : fd;
}

static void say_failed(const char *path)
{
    hs_log(HS_LOG_ERROR, "log_file_failed", HS_S("file", path));
}

int hs_log_hurry(const char *path, struct hs_error *err)
{
    struct stat about;
    int is_file = !path && fstat(log_fd, &about) == 0 && S_ISREG(about.st_mode);
    int rc = 0;

    hurry.on = 1;
    if (path || is_file)
        rc = hs_log_file_start(path, log_fd, say_failed, err);
    if (rc > 0)
        hs_log(HS_LOG_ERROR, "log_file_silent", HS_S("file", path));
    return rc < 0 ? -1 : 0;
}

int hs_log_enabled(enum hs_log_level level)
{
    return level >= lowest_level;
}

static int compare_name(const void *name, const void *entry)
{
    return strcmp(name, *(const char *const *)entry);
}

static int is_allowed(const char *name)
{
    return bsearch(name, allowed, sizeof allowed / sizeof allowed[0],
                   sizeof allowed[0], compare_name) != NULL;
}

static int add_text(struct hs_buf *line, const char *text, size_t max)
{
    size_t len = text ? strnlen(text, max + 1) : 0;

    if (!text)
        return hs_buf_add_str(line, "null");
    if (len > max)
        len = hs_utf8_cut(text, max);
    return hs_buf_add_json(line, text, len);
}

static int add_head(struct hs_buf *line, enum hs_log_level level,
                    const char *event)
{
    static const char *const names[] = {"debug", "info", "warn", "error"};
    int64_t now = hs_now_ms();
    time_t seconds = (time_t)(now / 1000);
    struct tm tm = {0};
    char at[32];

    gmtime_r(&seconds, &tm);
    (void)strftime(at, sizeof at, "%Y-%m-%dT%H:%M:%S", &tm);
    if (hs_buf_printf(line, "{\"at\":\"%s.%03dZ\",\"level\":\"%s\",\"event\":",
                      at, (int)(now % 1000), names[level & 3]) != 0)
        return -1;
    return add_text(line, event, TEXT_MAX);
}

static int add_field(struct hs_buf *line, const struct hs_field *field)
{
    if (hs_buf_printf(line, ",\"%s\":", field->name) != 0)
        return -1;
    if (field->is_number)
        return hs_buf_printf(line, "%lld", (long long)field->number);
    return add_text(line, field->text, TEXT_MAX);
}

/* Names only: a dropped field's value must not appear. */
static int add_dropped(struct hs_buf *line, const struct hs_field *fields,
                       size_t count)
{
    size_t dropped = 0;

    for (size_t i = 0; i < count && dropped < DROPPED_MAX; i++) {
        if (is_allowed(fields[i].name))
            continue;
        if (hs_buf_add_str(line, dropped ? "," : ",\"dropped\":[") != 0 ||
            add_text(line, fields[i].name, NAME_MAX_SHOWN) != 0)
            return -1;
        dropped++;
    }
    return dropped ? hs_buf_add_str(line, "]") : 0;
}

static int add_line(struct hs_buf *line, enum hs_log_level level,
                    const char *event, const struct hs_field *fields,
                    size_t count)
{
    if (add_head(line, level, event) != 0)
        return -1;
    for (size_t i = 0; i < count; i++) {
        if (is_allowed(fields[i].name) && add_field(line, &fields[i]) != 0)
            return -1;
    }
    if (add_dropped(line, fields, count) != 0)
        return -1;
    return hs_buf_add_str(line, "}\n");
}

/* ---- without waiting ---- */

/* Is there room for PIPE_BUF bytes, now or soon? */
static int has_room(void)
{
    struct pollfd room = {.fd = log_fd, .events = POLLOUT};
    int ready;

    do
        ready = poll(&room, 1, atomic_load(&hurry.held) ? 0 : WAIT_MS);
    while (ready < 0 && errno == EINTR);
    atomic_store(&hurry.held, ready == 0);
    return ready != 0;
}

/* 0, or -1 if it wasn't taken as a whole. In one's turn. What can't be written
 * must not stop a call. */
static int write_soon(const char *data, size_t len)
{
    for (size_t at = 0, part; at < len; at += part) {
        part = len - at < PIPE_BUF ? len - at : PIPE_BUF;
        if (!has_room()) {
            hurry.torn |= at > 0;
            return -1;
        }
        (void)hs_write_full(log_fd, data + at, part);
    }
    return 0;
}

/* Say how many lines are missing here. 0 or -1. */
static int say_lost(int (*put)(const char *, size_t))
{
    long long lost = atomic_exchange(&hurry.lost, 0);
    struct hs_field count = HS_I("count", lost);
    struct hs_buf line = {0};
    int rc = 0;

    if (lost == 0)
        return 0;
    if (add_line(&line, HS_LOG_WARN, "log_lines_lost", &count, 1) == 0)
        rc = put(line.data, line.len);
    if (rc != 0)
        atomic_fetch_add(&hurry.lost, lost);
    hs_buf_free(&line);
    return rc;
}

/* 0 or -1. In one's turn. */
static int mend_torn(void)
{
    if (hurry.torn && write_soon("\n", 1) != 0)
        return -1;
    hurry.torn = 0;
    return 0;
}

/* Another thread may be held up by the log: wait only so long for it. */
static int take_turn(void)
{
    struct timespec until;
    int rc = atomic_load(&hurry.held) ? ETIMEDOUT : 0;
    int got;

    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += WAIT_MS * 1000000L;
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    pthread_mutex_lock(&hurry.lock);
    while (hurry.busy && rc != ETIMEDOUT)
        rc = pthread_cond_clockwait(&hurry.changed, &hurry.lock,
                                    CLOCK_MONOTONIC, &until);
    got = !hurry.busy;
    hurry.busy = 1;
    pthread_mutex_unlock(&hurry.lock);
    return got;
}

static void end_turn(void)
{
    pthread_mutex_lock(&hurry.lock);
    hurry.busy = 0;
    pthread_cond_signal(&hurry.changed);
    pthread_mutex_unlock(&hurry.lock);
}

static void write_line(const char *data, size_t len)
{
    int failed;

    if (!hurry.on) {
        (void)hs_write_full(log_fd, data, len);
        return;
    }
    if (hs_log_file_is_open()) {
        failed =
            say_lost(hs_log_file_add) != 0 || hs_log_file_add(data, len) != 0;
    } else if (take_turn()) {
        failed = mend_torn() != 0 || say_lost(write_soon) != 0 ||
                 write_soon(data, len) != 0;
        end_turn();
    } else {
        failed = 1;
        atomic_store(&hurry.held, 1);
    }
    atomic_fetch_add(&hurry.lost, failed);
}

void hs_log_fields(enum hs_log_level level, const char *event,
                   const struct hs_field *fields, size_t count)
{
    static const char no_memory[] =
        "{\"level\":\"error\",\"event\":\"log_out_of_memory\"}\n";
    struct hs_buf line = {0};
    int saved = errno;

    if (!hs_log_enabled(level))
        return;
    if (add_line(&line, level, event, fields, count) == 0)
        write_line(line.data, line.len);
    else
        write_line(no_memory, sizeof no_memory - 1);
    hs_buf_free(&line);
    errno = saved;
}
