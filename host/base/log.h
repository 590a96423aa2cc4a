/* log.h: JSON lines on stderr or in a file. Only field names in log.c's allow
 * list are written, so a secret cannot slip in under a new name. */
#ifndef HS_LOG_H
#define HS_LOG_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

enum hs_log_level { HS_LOG_DEBUG, HS_LOG_INFO, HS_LOG_WARN, HS_LOG_ERROR };

/* One field; made with HS_S (string, NULL is written as null) and HS_I. */
struct hs_field {
    const char *name;
    const char *text;
    int64_t number;
    int is_number;
};
#define HS_S(n, v)                                                             \
    {                                                                          \
        .name = (n), .text = (v)                                               \
    }
#define HS_I(n, v)                                                             \
    {                                                                          \
        .name = (n), .number = (v), .is_number = 1                             \
    }

/* hs_log(HS_LOG_INFO, "listening", HS_S("address", a), HS_I("port", p)); at
 * least one field. Any thread; one write(2) per line. */
/* NOLINTNEXTLINE(readability-identifier-naming): it reads as a function */
#define hs_log(level, event, ...)                                              \
    hs_log_fields((level), (event), (struct hs_field[]){__VA_ARGS__},          \
                  sizeof((struct hs_field[]){__VA_ARGS__}) /                   \
                      sizeof(struct hs_field))
void hs_log_fields(enum hs_log_level level, const char *event,
                   const struct hs_field *fields, size_t count);
/* True if a line of this level would be written: ask before building costly
 * fields. */
int hs_log_enabled(enum hs_log_level level);
/* Called once at start, before threads: the lowest level, and a file or -1 for
 * stderr.
 */
void hs_log_open(enum hs_log_level lowest, int fd);
/* From now on no thread waits for the log's reader or its disk for more than a
 * moment: what isn't taken is lost, and counted by the next line that is.
 * `path`: the file to write to, NULL for where it is written now. 0, or -1 and
 * `err`. Called before there are threads. */
int hs_log_hurry(const char *path, struct hs_error *err);

#endif
