/* base_test.c: errors, UTF-8, buffers, clocks, the log and the metrics. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/file.h"
#include "base/hex.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/nearest.h"
#include "base/utf8.h"
#include "test.h"

TEST_CASE(error_is_filled)
{
    struct hs_error err = {0};

    hs_error_set(&err, "busy", "%s is %d", "it", 7);
    assert_string_equal(err.code, "busy");
    assert_string_equal(err.message, "it is 7");
    hs_error_set(NULL, "busy", "nobody asked");
}

TEST_CASE(error_says_its_place_as_far_as_it_is_known)
{
    char text[64];

    hs_error_place("a.lua", 3, "no", text, sizeof text);
    assert_string_equal(text, "a.lua:3: no");
    hs_error_place("a.lua", 0, "no", text, sizeof text);
    assert_string_equal(text, "a.lua: no");
    hs_error_place("", 3, "no", text, sizeof text);
    assert_string_equal(text, "no");
    hs_error_place("a.lua", 3, "long", text, 10);
    assert_string_equal(text, "a.lua:3: ");
}

TEST_CASE(hexadecimal_digits_have_a_value)
{
    for (int c = -128; c < 256; c++) {
        const char *at =
            c > 0 ? strchr("0123456789abcdef0123456789ABCDEF", c) : NULL;
        long index = at ? at - "0123456789abcdef0123456789ABCDEF" : -1;

        assert_int_equal(hs_hex_digit(c), index < 0 ? -1 : index % 16);
    }
}

/* What hs_file_read makes of the file, with room for 8 bytes: its text, or a
 * code in brackets. */
static void reads_as(const char *path, const char *expected)
{
    struct hs_error err = {0};
    size_t len = 0;
    char *text = hs_file_read(path, 8, &len, &err);
    char shown[64];

    (void)snprintf(shown, sizeof shown, text ? "%s" : "(%s)",
                   text ? text : err.code);
    assert_string_equal(shown, expected);
    if (text)
        assert_int_equal(strlen(text), len);
    else
        assert_memory_equal(err.message, path, strlen(path));
    free(text);
}

TEST_CASE(small_files_are_read_whole_or_not)
{
    char folder[] = "/tmp/hookswitch-base-XXXXXX", path[64];
    FILE *file;

    assert_non_null(mkdtemp(folder));
    (void)snprintf(path, sizeof path, "%s/file", folder);
    reads_as(path, "(missing)");
    for (size_t len = 0; len <= 10; len++) {
        char bytes[] = "0123456789";

        bytes[len] = 0;
        file = fopen(path, "we");
        assert_non_null(file);
        assert_true(fputs(bytes, file) >= 0);
        assert_int_equal(fclose(file), 0);
        reads_as(path, len <= 8 ? bytes : "(too_large)");
    }
    (void)strcat(path, "/below");
    reads_as(path, "(missing)");
    reads_as(folder, "(folder)");
    path[strlen(path) - strlen("/below")] = 0;
    assert_int_equal(unlink(path), 0);
    assert_int_equal(mkfifo(path, 0600), 0);
    reads_as(path, ""); /* and does not wait for a writer */
    assert_int_equal(unlink(path), 0);
    assert_int_equal(rmdir(folder), 0);
}

TEST_CASE(error_is_cut_between_characters)
{
    struct hs_error err = {0};
    char long_text[400];

    for (size_t shift = 0; shift < 4; shift++) {
        memset(long_text, 'x', shift);
        for (size_t i = shift; i + 4 < sizeof long_text; i += 4)
            memcpy(long_text + i, "\xF0\x9F\x93\x9E", 5);
        hs_error_set(&err, "a code that is longer than the field for it", "%s",
                     long_text);
        assert_true(hs_utf8_valid(err.message, strlen(err.message)));
        assert_in_range(strlen(err.message), 250, 255);
        assert_int_equal(strlen(err.code), 31);
    }
}

TEST_CASE(utf8_knows_valid_from_invalid)
{
    static const char *const valid[] = {
        "",
        "plain",
        "\xC2\x80",
        "\xDF\xBF",
        "\xE0\xA0\x80",
        "\xED\x9F\xBF",
        "\xEE\x80\x80",
        "\xEF\xBF\xBF",
        "\xF0\x90\x80\x80",
        "\xF4\x8F\xBF\xBF",
    };
    static const char *const invalid[] = {
        "\x80",             /* a tail alone */
        "\xC0\xAF",         /* overlong */
        "\xC1\xBF",         /* overlong */
        "\xE0\x9F\xBF",     /* overlong */
        "\xF0\x8F\xBF\xBF", /* overlong */
        "\xED\xA0\x80",     /* surrogate */
        "\xF4\x90\x80\x80", /* over U+10FFFF */
        "\xF5\x80\x80\x80",
        "\xFE",
        "\xC2",         /* cut */
        "\xE2\x82",     /* cut */
        "\xF0\x9F\x93", /* cut */
        "\xE2\x28\xA1", /* tail missing */
        "\xE2\x82\x28",
    };

    for (size_t i = 0; i < sizeof valid / sizeof valid[0]; i++)
        assert_true(hs_utf8_valid(valid[i], strlen(valid[i])));
    for (size_t i = 0; i < sizeof invalid / sizeof invalid[0]; i++)
        assert_false(hs_utf8_valid(invalid[i], strlen(invalid[i])));
}

TEST_CASE(utf8_cuts_between_characters)
{
    const char *text = "a\xC3\xA4\xE2\x82\xAC\xF0\x9F\x93\x9E";

    assert_int_equal(hs_utf8_cut(text, 0), 0);
    assert_int_equal(hs_utf8_cut(text, 1), 1);
    assert_int_equal(hs_utf8_cut(text, 2), 1);
    assert_int_equal(hs_utf8_cut(text, 3), 3);
    assert_int_equal(hs_utf8_cut(text, 5), 3);
    assert_int_equal(hs_utf8_cut(text, 6), 6);
    assert_int_equal(hs_utf8_cut(text, 9), 6);
    assert_int_equal(hs_utf8_cut(text, 10), 10);
}

TEST_CASE(buffer_grows_and_stays_terminated)
{
    struct hs_buf buf = {0};

    for (int i = 0; i < 5000; i++) {
        assert_int_equal(hs_buf_add(&buf, "ab", 2), 0);
        assert_int_equal(buf.data[buf.len], 0);
    }
    assert_int_equal(buf.len, 10000);
    assert_int_equal(hs_buf_printf(&buf, "%05d", 42), 0);
    assert_string_equal(buf.data + 10000, "00042");
    hs_buf_clear(&buf);
    assert_int_equal(buf.len, 0);
    assert_string_equal(buf.data, "");
    assert_int_equal(hs_buf_add_str(&buf, ""), 0);
    assert_string_equal(buf.data, "");
    hs_buf_free(&buf);
    assert_null(buf.data);
    hs_buf_free(&buf);
}

TEST_CASE(buffer_refuses_an_impossible_length)
{
    struct hs_buf buf = {0};

    assert_int_equal(hs_buf_add_str(&buf, "kept"), 0);
    assert_int_equal(hs_buf_add(&buf, "x", SIZE_MAX), -1);
    assert_int_equal(hs_buf_add(&buf, "x", SIZE_MAX / 2), -1);
    assert_string_equal(buf.data, "kept");
    hs_buf_free(&buf);
}

static void json_of(const char *text, size_t len, const char *expected)
{
    struct hs_buf buf = {0};

    assert_int_equal(hs_buf_add_json(&buf, text, len), 0);
    assert_string_equal(buf.data, expected);
    hs_buf_free(&buf);
}

TEST_CASE(json_strings_are_escaped)
{
    json_of("", 0, "\"\"");
    json_of("plain", 5, "\"plain\"");
    json_of("a\"b\\c", 5, "\"a\\\"b\\\\c\"");
    json_of("\b\f\n\r\t", 5, "\"\\b\\f\\n\\r\\t\"");
    json_of("\0\x01\x1f\x7f", 4, "\"\\u0000\\u0001\\u001f\\u007f\"");
    json_of("gr\xC3\xBC\xC3\x9F", 6, "\"gr\xC3\xBC\xC3\x9F\"");
    json_of("\xFFz\xC3", 3, "\"\xEF\xBF\xBDz\xEF\xBF\xBD\"");
    json_of("\xE2\x82", 2, "\"\xEF\xBF\xBD\xEF\xBF\xBD\"");
}

static void *beat_with_stops(void *done)
{
    struct timespec stop = {.tv_nsec = 150000000};

    for (int i = 0; i < 12; i++) {
        hs_clock_beat();
        nanosleep(&stop, NULL);
    }
    hs_clock_beat();
    hs_clock_rest();
    atomic_store((_Atomic int *)done, 1);
    return NULL;
}

/* A reader in the middle of a beat, after a stop, sees no time of before. */
TEST_CASE(the_running_clock_never_goes_back)
{
    _Atomic int done = 0;
    int64_t last = hs_running_ns();
    pthread_t beater;

    assert_int_equal(pthread_create(&beater, NULL, beat_with_stops, &done), 0);
    while (!atomic_load(&done)) {
        int64_t now = hs_running_ns();

        if (now < last)
            fail_msg("%lld us back", (long long)(last - now) / 1000);
        last = now;
    }
    pthread_join(beater, NULL);
}

TEST_CASE(clocks_run_forward)
{
    int64_t wall = hs_now_ms();
    int64_t before_us = hs_monotonic_us();
    int64_t before = hs_monotonic_ms();

    assert_true(wall > INT64_C(1700000000000));
    usleep(12000);
    assert_true(hs_monotonic_ms() - before >= 11);
    assert_true(hs_monotonic_us() - before_us >= 11000);
}

TEST_CASE(near_names_are_found)
{
    struct hs_nearest nearest = {0};

    assert_int_equal(hs_edit_distance("", ""), 0);
    assert_int_equal(hs_edit_distance("abc", ""), 3);
    assert_int_equal(hs_edit_distance("kitten", "sitting"), 3);
    assert_int_equal(hs_edit_distance("lisetn", "listen"), 1);
    assert_int_equal(hs_edit_distance("LISTEN", "listen"), 0);
    hs_nearest_offer(&nearest, "wrkers", "listen");
    assert_null(nearest.name);
    hs_nearest_offer(&nearest, "wrkers", "workers");
    hs_nearest_offer(&nearest, "wrkers", "voice");
    assert_string_equal(nearest.name, "workers");
}

TEST_CASE(long_words_are_compared_by_their_beginning)
{
    char a[300], b[300];

    memset(a, 'a', sizeof a - 1);
    memset(b, 'b', sizeof b - 1);
    a[sizeof a - 1] = b[sizeof b - 1] = 0;
    assert_int_equal(hs_edit_distance(a, b), 63);
    assert_int_equal(hs_edit_distance(a, a), 0);
}

/* What `write_log` wrote, in a buffer of the caller. */
static void captured(void (*write_log)(void), char *out, size_t size)
{
    FILE *file = tmpfile();
    ssize_t got;

    assert_non_null(file);
    hs_log_open(HS_LOG_DEBUG, fileno(file));
    write_log();
    hs_log_open(HS_LOG_INFO, -1);
    got = pread(fileno(file), out, size - 1, 0);
    assert_true(got >= 0);
    out[got] = 0;
    (void)fclose(file);
}

static void log_listening(void)
{
    errno = EBUSY;
    hs_log(HS_LOG_INFO, "listening", HS_S("address", "127.0.0.1"),
           HS_I("port", 8080), HS_S("reason", NULL),
           HS_S("message", "a \"b\"\n"));
    assert_int_equal(errno, EBUSY);
}

TEST_CASE(log_lines_are_json)
{
    char line[1024];
    int year, month, day, hour, minute, second, ms, used = 0;

    captured(log_listening, line, sizeof line);
    assert_int_equal(sscanf(line, "{\"at\":\"%4d-%2d-%2dT%2d:%2d:%2d.%3dZ\",%n",
                            &year, &month, &day, &hour, &minute, &second, &ms,
                            &used),
                     7);
    assert_string_equal(line + used,
                        "\"level\":\"info\",\"event\":\"listening\","
                        "\"address\":\"127.0.0.1\",\"port\":8080,"
                        "\"reason\":null,\"message\":\"a \\\"b\\\"\\n\"}\n");
}

static void log_secrets(void)
{
    hs_log(HS_LOG_WARN, "odd", HS_S("auth_token", "hunter2"),
           HS_S("status", "ok"), HS_I("pin", 4711),
           HS_S("quote\"d\n", "hunter2"));
}

TEST_CASE(log_drops_names_it_does_not_know)
{
    char line[1024];

    captured(log_secrets, line, sizeof line);
    assert_null(strstr(line, "hunter2"));
    assert_null(strstr(line, "4711"));
    assert_non_null(strstr(line,
                           "\"status\":\"ok\",\"dropped\":[\"auth_token\","
                           "\"pin\",\"quote\\\"d\\n\"]}\n"));
}

static void log_much(void)
{
    static char much[20000];

    memset(much, 'x', sizeof much - 1);
    hs_log(HS_LOG_ERROR, "much", HS_S("traceback", much));
}

TEST_CASE(log_values_are_limited)
{
    char line[8000];

    captured(log_much, line, sizeof line);
    assert_in_range(strlen(line), 4000, 4200);
    assert_string_equal(line + strlen(line) - 3, "\"}\n");
}

/* A pipe that nobody reads, as of a terminal that was stopped. */
TEST_CASE(log_waits_for_no_reader)
{
    static char text[1 << 17];
    int pipe_ends[2], saved = 0;
    size_t len = 0;
    ssize_t got;

    assert_int_equal(pipe(pipe_ends), 0);
    assert_true(fcntl(pipe_ends[0], F_SETFL, O_NONBLOCK) >= 0);
    hs_log_open(HS_LOG_DEBUG, pipe_ends[1]);
    assert_int_equal(hs_log_hurry(NULL, NULL), 0);
    for (int i = 0; i < 100; i++)
        log_much(); /* waits for ever if it waits */
    while ((got = read(pipe_ends[0], text + len, sizeof text - 1 - len)) > 0)
        len += (size_t)got;
    text[len] = '\0';
    for (const char *at = text; (at = strstr(at, "{\"at\"")); at++)
        saved++;
    assert_in_range(saved, 1, 99);
    log_listening();
    got = read(pipe_ends[0], text, sizeof text - 1);
    text[got > 0 ? got : 0] = '\0';
    assert_non_null(strstr(text, "\"event\":\"log_lines_lost\""));
    assert_non_null(strstr(text, "\"event\":\"listening\""));
    hs_log_open(HS_LOG_INFO, -1);
    close(pipe_ends[0]);
    close(pipe_ends[1]);
}

static void log_levels(void)
{
    hs_log_open(HS_LOG_WARN, -1);
    assert_false(hs_log_enabled(HS_LOG_INFO));
    assert_true(hs_log_enabled(HS_LOG_WARN));
    hs_log(HS_LOG_INFO, "not_written", HS_I("count", 1));
}

TEST_CASE(log_levels_are_respected)
{
    char line[100];

    captured(log_levels, line, sizeof line);
    assert_string_equal(line, "");
}

/* Two threads write to one pipe: no line is torn. */
static void *log_many(void *name)
{
    for (int i = 0; i < 500; i++)
        hs_log(HS_LOG_INFO, "tick", HS_S("name", name), HS_I("count", i));
    return NULL;
}

static void log_threads(void)
{
    char a[] = "aaaaaaaaaaaaaaaaaaaaaaaa", b[] = "bbbbbbbbbbbbbbbb";
    pthread_t threads[2];

    assert_int_equal(pthread_create(&threads[0], NULL, log_many, a), 0);
    assert_int_equal(pthread_create(&threads[1], NULL, log_many, b), 0);
    assert_int_equal(pthread_join(threads[0], NULL), 0);
    assert_int_equal(pthread_join(threads[1], NULL), 0);
}

TEST_CASE(log_lines_are_whole)
{
    static char text[300000];
    int lines = 0;

    captured(log_threads, text, sizeof text);
    for (char *line = text, *end; (end = strchr(line, '\n')) != NULL;
         line = end + 1) {
        assert_int_equal(line[0], '{');
        assert_int_equal(end[-1], '}');
        assert_ptr_equal(strstr(line, "{\"at\""), line);
        lines++;
    }
    assert_int_equal(lines, 1000);
}

TEST_CASE(log_survives_a_closed_file)
{
    int fds[2];

    assert_int_equal(pipe(fds), 0);
    (void)close(fds[0]);
    (void)close(fds[1]);
    hs_log_open(HS_LOG_DEBUG, fds[1]);
    hs_log(HS_LOG_ERROR, "lost", HS_I("count", 1));
    hs_log_open(HS_LOG_INFO, -1);
}

TEST_CASE(metrics_are_complete_from_the_start)
{
    struct hs_buf out = {0};

    assert_int_equal(hs_metrics_write(&out), 0);
    assert_non_null(strstr(out.data, "# HELP hookswitch_calls_total "));
    assert_non_null(strstr(out.data, "# TYPE hookswitch_calls_total counter\n"
                                     "hookswitch_calls_total 0\n"));
    assert_non_null(strstr(out.data, "# TYPE hookswitch_draining gauge\n"
                                     "hookswitch_draining 0\n"));
    assert_non_null(
        strstr(out.data, "hookswitch_webhook_seconds_bucket{le=\"+Inf\"} 0\n"));
    assert_null(strstr(out.data, "(null)"));
    hs_buf_free(&out);
}

TEST_CASE(metrics_count)
{
    struct hs_buf out = {0};

    hs_count(HS_C_REQUESTS, 3);
    hs_count(HS_C_REQUESTS, 1);
    assert_int_equal(hs_counted(HS_C_REQUESTS), 4);
    hs_gauge_set(HS_G_BUSY_WORKERS, 5);
    hs_gauge_add(HS_G_BUSY_WORKERS, -2);
    assert_int_equal(hs_gauge_get(HS_G_BUSY_WORKERS), 3);
    hs_observe_request(100);      /* le 0.0001 */
    hs_observe_request(101);      /* le 0.00025 */
    hs_observe_request(-5);       /* a clock that jumped: 0 */
    hs_observe_request(99000000); /* +Inf only */
    assert_int_equal(hs_metrics_write(&out), 0);
    assert_non_null(strstr(out.data, "\nhookswitch_requests_total 4\n"));
    assert_non_null(strstr(out.data, "\nhookswitch_busy_workers 3\n"));
    assert_non_null(strstr(out.data, "_bucket{le=\"0.0001\"} 2\n"));
    assert_non_null(strstr(out.data, "_bucket{le=\"0.00025\"} 3\n"));
    assert_non_null(strstr(out.data, "_bucket{le=\"10\"} 3\n"));
    assert_non_null(strstr(out.data, "_bucket{le=\"+Inf\"} 4\n"));
    assert_non_null(strstr(out.data, "_seconds_sum 99.000201\n"));
    assert_non_null(strstr(out.data, "_seconds_count 4\n"));
    hs_buf_free(&out);
}

int main(void)
{
    return cmocka_run_group_tests(tests, NULL, NULL);
}
