/* supervisor_test.c: what the watchdog is told: that something stands still. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "server/civetweb/supervisor.h"
#include "test.h"

#define STANDS_MS 500 /* a stand-still that no look at a busy machine is */
#define WAIT_MS 60000

struct fixture {
    struct sockaddr_in at;
    int listener;
    struct hs_supervisor *supervisor;
};

static int nobody(void *ctx, uint64_t peer)
{
    (void)ctx;
    (void)peer;
    return 0;
}

static int start(void **state)
{
    static struct fixture fixture;
    struct hs_supervisor_setup setup = {.slots = 2,
                                        .request_timeout_ms = WAIT_MS,
                                        .keep_alive_timeout_ms = WAIT_MS,
                                        .is_given_away = nobody};
    socklen_t len = sizeof fixture.at;

    fixture.at = (struct sockaddr_in){
        .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    fixture.listener = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(fixture.listener, (struct sockaddr *)&fixture.at,
                          sizeof fixture.at),
                     0);
    assert_int_equal(listen(fixture.listener, 8), 0);
    assert_int_equal(
        getsockname(fixture.listener, (struct sockaddr *)&fixture.at, &len), 0);
    setup.port = ntohs(fixture.at.sin_port);
    fixture.supervisor = hs_supervisor_new(&setup);
    assert_non_null(fixture.supervisor);
    assert_int_equal(hs_supervisor_start(fixture.supervisor), 0);
    *state = &fixture;
    return 0;
}

static int stop(void **state)
{
    struct fixture *fixture = *state;

    hs_supervisor_free(fixture->supervisor);
    close(fixture->listener);
    return 0;
}

/* Wait until it stands still for longer than STANDS_MS, or for less. */
static void wait_for(const struct fixture *fixture, int stands)
{
    const struct timespec pause = {.tv_nsec = 10000000};
    int64_t until = hs_monotonic_ms() + WAIT_MS;

    while ((hs_supervisor_standstill(fixture->supervisor) > STANDS_MS) !=
           stands) {
        assert_true(hs_monotonic_ms() < until);
        nanosleep(&pause, NULL);
    }
}

TEST_WITH(nothing_to_do_is_no_standstill, start, stop)
{
    const struct timespec longer = {.tv_sec = 1};

    nanosleep(&longer, NULL);
    wait_for(*state, 0);
}

TEST_WITH(a_handler_that_hangs_is_one, start, stop)
{
    struct fixture *fixture = *state;
    struct hs_slot *slot = hs_supervisor_slot(fixture->supervisor, 0);

    hs_slot_opened(fixture->supervisor, slot);
    hs_slot_request(slot, "127.0.0.1", 1);
    wait_for(fixture, 1);
    hs_slot_phase(slot, HS_PHASE_WRITE);
    wait_for(fixture, 0);
}

TEST_WITH(callers_that_nobody_accepts_are_one, start, stop)
{
    struct fixture *fixture = *state;
    int client = socket(AF_INET, SOCK_STREAM, 0);
    int accepted;

    assert_int_equal(
        connect(client, (struct sockaddr *)&fixture->at, sizeof fixture->at),
        0);
    wait_for(fixture, 1);
    accepted = accept(fixture->listener, NULL, NULL);
    assert_true(accepted >= 0);
    wait_for(fixture, 0);
    close(accepted);
    close(client);
}

int main(void)
{
    return cmocka_run_group_tests(tests, NULL, NULL);
}
