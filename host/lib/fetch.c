/* fetch.c: one request after the other over one libcurl handle. */
#include "lib/fetch.h"

#include <ctype.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include <curl/curl.h>

#include "base/buf.h"
#include "base/clock.h"

#define HEADERS_MAX 100
#define HEADER_BYTES_MAX ((size_t)64 * 1024)
#define BODY_MAX ((size_t)4 * 1024 * 1024)
#define TIMEOUT_MS 10000
#define CONNECT_TIMEOUT_MS 3000
#define LOOK_MS 100 /* a timer of libcurl that has run out is not set again */

struct hs_fetch {
    CURL *curl;
    CURLM *multi; /* has its connections */
    int public_only;
    const char *trusted_hosts; /* or NULL */
    int trusted;               /* this exchange's host is one of them */
    struct hs_buf body;
    struct hs_buf head; /* name NUL value NUL … */
    struct hs_fetch_header headers[HEADERS_MAX];
    size_t offsets[HEADERS_MAX]; /* of the names in `head` */
    size_t header_count;
    char error[CURL_ERROR_SIZE];
    /* the request under way */
    const struct hs_fetch_request *request;
    struct hs_fetch_answer *answer;
    size_t max_body, received, head_bytes;
    int64_t moved_at; /* when data came last, hs_running_ms() */
    int head_done;
    const char *stop; /* why a callback ended it: a code, or NULL */
    int refused;      /* an address was refused */
};

static void start_libcurl(void)
{
    /* Our allocations are counted: base/memory.h. */
    (void)curl_global_init_mem(CURL_GLOBAL_DEFAULT, malloc, free, realloc,
                               strdup, calloc);
}

void hs_fetch_free(struct hs_fetch *fetch)
{
    if (!fetch)
        return;
    curl_easy_cleanup(fetch->curl);
    curl_multi_cleanup(fetch->multi);
    hs_buf_free(&fetch->body);
    hs_buf_free(&fetch->head);
    free(fetch);
}

struct hs_fetch *hs_fetch_new(int public_only)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    struct hs_fetch *fetch = calloc(1, sizeof *fetch);

    if (!fetch)
        return NULL;
    (void)pthread_once(&once, start_libcurl);
    fetch->public_only = public_only;
    fetch->curl = curl_easy_init();
    fetch->multi = curl_multi_init();
    if (!fetch->curl || !fetch->multi) {
        hs_fetch_free(fetch);
        return NULL;
    }
    curl_multi_setopt(fetch->multi, CURLMOPT_MAXCONNECTS, 4L);
    return fetch;
}

/* libcurl found an address and wants a socket for it. */
static curl_socket_t open_socket(void *ctx, curlsocktype purpose,
                                 struct curl_sockaddr *address)
{
    struct hs_fetch *fetch = ctx;

    if (purpose != CURLSOCKTYPE_IPCXN ||
        (fetch->public_only && !fetch->trusted &&
         !hs_address_is_public(&address->addr))) {
        fetch->refused = 1;
        return CURL_SOCKET_BAD; /* the host's next address is tried */
    }
    return socket(address->family, address->socktype | SOCK_CLOEXEC,
                  address->protocol);
}

/* End the request from inside a callback. */
static size_t stop(struct hs_fetch *fetch, const char *code)
{
    fetch->stop = code;
    return 0;
}

/* Forget the headers of an interim answer (100 Continue, 103 Early Hints). */
static void forget_head(struct hs_fetch *fetch)
{
    hs_buf_clear(&fetch->head);
    fetch->header_count = 0;
}

/* Keep "Name: value". 0, or -1 when there are too many. */
static int keep_header(struct hs_fetch *fetch, const char *line, size_t len)
{
    const char *colon = memchr(line, ':', len);
    const char *value, *end = line + len;
    size_t start = fetch->head.len;

    if (!colon || colon == line)
        return 0; /* an obsolete continuation line, or nonsense: skipped */
    if (fetch->header_count == HEADERS_MAX)
        return -1;
    for (value = colon + 1; value < end && strchr(" \t", *value); value++)
        continue;
    while (end > value && strchr(" \t\r\n", end[-1]))
        end--;
    if (hs_buf_add(&fetch->head, line, (size_t)(colon - line)) != 0 ||
        hs_buf_add(&fetch->head, "", 1) != 0 ||
        hs_buf_add(&fetch->head, value, (size_t)(end - value)) != 0 ||
        hs_buf_add(&fetch->head, "", 1) != 0)
        return -1;
    for (char *c = fetch->head.data + start; *c; c++)
        *c = (char)tolower((unsigned char)*c);
    fetch->offsets[fetch->header_count++] = start;
    return 0;
}

/* All headers are there: point into them, tell a streaming caller. */
static int finish_head(struct hs_fetch *fetch)
{
    const struct hs_fetch_request *request = fetch->request;
    long status = 0;

    (void)curl_easy_getinfo(fetch->curl, CURLINFO_RESPONSE_CODE, &status);
    if (status < 200)
        return 0;
    fetch->head_done = 1;
    for (size_t i = 0; i < fetch->header_count; i++) {
        const char *name = fetch->head.data + fetch->offsets[i];

        fetch->headers[i].name = name;
        fetch->headers[i].value = name + strlen(name) + 1;
    }
    fetch->answer->status = (int)status;
    fetch->answer->headers = fetch->headers;
    fetch->answer->header_count = fetch->header_count;
    return request->on_head ? request->on_head(request->ctx, fetch->answer) : 0;
}

static size_t take_header(char *line, size_t one, size_t len, void *ctx)
{
    struct hs_fetch *fetch = ctx;

    (void)one; /* always 1 */
    fetch->moved_at = hs_running_ms();
    fetch->head_bytes += len;
    if (fetch->head_bytes > HEADER_BYTES_MAX)
        return stop(fetch, "too_large");
    if (fetch->head_done)
        return len; /* a trailer behind a chunked body */
    if (memchr(line, 0, len))
        return stop(fetch, "malformed");
    if (len >= 5 && memcmp(line, "HTTP/", 5) == 0)
        forget_head(fetch);
    else if (line[0] == '\r' || line[0] == '\n')
        return finish_head(fetch) == 0 ? len : stop(fetch, "stopped");
    else if (keep_header(fetch, line, len) != 0)
        return stop(fetch, "too_large");
    return len;
}

static size_t take_body(char *data, size_t one, size_t len, void *ctx)
{
    struct hs_fetch *fetch = ctx;
    const struct hs_fetch_request *request = fetch->request;

    (void)one;
    if (len > fetch->max_body - fetch->received)
        return stop(fetch, "too_large");
    fetch->received += len;
    if (request->on_data) {
        int failed = request->on_data(request->ctx, data, len) != 0;

        fetch->moved_at = hs_running_ms(); /* the receiver may be slow */
        return failed ? stop(fetch, "stopped") : len;
    }
    fetch->moved_at = hs_running_ms();
    return hs_buf_add(&fetch->body, data, len) == 0 ? len
                                                    : stop(fetch, "memory");
}

/* libcurl's reason as one of our words. */
static const char *code_of(const struct hs_fetch *fetch, CURLcode result)
{
    switch (result) {
    case CURLE_OPERATION_TIMEDOUT:
        return "timeout";
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
        return "dns";
    case CURLE_COULDNT_CONNECT:
    case CURLE_INTERFACE_FAILED:
        return fetch->refused ? "refused_address" : "connect";
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_INVALIDCERTSTATUS:
    case CURLE_SSL_PINNEDPUBKEYNOTMATCH:
    case CURLE_USE_SSL_FAILED:
        return "tls";
    case CURLE_FILESIZE_EXCEEDED:
        return "too_large";
    case CURLE_OUT_OF_MEMORY:
        return "memory";
    case CURLE_GOT_NOTHING:
    case CURLE_PARTIAL_FILE:
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
        return fetch->stop ? fetch->stop : "lost";
    default:
        return fetch->stop ? fetch->stop : "malformed";
    }
}

static int fail(struct hs_fetch *fetch, CURLcode result, struct hs_error *err)
{
    const char *code = code_of(fetch, result);
    const char *said =
        fetch->error[0] ? fetch->error : curl_easy_strerror(result);
    const char *reason;

    if (strcmp(code, "refused_address") == 0)
        said = "the address is in a private or special network";
    else if (strcmp(code, "too_large") == 0)
        said = "the answer is larger than allowed";
    else if (strcmp(code, "stopped") == 0)
        said = "the receiver stopped";
    else if (result == CURLE_SSL_CONNECT_ERROR)
        said = "the TLS handshake failed: is it an https server, on that port?";
    else if (result == CURLE_PEER_FAILED_VERIFICATION &&
             (reason = strstr(said, ": ")))
        return hs_error_set(err, code,
                            "the server's certificate isn't accepted: %s",
                            reason + 2);
    return hs_error_set(err, code, "%s", said);
}

/* Options that every request has. */
static void set_limits(struct hs_fetch *fetch)
{
    CURL *curl = fetch->curl;

    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, fetch->error);
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(curl, CURLOPT_PROXY, ""); /* not from the environment */
    curl_easy_setopt(curl, CURLOPT_TCP_NODELAY, 1L);
    curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 1L);
    curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 2L);
    curl_easy_setopt(curl, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(curl, CURLOPT_USERAGENT, "hookswitch");
#if LIBCURL_VERSION_NUM >= 0x075700
    /* A name server that is silent must not outlast the timeout. */
    curl_easy_setopt(curl, CURLOPT_QUICK_EXIT, 1L);
#endif
    curl_easy_setopt(curl, CURLOPT_OPENSOCKETFUNCTION, open_socket);
    curl_easy_setopt(curl, CURLOPT_OPENSOCKETDATA, fetch);
    curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, take_header);
    curl_easy_setopt(curl, CURLOPT_HEADERDATA, fetch);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_body);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, fetch);
}

/* Method and body. */
static void set_method(CURL *curl, const struct hs_fetch_request *request,
                       size_t max_body)
{
    const char *method = request->method;
    int has_body = request->body != NULL;
    int is_head = strcmp(method, "HEAD") == 0;

    if (has_body || strcmp(method, "POST") == 0) {
        curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE,
                         (curl_off_t)(has_body ? request->body_len : 0));
        curl_easy_setopt(curl, CURLOPT_POSTFIELDS,
                         has_body ? request->body : "");
    }
    if (is_head)
        curl_easy_setopt(curl, CURLOPT_NOBODY, 1L);
    else if (has_body || strcmp(method, "GET") != 0)
        curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, method);
    if (!is_head) /* refuse an announced size before the body comes */
        curl_easy_setopt(curl, CURLOPT_MAXFILESIZE_LARGE, (curl_off_t)max_body);
    /* When a kept connection turns out to be dead, libcurl sends the request
     * again on a new one, although the server may already have acted on it. */
    if (strcmp(method, "POST") == 0 || strcmp(method, "PATCH") == 0)
        curl_easy_setopt(curl, CURLOPT_FRESH_CONNECT, 1L);
}

/* Append one header; frees the list when memory ran out. */
static int add_header(struct curl_slist **list, const char *line)
{
    struct curl_slist *longer = curl_slist_append(*list, line);

    if (!longer) {
        curl_slist_free_all(*list);
        *list = NULL;
        return -1;
    }
    *list = longer;
    return 0;
}

/* The request's headers, without what libcurl would add on its own. */
static int make_headers(const struct hs_fetch_request *request,
                        struct curl_slist **out)
{
    int has_type = 0;

    *out = NULL;
    if (add_header(out, "Expect:") != 0)
        return -1;
    for (const char *const *h = request->headers; h && *h; h++) {
        has_type |= strncasecmp(*h, "content-type:", 13) == 0;
        if (add_header(out, *h) != 0)
            return -1;
    }
    return has_type ? 0 : add_header(out, "Content-Type:");
}

void hs_fetch_trust(struct hs_fetch *fetch, const char *hosts)
{
    fetch->trusted_hosts = hosts;
}

/* Does the list name this host, with this port or without one? */
static int names(const char *list, const char *host, const char *port)
{
    size_t host_len = strlen(host);

    for (const char *word = list; *word;) {
        size_t len = strcspn(word, " \t");

        if (len >= host_len && strncasecmp(word, host, host_len) == 0) {
            const char *rest = word + host_len;
            size_t rest_len = len - host_len;

            if (rest_len == 0 ||
                (*rest == ':' && rest_len - 1 == strlen(port) &&
                 strncmp(rest + 1, port, rest_len - 1) == 0))
                return 1;
        }
        word += len + (word[len] != '\0');
    }
    return 0;
}

static int is_trusted(const char *list, const char *url)
{
    CURLU *parts = curl_url();
    char *host = NULL, *port = NULL;
    int found = 0;

    if (parts && curl_url_set(parts, CURLUPART_URL, url, 0) == CURLUE_OK &&
        curl_url_get(parts, CURLUPART_HOST, &host, 0) == CURLUE_OK &&
        curl_url_get(parts, CURLUPART_PORT, &port, CURLU_DEFAULT_PORT) ==
            CURLUE_OK)
        found = names(list, host, port);
    curl_free(host);
    curl_free(port);
    curl_url_cleanup(parts);
    return found;
}

/* libcurl counts the time in which the process is stopped. (To libcurl, a limit
 * of 0 is none.) */
static void allow_for_stops(CURL *curl, int timeout_ms, int connect_ms,
                            int64_t stopped_before)
{
    int64_t stopped = hs_monotonic_ms() - hs_running_ms() - stopped_before;

    if (stopped < 0) /* the two clocks are rounded */
        stopped = 0;
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)(timeout_ms + stopped));
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS,
                     (long)(connect_ms + stopped));
}

/* Has no data come for too long? */
static int is_stalled(const struct hs_fetch *fetch)
{
    int64_t most = (int64_t)fetch->request->stall_seconds * 1000;

    return most > 0 && hs_running_ms() - fetch->moved_at > most;
}

/* What curl_easy_perform does, within `timeout_ms` of hs_running_ms(). */
static CURLcode perform(struct hs_fetch *fetch, int timeout_ms)
{
    int64_t stopped_before = hs_monotonic_ms() - hs_running_ms();
    int connect_ms = fetch->request->connect_timeout_ms > 0
                         ? fetch->request->connect_timeout_ms
                         : CONNECT_TIMEOUT_MS;
    CURLMcode rc = curl_multi_add_handle(fetch->multi, fetch->curl);
    const CURLMsg *done;
    CURLcode result = CURLE_OUT_OF_MEMORY;
    int64_t until = hs_running_ms() + timeout_ms;
    int under_way = 1, stalled = 0, ready = 0, others;

    fetch->moved_at = hs_running_ms();
    while (rc == CURLM_OK && under_way && !stalled) {
        int64_t left = until - hs_running_ms();

        allow_for_stops(fetch->curl, timeout_ms, connect_ms, stopped_before);
        rc = curl_multi_perform(fetch->multi, &under_way);
        if (rc == CURLM_OK && under_way)
            rc = curl_multi_poll(
                fetch->multi, NULL, 0,
                left < 1 ? 1 : (int)(left < LOOK_MS ? left : LOOK_MS), &ready);
        stalled =
            rc == CURLM_OK && under_way && is_stalled(fetch) && ready == 0;
    }
    done = rc == CURLM_OK ? curl_multi_info_read(fetch->multi, &others) : NULL;
    if (done && done->msg == CURLMSG_DONE)
        result = done->data.result;
    if (stalled)
        result = CURLE_OPERATION_TIMEDOUT;
    curl_multi_remove_handle(fetch->multi, fetch->curl);
    return result;
}

/* One exchange, without redirects. */
static int exchange(struct hs_fetch *fetch, const char *url, int timeout_ms,
                    struct hs_error *err)
{
    const struct hs_fetch_request *request = fetch->request;
    CURL *curl = fetch->curl;
    struct curl_slist *headers = NULL;
    CURLcode result = CURLE_OUT_OF_MEMORY;

    fetch->trusted = fetch->trusted_hosts && fetch->trusted_hosts[0] &&
                     is_trusted(fetch->trusted_hosts, url);
    curl_easy_reset(curl); /* connections stay */
    set_limits(fetch);
    set_method(curl, request, fetch->max_body);
    curl_easy_setopt(curl, CURLOPT_URL, url);
    if (request->user) {
        curl_easy_setopt(curl, CURLOPT_HTTPAUTH, (long)CURLAUTH_BASIC);
        curl_easy_setopt(curl, CURLOPT_USERNAME, request->user);
        curl_easy_setopt(curl, CURLOPT_PASSWORD, request->password);
    }
    fetch->error[0] = 0;
    if (make_headers(request, &headers) == 0) {
        curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
        result = perform(fetch, timeout_ms);
        curl_easy_setopt(curl, CURLOPT_HTTPHEADER, NULL);
    }
    curl_slist_free_all(headers);
    if (result != CURLE_OK)
        return fail(fetch, result, err);
    if (fetch->head_done)
        return 0;
    return hs_error_set(err, "malformed", "the answer has no status");
}

/* May this URL be sent unchanged? */
static int url_is_plain(const char *url)
{
    for (const char *c = url; *c; c++) {
        if ((unsigned char)*c <= ' ' || *c == 0x7F)
            return 0;
    }
    return strncasecmp(url, "http://", 7) == 0 ||
           strncasecmp(url, "https://", 8) == 0;
}

/* Forget the last exchange. */
static void begin(struct hs_fetch *fetch, struct hs_fetch_answer *answer)
{
    hs_buf_clear(&fetch->body);
    forget_head(fetch);
    fetch->received = fetch->head_bytes = 0;
    fetch->head_done = 0;
    fetch->stop = NULL;
    fetch->refused = 0;
    fetch->answer = answer;
    memset(answer, 0, sizeof *answer);
    answer->retry_after = -1;
}

static void finish(struct hs_fetch *fetch)
{
    struct hs_fetch_answer *answer = fetch->answer;
    curl_off_t wait = 0;

    answer->body = fetch->body.data ? fetch->body.data : "";
    answer->body_len = fetch->body.len;
    if (!hs_fetch_header(answer, "retry-after"))
        return;
    (void)curl_easy_getinfo(fetch->curl, CURLINFO_RETRY_AFTER, &wait);
    answer->retry_after = wait > 86400 ? 86400 : (int)wait;
}

/* Scheme, host and port are the same? */
static int same_origin(CURLU *a, CURLU *b)
{
    static const CURLUPart parts[] = {CURLUPART_SCHEME, CURLUPART_HOST,
                                      CURLUPART_PORT};
    int same = 1;

    for (size_t i = 0; i < 3 && same; i++) {
        char *x = NULL, *y = NULL;

        same = curl_url_get(a, parts[i], &x, CURLU_DEFAULT_PORT) == CURLUE_OK &&
               curl_url_get(b, parts[i], &y, CURLU_DEFAULT_PORT) == CURLUE_OK &&
               strcasecmp(x, y) == 0;
        curl_free(x);
        curl_free(y);
    }
    return same;
}

/* 1 same origin, 0 another, -1 one of them can't be parsed. */
static int compare_origins(const char *a, const char *b)
{
    CURLU *from = curl_url(), *to = curl_url();
    int same = -1;

    if (from && to && curl_url_set(from, CURLUPART_URL, a, 0) == CURLUE_OK &&
        curl_url_set(to, CURLUPART_URL, b, 0) == CURLUE_OK)
        same = same_origin(from, to);
    curl_url_cleanup(from);
    curl_url_cleanup(to);
    return same;
}

/* Where the answer redirects us, as a copy to free; NULL if it doesn't. */
static char *next_hop(struct hs_fetch *fetch, const char *url, int hops,
                      struct hs_fetch_request *request)
{
    char *target = NULL;
    int same;

    if (hops >= request->redirects || (strcmp(request->method, "GET") != 0 &&
                                       strcmp(request->method, "HEAD") != 0))
        return NULL;
    (void)curl_easy_getinfo(fetch->curl, CURLINFO_REDIRECT_URL, &target);
    if (!target || !url_is_plain(target))
        return NULL;
    if (strncasecmp(url, "https:", 6) == 0 &&
        strncasecmp(target, "https:", 6) != 0)
        return NULL;
    same = compare_origins(url, target);
    if (same < 0)
        return NULL;
    if (!same) {
        request->headers = NULL;
        request->user = NULL;
    }
    return strdup(target);
}

int hs_fetch(struct hs_fetch *fetch, const struct hs_fetch_request *request,
             struct hs_fetch_answer *answer, struct hs_error *err)
{
    struct hs_fetch_request hop = *request;
    int64_t deadline =
        hs_running_ms() + (hop.timeout_ms > 0 ? hop.timeout_ms : TIMEOUT_MS);
    char *url = url_is_plain(hop.url) ? strdup(hop.url) : NULL;
    int result = -1;

    begin(fetch, answer);
    fetch->request = &hop;
    fetch->max_body = hop.max_body ? hop.max_body : BODY_MAX;
    if (hop.on_head || hop.on_data)
        hop.redirects = 0; /* data already passed on can't be taken back */
    if (!url)
        hs_error_set(err, "malformed", "not an http or https URL");
    for (int hops = 0; url; hops++) {
        int64_t left = deadline - hs_running_ms();
        char *next = NULL;

        begin(fetch, answer);
        result = exchange(fetch, url, left > 1 ? (int)left : 1, err);
        if (result == 0) {
            finish(fetch);
            next = next_hop(fetch, url, hops, &hop);
        }
        free(url);
        url = next;
    }
    fetch->request = NULL;
    fetch->answer = NULL;
    return result;
}

const char *hs_fetch_header(const struct hs_fetch_answer *answer,
                            const char *name)
{
    for (size_t i = 0; i < answer->header_count; i++) {
        if (strcmp(answer->headers[i].name, name) == 0)
            return answer->headers[i].value;
    }
    return NULL;
}
