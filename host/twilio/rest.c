/* rest.c: calling Twilio's REST API. */
#include "twilio/rest.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/config/credentials.h"
#include "lib/crypt.h"
#include "lib/fetch.h"
#include "lib/jsonscan.h"

#define TRIES 3
#define WAIT_MAX_MS 3000
#define FIRST_WAIT_MS 500
#define MEDIA_MAX ((size_t)4 << 30) /* a day of stereo wav is 2.8 GB */
#define MEDIA_TIMEOUT_MS 3600000
#define MEDIA_STALL_SECONDS 15

struct hs_rest {
    const struct hs_config *config;
    struct hs_fetch *fetch;
    struct hs_buf url, form;
};

struct hs_rest *hs_rest_new(const struct hs_config *config)
{
    struct hs_rest *rest = calloc(1, sizeof *rest);

    if (!rest)
        return NULL;
    rest->config = config;
    /* The base URL is configurable: tests and the sandbox point it at loopback.
     * */
    rest->fetch = hs_fetch_new(0);
    if (!rest->fetch) {
        free(rest);
        return NULL;
    }
    return rest;
}

void hs_rest_free(struct hs_rest *rest)
{
    if (!rest)
        return;
    hs_fetch_free(rest->fetch);
    hs_buf_free(&rest->url);
    hs_buf_free(&rest->form);
    free(rest);
}

static int has_key(const struct hs_credentials *keys)
{
    return keys->api_key[0] && keys->api_secret[0];
}

/* Are the account and a way to authenticate set? If not, `err` says what is
 * missing. */
static int is_configured(const struct hs_config *config, struct hs_error *err)
{
    struct hs_credentials keys = hs_credentials_now(config);
    const char *missing = NULL;

    if (!config->twilio_account_sid[0])
        missing = "twilio_account_sid";
    else if (!has_key(&keys) && !keys.auth_token[0])
        missing = "twilio_auth_token (or twilio_api_key with "
                  "twilio_api_secret)";
    if (missing)
        hs_error_set(err, "not_configured", "%s is not set", missing);
    return !missing;
}

/* Append percent-encoded. 0 or -1. */
static int add_encoded(struct hs_buf *out, const char *text, size_t len)
{
    static const char hex[] = "0123456789ABCDEF";

    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)text[i];
        char escape[3] = {'%', hex[c >> 4], hex[c & 15]};
        int plain = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
                    (c >= '0' && c <= '9') || c == '-' || c == '.' ||
                    c == '_' || c == '~';

        if (hs_buf_add(out, plain ? text + i : escape, plain ? 1 : 3) != 0)
            return -1;
    }
    return 0;
}

static int add_params(struct hs_buf *out, const struct hs_rest_request *request)
{
    for (size_t i = 0; i < request->count; i++) {
        const struct hs_rest_param *param = &request->params[i];

        if ((i > 0 && hs_buf_add(out, "&", 1) != 0) ||
            add_encoded(out, param->name, strlen(param->name)) != 0 ||
            hs_buf_add(out, "=", 1) != 0 ||
            add_encoded(out, param->value, param->value_len) != 0)
            return -1;
    }
    return 0;
}

/* A path is appended to the base URL unchanged: it must not leave the API, and
 * an id in it must not add a query. */
static int path_is_plain(const char *path)
{
    size_t len = strcspn(path, "?");
    int rooted = path[0] == '/';

    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)path[i];
        int plain = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
                    (c >= '0' && c <= '9') || strchr("/-._~%+{}", c);

        if (!plain)
            return 0;
        /* no empty segment, and none that climbs */
        if ((i == 0 || path[i - 1] == '/') && (c == '.' || (c == '/' && i > 0)))
            return 0;
    }
    for (const char *c = path + len; *c; c++) {
        if (*c <= ' ' || *c >= 0x7F || strchr("#\\\"<>", *c))
            return 0;
    }
    return len > 0 && (rooted || path[len] == 0);
}

static int ends_with(const char *text, const char *tail)
{
    size_t len = strlen(text), tail_len = strlen(tail);

    return len >= tail_len && strcmp(text + len - tail_len, tail) == 0;
}

/* The account's SID for every {AC}. 0 or -1. */
static int add_path(struct hs_buf *out, const char *path, const char *account)
{
    const char *mark;

    while ((mark = strstr(path, "{AC}")) != NULL) {
        if (hs_buf_add(out, path, (size_t)(mark - path)) != 0 ||
            hs_buf_add_str(out, account) != 0)
            return -1;
        path = mark + 4;
    }
    return hs_buf_add_str(out, path);
}

/* rest->url for a path. 0 or -1. */
static int make_url(struct hs_rest *rest, const char *path)
{
    const struct hs_config *config = rest->config;
    struct hs_buf *url = &rest->url;

    hs_buf_clear(url);
    if (hs_buf_add_str(url, config->twilio_api_base_url) != 0)
        return -1;
    if (path[0] == '/')
        return add_path(url, path, config->twilio_account_sid);
    return hs_buf_printf(url, "/2010-04-01/Accounts/%s/%s%s",
                         config->twilio_account_sid, path,
                         ends_with(path, ".json") ? "" : ".json");
}

static int make_request(struct hs_rest *rest,
                        const struct hs_rest_request *request,
                        struct hs_error *err)
{
    int failed;

    if (!path_is_plain(request->path))
        return hs_error_set(err, "path", "not a path of Twilio's API: %.100s",
                            request->path);
    hs_buf_clear(&rest->form);
    failed = make_url(rest, request->path) != 0 ||
             add_params(&rest->form, request) != 0;
    if (!failed && rest->form.len > 0 && strcmp(request->method, "POST") != 0)
        failed = hs_buf_printf(&rest->url, "%s%s",
                               strchr(request->path, '?') ? "&" : "?",
                               rest->form.data) != 0;
    return failed ? hs_no_memory(err) : 0;
}

/* A random time up to `most` ms, so that requests refused together don't come
 * back together. */
static int jitter(int most)
{
    uint32_t random = 0;

    if (most <= 0 || hs_random(&random, sizeof random) != 0)
        return most;
    return (int)(random % ((uint32_t)most + 1));
}

/* How long to wait after the n-th 429. */
static int wait_after(const struct hs_fetch_answer *answer, int tries)
{
    if (answer->retry_after < 0)
        return jitter(FIRST_WAIT_MS << tries);
    return answer->retry_after * 1000 + jitter(200);
}

static void sleep_ms(int ms)
{
    struct timespec left = {ms / 1000, (long)(ms % 1000) * 1000000};

    while (nanosleep(&left, &left) != 0 && errno == EINTR)
        continue;
}

static void authenticate(const struct hs_config *config,
                         struct hs_fetch_request *out)
{
    struct hs_credentials keys = hs_credentials_now(config);

    out->user = has_key(&keys) ? keys.api_key : config->twilio_account_sid;
    out->password = has_key(&keys) ? keys.api_secret : keys.auth_token;
}

/* Did it fail before anything was sent? */
static int never_arrived(const struct hs_error *err)
{
    return strcmp(err->code, "connect") == 0 || strcmp(err->code, "dns") == 0;
}

/* Send, and again where that is safe. 0 when an answer came. */
static int exchange(struct hs_rest *rest, struct hs_fetch_request *request,
                    struct hs_fetch_answer *answer, struct hs_error *err)
{
    int64_t deadline = hs_running_ms() + request->timeout_ms;
    int may_reconnect = strcmp(request->method, "POST") != 0;
    int result, wait;

    for (int tries = 1;; tries++) {
        int64_t left = deadline - hs_running_ms();

        request->timeout_ms = left > 1 ? (int)left : 1;
        result = hs_fetch(rest->fetch, request, answer, err);
        if (result == 0 && answer->status == 429 && tries < TRIES &&
            answer->retry_after <= WAIT_MAX_MS / 1000) {
            wait = wait_after(answer, tries);
        } else if (result != 0 && may_reconnect && never_arrived(err)) {
            may_reconnect = 0;
            wait = jitter(200);
        } else {
            return result;
        }
        if (hs_running_ms() + wait >= deadline)
            return result; /* use the answer we have */
        sleep_ms(wait);
    }
}

/* The body of an error from Twilio. */
struct complaint {
    long code;
    struct hs_buf message;
};

static int read_complaint(void *ctx, const char *name, size_t name_len,
                          const struct hs_json_value *value)
{
    struct complaint *complaint = ctx;

    (void)name_len;
    if (strcmp(name, "code") == 0 && value->type == HS_JSON_NUMBER &&
        value->len <= 9)
        complaint->code = strtol(value->text, NULL, 10);
    else if (strcmp(name, "message") == 0 && value->type == HS_JSON_STRING)
        (void)hs_json_string(value, &complaint->message);
    return 0;
}

/* An answer other than 2xx, in Twilio's own words if it gave any. */
static void explain(const struct hs_fetch_answer *answer, struct hs_error *err)
{
    struct complaint complaint = {0};
    char code[32];

    if (hs_json_scan(answer->body, answer->body_len, read_complaint,
                     &complaint) != 0)
        complaint.code = 0; /* a gateway's page, or cut off */
    if (complaint.code > 0) {
        (void)snprintf(code, sizeof code, "twilio:%ld", complaint.code);
        hs_error_set(err, code, "Twilio answered %d with error %ld: %s",
                     answer->status, complaint.code,
                     complaint.message.data ? complaint.message.data
                                            : "no explanation");
    } else {
        (void)snprintf(code, sizeof code, "twilio:%d", answer->status);
        hs_error_set(err, code, "Twilio answered %d%s", answer->status,
                     answer->status < 400 ? ", a redirect, which is not "
                                            "followed"
                                          : " without an explanation");
    }
    hs_buf_free(&complaint.message);
}

int hs_rest(struct hs_rest *rest, const struct hs_rest_request *request,
            struct hs_rest_answer *answer, struct hs_error *err)
{
    static const char *const form_headers[] = {
        "Accept: application/json",
        "Content-Type: application/x-www-form-urlencoded", NULL};
    static const char *const headers[] = {"Accept: application/json", NULL};
    int is_post = strcmp(request->method, "POST") == 0;
    struct hs_fetch_request out = {.method = request->method,
                                   .headers = is_post ? form_headers : headers,
                                   .timeout_ms =
                                       (int)rest->config->twilio_timeout_ms};
    struct hs_fetch_answer in;

    *answer = (struct hs_rest_answer){.body = "", .retry_after = -1};
    if (!is_configured(rest->config, err) ||
        make_request(rest, request, err) != 0)
        return -1;
    if (request->timeout_ms > 0)
        out.timeout_ms = request->timeout_ms;
    out.url = rest->url.data;
    if (is_post) {
        out.body = rest->form.data ? rest->form.data : "";
        out.body_len = rest->form.len;
    }
    authenticate(rest->config, &out);
    if (exchange(rest, &out, &in, err) != 0)
        return -1;
    *answer = (struct hs_rest_answer){in.status, in.body, in.body_len,
                                      in.status == 429 ? in.retry_after : -1,
                                      hs_fetch_header(&in, "date")};
    if (in.status >= 200 && in.status < 300)
        return 0;
    explain(&in, err);
    return -1;
}

/* "RE" and 32 hexadecimal digits. */
static int is_recording_sid(const char *sid)
{
    return strncmp(sid, "RE", 2) == 0 && strlen(sid) == 34 &&
           strspn(sid + 2, "0123456789abcdefABCDEF") == 32;
}

/* A single byte range, as browsers send it; it goes into a header. */
static int is_range(const char *range)
{
    size_t first, last;

    if (strncmp(range, "bytes=", 6) != 0)
        return 0;
    first = strspn(range + 6, "0123456789");
    if (range[6 + first] != '-' || first > 18)
        return 0;
    last = strspn(range + 7 + first, "0123456789");
    return range[7 + first + last] == 0 && last <= 18 && first + last > 0;
}

/* rest->url for a recording, rebuilt from its SID: a URL from a callback is
 * never fetched. 0 or -1. */
static int make_media_url(struct hs_rest *rest,
                          const struct hs_rest_media *media,
                          struct hs_error *err)
{
    const struct hs_config *config = rest->config;

    if (!is_recording_sid(media->recording_sid) ||
        (strcmp(media->format, "wav") != 0 &&
         strcmp(media->format, "mp3") != 0))
        return hs_error_set(err, "path", "not a recording");
    hs_buf_clear(&rest->url);
    if (hs_buf_printf(&rest->url, "%s/2010-04-01/Accounts/%s/Recordings/%s.%s",
                      config->twilio_api_base_url, config->twilio_account_sid,
                      media->recording_sid, media->format) == 0)
        return 0;
    return hs_no_memory(err);
}

int hs_rest_recording(struct hs_rest *rest, const struct hs_rest_media *media,
                      struct hs_error *err)
{
    char range[64];
    const char *const headers[] = {range, NULL};
    struct hs_fetch_request out = {.method = "GET",
                                   .timeout_ms = MEDIA_TIMEOUT_MS,
                                   .stall_seconds = MEDIA_STALL_SECONDS,
                                   .max_body = MEDIA_MAX,
                                   .on_head = media->on_head,
                                   .on_data = media->on_data,
                                   .ctx = media->ctx};
    struct hs_fetch_answer in;

    if (!is_configured(rest->config, err) ||
        make_media_url(rest, media, err) != 0)
        return -1;
    if (media->range && is_range(media->range)) {
        (void)snprintf(range, sizeof range, "Range: %s", media->range);
        out.headers = headers;
    } /* other forms are ignored, as HTTP allows */
    out.url = rest->url.data;
    authenticate(rest->config, &out);
    return hs_fetch(rest->fetch, &out, &in, err);
}
