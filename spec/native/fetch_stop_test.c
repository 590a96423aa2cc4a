/* fetch_stop_test.c: a process that is stopped while it waits for an answer. */
#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

#include "base/clock.h"
#include "lib/fetch.h"
#include "loopback.h"
#include "slow.h"
#include "test.h"

/* Stands still for three seconds from the request on, and says nothing. */
static int silent(struct loopback *server, int fd, const char *request)
{
    struct timespec stop = {.tv_sec = 3};

    (void)fd;
    (void)request;
    atomic_store((_Atomic int *)server->ctx, 0);
    nanosleep(&stop, NULL);
    atomic_store((_Atomic int *)server->ctx, 1);
    loopback_pause(server, 20000);
    return 0;
}

static void *beat(void *ctx)
{
    _Atomic int *beating = ctx;

    while (atomic_load(beating) >= 0) {
        struct timespec pause = {.tv_nsec = 5000000};

        if (atomic_load(beating))
            hs_clock_beat();
        nanosleep(&pause, NULL);
    }
    hs_clock_rest();
    return NULL;
}

/* Data may come once the process runs again: a stop of three seconds is no
 * stall of one. */
TEST_CASE(a_stop_is_no_stall)
{
    _Atomic int beating = 1;
    struct hs_fetch *fetch = hs_fetch_new(0);
    struct loopback web;
    char url[64];
    struct hs_fetch_request request = {
        .method = "GET",
        .url = url,
        .timeout_ms = 20000,
        .stall_seconds = 1,
    };
    int64_t began = hs_monotonic_ms();
    struct hs_fetch_answer out;
    struct hs_error err;
    pthread_t beater;

    assert_non_null(fetch);
    assert_int_equal(loopback_start(&web, silent, 0), 0);
    (void)snprintf(url, sizeof url, "http://127.0.0.1:%d/", web.port);
    web.ctx = &beating;
    hs_clock_beat(); /* the thread may come after the request */
    pthread_create(&beater, NULL, beat, &beating);
    assert_int_equal(hs_fetch(fetch, &request, &out, &err), -1);
    assert_string_equal(err.code, "timeout");
    assert_in_range(hs_monotonic_ms() - began, 3700, 3700 + lenient(1500));
    loopback_stop(&web);
    atomic_store(&beating, -1);
    pthread_join(beater, NULL);
    hs_fetch_free(fetch);
}

int main(void)
{
    return cmocka_run_group_tests(tests, NULL, NULL);
}
