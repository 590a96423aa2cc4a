/* recent_test.c: the shared memory of recent texts, from several threads. */
#include <pthread.h>

#include "store/memory/lost_reports.h"
#include "store/memory/recent.h"
#include "test.h"

static void put(const char *key, const char *text)
{
    assert_int_equal(hs_recent_put(key, strlen(key), text, strlen(text)), 0);
}

TEST_CASE(what_is_put_can_be_had)
{
    char *text = NULL;
    size_t len = 0;

    put("a", "one");
    put("a", "two!");
    put("", "empty key");
    assert_int_equal(hs_recent_get("a", 1, &text, &len), 1);
    assert_int_equal(len, 4);
    assert_memory_equal(text, "two!", 4);
    free(text);
    assert_int_equal(hs_recent_get("", 0, &text, &len), 1);
    free(text);
    assert_int_equal(hs_recent_get("b", 1, &text, &len), 0);
}

TEST_CASE(it_is_bounded)
{
    static char large[HS_RECENT_TEXT_MAX];
    size_t entries, bytes;

    for (int i = 0; i < 30000; i++) {
        char key[32];

        snprintf(key, sizeof key, "CA%d", i);
        assert_int_equal(
            hs_recent_put(key, strlen(key), large, i % 9 ? 100 : sizeof large),
            0);
    }
    hs_recent_size(&entries, &bytes);
    assert_in_range(entries, 1, 8192);
    assert_in_range(bytes, 1, 16 << 20);
    hs_recent_clear();
    hs_recent_size(&entries, &bytes);
    assert_int_equal(entries, 0);
    assert_int_equal(bytes, 0);
}

TEST_CASE(what_is_kept_stays_until_all_is_cleared)
{
    char *text = NULL;
    size_t entries, bytes, len = 0;

    put("k", "put");
    assert_int_equal(hs_recent_keep("k", 1, "kept", 4), 0);
    hs_recent_size(&entries, &bytes);
    assert_int_equal(entries, 0);
    for (int i = 0; i < 30000; i++) {
        char key[32];

        snprintf(key, sizeof key, "CA%d", i);
        put(key, "plan");
    }
    assert_int_equal(hs_recent_get("k", 1, &text, &len), 1);
    assert_int_equal(len, 4);
    free(text);
    hs_recent_clear();
    assert_int_equal(hs_recent_get("k", 1, &text, &len), 0);
}

TEST_CASE(limits_are_exact)
{
    static char large[HS_RECENT_TEXT_MAX + 1];
    static char key[HS_RECENT_KEY_MAX + 1];
    char *text;
    size_t len;

    assert_int_equal(
        hs_recent_put(key, sizeof key - 1, large, sizeof large - 1), 0);
    assert_int_equal(hs_recent_put(key, sizeof key, large, 1), -1);
    assert_int_equal(hs_recent_get(key, sizeof key - 1, &text, &len), 1);
    assert_int_equal(len, sizeof large - 1);
    free(text);
    assert_int_equal(hs_recent_put(key, sizeof key - 1, large, sizeof large),
                     -1);
    assert_int_equal(hs_recent_get(key, sizeof key - 1, &text, &len), 0);
}

/* A text that is got is always one that was put under that key. */
static void *work(void *seed)
{
    unsigned state = (unsigned)(uintptr_t)seed;

    for (int i = 0; i < 20000; i++) {
        char key[16], expected[64], *text = NULL;
        size_t len;
        unsigned n = (unsigned)rand_r(&state) % 3000;

        snprintf(key, sizeof key, "k%u", n);
        snprintf(expected, sizeof expected, "text of %u", n);
        if (rand_r(&state) % 2)
            hs_recent_put(key, strlen(key), expected, strlen(expected));
        else if (hs_recent_get(key, strlen(key), &text, &len) == 1 &&
                 (len != strlen(expected) || memcmp(text, expected, len) != 0))
            return seed;
        free(text);
    }
    return NULL;
}

TEST_CASE(threads_share_it)
{
    pthread_t threads[4];

    for (uintptr_t i = 0; i < 4; i++)
        assert_int_equal(
            pthread_create(&threads[i], NULL, work, (void *)(i + 1)), 0);
    for (int i = 0; i < 4; i++) {
        void *wrong;

        pthread_join(threads[i], &wrong);
        assert_null(wrong);
    }
    hs_recent_clear();
}

TEST_CASE(calls_are_marked_once_and_within_bounds)
{
    char sid[HS_LOST_REPORT_MAX + 2], out[HS_LOST_REPORT_MAX + 1];

    assert_int_equal(hs_lost_reports_take(out), 0);
    hs_lost_reports_add("CA1", 3);
    hs_lost_reports_add("CA1", 3);
    assert_int_equal(hs_lost_reports_take(out), 3);
    assert_string_equal(out, "CA1");
    assert_int_equal(hs_lost_reports_take(out), 0);
    assert_int_equal(hs_lost_reports_missed(), 0);
    for (int i = 0; i < 5000; i++) {
        int len = snprintf(sid, sizeof sid, "CA%d", i);

        hs_lost_reports_add(sid, (size_t)len);
    }
    memset(sid, 'x', sizeof sid);
    hs_lost_reports_add(sid, sizeof sid);
    hs_lost_reports_add("", 0);
    hs_lost_reports_add("C\0A", 3);
    assert_int_equal(hs_lost_reports_missed(), 5000 - 4096 + 3);
    assert_int_equal(hs_lost_reports_missed(), 0);
    for (int i = 0; i < 4096; i++)
        assert_true(hs_lost_reports_take(out) > 0);
    assert_int_equal(hs_lost_reports_take(out), 0);
}

int main(void)
{
    return cmocka_run_group_tests(tests, NULL, NULL);
}
