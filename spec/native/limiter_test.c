/* limiter_test.c: buckets, on a clock of our own and from several threads. */
#include <pthread.h>
#include <stdatomic.h>

#include "lib/limiter.h"
#include "test.h"

#define SECOND 1000000LL
#define START (1000 * SECOND)

static const struct hs_limit ten = {.name = "ten", .per_minute = 10};

static int64_t take(struct hs_limiter *limiter, const char *subject, int64_t at)
{
    return hs_limiter_take(limiter, &ten, subject, strlen(subject), at);
}

static int make(void **state)
{
    *state = hs_limiter_new();
    return *state ? 0 : -1;
}

static int drop(void **state)
{
    hs_limiter_free(*state);
    return 0;
}

TEST_WITH(so_many_at_once_and_no_more, make, drop)
{
    for (int i = 0; i < 10; i++)
        assert_int_equal(take(*state, "ana", START), 0);
    assert_int_equal(take(*state, "ana", START), 6000);
    assert_int_equal(take(*state, "ana", START + SECOND), 5000);
    assert_int_equal(take(*state, "bob", START), 0);
}

TEST_WITH(it_refills_evenly, make, drop)
{
    for (int i = 0; i < 10; i++)
        assert_int_equal(take(*state, "ana", START), 0);
    assert_int_equal(take(*state, "ana", START + 6 * SECOND - 1), 1);
    assert_int_equal(take(*state, "ana", START + 6 * SECOND), 0);
    assert_true(take(*state, "ana", START + 6 * SECOND) > 0);
    /* In an hour, the bucket and what an hour refills. */
    for (int64_t second = 7, taken = 11; second <= 3600; second++) {
        taken += take(*state, "ana", START + second * SECOND) == 0;
        assert_true(taken <= 10 + second / 6);
        if (second == 3600)
            assert_int_equal(taken, 10 + 600);
    }
    /* After a minute's rest it is full, and not fuller. */
    for (int i = 0; i < 10; i++)
        assert_int_equal(take(*state, "ana", START + 7200 * SECOND), 0);
    assert_true(take(*state, "ana", START + 7200 * SECOND) > 0);
}

TEST_WITH(a_refusal_costs_nothing, make, drop)
{
    for (int i = 0; i < 10; i++)
        assert_int_equal(take(*state, "ana", START), 0);
    for (int i = 0; i < 1000; i++)
        assert_int_equal(take(*state, "ana", START), 6000);
    assert_int_equal(take(*state, "ana", START + 6 * SECOND), 0);
}

TEST_WITH(limits_have_buckets_of_their_own, make, drop)
{
    const struct hs_limit one = {.name = "one", .per_minute = 1};

    assert_int_equal(hs_limiter_take(*state, &one, "ana", 3, START), 0);
    assert_int_equal(hs_limiter_take(*state, &one, "ana", 3, START), 60000);
    assert_int_equal(take(*state, "ana", START), 0);
    /* "one" and "ana" is not "on" and "eana" */
    assert_int_equal(
        hs_limiter_take(*state, &(struct hs_limit){"on", 1}, "eana", 4, START),
        0);
}

TEST_WITH(many_subjects_are_told_apart, make, drop)
{
    char name[32];
    int refused = 0;

    for (int round = 0; round < 11; round++) {
        for (int i = 0; i < 5000; i++) {
            int len =
                snprintf(name, sizeof name, "198.51.%d.%d", i / 250, i % 250);
            int64_t wait =
                hs_limiter_take(*state, &ten, name, (size_t)len, START);

            refused += wait > 0;
            if (round < 10)
                assert_int_equal(wait, 0);
        }
    }
    /* With too many at once some are forgotten, never wrongly refused. */
    assert_in_range(refused, 4990, 5000);
}

TEST_WITH(a_full_table_keeps_who_took_most, make, drop)
{
    char name[32];

    for (int i = 0; i < 10; i++)
        assert_int_equal(take(*state, "guessed", START), 0);
    for (int i = 0; i < 400000; i++) {
        int len = snprintf(name, sizeof name, "host %d", i);

        (void)hs_limiter_take(*state, &ten, name, (size_t)len, START);
    }
    assert_true(take(*state, "guessed", START) > 0);
}

struct crowd {
    struct hs_limiter *limiter;
    _Atomic int taken;
};

static void *push(void *arg)
{
    struct crowd *crowd = arg;

    for (int i = 0; i < 5000; i++) {
        if (take(crowd->limiter, "shared", START) == 0)
            atomic_fetch_add(&crowd->taken, 1);
    }
    return NULL;
}

TEST_WITH(threads_share_one_count, make, drop)
{
    struct crowd crowd = {.limiter = *state};
    pthread_t threads[8];

    for (int i = 0; i < 8; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, push, &crowd), 0);
    for (int i = 0; i < 8; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(atomic_load(&crowd.taken), 10);
}

int main(void)
{
    return cmocka_run_group_tests(tests, NULL, NULL);
}
