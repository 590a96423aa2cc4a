/* crypt.c: digests, base64 and passwords over OpenSSL 3. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "lib/crypt.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/sha.h>

/* scrypt: 2^15 takes about 0.2 s and 32 MiB, more than OpenSSL's default limit,
 * so we pass our own. */
#define SCRYPT_LOG_N 15
#define SCRYPT_R 8
#define SCRYPT_P 1
#define SCRYPT_MEMORY ((uint64_t)256 * 1024 * 1024)
#define SCRYPT_WAITING 2
#define SCRYPT_FAILED (-1)
#define SCRYPT_BUSY (-2)
#define SALT_SIZE 16
#define HASH_SIZE 32

/* Our own allocation functions are counted (base/memory.h). */
static void *allocate(size_t size, const char *file, int line)
{
    (void)file;
    (void)line;
    return size ? malloc(size) : NULL;
}

static void *reallocate(void *block, size_t size, const char *file, int line)
{
    (void)file;
    (void)line;
    if (size)
        return realloc(block, size);
    free(block);
    return NULL;
}

static void release(void *block, const char *file, int line)
{
    (void)file;
    (void)line;
    free(block);
}

void hs_crypt_open(void)
{
    (void)CRYPTO_set_mem_functions(allocate, reallocate, release);
}

/* HMAC by the digests' own functions, which OpenSSL 3 has deprecated for EVP:
 * EVP allocates for every message, and checking a signature must not fail for
 * lack of memory. */
#define BLOCK 64 /* block size of both digests */

union digest {
    SHA_CTX sha1;
    SHA256_CTX sha256;
};

struct hs_hmac {
    int is_sha1;
    union digest inner, outer; /* the key's two pads, hashed once */
    union digest work;         /* the message under way */
};

static void begin_digest(int is_sha1, union digest *digest)
{
    if (is_sha1)
        SHA1_Init(&digest->sha1);
    else
        SHA256_Init(&digest->sha256);
}

static void add_digest(int is_sha1, union digest *digest, const void *data,
                       size_t len)
{
    if (is_sha1)
        SHA1_Update(&digest->sha1, data, len);
    else
        SHA256_Update(&digest->sha256, data, len);
}

/* Returns the digest's length. */
static size_t end_digest(int is_sha1, union digest *digest, unsigned char *out)
{
    if (is_sha1)
        SHA1_Final(out, &digest->sha1);
    else
        SHA256_Final(out, &digest->sha256);
    return is_sha1 ? SHA_DIGEST_LENGTH : SHA256_DIGEST_LENGTH;
}

/* A digest that has seen the key, padded and masked. */
static void hash_pad(int is_sha1, union digest *digest,
                     const unsigned char key[BLOCK], unsigned char mask)
{
    unsigned char pad[BLOCK];

    for (size_t i = 0; i < BLOCK; i++)
        pad[i] = key[i] ^ mask;
    begin_digest(is_sha1, digest);
    add_digest(is_sha1, digest, pad, BLOCK);
    OPENSSL_cleanse(pad, sizeof pad);
}

struct hs_hmac *hs_hmac_new(const char *digest, const void *key, size_t len)
{
    int is_sha1 = strcmp(digest, "SHA1") == 0;
    int known = is_sha1 || strcmp(digest, "SHA256") == 0;
    struct hs_hmac *hmac = known ? calloc(1, sizeof *hmac) : NULL;
    unsigned char block[BLOCK] = {0};

    if (!hmac)
        return NULL;
    hmac->is_sha1 = is_sha1;
    if (len > BLOCK) {
        begin_digest(hmac->is_sha1, &hmac->work);
        add_digest(hmac->is_sha1, &hmac->work, key, len);
        end_digest(hmac->is_sha1, &hmac->work, block);
    } else if (len > 0) {
        memcpy(block, key, len);
    }
    hash_pad(hmac->is_sha1, &hmac->inner, block, 0x36);
    hash_pad(hmac->is_sha1, &hmac->outer, block, 0x5c);
    OPENSSL_cleanse(block, sizeof block);
    return hmac;
}

void hs_hmac_free(struct hs_hmac *hmac)
{
    if (!hmac)
        return;
    OPENSSL_cleanse(hmac, sizeof *hmac);
    free(hmac);
}

void hs_hmac_begin(struct hs_hmac *hmac)
{
    hmac->work = hmac->inner;
}

void hs_hmac_add(struct hs_hmac *hmac, const void *data, size_t len)
{
    add_digest(hmac->is_sha1, &hmac->work, data, len);
}

size_t hs_hmac_end(struct hs_hmac *hmac, unsigned char out[HS_HMAC_MAX])
{
    unsigned char inner[HS_HMAC_MAX];
    size_t len = end_digest(hmac->is_sha1, &hmac->work, inner);

    hmac->work = hmac->outer;
    add_digest(hmac->is_sha1, &hmac->work, inner, len);
    return end_digest(hmac->is_sha1, &hmac->work, out);
}

size_t hs_hmac_of(const struct hs_hmac *hmac, const void *data, size_t len,
                  unsigned char out[HS_HMAC_MAX])
{
    struct hs_hmac copy = *hmac;
    size_t mac_len;

    hs_hmac_begin(&copy);
    hs_hmac_add(&copy, data, len);
    mac_len = hs_hmac_end(&copy, out);
    OPENSSL_cleanse(&copy, sizeof copy);
    return mac_len;
}

void hs_sha256(const void *data, size_t len, unsigned char out[32])
{
    SHA256_CTX digest;

    SHA256_Init(&digest);
    SHA256_Update(&digest, data, len);
    SHA256_Final(out, &digest);
}

int hs_random(void *out, size_t len)
{
    unsigned char *at = out;

    while (len > 0) {
        int step = len > 65536 ? 65536 : (int)len;

        if (RAND_bytes(at, step) != 1)
            return -1;
        at += step;
        len -= (size_t)step;
    }
    return 0;
}

int hs_equal(const void *a, size_t a_len, const void *b, size_t b_len)
{
    return a_len == b_len && (a_len == 0 || CRYPTO_memcmp(a, b, a_len) == 0);
}

void hs_hex(const unsigned char *data, size_t len, char *out)
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < len; i++) {
        *out++ = digits[data[i] >> 4];
        *out++ = digits[data[i] & 15];
    }
    *out = 0;
}

static const char base64_plain[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char base64_url[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/* Undo a failed append. */
static int undo(struct hs_buf *out, size_t before)
{
    out->len = before;
    if (out->data)
        out->data[before] = 0;
    return -1;
}

/* Encode 1 to 3 bytes into 4 characters. */
static void encode_group(const unsigned char *in, size_t n, const char *abc,
                         char out[4])
{
    unsigned bits = (unsigned)in[0] << 16;

    bits |= n > 1 ? (unsigned)in[1] << 8 : 0;
    bits |= n > 2 ? in[2] : 0;
    out[0] = abc[bits >> 18];
    out[1] = abc[bits >> 12 & 63];
    out[2] = abc[bits >> 6 & 63];
    out[3] = abc[bits & 63];
    if (n < 3)
        out[3] = '=';
    if (n < 2)
        out[2] = '=';
}

int hs_base64_encode(struct hs_buf *out, const void *data, size_t len, int url)
{
    const unsigned char *in = data;
    const char *abc = url ? base64_url : base64_plain;
    size_t before = out->len;

    while (len > 0) {
        char text[256];
        size_t used = 0;

        for (; len > 0 && used < sizeof text; used += 4) {
            size_t n = len < 3 ? len : 3;

            encode_group(in, n, abc, text + used);
            in += n;
            len -= n;
            if (n < 3 && url) {
                used += n + 1;
                break;
            }
        }
        if (hs_buf_add(out, text, used) != 0)
            return undo(out, before);
    }
    return 0;
}

void hs_base64_write(const void *data, size_t len, char *out)
{
    const unsigned char *in = data;

    for (; len > 0; out += 4) {
        size_t n = len < 3 ? len : 3;

        encode_group(in, n, base64_plain, out);
        in += n;
        len -= n;
    }
    *out = 0;
}

/* The six bits of a character, or -1. */
static int sextet(unsigned char c, int url)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    if (c == (url ? '-' : '+'))
        return 62;
    return c == (url ? '_' : '/') ? 63 : -1;
}

/* Decode 2 to 4 characters. Returns the bytes written, or -1. */
static int decode_group(const char *text, size_t n, int url, char out[3])
{
    unsigned bits = 0;

    for (size_t i = 0; i < 4; i++) {
        int six = i < n ? sextet((unsigned char)text[i], url) : 0;

        if (six < 0)
            return -1;
        bits = bits << 6 | (unsigned)six;
    }
    /* Unused bits must be zero: one text per value. */
    if ((n == 2 && (bits & 0xFFFF)) || (n == 3 && (bits & 0xFF)))
        return -1;
    out[0] = (char)(bits >> 16);
    out[1] = (char)(bits >> 8);
    out[2] = (char)bits;
    return (int)n - 1;
}

int hs_base64_decode(struct hs_buf *out, const char *text, size_t len, int url)
{
    size_t before = out->len;

    if (!url) {
        if (len % 4 != 0)
            return -1;
        for (int i = 0; i < 2 && len > 0 && text[len - 1] == '='; i++)
            len--;
    }
    if (len % 4 == 1)
        return -1;
    while (len > 0) {
        char bytes[192];
        int used = 0;

        while (len > 0 && used <= (int)sizeof bytes - 3) {
            size_t n = len < 4 ? len : 4;
            int got = decode_group(text, n, url, bytes + used);

            if (got < 0)
                return undo(out, before);
            used += got;
            text += n;
            len -= n;
        }
        if (hs_buf_add(out, bytes, (size_t)used) != 0)
            return undo(out, before);
    }
    return 0;
}

/* One at a time: each takes 32 MiB and a whole core, and calls need the other
 * core. Few may wait, since each occupies a worker. */
static int scrypt(const char *password, size_t len, const struct hs_buf *salt,
                  unsigned log_n, unsigned char out[HASH_SIZE])
{
    static pthread_mutex_t one_at_a_time = PTHREAD_MUTEX_INITIALIZER;
    static _Atomic int inside;
    int ok;

    if (atomic_fetch_add(&inside, 1) > SCRYPT_WAITING) {
        atomic_fetch_sub(&inside, 1);
        return SCRYPT_BUSY;
    }
    pthread_mutex_lock(&one_at_a_time);
    ok = EVP_PBE_scrypt(password, len, (unsigned char *)salt->data, salt->len,
                        (uint64_t)1 << log_n, SCRYPT_R, SCRYPT_P, SCRYPT_MEMORY,
                        out, HASH_SIZE);
    pthread_mutex_unlock(&one_at_a_time);
    atomic_fetch_sub(&inside, 1);
    return ok ? 0 : SCRYPT_FAILED;
}

static void explain(int code, struct hs_error *err)
{
    if (code == SCRYPT_BUSY)
        hs_error_set(err, "busy", "too many passwords are being checked");
    else
        hs_error_set(err, "crypt", "the password could not be hashed");
}

int hs_password_hash(struct hs_buf *out, const char *password, size_t len,
                     struct hs_error *err)
{
    unsigned char random[SALT_SIZE], hash[HASH_SIZE];
    struct hs_buf salt = {0};
    size_t before = out->len;
    int result = SCRYPT_FAILED;

    if (hs_random(random, sizeof random) != 0 ||
        hs_buf_add(&salt, random, sizeof random) != 0)
        goto done;
    result = scrypt(password, len, &salt, SCRYPT_LOG_N, hash);
    if (result != 0)
        goto done;
    result = SCRYPT_FAILED;
    if (hs_buf_printf(out, "scrypt$%d$%d$%d$", SCRYPT_LOG_N, SCRYPT_R,
                      SCRYPT_P) == 0 &&
        hs_base64_encode(out, random, sizeof random, 1) == 0 &&
        hs_buf_add(out, "$", 1) == 0 &&
        hs_base64_encode(out, hash, sizeof hash, 1) == 0)
        result = 0;

done:
    if (result != 0) {
        undo(out, before);
        explain(result, err);
    }
    hs_buf_free(&salt);
    OPENSSL_cleanse(hash, sizeof hash);
    return result == 0 ? 0 : -1;
}

/* Take a stored hash apart. Returns log2 of N, or -1 if it isn't ours. */
static int read_stored(const char *stored, struct hs_buf *salt,
                       struct hs_buf *hash)
{
    static const char prefix[] = "scrypt$";
    const char *at = stored + sizeof prefix - 1;
    const char *dollar;
    int log_n;

    if (strncmp(stored, prefix, sizeof prefix - 1) != 0)
        return -1;
    if (at[0] != '1' || at[1] < '0' || at[1] > '8')
        return -1; /* 2^10 to 2^18: the most SCRYPT_MEMORY allows */
    log_n = 10 + at[1] - '0';
    if (strncmp(at + 2, "$8$1$", 5) != 0)
        return -1;
    at += 7;
    dollar = strchr(at, '$');
    if (!dollar || hs_base64_decode(salt, at, (size_t)(dollar - at), 1) != 0 ||
        hs_base64_decode(hash, dollar + 1, strlen(dollar + 1), 1) != 0)
        return -1;
    return salt->len >= 8 && hash->len == HASH_SIZE ? log_n : -1;
}

int hs_password_verify(const char *stored, const char *password, size_t len,
                       struct hs_error *err)
{
    struct hs_buf salt = {0}, hash = {0};
    unsigned char got[HASH_SIZE];
    int log_n = read_stored(stored, &salt, &hash);
    int result = -1;
    int code = 0;

    if (log_n < 0)
        hs_error_set(err, "crypt", "the stored password hash is not readable");
    else if ((code = scrypt(password, len, &salt, (unsigned)log_n, got)) != 0)
        explain(code, err);
    else
        result = hs_equal(hash.data, hash.len, got, sizeof got);
    hs_buf_free(&salt);
    hs_buf_free(&hash);
    OPENSSL_cleanse(got, sizeof got);
    return result;
}
