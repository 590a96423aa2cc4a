/* jsonscan.c: a strict JSON scanner over hostile bytes; no recursion. */
#include "lib/jsonscan.h"

#include <stdint.h>
#include <string.h>

#include "base/hex.h"
#include "base/utf8.h"

struct scan {
    const char *text;
    size_t len, at;
};

static int peek(const struct scan *in)
{
    return in->at < in->len ? (unsigned char)in->text[in->at] : -1;
}

static int accept(struct scan *in, int wanted)
{
    if (peek(in) != wanted)
        return 0;
    in->at++;
    return 1;
}

static void skip_space(struct scan *in)
{
    while (in->at < in->len && in->text[in->at] != 0 &&
           strchr(" \t\r\n", in->text[in->at]))
        in->at++;
}

/* Four hex digits, or -1. */
static int32_t hex4(struct scan *in)
{
    int32_t value = 0;

    for (int i = 0; i < 4; i++) {
        int digit = hs_hex_digit(peek(in));

        if (digit < 0)
            return -1;
        value = value * 16 + digit;
        in->at++;
    }
    return value;
}

/* The digits after "\u": one unit, or two that make a pair. -1 if wrong. */
static int32_t escaped_unit(struct scan *in)
{
    int32_t high = hex4(in), low;

    if (high < 0xD800 || high > 0xDFFF)
        return high;
    if (high > 0xDBFF || !accept(in, '\\') || !accept(in, 'u'))
        return -1;
    low = hex4(in);
    if (low < 0xDC00 || low > 0xDFFF)
        return -1;
    return 0x10000 + (high - 0xD800) * 0x400 + (low - 0xDC00);
}

/* The character of an escape, after its backslash, or -1. */
static int32_t escaped(struct scan *in)
{
    static const char letters[] = "\"\\/bfnrt", means[] = "\"\\/\b\f\n\r\t";
    int c = peek(in);
    const char *hit = c > 0 ? strchr(letters, c) : NULL;

    in->at++;
    if (c == 'u')
        return escaped_unit(in);
    return hit ? means[hit - letters] : -1;
}

static int add_utf8(struct hs_buf *out, int32_t c)
{
    char bytes[4];
    size_t n = 0;

    if (c < 0x80) {
        bytes[n++] = (char)c;
    } else if (c < 0x800) {
        bytes[n++] = (char)(0xC0 | c >> 6);
    } else if (c < 0x10000) {
        bytes[n++] = (char)(0xE0 | c >> 12);
        bytes[n++] = (char)(0x80 | (c >> 6 & 63));
    } else {
        bytes[n++] = (char)(0xF0 | c >> 18);
        bytes[n++] = (char)(0x80 | (c >> 12 & 63));
        bytes[n++] = (char)(0x80 | (c >> 6 & 63));
    }
    if (c >= 0x80)
        bytes[n++] = (char)(0x80 | (c & 63));
    return hs_buf_add(out, bytes, n);
}

/* A string from its opening quote; decoded into `out` unless NULL. */
static int scan_string(struct scan *in, struct hs_buf *out)
{
    if (!accept(in, '"'))
        return -1;
    while (!accept(in, '"')) {
        int32_t c = peek(in);
        size_t step;

        if (c < 0x20)
            return -1; /* the end, or a raw control character */
        if (c == '\\') {
            in->at++;
            c = escaped(in);
            if (c < 0 || (out && add_utf8(out, c) != 0))
                return -1;
            continue;
        }
        step = hs_utf8_next(in->text + in->at, in->len - in->at);
        if (step == 0 || (out && hs_buf_add(out, in->text + in->at, step) != 0))
            return -1;
        in->at += step;
    }
    return 0;
}

static int scan_digits(struct scan *in)
{
    size_t before = in->at;

    while (peek(in) >= '0' && peek(in) <= '9')
        in->at++;
    return in->at > before ? 0 : -1;
}

static int scan_number(struct scan *in)
{
    accept(in, '-');
    if (!accept(in, '0') && scan_digits(in) != 0)
        return -1;
    if (accept(in, '.') && scan_digits(in) != 0)
        return -1;
    if (accept(in, 'e') || accept(in, 'E')) {
        if (!accept(in, '+'))
            accept(in, '-');
        return scan_digits(in);
    }
    return 0;
}

static int scan_word(struct scan *in, const char *word)
{
    size_t len = strlen(word);

    if (in->len - in->at < len || memcmp(in->text + in->at, word, len) != 0)
        return -1;
    in->at += len;
    return 0;
}

/* A scalar value. Sets its type. 0 or -1. */
static int scan_scalar(struct scan *in, enum hs_json_type *type)
{
    switch (peek(in)) {
    case '"':
        *type = HS_JSON_STRING;
        return scan_string(in, NULL);
    case 't':
        *type = HS_JSON_TRUE;
        return scan_word(in, "true");
    case 'f':
        *type = HS_JSON_FALSE;
        return scan_word(in, "false");
    case 'n':
        *type = HS_JSON_NULL;
        return scan_word(in, "null");
    default:
        *type = HS_JSON_NUMBER;
        return scan_number(in);
    }
}

/* `"name":` inside an object. 0 or -1. */
static int scan_name(struct scan *in, struct hs_buf *out)
{
    skip_space(in);
    if (scan_string(in, out) != 0)
        return -1;
    skip_space(in);
    return accept(in, ':') ? 0 : -1;
}

/* Close as many levels as end here. 1: a value must follow; 0: all closed;
 * -1: wrong. */
static int close_levels(struct scan *in, const char *closers, size_t *depth)
{
    while (*depth > 0) {
        char closer = closers[*depth - 1];

        skip_space(in);
        if (accept(in, ',')) {
            if (closer == '}' && scan_name(in, NULL) != 0)
                return -1;
            return 1;
        }
        if (!accept(in, (unsigned char)closer))
            return -1;
        (*depth)--;
    }
    return 0;
}

/* Open an array or object. 1: a value must follow; 0: it was empty; -1. */
static int open_level(struct scan *in, char *closers, size_t *depth)
{
    char closer = peek(in) == '{' ? '}' : ']';

    if (*depth == HS_JSON_DEPTH)
        return -1;
    in->at++;
    skip_space(in);
    if (accept(in, (unsigned char)closer))
        return 0;
    if (closer == '}' && scan_name(in, NULL) != 0)
        return -1;
    closers[(*depth)++] = closer;
    return 1;
}

/* Any value, after optional space. 0 or -1. */
static int scan_value(struct scan *in, struct hs_json_value *out)
{
    char closers[HS_JSON_DEPTH];
    size_t depth = 0;
    int more = 1;

    skip_space(in);
    out->text = in->text + in->at;
    if (peek(in) == '{')
        out->type = HS_JSON_OBJECT;
    else
        out->type = HS_JSON_ARRAY;
    while (more > 0) {
        skip_space(in);
        if (peek(in) == '{' || peek(in) == '[') {
            more = open_level(in, closers, &depth);
        } else {
            enum hs_json_type scalar;

            more = scan_scalar(in, &scalar);
            if (depth == 0)
                out->type = scalar;
        }
        if (more == 0)
            more = close_levels(in, closers, &depth);
    }
    out->len = (size_t)(in->text + in->at - out->text);
    return more;
}

/* The decoded names so far: bytes and where each ends. */
struct names {
    struct hs_buf bytes;
    size_t ends[HS_JSON_MEMBERS];
    size_t count;
};

/* Has the name at the end of the bytes occurred before? */
static int name_is_new(struct names *names, size_t start)
{
    size_t len = names->bytes.len - start, from = 0;

    if (names->count == HS_JSON_MEMBERS)
        return 0;
    for (size_t i = 0; i < names->count; i++) {
        if (names->ends[i] - from == len &&
            (len == 0 || memcmp(names->bytes.data + from,
                                names->bytes.data + start, len) == 0))
            return 0;
        from = names->ends[i];
    }
    names->ends[names->count++] = names->bytes.len;
    return 1;
}

static int scan_members(struct scan *in, struct names *names,
                        hs_json_member_fn *member, void *ctx)
{
    do {
        size_t start = names->bytes.len;
        struct hs_json_value value;
        const char *name;

        if (scan_name(in, &names->bytes) != 0 || !name_is_new(names, start) ||
            scan_value(in, &value) != 0)
            return -1;
        name = names->bytes.data ? names->bytes.data + start : "";
        if (member && member(ctx, name, names->bytes.len - start, &value) != 0)
            return -1;
        skip_space(in);
    } while (accept(in, ','));
    return accept(in, '}') ? 0 : -1;
}

int hs_json_scan(const char *text, size_t len, hs_json_member_fn *member,
                 void *ctx)
{
    struct scan in = {text, len, 0};
    struct names names = {.count = 0};
    int result = -1;

    skip_space(&in);
    if (!accept(&in, '{'))
        return -1;
    skip_space(&in);
    if (accept(&in, '}') || scan_members(&in, &names, member, ctx) == 0) {
        skip_space(&in);
        result = in.at == in.len ? 0 : -1;
    }
    hs_buf_free(&names.bytes);
    return result;
}

int hs_json_next(const struct hs_json_value *array, size_t *at,
                 struct hs_json_value *out)
{
    struct scan in = {array->text, array->len, *at ? *at : 1};

    skip_space(&in);
    if (*at > 0 && !accept(&in, ','))
        return 0;
    if (peek(&in) == ']' || scan_value(&in, out) != 0)
        return 0;
    *at = in.at;
    return 1;
}

int hs_json_string(const struct hs_json_value *value, struct hs_buf *out)
{
    struct scan in = {value->text, value->len, 0};
    size_t before = out->len;

    if (value->type == HS_JSON_STRING && scan_string(&in, out) == 0)
        return 0;
    out->len = before;
    if (out->data)
        out->data[before] = 0;
    return -1;
}

int hs_json_is(const struct hs_json_value *value, const char *wanted)
{
    struct hs_buf text = {0};
    size_t len = strlen(wanted);
    int same = hs_json_string(value, &text) == 0 && text.len == len &&
               (len == 0 || memcmp(text.data, wanted, len) == 0);

    hs_buf_free(&text);
    return same;
}
