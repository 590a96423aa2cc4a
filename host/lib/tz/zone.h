/* zone.h: a zone in memory; between tz.c, file.c and cache.c only. */
#ifndef HS_TZ_ZONE_H
#define HS_TZ_ZONE_H

#include <stddef.h>
#include <stdint.h>

/* RFC 8536: offsets lie between -25 and +26 hours. */
#define HS_TZ_MAX_OFFSET 93600

struct hs_tz_type {
    int32_t offset; /* seconds east of UTC */
    int is_dst;
    char abbreviation[8];
};

/* When the footer's rule changes the clock: Jn, n or Mm.w.d, and a time. */
struct hs_tz_date {
    enum { HS_TZ_JULIAN, HS_TZ_DAY, HS_TZ_WEEKDAY } kind;
    int month, week;
    int day;     /* of the year, or 0 = Sunday … 6 */
    int seconds; /* since midnight, -167 to 167 hours */
};

struct hs_tz_rule {
    struct hs_tz_type standard, daylight;
    int has_dst;
    struct hs_tz_date begin, end;
};

struct hs_zone {
    int64_t *at;            /* when the clock changes, ascending */
    unsigned char *type_of; /* what it changes to: an index into types */
    size_t count;
    struct hs_tz_type *types; /* at least one */
    size_t type_count;
    int has_rule; /* the file's footer, for what comes after `at` */
    struct hs_tz_rule rule;
};

#endif
