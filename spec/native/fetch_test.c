/* fetch_test.c: requests to a server that does all it should not. */
#include <signal.h>

#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include "base/clock.h"
#include "lib/fetch.h"
#include "loopback.h"
#include "slow.h"
#include "test.h"

#define ROOMY_MS 10000

static struct loopback web, web6;
static int has_v6;

/* The path's first word decides how to misbehave. */
static int is_path(const char *request, const char *path)
{
    const char *at = strchr(request, ' ');
    size_t len = strlen(path);

    return at && strncmp(at + 1, path, len) == 0 && strchr(" ?", at[1 + len]);
}

static int send_text(int fd, const char *text)
{
    return loopback_send(fd, text, strlen(text)) == 0;
}

static int send_mb(int fd, int megabytes)
{
    static char block[1 << 16];

    memset(block, 'x', sizeof block);
    for (int i = 0; i < megabytes * 16; i++) {
        if (loopback_send(fd, block, sizeof block) != 0)
            return 0;
    }
    return 0;
}

static int send_headers(int fd, int count, int size)
{
    char line[8192];

    send_text(fd, "HTTP/1.1 200 OK\r\n");
    for (int i = 0; i < count; i++) {
        int len = snprintf(line, sizeof line, "X-%d: ", i);

        memset(line + len, 'y', (size_t)size);
        memcpy(line + len + size, "\r\n", 3);
        if (!send_text(fd, line))
            return 0;
    }
    send_text(fd, "Content-Length: 0\r\n\r\n");
    return 0;
}

static int drip(struct loopback *server, int fd)
{
    send_text(fd, "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n");
    for (int i = 0; i < 1000 && !server->stopping; i++) {
        if (!send_text(fd, "."))
            return 0;
        loopback_pause(server, 50);
    }
    return 0;
}

static int redirect(int fd, const char *request)
{
    const char *query = strchr(request, '?');
    char headers[512], to[256] = "";

    if (query)
        (void)sscanf(query + 1, "%255[^ \r\n]", to);
    (void)snprintf(headers, sizeof headers, "Location: %s\r\n", to);
    return loopback_reply(fd, "302 Found", headers, "over there");
}

/* Answers that are complete but odd. -1 when the path is none of them. */
static int odd_answer(int fd, const char *request)
{
    if (is_path(request, "/continue"))
        return send_text(fd, "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"
                             "HTTP/1.1 100 Continue\r\nX-No: 1\r\n\r\n") &&
               loopback_reply(fd, "201 Created", "X-Yes: 1\r\n", "done");
    if (is_path(request, "/trailers"))
        return send_text(fd, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n"
                             "\r\n3\r\nabc\r\n0\r\nX-Late: 1\r\n\r\n");
    if (is_path(request, "/empty"))
        return send_text(fd, "HTTP/1.1 204 No Content\r\n\r\n");
    if (is_path(request, "/busy"))
        return loopback_reply(fd, "429 Too Many Requests", "Retry-After: 2\r\n",
                              "{}");
    if (is_path(request, "/headers"))
        return loopback_reply(
            fd, "200 OK",
            "X-One:   a b \t\r\nX-one: second\r\nSet-Cookie: a=1\r\n", "");
    if (is_path(request, "/redirect"))
        return redirect(fd, request);
    return -1;
}

/* Answers that no client should have to bear. */
static int bad_answer(struct loopback *server, int fd, const char *request)
{
    if (is_path(request, "/slow"))
        return loopback_pause(server, 10000), 0;
    if (is_path(request, "/drip"))
        return drip(server, fd);
    if (is_path(request, "/reset"))
        return loopback_reset(fd);
    if (is_path(request, "/close"))
        return 0;
    if (is_path(request, "/short"))
        return send_text(fd,
                         "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nab"),
               0;
    if (is_path(request, "/big"))
        return send_text(fd, "HTTP/1.1 200 OK\r\nContent-Length: 52428800\r\n"
                             "\r\n"),
               strncmp(request, "HEAD", 4) == 0 || send_mb(fd, 50);
    if (is_path(request, "/endless"))
        return send_text(fd, "HTTP/1.1 200 OK\r\n\r\n"), send_mb(fd, 50);
    if (is_path(request, "/many-headers"))
        return send_headers(fd, 200, 10);
    if (is_path(request, "/large-headers"))
        return send_headers(fd, 50, 6000);
    if (is_path(request, "/nul"))
        return loopback_send(fd, "HTTP/1.1 200 OK\r\nX: a\0b\r\n\r\n", 28), 0;
    if (is_path(request, "/garbage"))
        return send_text(fd, "220 mail.example ESMTP\r\n"), 0;
    if (is_path(request, "/badchunk"))
        return send_text(fd, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n"
                             "\r\nzz\r\nabc"),
               0;
    return loopback_reply(fd, "404 Not Found", "", "nothing here");
}

static int answer(struct loopback *server, int fd, const char *request)
{
    int keep;

    if (is_path(request, "/ok"))
        return loopback_reply(fd, "200 OK", "", "hello");
    if (is_path(request, "/echo"))
        return loopback_reply(fd, "200 OK", "", request);
    keep = odd_answer(fd, request);
    return keep >= 0 ? keep : bad_answer(server, fd, request);
}

static struct hs_fetch *fetch;
static char url[256];

static const char *at(const char *path)
{
    (void)snprintf(url, sizeof url, "http://127.0.0.1:%d%s", web.port, path);
    return url;
}

/* GET; "" or the code. */
static const char *get_within(int ms, const char *where,
                              struct hs_fetch_answer *out)
{
    static struct hs_error err;
    struct hs_fetch_request request = {
        .method = "GET", .url = where, .timeout_ms = ms};

    memset(&err, 0, sizeof err);
    return hs_fetch(fetch, &request, out, &err) == 0 ? "" : err.code;
}

/* ... where time is not the point. */
static const char *get(const char *where, struct hs_fetch_answer *out)
{
    return get_within(ROOMY_MS, where, out);
}

TEST_CASE(an_answer_with_its_headers)
{
    struct hs_fetch_answer out;

    assert_string_equal(get(at("/ok"), &out), "");
    assert_int_equal(out.status, 200);
    assert_string_equal(out.body, "hello");
    assert_int_equal(out.body_len, 5);
    assert_int_equal(out.retry_after, -1);
    assert_string_equal(get(at("/headers"), &out), "");
    assert_string_equal(out.body, "");
    assert_string_equal(hs_fetch_header(&out, "x-one"), "a b");
    assert_string_equal(out.headers[2].value, "second");
    assert_null(hs_fetch_header(&out, "x-none"));
    assert_string_equal(get(at("/nothing"), &out), "");
    assert_int_equal(out.status, 404);
    assert_string_equal(get(at("/busy"), &out), "");
    assert_int_equal(out.status, 429);
    assert_int_equal(out.retry_after, 2);
    assert_string_equal(get(at("/empty"), &out), "");
    assert_int_equal(out.status, 204);
    assert_int_equal(out.body_len, 0);
    assert_string_equal(get(at("/continue"), &out), "");
    assert_int_equal(out.status, 201);
    assert_null(hs_fetch_header(&out, "x-no"));
    assert_non_null(hs_fetch_header(&out, "x-yes"));
    assert_string_equal(get(at("/trailers"), &out), "");
    assert_string_equal(out.body, "abc");
    assert_null(hs_fetch_header(&out, "x-late"));
}

TEST_CASE(connections_are_kept)
{
    struct hs_fetch_answer out;
    int before;

    assert_string_equal(get(at("/ok"), &out), "");
    before = web.connections;
    for (int i = 0; i < 20; i++)
        assert_string_equal(get(at("/ok"), &out), "");
    assert_int_equal(web.connections, before);
}

TEST_CASE(what_is_sent)
{
    static const char *const headers[] = {"X-Mine: 1",
                                          "Content-Type: text/plain", NULL};
    static const char *const methods[] = {"POST", "PUT", "PATCH", "DELETE"};
    struct hs_fetch_answer out;
    struct hs_fetch_request request = {.method = "POST",
                                       .url = at("/echo"),
                                       .headers = headers,
                                       .body = "a\nb",
                                       .body_len = 3,
                                       .user = "AC1",
                                       .password = "p:w",
                                       .timeout_ms = 10000};

    for (size_t i = 0; i < 4; i++) {
        request.method = methods[i];
        assert_int_equal(hs_fetch(fetch, &request, &out, NULL), 0);
        assert_memory_equal(out.body, methods[i], strlen(methods[i]));
        assert_non_null(strstr(out.body, " /echo HTTP/1.1\r\n"));
        assert_non_null(strstr(out.body, "\r\nX-Mine: 1\r\n"));
        assert_non_null(strstr(out.body, "\r\nContent-Type: text/plain\r\n"));
        assert_non_null(strstr(out.body, "\r\nContent-Length: 3\r\n"));
        assert_non_null(
            strstr(out.body, "\r\nAuthorization: Basic QUMxOnA6dw==\r\n"));
        assert_non_null(strstr(out.body, "\r\n\r\na\nb"));
        assert_null(strstr(out.body, "Expect"));
    }
    request = (struct hs_fetch_request){.method = "POST", .url = at("/echo")};
    assert_int_equal(hs_fetch(fetch, &request, &out, NULL), 0);
    assert_non_null(strstr(out.body, "\r\nContent-Length: 0\r\n"));
    assert_null(strstr(out.body, "Content-Type"));
    assert_null(strstr(out.body, "Authorization")); /* not remembered */
    request.method = "HEAD";
    request.url = at("/big");
    assert_int_equal(hs_fetch(fetch, &request, &out, NULL), 0);
    assert_string_equal(hs_fetch_header(&out, "content-length"), "52428800");
    assert_int_equal(out.body_len, 0);
}

TEST_CASE(every_failure_has_its_word)
{
    static const char *const cases[][2] = {
        {"/slow", "timeout"},
        {"/drip", "timeout"},
        {"/reset", "lost"},
        {"/close", "lost"},
        {"/short", "lost"},
        {"/big", "too_large"},
        {"/endless", "too_large"},
        {"/many-headers", "too_large"},
        {"/large-headers", "too_large"},
        {"/nul", "malformed"},
        {"/garbage", "malformed"},
        {"/badchunk", "lost"},
    };
    struct hs_fetch_answer out;

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int64_t began = hs_monotonic_ms();
        int ms = strcmp(cases[i][1], "timeout") == 0 ? 400 : ROOMY_MS;
        const char *code = get_within(ms, at(cases[i][0]), &out);

        if (strcmp(code, cases[i][1]) != 0)
            fail_msg("%s: \"%s\"", cases[i][0], code);
        assert_in_range(hs_monotonic_ms() - began, 0, lenient(900));
        /* The next request is not hurt by it. */
        assert_string_equal(get(at("/ok"), &out), "");
        assert_string_equal(out.body, "hello");
    }
}

TEST_CASE(urls_that_do_not_go_out)
{
    static const char *const bad[] = {
        "",
        "file:///etc/passwd",
        "gopher://127.0.0.1/",
        "ftp://127.0.0.1/",
        "dict://127.0.0.1/",
        "//127.0.0.1/",
        "127.0.0.1",
        "http://",
        "http:///x",
        "http://127.0.0.1:99999/",
        "http://127.0.0.1/a b",
        "http://127.0.0.1/a\r\nX: y",
        "http://[::1",
        "http://a..b..c/%",
        " http://127.0.0.1/",
    };
    struct hs_fetch_answer out;

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        const char *code = get(bad[i], &out);

        if (strcmp(code, "malformed") != 0 && strcmp(code, "dns") != 0)
            fail_msg("%s: \"%s\"", bad[i], code);
    }
    assert_string_equal(get("http://no-such-host.invalid/", &out), "dns");
}

TEST_CASE(nobody_there)
{
    struct loopback gone;
    struct hs_fetch_answer out;

    assert_int_equal(loopback_start(&gone, answer, 0), 0);
    loopback_stop(&gone);
    (void)snprintf(url, sizeof url, "http://127.0.0.1:%d/", gone.port);
    assert_string_equal(get(url, &out), "connect");
}

TEST_CASE(the_environment_names_no_proxy)
{
    struct hs_fetch_answer out;

    setenv("http_proxy", "http://127.0.0.1:1", 1);
    setenv("ALL_PROXY", "http://127.0.0.1:1", 1);
    assert_string_equal(get(at("/ok"), &out), "");
    unsetenv("http_proxy");
    unsetenv("ALL_PROXY");
}

/* A kept connection that died: whether the other side acted is unknown. */
static int answer_once(struct loopback *server, int fd, const char *request)
{
    int first = server->ctx == NULL;

    (void)request;
    server->ctx = server;
    return first ? loopback_reply(fd, "200 OK", "", "first") : 0;
}

TEST_CASE(a_post_is_never_sent_twice)
{
    struct loopback dying;
    struct hs_fetch_answer out;
    struct hs_error err = {0};
    struct hs_fetch_request request = {
        .method = "POST", .url = url, .body = "a=1", .body_len = 3};

    assert_int_equal(loopback_start(&dying, answer_once, 0), 0);
    (void)snprintf(url, sizeof url, "http://127.0.0.1:%d/", dying.port);
    assert_string_equal(get(url, &out), "");
    assert_int_equal(hs_fetch(fetch, &request, &out, &err), -1);
    assert_string_equal(err.code, "lost");
    assert_int_equal(dying.requests, 2);
    loopback_stop(&dying);
}

TEST_CASE(private_addresses_are_refused)
{
    static const char *const hosts[] = {
        "127.0.0.1",
        "127.1",
        "0x7f000001",
        "2130706433",
        "0177.0.0.1",
        "localhost",
        "0.0.0.0",
        "0",
        "[::1]",
        "[::]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[::127.0.0.1]",
        "[64:ff9b::7f00:1]",
        "[2002:7f00:1::1]",
        "10.0.0.1",
        "172.16.0.1",
        "172.31.255.255",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "[fd00::1]",
        "[fe80::1]",
        "[fec0::1]",
        "[ff02::1]",
        "224.0.0.1",
        "255.255.255.255",
        "user@127.0.0.1",
        "example.com@127.0.0.1",
    };
    struct hs_fetch *open = fetch;
    struct hs_fetch_answer out;
    int before = web.connections, before6 = web6.connections;

    fetch = hs_fetch_new(1);
    for (size_t i = 0; i < sizeof hosts / sizeof *hosts; i++) {
        const char *code;

        for (int k = 0; k < 2; k++) {
            (void)snprintf(url, sizeof url, "http://%s:%d/ok", hosts[i],
                           k ? web6.port : web.port);
            code = get(url, &out);
            if (strcmp(code, "refused_address") != 0)
                fail_msg("%s: \"%s\"", hosts[i], code);
        }
    }
    assert_int_equal(web.connections, before);
    assert_int_equal(web6.connections, before6);
    hs_fetch_free(fetch);
    fetch = open;
    if (has_v6) {
        (void)snprintf(url, sizeof url, "http://[::1]:%d/ok", web6.port);
        assert_string_equal(get(url, &out), "");
    }
}

TEST_CASE(redirects_only_when_asked_for)
{
    static const char *const headers[] = {"X-Key: k", NULL};
    struct hs_fetch_answer out;
    struct hs_fetch_request request = {.method = "GET",
                                       .headers = headers,
                                       .user = "u",
                                       .password = "p",
                                       .timeout_ms = 10000};
    char there[512];

    assert_string_equal(get(at("/redirect?/ok"), &out), "");
    assert_int_equal(out.status, 302);
    assert_string_equal(hs_fetch_header(&out, "location"), "/ok");
    request.url = at("/redirect?/redirect?/redirect?/echo");
    request.redirects = 2;
    assert_int_equal(hs_fetch(fetch, &request, &out, NULL), 0);
    assert_int_equal(out.status, 302);
    request.redirects = 3;
    assert_int_equal(hs_fetch(fetch, &request, &out, NULL), 0);
    assert_int_equal(out.status, 200);
    assert_non_null(strstr(out.body, "X-Key: k"));
    assert_non_null(strstr(out.body, "Authorization"));
    /* Another origin is told nothing of ours. */
    (void)snprintf(there, sizeof there,
                   "http://127.0.0.1:%d/redirect?http://localhost:%d/echo",
                   web.port, web.port);
    request.url = there;
    assert_int_equal(hs_fetch(fetch, &request, &out, NULL), 0);
    assert_int_equal(out.status, 200);
    assert_null(strstr(out.body, "X-Key"));
    assert_null(strstr(out.body, "Authorization"));
    /* A body is not carried elsewhere; nor do we read files. */
    request.url = at("/redirect?/ok");
    request.method = "POST";
    assert_int_equal(hs_fetch(fetch, &request, &out, NULL), 0);
    assert_int_equal(out.status, 302);
    request.method = "GET";
    request.url = at("/redirect?file:///etc/passwd");
    assert_int_equal(hs_fetch(fetch, &request, &out, NULL), 0);
    assert_int_equal(out.status, 302);
    request.url = at("/redirect?http://no-such-host.invalid/");
    assert_int_equal(hs_fetch(fetch, &request, &out, NULL), -1);
}

struct sink {
    size_t bytes, pieces;
    int status;
    size_t stop_after;
};

static int on_head(void *ctx, const struct hs_fetch_answer *out)
{
    struct sink *sink = ctx;

    sink->status = out->status;
    return out->status == 404;
}

static int on_data(void *ctx, const void *data, size_t len)
{
    struct sink *sink = ctx;

    (void)data;
    sink->bytes += len;
    sink->pieces++;
    return sink->stop_after && sink->bytes > sink->stop_after;
}

TEST_CASE(a_stream_is_passed_on_as_it_comes)
{
    static const char *const range[] = {"Range: bytes=10-", NULL};
    struct sink sink = {0};
    struct hs_fetch_answer out;
    struct hs_error err = {0};
    struct hs_fetch_request request = {.method = "GET",
                                       .url = at("/big"),
                                       .headers = range,
                                       .timeout_ms = 20000,
                                       .max_body = (size_t)64 << 20,
                                       .on_head = on_head,
                                       .on_data = on_data,
                                       .ctx = &sink};

    assert_int_equal(hs_fetch(fetch, &request, &out, &err), 0);
    assert_int_equal(sink.status, 200);
    assert_int_equal(sink.bytes, 52428800);
    assert_true(sink.pieces > 50);
    assert_int_equal(out.body_len, 0);
    assert_true(loopback_saw(&web, "Range: bytes=10-"));
    sink = (struct sink){.stop_after = 100000};
    assert_int_equal(hs_fetch(fetch, &request, &out, &err), -1);
    assert_string_equal(err.code, "stopped");
    request.url = at("/nothing");
    sink = (struct sink){0};
    assert_int_equal(hs_fetch(fetch, &request, &out, &err), -1);
    assert_string_equal(err.code, "stopped");
    assert_int_equal(sink.bytes, 0);
    /* A redirect is not followed while streaming. */
    request.url = at("/redirect?/ok");
    request.redirects = 3;
    assert_int_equal(hs_fetch(fetch, &request, &out, &err), 0);
    assert_int_equal(sink.status, 302);
    /* Nothing for a second: enough. */
    request.url = at("/slow");
    request.stall_seconds = 1;
    assert_int_equal(hs_fetch(fetch, &request, &out, &err), -1);
    assert_string_equal(err.code, "timeout");
}

/* How long the process was stopped, its two clocks tell to a millisecond: that
 * must neither lift a limit nor let its moment pass. */
TEST_CASE(a_limit_holds_after_a_stop)
{
    struct timespec stop = {.tv_nsec = 150500000};
    struct hs_fetch_answer out;
    struct hs_error err;

    hs_clock_beat();
    nanosleep(&stop, NULL);
    hs_clock_beat();
    hs_clock_rest();
    for (int i = 0; i < 40; i++) {
        struct hs_fetch_request request = {
            .method = "GET", .url = at("/ok"), .timeout_ms = ROOMY_MS};
        int64_t began;

        assert_int_equal(hs_fetch(fetch, &request, &out, &err), 0);
        request.url = at("/slow");
        request.timeout_ms = 1 + i % 2 * 20;
        began = hs_monotonic_ms();
        assert_int_equal(hs_fetch(fetch, &request, &out, &err), -1);
        assert_string_equal(err.code, "timeout");
        assert_true(hs_monotonic_ms() - began < lenient(900));
    }
}

/* A certificate that nobody vouches for. */
static SSL_CTX *self_signed(void)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *cert = X509_new();
    X509_NAME *name = X509_get_subject_name(cert);

    X509_set_version(cert, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(cert), 1);
    X509_gmtime_adj(X509_getm_notBefore(cert), 0);
    X509_gmtime_adj(X509_getm_notAfter(cert), 3600);
    X509_set_pubkey(cert, key);
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                               (const unsigned char *)"localhost", -1, -1, 0);
    X509_set_issuer_name(cert, name);
    assert_true(X509_sign(cert, key, EVP_sha256()) > 0);
    assert_int_equal(SSL_CTX_use_certificate(ctx, cert), 1);
    assert_int_equal(SSL_CTX_use_PrivateKey(ctx, key), 1);
    X509_free(cert);
    EVP_PKEY_free(key);
    return ctx;
}

static void *accept_tls(void *arg)
{
    int *listener = arg;
    SSL_CTX *ctx = self_signed();
    int fd = accept(*listener, NULL, NULL);
    SSL *ssl = SSL_new(ctx);
    char rest;

    SSL_set_fd(ssl, fd);
    (void)SSL_accept(ssl);
    SSL_free(ssl);
    SSL_CTX_free(ctx);
    close(fd);
    fd = accept(*listener, NULL, NULL); /* and then no TLS */
    (void)send_text(fd, "220 mail.example.com\r\n");
    while (read(fd, &rest, 1) > 0)
        ;
    close(fd);
    return NULL;
}

TEST_CASE(a_certificate_nobody_vouches_for)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    struct hs_fetch_request request = {.method = "GET", .url = url};
    struct hs_fetch_answer out;
    struct hs_error err = {0};
    pthread_t thread;

    assert_int_equal(bind(listener, (struct sockaddr *)&address, len), 0);
    assert_int_equal(listen(listener, 1), 0);
    assert_int_equal(getsockname(listener, (struct sockaddr *)&address, &len),
                     0);
    assert_int_equal(pthread_create(&thread, NULL, accept_tls, &listener), 0);
    (void)snprintf(url, sizeof url, "https://localhost:%d/",
                   ntohs(address.sin_port));
    assert_int_equal(hs_fetch(fetch, &request, &out, &err), -1);
    assert_string_equal(err.code, "tls");
    assert_string_equal(err.message, "the server's certificate isn't accepted: "
                                     "self-signed certificate");
    assert_int_equal(hs_fetch(fetch, &request, &out, &err), -1);
    assert_string_equal(err.code, "tls");
    assert_string_equal(
        err.message,
        "the TLS handshake failed: is it an https server, on that port?");
    assert_int_equal(pthread_join(thread, NULL), 0);
    close(listener);
    /* TLS to a port that speaks HTTP */
    (void)snprintf(url, sizeof url, "https://127.0.0.1:%d/", web.port);
    request.timeout_ms = 500;
    assert_int_equal(hs_fetch(fetch, &request, &out, &err), -1);
}

static int start(void **state)
{
    (void)state;
    (void)signal(SIGPIPE, SIG_IGN);
    fetch = hs_fetch_new(0);
    has_v6 = loopback_start(&web6, answer, 1) == 0;
    return fetch && loopback_start(&web, answer, 0) == 0 ? 0 : -1;
}

static int end(void **state)
{
    (void)state;
    hs_fetch_free(fetch);
    hs_fetch_free(NULL);
    loopback_stop(&web);
    if (has_v6)
        loopback_stop(&web6);
    return 0;
}

int main(void)
{
    return cmocka_run_group_tests(tests, start, end);
}
