/* log.c: JSON lines, redacted by construction: a field whose name isn't in the
 * list below isn't written, only named in "dropped". */
#include "base/log.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/utf8.h"

#define TEXT_MAX 4000 /* bytes of one value; a traceback fits */
#define NAME_MAX_SHOWN 48
#define DROPPED_MAX 16

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

void hs_log_open(enum hs_log_level lowest, int fd)
{
    lowest_level = lowest;
    log_fd = fd < 0 ? STDERR_FILENO : fd;
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

/* A log that cannot be written must not stop a call: failures are ignored. */
static void write_all(const char *data, size_t len)
{
    while (len > 0) {
        ssize_t done = write(log_fd, data, len);

        if (done < 0 && errno == EINTR)
            continue;
        if (done <= 0)
            return;
        data += done;
        len -= (size_t)done;
    }
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
        write_all(line.data, line.len);
    else
        write_all(no_memory, sizeof no_memory - 1);
    hs_buf_free(&line);
    errno = saved;
}
