/* limit_form.c: the form, Twilio's signature over it, and filled texts. */
#include <stdio.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "limit_common.h"

static int hex(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Decode src..end to dst, which may be the same place. Returns the length, or
 * -1 at a broken escape. */
static long decode(const char *src, const char *end, char *dst)
{
    char *start = dst;

    for (; src < end; src++) {
        if (*src == '+') {
            *dst++ = ' ';
        } else if (*src == '%') {
            int high = end - src > 2 ? hex(src[1]) : -1;
            int low = high >= 0 ? hex(src[2]) : -1;

            if (low < 0)
                return -1;
            *dst++ = (char)(high << 4 | low);
            src += 2;
        } else {
            *dst++ = *src;
        }
    }
    return dst - start;
}

int hs_limit_parse(struct hs_worker *worker)
{
    char *p = worker->body;
    char *end = p + worker->body_len;

    worker->field_count = 0;
    while (p < end) {
        struct hs_field *field = &worker->fields[worker->field_count];
        char *stop = memchr(p, '&', (size_t)(end - p));
        char *equals;
        long name_len;
        long value_len = 0;

        if (!stop)
            stop = end;
        equals = memchr(p, '=', (size_t)(stop - p));
        name_len = decode(p, equals ? equals : stop, p);
        if (equals)
            value_len = decode(equals + 1, stop, equals + 1);
        if (name_len < 0 || value_len < 0 ||
            worker->field_count == HS_LIMIT_FIELDS)
            return -1;
        field->name = p;
        field->name_len = (size_t)name_len;
        field->value = equals ? equals + 1 : p + name_len;
        field->value_len = (size_t)value_len;
        if (stop > p)
            worker->field_count++;
        p = stop + 1;
    }
    return 0;
}

const struct hs_field *hs_limit_field(const struct hs_worker *worker,
                                      const char *name)
{
    size_t len = strlen(name);

    for (int i = 0; i < worker->field_count; i++) {
        const struct hs_field *field = &worker->fields[i];

        if (field->name_len == len && memcmp(field->name, name, len) == 0)
            return field;
    }
    return NULL;
}

static int compare(const char *a, size_t a_len, const char *b, size_t b_len)
{
    int order = memcmp(a, b, a_len < b_len ? a_len : b_len);

    return order ? order : (a_len > b_len) - (a_len < b_len);
}

/* By name, then by value: a handful of nearly ordered fields. */
static void sort(const struct hs_worker *worker, const struct hs_field **sorted)
{
    for (int i = 0; i < worker->field_count; i++) {
        const struct hs_field *field = &worker->fields[i];
        int at = i;

        for (; at > 0; at--) {
            const struct hs_field *other = sorted[at - 1];
            int order = compare(other->name, other->name_len, field->name,
                                field->name_len);

            if (order == 0)
                order = compare(other->value, other->value_len, field->value,
                                field->value_len);
            if (order <= 0)
                break;
            sorted[at] = other;
        }
        sorted[at] = field;
    }
}

static char *append(char *out, const char *bytes, size_t len)
{
    memcpy(out, bytes, len);
    return out + len;
}

/* The URL, then name and value of each field in order, without repetitions.
 * Decoded fields are never longer than the body, so worker->joined holds it. */
static size_t join(struct hs_worker *worker)
{
    const struct hs_field *sorted[HS_LIMIT_FIELDS];
    const struct hs_field *last = NULL;
    char *out =
        append(worker->joined, worker->limit->url, strlen(worker->limit->url));

    sort(worker, sorted);
    for (int i = 0; i < worker->field_count; i++) {
        const struct hs_field *f = sorted[i];

        if (last &&
            compare(last->name, last->name_len, f->name, f->name_len) == 0 &&
            compare(last->value, last->value_len, f->value, f->value_len) == 0)
            continue;
        out = append(out, f->name, f->name_len);
        out = append(out, f->value, f->value_len);
        last = f;
    }
    return (size_t)(out - worker->joined);
}

static EVP_MAC_CTX *keyed(const char *token)
{
    EVP_MAC *mac = EVP_MAC_fetch(NULL, "HMAC", NULL);
    EVP_MAC_CTX *ctx = mac ? EVP_MAC_CTX_new(mac) : NULL;
    char digest[] = "SHA1";
    OSSL_PARAM params[2];

    EVP_MAC_free(mac);
    params[0] =
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0);
    params[1] = OSSL_PARAM_construct_end();
    if (ctx && !EVP_MAC_init(ctx, (const unsigned char *)token, strlen(token),
                             params)) {
        EVP_MAC_CTX_free(ctx);
        return NULL;
    }
    return ctx;
}

int hs_limit_signed(struct hs_worker *worker)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned char text[EVP_MAX_MD_SIZE * 2];
    size_t len = 0;
    int ok;

    if (!worker->signature || strlen(worker->signature) != 28)
        return 0;
    if (!worker->mac)
        worker->mac = keyed(worker->limit->token);
    if (!worker->mac)
        return 0;
    /* Initialised again without a key: the prepared one is used. */
    ok = EVP_MAC_init(worker->mac, NULL, 0, NULL) &&
         EVP_MAC_update(worker->mac, (const unsigned char *)worker->joined,
                        join(worker)) &&
         EVP_MAC_final(worker->mac, digest, &len, sizeof digest);
    if (!ok || len != 20)
        return 0;
    EVP_EncodeBlock(text, digest, 20);
    return CRYPTO_memcmp(text, worker->signature, 28) == 0;
}

/* What stands for `c` where it may not stand itself, or NULL. */
static const char *escaped(char c, enum hs_escape escape, char *room)
{
    if (escape == HS_ESCAPE_XML) {
        switch (c) {
        case '&':
            return "&amp;";
        case '<':
            return "&lt;";
        case '>':
            return "&gt;";
        case '"':
            return "&quot;";
        default:
            return (unsigned char)c < 32 ? "" : NULL;
        }
    }
    if ((unsigned char)c >= 32 && c != '"' && c != '\\')
        return NULL;
    snprintf(room, 8, "\\u%04x", (unsigned char)c);
    return room;
}

size_t hs_limit_fill(const struct hs_template *text, enum hs_escape escape,
                     const struct hs_field *call_sid,
                     const struct hs_field *from, char *out)
{
    const struct hs_field *slots[2] = {call_sid, from};
    char *start = out;
    char room[8];

    for (int i = 0; i < text->count; i++) {
        const struct hs_field *value =
            text->pieces[i].slot < 0 ? NULL : slots[text->pieces[i].slot];

        /* A value grows to six times its length at most. */
        if ((size_t)(out - start) + text->pieces[i].len +
                (value ? value->value_len * 6 : 0) >
            HS_LIMIT_BODY - 256)
            return 0;
        out = append(out, text->pieces[i].start, text->pieces[i].len);
        for (size_t n = 0; value && n < value->value_len; n++) {
            const char *instead = escaped(value->value[n], escape, room);

            if (instead)
                out = append(out, instead, strlen(instead));
            else
                *out++ = value->value[n];
        }
    }
    return (size_t)(out - start);
}
