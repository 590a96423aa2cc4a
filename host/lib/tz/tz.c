/* tz.c: what a zone's clock shows, from a TZif file's table and, after the
 * table's end, from its footer's rule. Reading the files: file.c. */
#include "lib/tz/tz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/tz/zone.h"

#define DAY 86400
/* Up to about the year 980 million: far beyond any file, and no sum overflows.
 * */
#define LATEST INT64_C(31000000000000000)

int64_t hs_day_number(int64_t year, int64_t month, int64_t day)
{
    int64_t era, year_of_era, day_of_year;

    year += (month - 1) / 12;
    month = (month - 1) % 12 + 1;
    if (month < 1) {
        month += 12;
        year--;
    }
    /* The year begins in March, so that a leap day is its last. */
    if (month <= 2)
        year--;
    era = (year >= 0 ? year : year - 399) / 400;
    year_of_era = year - era * 400;
    day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
    return era * 146097 + year_of_era * 365 + year_of_era / 4 -
           year_of_era / 100 + day_of_year - 719468;
}

void hs_day_date(int64_t days, struct hs_local_time *out)
{
    int64_t era, day_of_era, year_of_era, day_of_year, month;

    days += 719468;
    era = (days >= 0 ? days : days - 146096) / 146097;
    day_of_era = days - era * 146097;
    year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 -
                   day_of_era / 146096) /
                  365;
    day_of_year =
        day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    month = (5 * day_of_year + 2) / 153;
    out->day = (int)(day_of_year - (153 * month + 2) / 5 + 1);
    out->month = (int)(month < 10 ? month + 3 : month - 9);
    out->year = (int)(year_of_era + era * 400 + (out->month <= 2));
}

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

static int is_leap(int64_t year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

/* The day of a footer's date in a year, counted from 1970-01-01. */
static int64_t rule_day(const struct hs_tz_date *date, int64_t year)
{
    int64_t first = hs_day_number(year, 1, 1);
    int64_t month_start, next_month, day;
    int first_weekday;

    switch (date->kind) {
    case HS_TZ_JULIAN: /* February 29 is never counted */
        return first + date->day - 1 + (date->day >= 60 && is_leap(year));
    case HS_TZ_DAY:
        return first + date->day;
    case HS_TZ_WEEKDAY:
        break;
    }
    month_start = hs_day_number(year, date->month, 1);
    next_month = hs_day_number(year, date->month + 1, 1);
    first_weekday = (int)((month_start + 4) % 7); /* 1970-01-01: Thursday, 4 */
    if (first_weekday < 0)
        first_weekday += 7;
    day = month_start + (date->day - first_weekday + 7) % 7 +
          (int64_t)7 * (date->week - 1);
    return day >= next_month ? day - 7 : day;
}

/* When the footer's rule changes the clock in a year: [0] to DST, [1] back. */
static void rule_changes(const struct hs_zone *zone, int64_t year,
                         int64_t out[2])
{
    const struct hs_tz_rule *rule = &zone->rule;

    out[0] = rule_day(&rule->begin, year) * DAY + rule->begin.seconds -
             rule->standard.offset;
    out[1] = rule_day(&rule->end, year) * DAY + rule->end.seconds -
             rule->daylight.offset;
}

static int64_t year_of(int64_t epoch_seconds)
{
    struct hs_local_time date;

    hs_day_date(floor_div(epoch_seconds, DAY), &date);
    return date.year;
}

/* The footer's rule: the latest change at or before t decides. */
static const struct hs_tz_type *type_by_rule(const struct hs_zone *zone,
                                             int64_t t)
{
    const struct hs_tz_type *found = &zone->rule.standard;
    int64_t year = year_of(t);
    int64_t best = INT64_MIN;

    if (!zone->rule.has_dst)
        return found;
    for (int64_t y = year - 2; y <= year + 1; y++) {
        int64_t at[2];

        rule_changes(zone, y, at);
        /* At the same instant the later year's counts: with DST all year, a
         * rule ends and begins it at once. */
        for (int i = 0; i < 2; i++) {
            int which = at[1] < at[0] ? !i : i;

            if (at[which] <= t && at[which] >= best) {
                best = at[which];
                found =
                    which == 0 ? &zone->rule.daylight : &zone->rule.standard;
            }
        }
    }
    return found;
}

/* How many instants of the table are at or before t. */
static size_t instants_until(const struct hs_zone *zone, int64_t t)
{
    size_t low = 0, high = zone->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (zone->at[middle] <= t)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static const struct hs_tz_type *type_at(const struct hs_zone *zone, int64_t t)
{
    size_t n = instants_until(zone, t);

    if (n == zone->count && zone->has_rule)
        return type_by_rule(zone, t);
    return &zone->types[n > 0 ? zone->type_of[n - 1] : 0];
}

static int64_t clamp(int64_t t, int64_t limit)
{
    if (t > limit)
        return limit;
    return t < -limit ? -limit : t;
}

void hs_zone_local(const struct hs_zone *zone, int64_t epoch_seconds,
                   struct hs_local_time *out)
{
    int64_t t = clamp(epoch_seconds, LATEST);
    const struct hs_tz_type *type = type_at(zone, t);
    int64_t local = t + type->offset;
    int64_t days = floor_div(local, DAY);
    int second = (int)(local - days * DAY);

    hs_day_date(days, out);
    out->hour = second / 3600;
    out->minute = second / 60 % 60;
    out->second = second % 60;
    out->weekday = (int)(((days + 3) % 7 + 7) % 7) + 1;
    out->offset_seconds = type->offset;
    out->is_dst = type->is_dst;
    memcpy(out->abbreviation, type->abbreviation, sizeof out->abbreviation);
}

/* The first change by the footer's rule after t that moves the clock. */
static int64_t next_by_rule(const struct hs_zone *zone, int64_t t)
{
    int64_t year = year_of(t), best = INT64_MAX;

    if (!zone->rule.has_dst ||
        zone->rule.standard.offset == zone->rule.daylight.offset)
        return INT64_MAX;
    for (int64_t y = year - 1; y <= year + 2; y++) {
        int64_t at[2];

        rule_changes(zone, y, at);
        for (int i = 0; i < 2; i++) {
            if (at[i] > t && at[i] < best &&
                type_by_rule(zone, at[i])->offset !=
                    type_by_rule(zone, at[i] - 1)->offset)
                best = at[i];
        }
    }
    return best;
}

int64_t hs_zone_next_change(const struct hs_zone *zone, int64_t epoch_seconds)
{
    int64_t t = clamp(epoch_seconds, LATEST);
    size_t n = instants_until(zone, t);
    int32_t offset = type_at(zone, t)->offset;

    for (; n < zone->count; n++) {
        if (type_at(zone, zone->at[n])->offset != offset)
            return zone->at[n];
    }
    if (!zone->has_rule)
        return INT64_MAX;
    if (zone->count > 0 && t < zone->at[zone->count - 1])
        t = zone->at[zone->count - 1];
    return next_by_rule(zone, t);
}

int64_t hs_zone_instant(const struct hs_zone *zone,
                        const struct hs_local_time *local, int *kind)
{
    int64_t wall =
        clamp(hs_day_number(local->year, local->month, local->day) * DAY +
                  (int64_t)local->hour * 3600 + (int64_t)local->minute * 60 +
                  local->second,
              LATEST - 2 * (int64_t)HS_TZ_MAX_OFFSET);
    /* No clock is more than HS_TZ_MAX_OFFSET from UTC, so the answer lies in
     * this stretch. Walk through its pieces of constant offset. */
    int64_t from = wall - HS_TZ_MAX_OFFSET, last = wall + HS_TZ_MAX_OFFSET;
    int64_t found = INT64_MAX, in_gap = INT64_MAX;
    int hits = 0;

    while (from <= last) {
        int64_t until = hs_zone_next_change(zone, from);
        int64_t t = wall - type_at(zone, from)->offset;

        if (t >= from && t < until) {
            if (hits++ == 0)
                found = t;
        } else if (t >= until && until <= last &&
                   wall - type_at(zone, until)->offset < until) {
            in_gap = t; /* read with the offset before the clock was set */
        }
        if (until == INT64_MAX)
            break;
        from = until;
    }
    if (kind)
        *kind = hits == 0 ? 1 : hits == 1 ? 0 : 2;
    return hits > 0 ? found : in_gap;
}
