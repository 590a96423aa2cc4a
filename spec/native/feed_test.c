/* feed_test.c: the feed of events: who sees what, what is missed, what ends a
 * stream. */
#include <sys/eventfd.h>
#include <unistd.h>

#include "store/memory/feed.h"
#include "test.h"

static struct hs_feed_reader ana = {
    .user = "ana", .owner = "ana", .login = "1"};
static struct hs_buf out;

static int make(void **state)
{
    (void)state;
    hs_feed_clear();
    hs_feed_listeners(1);
    hs_buf_clear(&out);
    return hs_feed_begin(&ana, NULL, &out);
}

static int drop(void **state)
{
    (void)state;
    hs_feed_clear();
    hs_buf_free(&out);
    return 0;
}

static void tell(const char *user, const char *data)
{
    assert_int_equal(hs_feed_publish(user, "call", data, strlen(data)), 0);
}

/* The id in the last event that was written. */
static const char *last_id(char id[64])
{
    const char *at = out.data, *found = NULL;

    while ((at = strstr(at, "id: ")) != NULL)
        found = at += 4;
    assert_non_null(found);
    snprintf(id, 64, "%.*s", (int)strcspn(found, "\n"), found);
    return id;
}

TEST_WITH(readers_see_their_own_and_everybodys, make, drop)
{
    assert_non_null(strstr(out.data, "\nevent: ready\ndata: {}\n\n"));
    tell("ana", "{\"n\":1}");
    tell("bob", "{\"n\":2}");
    tell("", "{\"n\":3}");
    hs_buf_clear(&out);
    assert_int_equal(hs_feed_next(&ana, &out), HS_FEED_EVENT);
    assert_non_null(strstr(out.data, "\nevent: call\ndata: {\"n\":1}\n\n"));
    assert_int_equal(hs_feed_next(&ana, &out), HS_FEED_EVENT);
    assert_non_null(strstr(out.data, "{\"n\":3}"));
    assert_null(strstr(out.data, "{\"n\":2}"));
    assert_int_equal(hs_feed_next(&ana, &out), HS_FEED_NOTHING);
}

TEST_WITH(a_team_sees_all, make, drop)
{
    struct hs_feed_reader reader = {.owner = "cleo", .login = ""};

    assert_int_equal(hs_feed_begin(&reader, NULL, &out), 0);
    tell("ana", "{}");
    tell("bob", "{}");
    assert_int_equal(hs_feed_next(&reader, &out), HS_FEED_EVENT);
    assert_int_equal(hs_feed_next(&reader, &out), HS_FEED_EVENT);
}

TEST_WITH(who_comes_again_goes_on_behind_what_it_saw, make, drop)
{
    struct hs_feed_reader again = ana;
    char id[64];

    tell("ana", "{\"n\":1}");
    assert_int_equal(hs_feed_next(&ana, &out), HS_FEED_EVENT);
    last_id(id);
    tell("ana", "{\"n\":2}");
    hs_buf_clear(&out);
    assert_int_equal(hs_feed_begin(&again, id, &out), 0);
    assert_non_null(strstr(out.data, "event: ready"));
    assert_int_equal(hs_feed_next(&again, &out), HS_FEED_EVENT);
    assert_non_null(strstr(out.data, "{\"n\":2}"));
    assert_int_equal(hs_feed_next(&again, &out), HS_FEED_NOTHING);
}

TEST_WITH(the_last_id_is_where_nothing_is_missed, make, drop)
{
    struct hs_feed_reader later = ana;
    struct hs_buf id = {0};

    tell("ana", "{\"n\":1}");
    assert_int_equal(hs_feed_last_id(&id), 0);
    tell("ana", "{\"n\":2}");
    hs_buf_clear(&out);
    assert_int_equal(hs_feed_begin(&later, id.data, &out), 0);
    assert_non_null(strstr(out.data, "event: ready"));
    assert_int_equal(hs_feed_next(&later, &out), HS_FEED_EVENT);
    assert_non_null(strstr(out.data, "{\"n\":2}"));
    assert_int_equal(hs_feed_next(&later, &out), HS_FEED_NOTHING);
    hs_buf_free(&id);
}

TEST_WITH(what_cannot_be_known_is_a_reset, make, drop)
{
    static const char *const ids[] = {"",     "x",     "1-1",  "-", "0-0",
                                      "1a2-", "zz-zz", "-1-1", "99"};
    char id[64], future[80];

    last_id(id);
    snprintf(future, sizeof future, "%.*s-7fffffffffffffff",
             (int)strcspn(id, "-"), id);
    for (size_t i = 0; i <= sizeof ids / sizeof ids[0]; i++) {
        const char *given = i < sizeof ids / sizeof ids[0] ? ids[i] : future;

        hs_buf_clear(&out);
        assert_int_equal(hs_feed_begin(&ana, given, &out), 0);
        assert_non_null(strstr(out.data, "event: reset"));
    }
    /* Another process had other numbers. */
    hs_feed_clear();
    usleep(2000);
    hs_buf_clear(&out);
    assert_int_equal(hs_feed_begin(&ana, id, &out), 0);
    assert_non_null(strstr(out.data, "event: reset"));
}

TEST_WITH(who_is_too_slow_is_told_so, make, drop)
{
    for (int i = 0; i < 1024; i++)
        tell("ana", "{}");
    hs_buf_clear(&out);
    assert_int_equal(hs_feed_next(&ana, &out), HS_FEED_EVENT);
    assert_null(strstr(out.data, "reset"));
    for (int i = 0; i < 2000; i++)
        tell("bob", "{}");
    hs_buf_clear(&out);
    assert_int_equal(hs_feed_next(&ana, &out), HS_FEED_EVENT);
    assert_non_null(strstr(out.data, "event: reset"));
    assert_int_equal(hs_feed_next(&ana, &out), HS_FEED_NOTHING);
}

TEST_WITH(what_nobody_wanted_was_missed, make, drop)
{
    char id[64];

    last_id(id);
    hs_feed_clear(); /* nobody listens, and nobody did */
    assert_false(hs_feed_is_wanted());
    tell("ana", "{}");
    hs_feed_listeners(1);
    assert_true(hs_feed_is_wanted());
    assert_int_equal(hs_feed_begin(&ana, NULL, &out), 0);
    assert_int_equal(hs_feed_next(&ana, &out), HS_FEED_NOTHING);
    hs_feed_listeners(-1);
    assert_true(hs_feed_is_wanted()); /* it may be back in a moment */
    tell("ana", "{}");
    assert_int_equal(hs_feed_next(&ana, &out), HS_FEED_EVENT);
}

TEST_WITH(a_login_that_ends_ends_its_streams, make, drop)
{
    struct hs_feed_reader other = ana, bob = ana;

    other.login = "2";
    bob.owner = bob.user = "bob";
    assert_int_equal(hs_feed_hang_up("ana", "1"), 0);
    assert_int_equal(hs_feed_next(&other, &out), HS_FEED_NOTHING);
    assert_int_equal(hs_feed_next(&bob, &out), HS_FEED_NOTHING);
    assert_int_equal(hs_feed_next(&ana, &out), HS_FEED_HANG_UP);
    assert_int_equal(hs_feed_hang_up("ana", ""), 0);
    assert_int_equal(hs_feed_next(&other, &out), HS_FEED_HANG_UP);
    assert_int_equal(hs_feed_next(&bob, &out), HS_FEED_NOTHING);
}

TEST_WITH(nothing_gets_out_of_its_line, make, drop)
{
    static char large[HS_FEED_DATA_MAX + 1];

    assert_int_equal(hs_feed_publish("ana", "call", "{}\n", 3), -1);
    assert_int_equal(hs_feed_publish("ana", "call", "{}\r", 3), -1);
    assert_int_equal(hs_feed_publish("ana", "call", "{}", 3), -1);
    assert_int_equal(hs_feed_publish("ana", "", "{}", 2), -1);
    assert_int_equal(hs_feed_publish("ana", "a b", "{}", 2), -1);
    assert_int_equal(hs_feed_publish("ana", "call\nid: 1", "{}", 2), -1);
    memset(large, 'x', sizeof large);
    assert_int_equal(hs_feed_publish("ana", "call", large, sizeof large), -1);
    assert_int_equal(hs_feed_publish("ana", "call", large, sizeof large - 1),
                     0);
}

TEST_WITH(events_ring, make, drop)
{
    int fd = eventfd(0, EFD_NONBLOCK);
    uint64_t rung = 0;

    assert_true(fd >= 0);
    hs_feed_wake(fd);
    tell("ana", "{}");
    tell("bob", "{}");
    assert_int_equal(read(fd, &rung, sizeof rung), sizeof rung);
    assert_int_equal(rung, 2);
    hs_feed_wake(-1);
    tell("ana", "{}");
    assert_int_equal(read(fd, &rung, sizeof rung), -1);
    close(fd);
}

int main(void)
{
    return cmocka_run_group_tests(tests, NULL, NULL);
}
