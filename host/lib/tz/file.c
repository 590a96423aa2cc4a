/* file.c: reading TZif, version 2 and later (RFC 8536). The bytes aren't
 * trusted: every count is checked against the length before it is used. */
#include <stdlib.h>
#include <string.h>

#include "lib/tz/tz.h"
#include "lib/tz/zone.h"

#define HEADER_SIZE 44
#define HOUR 3600

/* What remains to be read. */
struct reader {
    const unsigned char *at;
    size_t left;
};

/* The counts of a header. */
struct counts {
    size_t isut, isstd, leap, time, type, chars;
};

/* Read a footer ("EST5EDT,M3.2.0,M11.1.0") of `len` bytes. 0 or -1. */
static int parse_rule(const char *text, size_t len, struct hs_tz_rule *out);

static uint32_t big32(const unsigned char *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 |
           p[3];
}

/* Two's complement without relying on conversions. */
static int64_t signed32(const unsigned char *p)
{
    uint32_t bits = big32(p);

    return (int64_t)bits - (bits >> 31 ? (INT64_C(1) << 32) : 0);
}

static int64_t signed64(const unsigned char *p)
{
    return signed32(p) * (INT64_C(1) << 32) + (int64_t)big32(p + 4);
}

/* Take the next `len` bytes, or NULL. */
static const unsigned char *take(struct reader *in, size_t len)
{
    const unsigned char *bytes = in->at;

    if (len > in->left)
        return NULL;
    in->at += len;
    in->left -= len;
    return bytes;
}

static int read_header(struct reader *in, struct counts *out)
{
    const unsigned char *p = take(in, HEADER_SIZE);

    if (!p || memcmp(p, "TZif", 4) != 0 || p[4] < '2')
        return -1;
    out->isut = big32(p + 20);
    out->isstd = big32(p + 24);
    out->leap = big32(p + 28);
    out->time = big32(p + 32);
    out->type = big32(p + 36);
    out->chars = big32(p + 40);
    return 0;
}

/* Read the type records and their abbreviations. 0 or -1. */
static int read_types(struct hs_zone *zone, const unsigned char *records,
                      const char *chars, size_t char_count)
{
    for (size_t i = 0; i < zone->type_count; i++, records += 6) {
        struct hs_tz_type *type = &zone->types[i];
        int64_t offset = signed32(records);
        size_t start = records[5], len;

        if (offset <= -HS_TZ_MAX_OFFSET || offset >= HS_TZ_MAX_OFFSET ||
            records[4] > 1 || start >= char_count)
            return -1;
        len = strnlen(chars + start, char_count - start);
        if (len == char_count - start)
            return -1; /* runs out of its array */
        if (len >= sizeof type->abbreviation)
            len = sizeof type->abbreviation - 1;
        memcpy(type->abbreviation, chars + start, len);
        type->offset = (int32_t)offset;
        type->is_dst = records[4];
    }
    return 0;
}

/* Read the instants and what each changes to. 0 or -1. */
static int read_instants(struct hs_zone *zone, const unsigned char *instants,
                         const unsigned char *indexes)
{
    for (size_t i = 0; i < zone->count; i++, instants += 8) {
        zone->at[i] = signed64(instants);
        zone->type_of[i] = indexes[i];
        if (indexes[i] >= zone->type_count ||
            (i > 0 && zone->at[i] <= zone->at[i - 1]))
            return -1;
    }
    return 0;
}

/* The footer: a newline, a rule or nothing, a newline. 0 or -1. */
static int read_footer(struct hs_zone *zone, struct reader *in)
{
    const unsigned char *newline = take(in, 1);
    const unsigned char *end;

    if (!newline || *newline != '\n')
        return -1;
    end = memchr(in->at, '\n', in->left);
    if (!end)
        return -1;
    zone->has_rule = end > in->at;
    if (!zone->has_rule)
        return 0;
    return parse_rule((const char *)in->at, (size_t)(end - in->at),
                      &zone->rule);
}

/* Allocate what the counts ask for. 0 or -1. */
static int allocate(struct hs_zone *zone, const struct counts *counts)
{
    zone->count = counts->time;
    zone->type_count = counts->type;
    zone->at = calloc(counts->time + 1, sizeof *zone->at);
    zone->type_of = calloc(counts->time + 1, 1);
    zone->types = calloc(counts->type, sizeof *zone->types);
    return zone->at && zone->type_of && zone->types ? 0 : -1;
}

/* The second block, which has 64-bit instants. 0 or -1. */
static int read_block(struct hs_zone *zone, struct reader *in)
{
    struct counts counts;
    const unsigned char *instants, *indexes, *records, *chars;

    if (read_header(in, &counts) != 0)
        return -1;
    /* Zones that count leap seconds don't match the clocks people use. */
    if (counts.type == 0 || counts.type > 256 || counts.leap != 0 ||
        counts.chars == 0 || (counts.isut != 0 && counts.isut != counts.type) ||
        (counts.isstd != 0 && counts.isstd != counts.type))
        return -1;
    instants = counts.time <= in->left / 9 ? take(in, counts.time * 8) : NULL;
    indexes = instants ? take(in, counts.time) : NULL;
    records = indexes ? take(in, counts.type * 6) : NULL;
    chars = records ? take(in, counts.chars) : NULL;
    if (!chars || !take(in, counts.isstd) || !take(in, counts.isut))
        return -1;
    if (allocate(zone, &counts) != 0)
        return -1;
    if (read_types(zone, records, (const char *)chars, counts.chars) != 0)
        return -1;
    if (read_instants(zone, instants, indexes) != 0)
        return -1;
    return read_footer(zone, in);
}

struct hs_zone *hs_zone_parse(const void *data, size_t len,
                              struct hs_error *err)
{
    struct reader in = {data, len};
    struct hs_zone *zone = calloc(1, sizeof *zone);
    struct counts first;
    uint64_t skip;

    if (!zone) {
        hs_no_memory(err);
        return NULL;
    }
    if (read_header(&in, &first) != 0)
        goto failed;
    /* Counts are 32 bits, so this sum fits in 64. */
    skip = (uint64_t)first.time * 5 + (uint64_t)first.type * 6 + first.chars +
           (uint64_t)first.leap * 8 + first.isstd + first.isut;
    if (skip > in.left || !take(&in, (size_t)skip) ||
        read_block(zone, &in) != 0)
        goto failed;
    return zone;

failed:
    hs_error_set(err, "malformed", "not a time zone file (TZif 2 or later)");
    hs_zone_free(zone);
    return NULL;
}

void hs_zone_free(struct hs_zone *zone)
{
    if (!zone)
        return;
    free(zone->at);
    free(zone->type_of);
    free(zone->types);
    free(zone);
}

/* A number of at most three digits. 0 or -1. */
static int rule_number(struct reader *in, int least, int most, int *out)
{
    int value = 0, digits = 0;

    for (; in->left > 0 && *in->at >= '0' && *in->at <= '9' && digits < 3;
         digits++)
        value = value * 10 + *take(in, 1) - '0';
    *out = value;
    return digits > 0 && value >= least && value <= most ? 0 : -1;
}

static int skip_char(struct reader *in, unsigned char wanted)
{
    if (in->left == 0 || *in->at != wanted)
        return 0;
    take(in, 1);
    return 1;
}

static int is_letter(unsigned char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* "EST" or "<+0530>". 0 or -1. */
static int rule_name(struct reader *in, char out[8])
{
    int quoted = skip_char(in, '<');
    size_t len = 0;

    for (; in->left > 0; len++) {
        unsigned char c = *in->at;
        int inside = quoted && ((c >= '0' && c <= '9') || c == '+' || c == '-');

        if (!is_letter(c) && !inside)
            break;
        if (len < 7)
            out[len] = (char)c;
        take(in, 1);
    }
    out[len < 7 ? len : 7] = 0;
    if (quoted && !skip_char(in, '>'))
        return -1;
    return len >= 3 ? 0 : -1;
}

/* [+-]h[:m[:s]] in seconds. 0 or -1. */
static int rule_time(struct reader *in, int most_hours, int *out)
{
    int sign = skip_char(in, '-') ? -1 : 1;
    int part[3] = {0, 0, 0};

    if (sign > 0)
        skip_char(in, '+');
    if (rule_number(in, 0, most_hours, &part[0]) != 0)
        return -1;
    for (int i = 1; i < 3 && skip_char(in, ':'); i++) {
        if (rule_number(in, 0, 59, &part[i]) != 0)
            return -1;
    }
    *out = sign * (part[0] * HOUR + part[1] * 60 + part[2]);
    return 0;
}

/* ,date[/time] 0 or -1. */
static int rule_date(struct reader *in, struct hs_tz_date *out)
{
    if (!skip_char(in, ','))
        return -1;
    if (skip_char(in, 'M')) {
        out->kind = HS_TZ_WEEKDAY;
        if (rule_number(in, 1, 12, &out->month) != 0 || !skip_char(in, '.') ||
            rule_number(in, 1, 5, &out->week) != 0 || !skip_char(in, '.') ||
            rule_number(in, 0, 6, &out->day) != 0)
            return -1;
    } else if (skip_char(in, 'J')) {
        out->kind = HS_TZ_JULIAN;
        if (rule_number(in, 1, 365, &out->day) != 0)
            return -1;
    } else {
        out->kind = HS_TZ_DAY;
        if (rule_number(in, 0, 365, &out->day) != 0)
            return -1;
    }
    out->seconds = 2 * HOUR;
    return skip_char(in, '/') ? rule_time(in, 167, &out->seconds) : 0;
}

static int parse_rule(const char *text, size_t len, struct hs_tz_rule *out)
{
    struct reader in = {(const unsigned char *)text, len};
    int west;

    memset(out, 0, sizeof *out);
    /* POSIX counts offsets westward, everyone else eastward. */
    if (rule_name(&in, out->standard.abbreviation) != 0 ||
        rule_time(&in, 24, &west) != 0)
        return -1;
    out->standard.offset = -west;
    if (in.left == 0)
        return 0;
    out->has_dst = 1;
    out->daylight.is_dst = 1;
    if (rule_name(&in, out->daylight.abbreviation) != 0)
        return -1;
    out->daylight.offset = out->standard.offset + HOUR;
    if (in.left > 0 && *in.at != ',') {
        if (rule_time(&in, 24, &west) != 0)
            return -1;
        out->daylight.offset = -west;
    }
    if (rule_date(&in, &out->begin) != 0 || rule_date(&in, &out->end) != 0)
        return -1;
    return in.left == 0 ? 0 : -1;
}
