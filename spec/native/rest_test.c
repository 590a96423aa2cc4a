/* rest_test.c: Twilio's REST API as it is on bad days. */
#include <signal.h>

#include "base/clock.h"
#include "lib/fetch.h"
#include "loopback.h"
#include "slow.h"
#include "test.h"
#include "twilio/rest.h"

#define AC "AC00000000000000000000000000000001"
#define RE "RE00000000000000000000000000000002"
#define ROOT "/2010-04-01/Accounts/" AC
#define TROUBLE                                                                \
    "{\"code\":21422,\"message\":\"PhoneNumber is not available\","            \
    "\"more_info\":\"https://www.twilio.com/docs/errors/21422\","              \
    "\"status\":400}"

static struct loopback web;
static struct hs_rest *rest;
static struct hs_config config;
static char base_url[64];
static char account[] = AC, token[] = "token", key[] = "SK1", secret[] = "s";
static char none[] = "";

/* What the server does next; the tests set it. */
static struct {
    const char *status, *headers, *body;
    int times; /* so often; then 200 {} */
    loopback_fn *custom;
} next;

static int answer(struct loopback *server, int fd, const char *request)
{
    if (next.times == 0)
        return loopback_reply(fd, "200 OK", "", "{\"ok\":true}");
    next.times--;
    if (next.custom)
        return next.custom(server, fd, request);
    return loopback_reply(fd, next.status, next.headers, next.body);
}

static void answers(const char *status, const char *headers, const char *body,
                    int times)
{
    next.status = status;
    next.headers = headers;
    next.body = body;
    next.times = times;
    next.custom = NULL;
    web.requests = 0;
}

static void answers_by(loopback_fn *custom, int times)
{
    next.custom = custom;
    next.times = times;
    web.requests = 0;
}

static struct hs_error err;
static struct hs_rest_answer got;

/* "" or the code. */
static const char *ask(const char *method, const char *path,
                       const struct hs_rest_param *params, size_t count,
                       int timeout_ms)
{
    struct hs_rest_request request = {method, path, params, count, timeout_ms};

    memset(&err, 0, sizeof err);
    return hs_rest(rest, &request, &got, &err) == 0 ? "" : err.code;
}

TEST_CASE(where_requests_go)
{
    static const char *const cases[][2] = {
        {"IncomingPhoneNumbers", "GET " ROOT "/IncomingPhoneNumbers.json HTTP"},
        {"Calls/CA1", "GET " ROOT "/Calls/CA1.json HTTP"},
        {"Calls.json", "GET " ROOT "/Calls.json HTTP"},
        {"AvailablePhoneNumbers/US/Local",
         "GET " ROOT "/AvailablePhoneNumbers/US/Local.json HTTP"},
        {"/2010-04-01/Accounts/{AC}.json", "GET " ROOT ".json HTTP"},
        {ROOT "/Calls.json?PageSize=2&Page=1&PageToken=PACA1",
         "GET " ROOT "/Calls.json?PageSize=2&Page=1&PageToken=PACA1 HTTP"},
    };

    answers("200 OK", "", "{}", 0);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_string_equal(ask("GET", cases[i][0], NULL, 0, 0), "");
        if (!loopback_saw(&web, cases[i][1]))
            fail_msg("%s: %s", cases[i][0], web.last);
    }
    assert_true(loopback_saw(&web, "\r\nAccept: application/json\r\n"));
}

TEST_CASE(paths_that_do_not_go_out)
{
    static const char *const bad[] = {
        "",
        "?a=1",
        "Calls?Status=busy",
        "../Accounts",
        "Calls/../..",
        "Calls/.hidden",
        "Calls//CA1",
        "//evil.example/",
        "/2010-04-01/../x",
        "http://evil.example/",
        "@evil.example/",
        "Calls CA1",
        "Calls\r\nX: y",
        "Calls#x",
        "Calls/\xc3\xa9",
        "/a?b c",
        "/a?b#c",
        "Calls/CA1?",
    };

    answers("200 OK", "", "{}", 0);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        if (strcmp(ask("GET", bad[i], NULL, 0, 0), "path") != 0)
            fail_msg("\"%s\" went out", bad[i]);
    }
    assert_int_equal(web.requests, 0);
}

TEST_CASE(what_is_sent)
{
    static const struct hs_rest_param params[] = {
        {"PhoneNumber", "+15105550100", 12},
        {"FriendlyName", "M\xc3\xbcller & Co=100%", 17},
        {"StatusCallbackEvent", "initiated", 9},
        {"StatusCallbackEvent", "completed", 9},
        {"Empty", "", 0},
    };
    static const char form[] =
        "PhoneNumber=%2B15105550100&FriendlyName=M%C3%BCller%20%26%20Co%3D100%"
        "25&StatusCallbackEvent=initiated&StatusCallbackEvent=completed&Empty=";

    answers("201 Created", "", "{\"sid\":\"PN1\"}", 1);
    assert_string_equal(ask("POST", "IncomingPhoneNumbers", params, 5, 0), "");
    assert_int_equal(got.status, 201);
    assert_string_equal(got.body, "{\"sid\":\"PN1\"}");
    assert_true(loopback_saw(&web, form));
    assert_true(loopback_saw(
        &web, "\r\nContent-Type: application/x-www-form-urlencoded\r\n"));
    /* An API key goes before the auth token: "SK1:s" */
    assert_true(loopback_saw(&web, "\r\nAuthorization: Basic U0sxOnM=\r\n"));
    config.twilio_api_secret = none;
    assert_string_equal(ask("GET", "Calls", params, 1, 0), "");
    assert_true(loopback_saw(&web, "/Calls.json?PhoneNumber=%2B15105550100 "));
    /* AC…1:token */
    assert_true(
        loopback_saw(&web, "Authorization: Basic QUMwMDAwMDAwMDAwMDAwMDAwMDAwMD"
                           "AwMDAwMDAwMDAwMTp0b2tlbg=="));
    config.twilio_api_secret = secret;
    assert_string_equal(ask("POST", "Calls/CA1", NULL, 0, 0), "");
    assert_true(loopback_saw(&web, "\r\nContent-Length: 0\r\n"));
    answers("204 No Content", "", "", 1);
    assert_string_equal(ask("DELETE", "Recordings/" RE, NULL, 0, 0), "");
    assert_int_equal(got.status, 204);
    assert_int_equal(got.body_len, 0);
    assert_true(loopback_saw(&web, "DELETE " ROOT "/Recordings/" RE ".json "));
}

TEST_CASE(twilios_own_words)
{
    static const struct {
        const char *status, *body, *code, *message;
    } cases[] = {
        {"400 Bad Request", TROUBLE, "twilio:21422",
         "Twilio answered 400 with error 21422: PhoneNumber is not available"},
        {"404 Not Found", "{\"code\":20404,\"message\":\"gone \\u00e9\"}",
         "twilio:20404", "Twilio answered 404 with error 20404: gone \xc3\xa9"},
        {"503 Service Unavailable", "<html>upstream</html>", "twilio:503",
         "Twilio answered 503 without an explanation"},
        {"500 Internal Server Error", "", "twilio:500",
         "Twilio answered 500 without an explanation"},
        {"400 Bad Request", "{\"code\":null,\"message\":null}", "twilio:400",
         "Twilio answered 400 without an explanation"},
        {"400 Bad Request", "{\"code\":\"21422\"}", "twilio:400",
         "Twilio answered 400 without an explanation"},
        {"400 Bad Request", "{\"code\":21422}", "twilio:21422",
         "Twilio answered 400 with error 21422: no explanation"},
        {"400 Bad Request", "{\"code\":21422,\"message\":\"cut o", "twilio:400",
         "Twilio answered 400 without an explanation"},
        {"400 Bad Request", "[1]", "twilio:400",
         "Twilio answered 400 without an explanation"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        answers(cases[i].status, "", cases[i].body, 1);
        assert_string_equal(ask("POST", "IncomingPhoneNumbers", NULL, 0, 0),
                            cases[i].code);
        assert_string_equal(err.message, cases[i].message);
        assert_int_equal(got.status, atoi(cases[i].status));
        assert_int_equal(web.requests, 1); /* a create is not tried again */
    }
}

TEST_CASE(a_redirect_is_not_followed)
{
    char location[128];

    (void)snprintf(location, sizeof location, "Location: %s/x\r\n", base_url);
    answers("302 Found", location, "", 1);
    assert_string_equal(ask("GET", "Calls", NULL, 0, 0), "twilio:302");
    assert_int_equal(web.requests, 1);
}

TEST_CASE(too_many_requests_are_repeated)
{
    int64_t began;

    /* Refused is not processed: even a create may be repeated. */
    answers("429 Too Many Requests", "", "{\"code\":20429}", 2);
    assert_string_equal(ask("POST", "IncomingPhoneNumbers", NULL, 0, 0), "");
    assert_int_equal(web.requests, 3);
    /* Three tries are all. */
    answers("429 Too Many Requests", "Retry-After: 0\r\n",
            "{\"code\":20429,\"message\":\"Too many\"}", 9);
    assert_string_equal(ask("GET", "Calls", NULL, 0, 0), "twilio:20429");
    assert_int_equal(web.requests, 3);
    assert_int_equal(got.status, 429);
    /* Retry-After is waited for … */
    answers("429 Too Many Requests", "Retry-After: 1\r\n", "{}", 1);
    began = hs_monotonic_ms();
    assert_string_equal(ask("GET", "Calls", NULL, 0, 0), "");
    assert_in_range(hs_monotonic_ms() - began, 1000, lenient(1900));
    /* … unless there is no time for it. */
    answers("429 Too Many Requests", "Retry-After: 60\r\n", "{}", 9);
    began = hs_monotonic_ms();
    assert_string_equal(ask("GET", "Calls", NULL, 0, 1500), "twilio:429");
    assert_in_range(hs_monotonic_ms() - began, 0, lenient(700));
    assert_int_equal(web.requests, 1);
    /* A longer wait than we have is the caller's to keep: nobody asks early. */
    answers("429 Too Many Requests", "Retry-After: 60\r\n", "{}", 1);
    assert_string_equal(ask("GET", "Calls", NULL, 0, 0), "twilio:429");
    assert_int_equal(web.requests, 1);
    assert_int_equal(got.retry_after, 60);
}

static int slow(struct loopback *server, int fd, const char *request)
{
    (void)fd;
    (void)request;
    loopback_pause(server, 5000);
    return 0;
}

static int reset(struct loopback *server, int fd, const char *request)
{
    (void)server;
    (void)request;
    return loopback_reset(fd);
}

static int short_answer(struct loopback *server, int fd, const char *request)
{
    static const char text[] =
        "HTTP/1.1 201 Created\r\nContent-Length: 999\r\n\r\n{\"sid\":";

    (void)server;
    (void)request;
    return loopback_send(fd, text, sizeof text - 1) && 0;
}

static int huge(struct loopback *server, int fd, const char *request)
{
    static const char head[] = "HTTP/1.1 200 OK\r\n\r\n";
    static char block[1 << 16];

    (void)server;
    (void)request;
    memset(block, ' ', sizeof block);
    (void)loopback_send(fd, head, sizeof head - 1);
    for (int i = 0; i < 50 * 16; i++) {
        if (loopback_send(fd, block, sizeof block) != 0)
            break;
    }
    return 0;
}

static int drip(struct loopback *server, int fd, const char *request)
{
    static const char head[] = "HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n";

    (void)request;
    (void)loopback_send(fd, head, sizeof head - 1);
    for (int i = 0; i < 500 && !server->stopping; i++) {
        if (loopback_send(fd, " ", 1) != 0)
            break;
        loopback_pause(server, 50);
    }
    return 0;
}

TEST_CASE(bad_days)
{
    static const struct {
        loopback_fn *what;
        const char *code;
    } cases[] = {{slow, "timeout"},
                 {reset, "lost"},
                 {short_answer, "lost"},
                 {huge, "too_large"},
                 {drip, "timeout"}};
    static const char *const methods[] = {"POST", "GET"};

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        for (size_t k = 0; k < 2; k++) {
            int64_t began = hs_monotonic_ms();
            const char *got_code;

            answers_by(cases[i].what, 1);
            got_code = ask(methods[k], "Calls", NULL, 0,
                           strcmp(cases[i].code, "timeout") == 0 ? 300 : 10000);
            /* On a kept connection a GET may be sent again: harmless. */
            if (k == 0 || cases[i].what != reset)
                assert_string_equal(got_code, cases[i].code);
            assert_in_range(hs_monotonic_ms() - began, 0, lenient(800));
            if (k == 0)
                assert_int_equal(web.requests, 1); /* never a second create */
            assert_string_equal(ask("GET", "Calls", NULL, 0, 0), "");
        }
    }
}

TEST_CASE(nobody_there)
{
    struct loopback gone;
    char url[64];
    char *before = config.twilio_api_base_url;

    assert_int_equal(loopback_start(&gone, answer, 0), 0);
    loopback_stop(&gone);
    (void)snprintf(url, sizeof url, "http://127.0.0.1:%d", gone.port);
    config.twilio_api_base_url = url;
    assert_string_equal(ask("GET", "Calls", NULL, 0, 10000), "connect");
    assert_string_equal(ask("POST", "Calls", NULL, 0, 10000), "connect");
    assert_int_equal(got.status, 0);
    config.twilio_api_base_url = before;
}

/* Begins to listen when the first try has been refused. */
static void *listen_late(void *ctx)
{
    const int *listener = ctx;
    struct pollfd wait = {*listener, POLLIN, 0};
    char request[4096];
    int fd;

    (void)poll(NULL, 0, 15);
    (void)listen(*listener, 4);
    if (poll(&wait, 1, 60000) == 1) {
        fd = accept(*listener, NULL, NULL);
        (void)!recv(fd, request, sizeof request, 0);
        (void)loopback_reply(fd, "200 OK", "Connection: close\r\n", "{}");
        close(fd);
    }
    return NULL;
}

TEST_CASE(a_get_connects_once_more)
{
    char *before = config.twilio_api_base_url;
    int answered = 0;

    /* The wait in between is random and may be too short: some rounds. */
    for (int i = 0; i < 8 && !answered; i++) {
        struct sockaddr_in address = {
            .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
        socklen_t len = sizeof address;
        int listener = socket(AF_INET, SOCK_STREAM, 0);
        char url[64];
        pthread_t thread;

        assert_int_equal(bind(listener, (struct sockaddr *)&address, len), 0);
        assert_int_equal(
            getsockname(listener, (struct sockaddr *)&address, &len), 0);
        (void)snprintf(url, sizeof url, "http://127.0.0.1:%d",
                       ntohs(address.sin_port));
        config.twilio_api_base_url = url;
        assert_int_equal(pthread_create(&thread, NULL, listen_late, &listener),
                         0);
        answered = strcmp(ask("GET", "Calls", NULL, 0, 3000), "") == 0;
        assert_int_equal(pthread_join(thread, NULL), 0);
        close(listener);
    }
    config.twilio_api_base_url = before;
    assert_true(answered);
}

TEST_CASE(without_credentials)
{
    answers("200 OK", "", "{}", 0);
    config.twilio_account_sid = none;
    assert_string_equal(ask("GET", "Calls", NULL, 0, 0), "not_configured");
    assert_string_equal(err.message, "twilio_account_sid is not set");
    config.twilio_account_sid = account;
    config.twilio_auth_token = none;
    assert_string_equal(ask("GET", "Calls", NULL, 0, 0), ""); /* by API key */
    config.twilio_api_secret = none;
    assert_string_equal(ask("GET", "Calls", NULL, 0, 0), "not_configured");
    config.twilio_api_secret = secret;
    config.twilio_auth_token = token;
    assert_int_equal(web.requests, 1);
}

static int media_status;
static size_t media_bytes;

static int on_head(void *ctx, const struct hs_fetch_answer *head)
{
    (void)ctx;
    media_status = head->status;
    return 0;
}

static int on_data(void *ctx, const void *data, size_t len)
{
    (void)ctx;
    (void)data;
    media_bytes += len;
    return 0;
}

TEST_CASE(a_recording_is_streamed)
{
    static const char *const bad_sids[] = {"",       "RE",   "RE1",
                                           "../" RE, RE "0", "CA" RE};
    static const struct {
        const char *range;
        int sent;
    } ranges[] = {
        {"bytes=0-", 1},         {"bytes=5-9", 1},     {"bytes=-5", 1},
        {"bytes=-", 0},          {"bytes=0-1,3-4", 0}, {"items=0-1", 0},
        {"bytes=0-\r\nX: y", 0}, {"bytes= 1-2", 0},
    };
    struct hs_rest_media media = {.recording_sid = RE,
                                  .format = "mp3",
                                  .on_head = on_head,
                                  .on_data = on_data};

    answers("206 Partial Content", "", "0123456789", 1);
    media.range = "bytes=0-9";
    assert_int_equal(hs_rest_recording(rest, &media, &err), 0);
    assert_int_equal(media_status, 206);
    assert_int_equal(media_bytes, 10);
    assert_true(loopback_saw(&web, "GET " ROOT "/Recordings/" RE ".mp3 "));
    assert_true(loopback_saw(&web, "Authorization: Basic "));
    for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++) {
        media.range = ranges[i].range;
        assert_int_equal(hs_rest_recording(rest, &media, &err), 0);
        assert_int_equal(loopback_saw(&web, "Range:"), ranges[i].sent);
        assert_false(loopback_saw(&web, "\r\nX: y"));
    }
    for (size_t i = 0; i < sizeof bad_sids / sizeof *bad_sids; i++) {
        media.recording_sid = bad_sids[i];
        assert_int_equal(hs_rest_recording(rest, &media, &err), -1);
        assert_string_equal(err.code, "path");
    }
    media.recording_sid = RE;
    media.format = "../x";
    assert_int_equal(hs_rest_recording(rest, &media, &err), -1);
    assert_string_equal(err.code, "path");
}

static int start(void **state)
{
    (void)state;
    (void)signal(SIGPIPE, SIG_IGN);
    if (loopback_start(&web, answer, 0) != 0)
        return -1;
    (void)snprintf(base_url, sizeof base_url, "http://127.0.0.1:%d", web.port);
    config.twilio_account_sid = account;
    config.twilio_auth_token = token;
    config.twilio_api_key = key;
    config.twilio_api_secret = secret;
    config.twilio_api_base_url = base_url;
    config.twilio_timeout_ms = 8000;
    rest = hs_rest_new(&config);
    return rest ? 0 : -1;
}

static int end(void **state)
{
    (void)state;
    hs_rest_free(rest);
    hs_rest_free(NULL);
    loopback_stop(&web);
    return 0;
}

int main(void)
{
    return cmocka_run_group_tests(tests, start, end);
}
