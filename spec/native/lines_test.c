/* lines_test.c: legs are counted exactly, from many threads, whatever order
 * their reports come in. */
#include <pthread.h>
#include <stdatomic.h>

#include "store/memory/lines.h"
#include "test.h"

#define A "+13035550142"
#define B "+13035550177"
#define MOST 3

static struct hs_line line(const char *call, int step, const char *phone)
{
    return (struct hs_line){.user = "ana",
                            .call = call,
                            .phone = phone,
                            .step = step,
                            .now = 1000,
                            .until = 100000};
}

static int reserve(const char *call, int step, const char *phone)
{
    struct hs_line one = line(call, step, phone);

    return hs_lines_reserve(&one, MOST);
}

static int count(void)
{
    return hs_lines_count("ana", 1000);
}

static int set_up(void **state)
{
    (void)state;
    hs_lines_clear();
    return hs_lines_entered("ana", hs_lines_misses());
}

static int tear_down(void **state)
{
    (void)state;
    hs_lines_clear();
    return 0;
}

TEST_WITH(a_user_is_entered_first, set_up, tear_down)
{
    struct hs_line known = line("CA1", 1, A);

    hs_lines_clear();
    assert_int_equal(reserve("CA0", 1, A), HS_LINE_UNKNOWN);
    assert_int_equal(hs_lines_enter(&known, "CAc1"), 0);
    assert_int_equal(hs_lines_enter(&known, "CAc1"), 0); /* known already */
    assert_int_equal(hs_lines_enter(&known, "CAc2"), 0);
    assert_int_equal(reserve("CA0", 1, A), HS_LINE_UNKNOWN);
    assert_int_equal(hs_lines_entered("ana", hs_lines_misses()), 0);
    assert_int_equal(count(), 2);
    assert_int_equal(reserve("CA0", 1, A), HS_LINE_RESERVED);
    assert_int_equal(reserve("CA2", 1, A), HS_LINE_FULL);
    hs_lines_report("CA1", "CAc2", A, 1);
    assert_int_equal(count(), 2);
}

TEST_WITH(what_is_missed_while_the_log_is_read_is_entered_again, set_up,
          tear_down)
{
    uint64_t misses = hs_lines_misses();

    hs_lines_miss(); /* after the log was read */
    assert_int_equal(hs_lines_entered("ana", misses), 0);
    assert_int_equal(reserve("CA1", 1, A), HS_LINE_UNKNOWN);
    assert_int_equal(hs_lines_entered("ana", hs_lines_misses()), 0);
    assert_int_equal(reserve("CA1", 1, A), HS_LINE_RESERVED);
}

TEST_WITH(the_limit_holds_and_the_same_leg_counts_once, set_up, tear_down)
{
    struct hs_line bob = line("CA9", 1, A);

    assert_int_equal(reserve("CA1", 1, A), HS_LINE_RESERVED);
    assert_int_equal(reserve("CA1", 1, B), HS_LINE_RESERVED);
    assert_int_equal(reserve("CA1", 1, B), HS_LINE_RESERVED);
    assert_int_equal(count(), 2);
    assert_int_equal(reserve("CA2", 1, A), HS_LINE_RESERVED);
    assert_int_equal(reserve("CA3", 1, A), HS_LINE_FULL);
    assert_int_equal(reserve("CA2", 2, A), HS_LINE_FULL);
    assert_int_equal(reserve("CA1", 1, A), HS_LINE_RESERVED); /* a repeat */
    bob.user = "bob";
    assert_int_equal(hs_lines_entered("bob", hs_lines_misses()), 0);
    assert_int_equal(hs_lines_reserve(&bob, 1), HS_LINE_RESERVED);
    bob.call = "CA8";
    assert_int_equal(hs_lines_reserve(&bob, 0), HS_LINE_FULL);
    assert_int_equal(count(), 3);
}

TEST_WITH(a_leg_ends_with_its_report_its_dial_or_its_call, set_up, tear_down)
{
    reserve("CA1", 1, A);
    reserve("CA1", 1, B);
    reserve("CA2", 4, A);
    hs_lines_report("CA1", "CAa", A, 0);
    assert_int_equal(count(), 3);
    hs_lines_report("CA1", "CAa", A, 1);
    hs_lines_report("CA1", "CAa", A, 1); /* twice */
    hs_lines_report("CA1", "CAa", A, 0); /* late */
    assert_int_equal(count(), 2);
    hs_lines_end("CA1", 2);
    assert_int_equal(count(), 2);
    hs_lines_end("CA1", 1);
    assert_int_equal(count(), 1);
    hs_lines_end("CA2", -1);
    assert_int_equal(count(), 0);
    hs_lines_end("CA7", -1);
    hs_lines_report("CA7", "CAa", A, 1);
    assert_int_equal(count(), 0);
}

/* Dialled by nobody here, and reported: it counts. */
TEST_WITH(a_leg_that_is_only_reported_counts, set_up, tear_down)
{
    struct hs_line one = line("CA1", 0, A);
    struct hs_lines_call calls[8];

    hs_lines_enter(&one, "CAa");
    hs_lines_enter(&one, "CAa");
    assert_int_equal(count(), 1);
    assert_int_equal(hs_lines_review("ana", 5000, calls, 8), 1);
    assert_true(calls[0].foreign);
    hs_lines_report("CA1", "CAa", A, 1);
    hs_lines_enter(&one, "CAa"); /* late */
    assert_int_equal(count(), 0);
    reserve("CA2", 1, A);
    one.call = "CA2";
    hs_lines_enter(&one, "CAb"); /* the one that was reserved */
    assert_int_equal(count(), 1);
    hs_lines_end("CA2", -1);
    hs_lines_enter(&one, "CAc"); /* late: the call is over */
    assert_int_equal(count(), 0);
}

TEST_WITH(a_late_report_does_not_end_the_next_dial, set_up, tear_down)
{
    reserve("CA1", 1, A);
    hs_lines_end("CA1", 1);
    reserve("CA1", 2, A); /* the same phone again */
    hs_lines_report("CA1", "CAfirst", A, 1);
    assert_int_equal(count(), 1);
    hs_lines_report("CA1", "CAfirst", A, 1);
    assert_int_equal(count(), 1);
    hs_lines_report("CA1", "CAsecond", A, 1);
    assert_int_equal(count(), 0);
}

TEST_WITH(what_nobody_ends_is_over_in_time, set_up, tear_down)
{
    struct hs_line late = line("CA4", 1, A);

    for (int i = 1; i <= MOST; i++)
        reserve((const char *[]){"CA1", "CA2", "CA3"}[i - 1], 1, A);
    late.now = 99999;
    assert_int_equal(hs_lines_reserve(&late, MOST), HS_LINE_FULL);
    late.now = 100000;
    late.until = 200000;
    assert_int_equal(hs_lines_reserve(&late, MOST), HS_LINE_RESERVED);
    assert_int_equal(hs_lines_count("ana", 100000), 1);
    assert_int_equal(hs_lines_count("ana", 200000), 0);
}

TEST_WITH(a_review_names_calls_that_count_once_a_second, set_up, tear_down)
{
    struct hs_lines_call calls[8];

    reserve("CA1", 1, A);
    reserve("CA2", 1, A);
    hs_lines_end("CA1", 1);
    assert_int_equal(hs_lines_review("ana", 5000, calls, 8), 1);
    assert_string_equal(calls[0].sid, "CA2");
    assert_false(calls[0].foreign);
    assert_int_equal(hs_lines_review("ana", 5999, calls, 8), 0);
    assert_int_equal(hs_lines_review("ana", 6000, calls, 8), 1);
    assert_int_equal(hs_lines_review("ana", 6000, calls, 8), 0);
    assert_int_equal(hs_lines_review("bob", 9000, calls, 8), 0);
}

TEST_WITH(ended_calls_are_forgotten_in_time, set_up, tear_down)
{
    char sid[32];

    reserve("CAstays", 1, A);
    for (int i = 0; i < 50000; i++) {
        snprintf(sid, sizeof sid, "CA%d", i);
        assert_int_equal(reserve(sid, 1, A), HS_LINE_RESERVED);
        hs_lines_end(sid, -1);
    }
    assert_in_range(hs_lines_calls(), 1, 8192);
    assert_int_equal(count(), 1);
    hs_lines_end("CAstays", -1);
    assert_int_equal(count(), 0);
    for (int step = 0; step < 1000; step++) {
        reserve("CAloop", step, A);
        hs_lines_end("CAloop", step);
    }
    assert_int_equal(count(), 0);
}

/* Many threads dial, report and hang up; never more than the limit, and nothing
 * is left in the end. */
struct dialler {
    pthread_t thread;
    unsigned seed;
};

static _Atomic int dialled, most_seen;

static void *dial(void *arg)
{
    struct dialler *d = arg;
    char sid[32];
    char child[40];

    for (int i = 0; i < 3000; i++) {
        struct hs_line one;
        int now;

        snprintf(sid, sizeof sid, "CA%u-%d", d->seed, i);
        snprintf(child, sizeof child, "child %s", sid);
        one = line(sid, 1, A);
        if (hs_lines_reserve(&one, MOST) != HS_LINE_RESERVED)
            continue;
        now = atomic_fetch_add(&dialled, 1) + 1;
        if (now > most_seen)
            most_seen = now;
        hs_lines_report(sid, child, A, 0);
        atomic_fetch_sub(&dialled, 1);
        if (rand_r(&d->seed) % 3 == 0)
            hs_lines_report(sid, child, A, 1);
        else
            hs_lines_end(sid, rand_r(&d->seed) % 2 ? 1 : -1);
    }
    return NULL;
}

TEST_WITH(the_limit_holds_for_many_threads, set_up, tear_down)
{
    struct dialler diallers[8];

    for (unsigned i = 0; i < 8; i++) {
        diallers[i].seed = i + 1;
        pthread_create(&diallers[i].thread, NULL, dial, &diallers[i]);
    }
    for (int i = 0; i < 8; i++)
        pthread_join(diallers[i].thread, NULL);
    assert_in_range(most_seen, 1, MOST);
    assert_int_equal(count(), 0);
}

int main(void)
{
    return cmocka_run_group_tests(tests, NULL, NULL);
}
