/* form.c: one pass over the bytes, decoding into a buffer reused by the next
 * parse. Decoding never makes text longer and every separator makes room for a
 * NUL, so len + 1 bytes always suffice. */
#include "lib/form.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/hex.h"
#include "base/utf8.h"

#define FIRST_PAIRS 32
#define FIRST_BYTES 4096

/* Where the parse stands. */
struct decoder {
    const char *at;
    const char *end;
    char *out;
    int raw;
    int odd; /* raw: something needs repair */
};

/* Decode the digits of one %xx. -1 if they aren't hex. */
static int decode_escape(struct decoder *decoder)
{
    int high, low;

    if (decoder->end - decoder->at < 2)
        return -1;
    high = hs_hex_digit(decoder->at[0]);
    low = hs_hex_digit(decoder->at[1]);
    if (high < 0 || low < 0)
        return -1;
    decoder->at += 2;
    return high * 16 + low;
}

/* Letters, digits and some others that stand for themselves: most of a form. */
static int is_plain(unsigned char byte)
{
    return (unsigned)(byte | 32) - 'a' < 26u || (unsigned)byte - '0' < 10u ||
           byte == '-' || byte == '.' || byte == '_';
}

static void copy_plain(struct decoder *decoder)
{
    const char *at = decoder->at;
    const char *end = decoder->end;
    char *out = decoder->out;

    while (at < end && is_plain((unsigned char)*at))
        *out++ = *at++;
    decoder->at = at;
    decoder->out = out;
}

/* Decode a name (which ends at = or &) or a value (at &), write its NUL and
 * give its length. The separator is left unread. NULL, or the problem. */
static const char *decode_part(struct decoder *decoder, int is_name,
                               size_t *len)
{
    char *start = decoder->out;
    unsigned int seen = 0;

    copy_plain(decoder);
    while (decoder->at < decoder->end) {
        int byte = (unsigned char)*decoder->at;

        if (byte == '&' || (is_name && byte == '='))
            break;
        decoder->at++;
        if (byte == '+')
            byte = ' ';
        else if (byte == '%')
            byte = decode_escape(decoder);
        if (byte < 0 && !decoder->raw)
            return "a % is not followed by two hexadecimal digits";
        if (byte < 0)
            byte = '%';
        if (byte == 0 && !decoder->raw)
            return "a NUL byte";
        decoder->odd |= byte == 0;
        seen |= (unsigned int)byte;
        *decoder->out++ = (char)byte;
        copy_plain(decoder);
    }
    *len = (size_t)(decoder->out - start);
    *decoder->out++ = 0;
    if (seen >= 0x80 && !hs_utf8_valid(start, *len)) {
        if (!decoder->raw)
            return "text that is not valid UTF-8";
        decoder->odd = 1;
    }
    return NULL;
}

/* Decode name[=value] into `pair`; the cursor ends on & or the end. */
static const char *decode_pair(struct decoder *decoder, struct hs_pair *pair)
{
    const char *bad;

    pair->name = decoder->out;
    bad = decode_part(decoder, 1, &pair->name_len);
    if (bad)
        return bad;
    if (decoder->at == decoder->end || *decoder->at == '&') {
        pair->value = pair->name + pair->name_len; /* its NUL: empty */
        pair->value_len = 0;
        return NULL;
    }
    decoder->at++;
    pair->value = decoder->out;
    return decode_part(decoder, 0, &pair->value_len);
}

static int fail(struct hs_form *form, const char *code, const char *message,
                struct hs_error *err)
{
    form->count = 0;
    return hs_error_set(err, code, "%s", message);
}

static int reserve_bytes(struct hs_form *form, size_t wanted)
{
    char *bytes;

    if (form->bytes_cap >= wanted)
        return 0;
    if (wanted < FIRST_BYTES)
        wanted = FIRST_BYTES; /* most webhooks: no second allocation */
    bytes = malloc(wanted);
    if (!bytes)
        return -1;
    free(form->bytes);
    form->bytes = bytes;
    form->bytes_cap = wanted;
    return 0;
}

static int reserve_pair(struct hs_form *form)
{
    size_t cap = form->pairs_cap ? form->pairs_cap * 2 : FIRST_PAIRS;
    struct hs_pair *pairs;

    if (form->count < form->pairs_cap)
        return 0;
    pairs = realloc(form->pairs, cap * sizeof *pairs);
    if (!pairs)
        return -1;
    form->pairs = pairs;
    form->pairs_cap = cap;
    return 0;
}

int hs_form_reserve(struct hs_form *form)
{
    return reserve_bytes(form, FIRST_BYTES) || reserve_pair(form) ? -1 : 0;
}

static int parse(struct hs_form *form, const char *data, size_t len, int raw,
                 struct hs_error *err)
{
    struct decoder decoder = {.at = data, .raw = raw};

    form->count = 0;
    form->needs_repair = 0;
    if (len == 0)
        return 0;
    if (len >= SIZE_MAX || reserve_bytes(form, len + 1) != 0)
        return fail(form, "memory", "out of memory", err);
    decoder.end = data + len;
    decoder.out = form->bytes;
    while (decoder.at < decoder.end) {
        const char *bad;

        if (*decoder.at == '&') {
            decoder.at++;
            continue;
        }
        if (form->count == HS_FORM_MAX)
            return fail(form, "too_many", "more than 256 parameters", err);
        if (reserve_pair(form) != 0)
            return fail(form, "memory", "out of memory", err);
        bad = decode_pair(&decoder, &form->pairs[form->count]);
        if (bad)
            return fail(form, "malformed", bad, err);
        form->count++;
    }
    form->needs_repair = decoder.odd;
    return 0;
}

int hs_form_parse(struct hs_form *form, const char *data, size_t len,
                  struct hs_error *err)
{
    return parse(form, data, len, 0, err);
}

int hs_form_parse_raw(struct hs_form *form, const char *data, size_t len,
                      struct hs_error *err)
{
    return parse(form, data, len, 1, err);
}

/* Copy a text to `out` with invalid bytes replaced, and terminate it. */
static size_t copy_repaired(const char *text, size_t len, char *out)
{
    static const char replacement[] = "\xef\xbf\xbd"; /* U+FFFD */
    char *start = out;

    for (size_t i = 0; i < len;) {
        size_t width = text[i] ? hs_utf8_next(text + i, len - i) : 0;
        const char *from = width ? text + i : replacement;
        size_t size = width ? width : strlen(replacement);

        memcpy(out, from, size);
        out += size;
        i += width ? width : 1;
    }
    *out = '\0';
    return (size_t)(out - start);
}

int hs_form_repair(struct hs_form *form)
{
    size_t wanted = 0;
    char *bytes, *out;

    if (!form->needs_repair)
        return 0;
    for (size_t i = 0; i < form->count; i++)
        wanted += 3 * (form->pairs[i].name_len + form->pairs[i].value_len) + 2;
    bytes = out = malloc(wanted + 1);
    if (!bytes)
        return -1;
    for (size_t i = 0; i < form->count; i++) {
        struct hs_pair *pair = &form->pairs[i];
        const char *name = pair->name, *value = pair->value;

        pair->name = out;
        pair->name_len = copy_repaired(name, pair->name_len, out);
        out += pair->name_len + 1;
        pair->value = out;
        pair->value_len = copy_repaired(value, pair->value_len, out);
        out += pair->value_len + 1;
    }
    free(form->bytes);
    form->bytes = bytes;
    form->bytes_cap = wanted + 1;
    form->needs_repair = 0;
    return 0;
}

const struct hs_pair *hs_form_find(const struct hs_form *form, const char *name,
                                   size_t name_len)
{
    for (size_t i = 0; i < form->count; i++) {
        const struct hs_pair *pair = &form->pairs[i];

        if (pair->name_len == name_len &&
            memcmp(pair->name, name, name_len) == 0)
            return pair;
    }
    return NULL;
}

void hs_form_free(struct hs_form *form)
{
    free(form->pairs);
    free(form->bytes);
    memset(form, 0, sizeof *form);
}
