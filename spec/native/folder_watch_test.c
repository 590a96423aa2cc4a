/* folder_watch_test.c: which folders are watched, and what is told of one that
 * doesn't answer. */
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "server/release/folder_watch.h"
#include "server/release/release.h"
#include "slow.h"
#include "test.h"

#define AT_ONCE_MS lenient(500) /* far sooner than it is looked at anyway */

static char top[64], lua[80];
static struct hs_folder_watch *watch;
static int hours_later;

/* The clocks, moved on. */
int clock_gettime(clockid_t clock, struct timespec *out)
{
    long rc = syscall(SYS_clock_gettime, clock, out);

    out->tv_sec += 3600L * hours_later;
    return (int)rc;
}

static const char *below(const char *name)
{
    static char paths[2][160];
    static int next;

    next = !next;
    (void)snprintf(paths[next], sizeof paths[next], "%s/%s", top, name);
    return paths[next];
}

static void put(const char *name)
{
    FILE *file = fopen(below(name), "a");

    assert_non_null(file);
    assert_true(fputs("return {}\n", file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static int start(void **state)
{
    (void)state;
    (void)snprintf(top, sizeof top, "/tmp/folder_watch_XXXXXX");
    assert_non_null(mkdtemp(top));
    (void)snprintf(lua, sizeof lua, "%s/lua", top);
    assert_int_equal(mkdir(lua, 0700), 0);
    assert_int_equal(mkdir(below("lua/lists"), 0700), 0);
    watch = hs_folder_watch_new(lua);
    assert_non_null(watch);
    assert_int_equal(hs_folder_watch_wait(watch, 10), HS_FOLDER_CHANGED);
    return 0;
}

static int end(void **state)
{
    char command[100];

    (void)state;
    hours_later = 0;
    hs_folder_watch_free(watch);
    (void)snprintf(command, sizeof command, "rm -rf '%s'", top);
    return system(command); /* NOLINT(cert-env33-c,concurrency-mt-unsafe) */
}

/* How many news there are until it is quiet. */
static int news(void)
{
    int count = 0;

    while (hs_folder_watch_wait(watch, 100) != HS_FOLDER_QUIET)
        count++;
    return count;
}

TEST_WITH(a_folder_that_takes_its_place_is_watched, start, end)
{
    assert_int_equal(mkdir(below("new"), 0700), 0);
    assert_int_equal(rename(lua, below("old")), 0);
    assert_int_equal(rename(below("new"), lua), 0);
    assert_true(news() > 0);
    put("old/forwarding.lua");
    assert_int_equal(news(), 0);
    put("lua/forwarding.lua");
    assert_int_equal(hs_folder_watch_wait(watch, AT_ONCE_MS),
                     HS_FOLDER_CHANGED);
}

TEST_WITH(a_folder_that_leaves_it_is_watched_no_longer, start, end)
{
    put("lua/lists/vip.txt");
    assert_true(news() > 0);
    assert_int_equal(rename(below("lua/lists"), below("lists")), 0);
    assert_true(news() > 0);
    put("lists/vip.txt");
    assert_int_equal(news(), 0);
    put("lua/forwarding.lua");
    assert_true(news() > 0);
}

/* A mapping's first write shows in the file's time, the next ones may not. */
TEST_WITH(what_is_found_new_is_read_once_more, start, end)
{
    char *text;
    int fd;

    put("lua/forwarding.lua");
    assert_true(news() > 0);
    fd = open(below("lua/forwarding.lua"), O_RDWR);
    text = mmap(NULL, 10, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    assert_ptr_not_equal(text, MAP_FAILED);
    text[8] = ' ';
    assert_int_equal(hs_folder_watch_wait(watch, 100), HS_FOLDER_CHANGED);
    assert_int_equal(hs_folder_watch_wait(watch, 100), HS_FOLDER_CHANGED);
    assert_int_equal(hs_folder_watch_wait(watch, 100), HS_FOLDER_QUIET);
    assert_int_equal(munmap(text, 10), 0);
    assert_int_equal(close(fd), 0);
}

TEST_CASE(who_waits_longest_tells_how_long_it_has_not_answered)
{
    const struct hs_bundle_from from = {.folder = "/nonexistent"};
    struct hs_script_error err = {0};

    assert_int_equal(hs_folder_watch_stuck_ms(), 0);
    hs_folder_watch_looks(1);
    hours_later = 1;
    hs_folder_watch_looks(1);
    hs_folder_watch_looks(0);
    assert_in_range(hs_folder_watch_stuck_ms(), 3600000, 3700000);
    /* Nobody else is sent there. */
    assert_null(hs_release_try(NULL, &from, HS_TRIAL_LOAD, NULL, NULL, &err));
    assert_string_equal(err.code, "io");
    hs_folder_watch_looks(0);
    assert_int_equal(hs_folder_watch_stuck_ms(), 0);
    hours_later = 0;
}

int main(void)
{
    return cmocka_run_group_tests(tests, NULL, NULL);
}
