/* folder_test.c: what is read of a folder on a disk that says little is never
 * half of what is being written. */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "lib/files/folder.h"
#include "test.h"

#define HOUR 3600

static char lua[64], source[HS_FOLDER_NAME_MAX + 1];
static const char top[] = "vips.txt", deep[] = "deep/list.txt";
static int looks;          /* at the list at the top */
static int64_t slept_ns;   /* the clock: it moves while we sleep */
static const char *writes; /* it is appended to at every other look */
static int left;           /* how often */

/* How this disk tells times. */
enum disk { FINE, SECONDS, CLOCK_BEHIND, CLOCK_AHEAD, ANOTHER_USER };
static enum disk disk;

/* The next function of that name. */
#define REAL(name) ((__typeof__(&(name)))(intptr_t)dlsym(RTLD_NEXT, #name))

int clock_gettime(clockid_t clock, struct timespec *out)
{
    int rc = REAL(clock_gettime)(clock, out);

    if (clock == CLOCK_MONOTONIC)
        *out = (struct timespec){slept_ns / 1000000000, slept_ns % 1000000000};
    return rc;
}

int nanosleep(const struct timespec *pause, struct timespec *rest)
{
    slept_ns += (int64_t)pause->tv_sec * 1000000000 + pause->tv_nsec;
    return REAL(nanosleep)(pause, rest);
}

/* fcntl(2): who neither owns a file nor has CAP_LEASE gets no lease. */
int fcntl(int fd, int what, ...)
{
    va_list args;
    long value;

    va_start(args, what);
    value = va_arg(args, long);
    va_end(args);
    if (disk == ANOTHER_USER && what == F_SETLEASE) {
        errno = EACCES;
        return -1;
    }
    return REAL(fcntl)(fd, what, value);
}

static void put(const char *name, const char *text, const char *mode)
{
    char path[128];
    FILE *file;

    (void)snprintf(path, sizeof path, "%s/%s", lua, name);
    file = fopen(path, mode);
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

int fstatat(int dir, const char *restrict path, struct stat *restrict at,
            int flags)
{
    int rc;

    looks += strcmp(path, top) == 0;
    if (writes && left > 0 && strcmp(path, top) == 0 && looks % 2 == 0) {
        left--;
        put(writes, "1", "a");
    }
    rc = REAL(fstatat)(dir, path, at, flags);
    /* As old as can be within its second, which may still be going on. */
    if (disk == SECONDS) {
        at->st_mtim.tv_sec -= 1;
        at->st_ctim.tv_sec -= 1;
        at->st_mtim.tv_nsec = at->st_ctim.tv_nsec = 0;
    }
    if (disk == CLOCK_BEHIND)
        at->st_ctim.tv_sec -= HOUR;
    if (disk == CLOCK_AHEAD)
        at->st_ctim.tv_sec += HOUR;
    return rc;
}

static struct hs_folder *read_it(enum hs_folder_patience patience,
                                 const struct hs_folder *before)
{
    struct hs_error err = {0};
    struct hs_folder *folder =
        hs_folder_read(lua, patience, before, source, &err);

    if (!folder)
        fail_msg("%s: %s", source, err.message);
    return folder;
}

static const char *text_of(const struct hs_folder *folder, const char *name)
{
    const char *text;
    size_t len;

    for (size_t i = 0; i < hs_folder_count(folder); i++)
        if (strcmp(hs_folder_file(folder, i, &text, &len), name) == 0)
            return text;
    return "";
}

static int start(void **state)
{
    char below[80];

    (void)snprintf(lua, sizeof lua, "/tmp/folder_test_XXXXXX");
    assert_non_null(mkdtemp(lua));
    (void)snprintf(below, sizeof below, "%s/deep", lua);
    assert_int_equal(mkdir(below, 0700), 0);
    put("forwarding.lua", "return {}\n", "w");
    put(top, "v0000", "w");
    put(deep, "d0000", "w");
    disk = FINE;
    *state = NULL;
    return 0;
}

static int end(void **state)
{
    char command[100];

    (void)state;
    disk = FINE;
    (void)snprintf(command, sizeof command, "rm -rf '%s'", lua);
    return system(command); /* NOLINT(cert-env33-c,concurrency-mt-unsafe) */
}

/* A file that is appended to, in steps between which it looks finished. */
static void never_half(enum disk told, const char *name)
{
    struct hs_folder *before, *folder;

    disk = told;
    before = read_it(HS_FOLDER_SOON, NULL);
    put(name, "v", "w");
    usleep(20000); /* it is taken for finished */
    folder = read_it(HS_FOLDER_AHEAD, before);
    assert_string_equal(text_of(folder, name), "v");
    looks = 0;
    left = 3;
    writes = name;
    assert_false(hs_folder_is_still(folder, lua, before));
    hs_folder_free(folder);
    folder = read_it(HS_FOLDER_SOON, before);
    assert_string_equal(text_of(folder, name), "v111");
    assert_true(hs_folder_is_still(folder, lua, before));
    writes = NULL;
    hs_folder_free(folder);
    hs_folder_free(before);
}

TEST_WITH(times_in_seconds, start, end)
{
    never_half(SECONDS, top);
    never_half(SECONDS, deep);
}

TEST_WITH(another_machine_s_clock, start, end)
{
    never_half(CLOCK_BEHIND, top);
    never_half(CLOCK_AHEAD, deep);
}

TEST_WITH(a_file_that_another_user_writes, start, end)
{
    never_half(ANOTHER_USER, top);
    never_half(ANOTHER_USER, deep);
}

/* Within one second and of one length: only the text tells. */
TEST_WITH(written_again_within_its_second, start, end)
{
    static const char *names[] = {top, deep};

    disk = SECONDS;
    for (size_t i = 0; i < 2; i++) {
        struct hs_folder *before = read_it(HS_FOLDER_SOON, NULL), *folder;
        struct timespec now;

        do
            clock_gettime(CLOCK_REALTIME, &now);
        while (now.tv_nsec > 300000000 && usleep(10000) == 0);
        put(names[i], "x1111", "w");
        folder = read_it(HS_FOLDER_AHEAD, before);
        put(names[i], "x2222", "w");
        assert_false(hs_folder_is_still(folder, lua, before));
        hs_folder_free(folder);
        hs_folder_free(before);
    }
}

/* As by git, and by editors that keep a backup. */
TEST_WITH(deleted_and_made_anew, start, end)
{
    struct hs_folder *before = read_it(HS_FOLDER_SOON, NULL), *folder;
    char path[128];

    (void)snprintf(path, sizeof path, "%s/%s", lua, deep);
    assert_int_equal(unlink(path), 0);
    folder = read_it(HS_FOLDER_AHEAD, before);
    looks = 0;
    left = 1;
    writes = deep;
    assert_false(hs_folder_is_still(folder, lua, before));
    hs_folder_free(folder);
    writes = NULL;
    assert_int_equal(unlink(path), 0); /* for good */
    folder = read_it(HS_FOLDER_AHEAD, before);
    assert_true(hs_folder_is_still(folder, lua, before));
    hs_folder_free(folder);
    hs_folder_free(before);
}

/* A mapping that stays open: only its first write changes the file's time. */
TEST_WITH(written_without_a_trace, start, end)
{
    struct hs_folder *before, *folder;
    char path[128];
    uint64_t stamp;
    char *text;
    int fd;

    (void)snprintf(path, sizeof path, "%s/%s", lua, deep);
    fd = open(path, O_RDWR);
    text = mmap(NULL, 5, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    assert_true(text != MAP_FAILED);
    close(fd);
    disk = ANOTHER_USER;
    text[1] = '1';
    before = read_it(HS_FOLDER_SOON, NULL);
    stamp = hs_folder_stamp(lua);
    text[1] = '2';
    assert_true(hs_folder_stamp(lua) != stamp);
    assert_false(hs_folder_is_still(before, lua, before));
    folder = read_it(HS_FOLDER_SOON, before);
    assert_string_equal(text_of(folder, deep), "d2000");
    munmap(text, 5);
    hs_folder_free(folder);
    hs_folder_free(before);
}

/* What stays as it is isn't waited for, however old. */
TEST_WITH(only_what_is_new_is_waited_for, start, end)
{
    struct hs_folder *before, *folder;

    disk = CLOCK_BEHIND;
    before = read_it(HS_FOLDER_SOON, NULL);
    folder = read_it(HS_FOLDER_AHEAD, before);
    looks = 0;
    assert_true(hs_folder_is_still(folder, lua, before));
    assert_int_equal(looks, 1);
    hs_folder_free(folder);
    hs_folder_free(before);
}

int main(void)
{
    return cmocka_run_group_tests(tests, NULL, NULL);
}
