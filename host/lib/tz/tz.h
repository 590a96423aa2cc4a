/* tz.h: IANA time zones from tzdata, never through TZ (RFC 8536). */
#ifndef HS_TZ_H
#define HS_TZ_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct hs_zone; /* immutable, cached for the life of the process */

struct hs_local_time {
    int year, month, day; /* month 1-12 */
    int hour, minute, second;
    int weekday;        /* 1 = Monday … 7 = Sunday */
    int offset_seconds; /* east of UTC */
    int is_dst;
    char abbreviation[8];
};

/* A zone by name, or NULL and `err` ("unknown_zone", with the nearest name).
 * Any thread; re-read within a second of a change of tzdata on disk. A zone
 * stays valid after that, with its old rules. */
const struct hs_zone *hs_zone_get(const char *name, struct hs_error *err);
void hs_zone_local(const struct hs_zone *zone, int64_t epoch_seconds,
                   struct hs_local_time *out);
/* The instant of a local time. In a gap the later wall time is used, in an
 * overlap the first one. `kind` (may be NULL): 0 normal, 1 gap, 2 overlap.
 * Only year to second are read; a day or month past its end carries over. */
int64_t hs_zone_instant(const struct hs_zone *zone,
                        const struct hs_local_time *local, int *kind);
/* The next change of offset after t, or INT64_MAX. */
int64_t hs_zone_next_change(const struct hs_zone *zone, int64_t epoch_seconds);

/* Days from 1970-01-01 to a date; a month or day past its end carries over. */
int64_t hs_day_number(int64_t year, int64_t month, int64_t day);
/* Set year, month and day to the date of such a number. */
void hs_day_date(int64_t days, struct hs_local_time *out);

/* Read one TZif file from memory. NULL and `err` ("malformed", "memory") on
 * failure; the caller frees with hs_zone_free. */
struct hs_zone *hs_zone_parse(const void *data, size_t len,
                              struct hs_error *err);
void hs_zone_free(struct hs_zone *zone); /* NULL accepted; never a cached one */
/* Set the tzdata folder (default /usr/share/zoneinfo) and for how many
 * milliseconds a look at a file counts (default 1000). Before other threads. */
void hs_zone_set_folder(const char *path, int look_ms);
const char *hs_zone_folder(void);

#endif
