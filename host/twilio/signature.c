/* signature.c: did Twilio really send a webhook? Base64 of HMAC-SHA1, keyed
 * with the auth token, over the URL and the sorted parameters. Twilio signs
 * with the account's primary token; during a rotation two are known here.
 * */
#include "twilio/signature.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "base/config/credentials.h"
#include "lib/crypt.h"

#define SIGNATURE_LEN 28 /* base64 of 20 bytes */

/* The forms of a URL that Twilio may have signed. Its own libraries note that
 * it isn't consistent about ports. */
struct variants {
    struct hs_buf url[4];
    size_t count;
};

/* A parameter's place in the signing order. */
struct place {
    uint64_t head; /* of its name */
    const struct hs_pair *pair;
};

/* Prepared HMACs, in order; all NULL without a token: then nothing is valid.
 */
struct keys {
    struct hs_hmac *hmacs[2];
    uint64_t number; /* of the credentials */
};

struct hs_signer {
    struct keys keys;      /* of the tokens */
    struct variants base;  /* of SERVER_URL; the request's target follows */
    struct variants whole; /* scratch of hs_signature_valid_url */
    struct place order[HS_FORM_MAX]; /* the parameters in signing order */
    size_t count;
};

/* The parts of a URL; each ends where the next begins. */
struct parts {
    size_t host, port, rest, end;
};

/* Returns 0, or -1 without scheme://host. */
static int take_apart(const char *url, size_t len, struct parts *parts)
{
    const char *scheme_end = memmem(url, len, "://", 3);
    size_t at;

    if (!scheme_end)
        return -1;
    parts->host = (size_t)(scheme_end - url) + 3;
    for (at = parts->host; at < len && !strchr("/?#", url[at]); at++) {
        if (url[at] == '@')
            parts->host = at + 1; /* what came before was user:password */
    }
    parts->rest = parts->port = at;
    parts->end = len;
    for (at = parts->host; at < parts->rest; at++) {
        if (url[at] == ':')
            parts->port = at;
        else if (url[at] == ']')
            parts->port = parts->rest; /* colons of an IPv6 address */
    }
    return 0;
}

static const char *default_port(const char *url)
{
    if (strncasecmp(url, "https:", 6) == 0)
        return ":443";
    return strncasecmp(url, "http:", 5) == 0 ? ":80" : "";
}

static int lower_host(struct hs_buf *url, const struct parts *parts)
{
    int changed = 0;

    for (size_t i = parts->host; i < parts->port; i++) {
        if (url->data[i] >= 'A' && url->data[i] <= 'Z') {
            url->data[i] = (char)(url->data[i] + ('a' - 'A'));
            changed = 1;
        }
    }
    return changed;
}

/* Exact, other port, and both again with the host lower-cased. 0 or -1. */
static int make_variants(struct variants *out, const char *url, size_t len)
{
    struct parts parts;
    const char *port;

    for (size_t i = 0; i < 4; i++)
        hs_buf_clear(&out->url[i]);
    out->count = 0;
    if (hs_buf_add(&out->url[0], url, len) != 0)
        return -1;
    out->count = 1;
    if (take_apart(out->url[0].data, len, &parts) != 0)
        return 0;
    port = parts.port == parts.rest ? default_port(out->url[0].data) : "";
    if (hs_buf_add(&out->url[1], url, parts.port) != 0 ||
        hs_buf_add_str(&out->url[1], port) != 0 ||
        hs_buf_add(&out->url[1], url + parts.rest, len - parts.rest) != 0)
        return -1;
    out->count = 2;
    for (size_t i = 0; i < 2; i++) {
        struct hs_buf *copy = &out->url[2 + i];

        if (hs_buf_add(copy, out->url[i].data, out->url[i].len) != 0)
            return -1;
        if (!lower_host(copy, &parts))
            break;
        out->count = 3 + i;
    }
    return 0;
}

static void free_variants(struct variants *variants)
{
    for (size_t i = 0; i < 4; i++)
        hs_buf_free(&variants->url[i]);
}

static void free_keys(struct keys *keys)
{
    for (size_t i = 0; i < 2; i++)
        hs_hmac_free(keys->hmacs[i]);
}

/* 0, or -1 and nothing to free. */
static int make_keys(struct keys *keys, const struct hs_credentials *from)
{
    const char *tokens[2] = {from->auth_token, from->auth_token_secondary};
    size_t count = 0;

    *keys = (struct keys){.number = from->number};
    for (size_t i = 0; i < 2; i++) {
        if (!tokens[i][0])
            continue;
        keys->hmacs[count] = hs_hmac_new("SHA1", tokens[i], strlen(tokens[i]));
        if (!keys->hmacs[count++]) {
            free_keys(keys);
            return -1;
        }
    }
    return 0;
}

static struct hs_signer *make_signer(const struct hs_credentials *from,
                                     const char *server_url)
{
    struct hs_signer *signer = calloc(1, sizeof *signer);
    size_t len = strlen(server_url);

    if (!signer)
        return NULL;
    while (len > 0 && server_url[len - 1] == '/')
        len--; /* the target begins with one */
    if (make_keys(&signer->keys, from) == 0 &&
        make_variants(&signer->base, server_url, len) == 0)
        return signer;
    hs_signer_free(signer);
    return NULL;
}

struct hs_signer *hs_signer_new(const char *auth_token, const char *server_url)
{
    struct hs_credentials one = {.auth_token = auth_token,
                                 .auth_token_secondary = ""};

    return make_signer(&one, server_url);
}

struct hs_signer *hs_signer_open(const struct hs_config *config)
{
    struct hs_credentials now = hs_credentials_now(config);

    return make_signer(&now, config->server_url);
}

int hs_signer_follow(struct hs_signer *signer, const struct hs_config *config)
{
    struct hs_credentials now = hs_credentials_now(config);
    struct keys fresh;

    if (now.number != signer->keys.number && make_keys(&fresh, &now) == 0) {
        free_keys(&signer->keys);
        signer->keys = fresh;
    }
    return signer->keys.hmacs[0] != NULL;
}

void hs_signer_free(struct hs_signer *signer)
{
    if (!signer)
        return;
    free_keys(&signer->keys);
    free_variants(&signer->base);
    free_variants(&signer->whole);
    free(signer);
}

static int compare_bytes(const char *a, size_t a_len, const char *b,
                         size_t b_len)
{
    size_t shared = a_len < b_len ? a_len : b_len;
    int order = shared ? memcmp(a, b, shared) : 0;

    if (order != 0)
        return order;
    return (a_len > b_len) - (a_len < b_len);
}

/* By name, then by value. Never by the joined text: "ab"+"c" would move. */
static int compare_pairs(const struct hs_pair *a, const struct hs_pair *b)
{
    int order = compare_bytes(a->name, a->name_len, b->name, b->name_len);

    return order != 0
               ? order
               : compare_bytes(a->value, a->value_len, b->value, b->value_len);
}

/* The first bytes of a name as a number that sorts like them. */
static uint64_t head_of(const struct hs_pair *pair)
{
    uint64_t head = 0;

    for (size_t i = 0; i < sizeof head; i++)
        head = head << 8 |
               (i < pair->name_len ? (unsigned char)pair->name[i] : 0u);
    return head;
}

/* The heads usually decide; names have no NUL, so a shorter one is less. */
static int compare_places(const struct place *a, const struct place *b)
{
    if (a->head != b->head)
        return a->head < b->head ? -1 : 1;
    return compare_pairs(a->pair, b->pair);
}

static void sift_down(struct place *heap, size_t at, size_t count)
{
    for (size_t child = 2 * at + 1; child < count; child = 2 * at + 1) {
        struct place parent = heap[at];

        if (child + 1 < count &&
            compare_places(&heap[child], &heap[child + 1]) < 0)
            child++;
        if (compare_places(&parent, &heap[child]) >= 0)
            return;
        heap[at] = heap[child];
        heap[child] = parent;
        at = child;
    }
}

/* Heap sort: qsort may allocate, and hostile forms must not cost n². */
static void sort_places(struct place *places, size_t count)
{
    for (size_t i = count / 2; i > 0; i--)
        sift_down(places, i - 1, count);
    for (size_t last = count; last > 1; last--) {
        struct place largest = places[0];

        places[0] = places[last - 1];
        places[last - 1] = largest;
        sift_down(places, 0, last - 1);
    }
}

/* Sort the parameters into signing order; the same value twice is signed once.
 * 0, or -1 if there are too many. */
static int order_params(struct hs_signer *signer, const struct hs_form *form)
{
    size_t count = form ? form->count : 0;
    struct place *order = signer->order;

    signer->count = 0;
    if (count > HS_FORM_MAX)
        return -1;
    for (size_t i = 0; i < count; i++)
        order[i] = (struct place){head_of(&form->pairs[i]), &form->pairs[i]};
    sort_places(order, count);
    for (size_t i = 0; i < count; i++) {
        if (i == 0 || compare_places(&order[signer->count - 1], &order[i]) != 0)
            order[signer->count++] = order[i];
    }
    return 0;
}

/* HMAC of url + target + parameters in base64, with its NUL. */
static void sign(struct hs_signer *signer, struct hs_hmac *hmac,
                 const struct hs_buf *url, const char *target,
                 size_t target_len, char out[SIGNATURE_LEN + 1])
{
    unsigned char mac[HS_HMAC_MAX];

    hs_hmac_begin(hmac);
    hs_hmac_add(hmac, url->data, url->len);
    hs_hmac_add(hmac, target, target_len);
    for (size_t i = 0; i < signer->count; i++) {
        const struct hs_pair *pair = signer->order[i].pair;

        hs_hmac_add(hmac, pair->name, pair->name_len);
        hs_hmac_add(hmac, pair->value, pair->value_len);
    }
    hs_base64_write(mac, hs_hmac_end(hmac, mac), out);
}

static int matches(struct hs_signer *signer, const struct variants *urls,
                   const char *target, size_t target_len, const char *signature)
{
    char wanted[SIGNATURE_LEN + 1];
    size_t len = strlen(signature);

    for (size_t key = 0; key < 2 && signer->keys.hmacs[key]; key++) {
        for (size_t i = 0; i < urls->count; i++) {
            sign(signer, signer->keys.hmacs[key], &urls->url[i], target,
                 target_len, wanted);
            if (hs_equal(wanted, SIGNATURE_LEN, signature, len))
                return 1;
        }
    }
    return 0;
}

/* Does the query contain the body's hash? Parameters don't cover a JSON body,
 * so without this anyone could change it. */
static int body_matches(const struct hs_signed_request *request)
{
    static const char name[] = "bodySHA256=";
    const size_t name_len = sizeof name - 1;
    const char *end = request->target + request->target_len;
    const char *at = memchr(request->target, '?', request->target_len);
    unsigned char digest[32];
    char hex[65];

    hs_sha256(request->body, request->body_len, digest);
    hs_hex(digest, sizeof digest, hex);
    while (at && ++at <= end) {
        const char *next = memchr(at, '&', (size_t)(end - at));
        size_t len = (size_t)((next ? next : end) - at);

        if (len >= name_len && memcmp(at, name, name_len) == 0)
            return hs_equal(at + name_len, len - name_len, hex, 64);
        at = next;
    }
    return 0;
}

int hs_signature_valid(struct hs_signer *signer,
                       const struct hs_signed_request *request)
{
    if (!signer->keys.hmacs[0] || !request->signature)
        return 0;
    if (strlen(request->signature) != SIGNATURE_LEN)
        return 0;
    if (request->is_json && !body_matches(request))
        return 0;
    if (order_params(signer, request->is_json ? NULL : request->form) != 0)
        return 0;
    return matches(signer, &signer->base, request->target, request->target_len,
                   request->signature);
}

int hs_signature_valid_url(struct hs_signer *signer, const char *url,
                           size_t url_len, const struct hs_form *form,
                           const char *signature)
{
    if (!signer->keys.hmacs[0] || !signature)
        return 0;
    if (make_variants(&signer->whole, url, url_len) != 0)
        return -1;
    if (order_params(signer, form) != 0)
        return 0;
    return matches(signer, &signer->whole, "", 0, signature);
}

int hs_signature_make(struct hs_signer *signer, const char *url,
                      const struct hs_form *form, char out[29])
{
    struct hs_buf *copy = &signer->whole.url[0];

    if (!signer->keys.hmacs[0] || order_params(signer, form) != 0)
        return -1;
    hs_buf_clear(copy);
    if (hs_buf_add_str(copy, url) != 0)
        return -1;
    sign(signer, signer->keys.hmacs[0], copy, "", 0, out);
    return 0;
}
