/* text_file_test.c: what is told of files whose disk fails at each step. */
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "disk_shim.c" /* NOLINT(bugprone-suspicious-include): stands in front
                          of the C library */
#include "lib/files/text_file.h"
#include "test.h"

#define OLD "old\n"
#define NEW "new text\n"

static const struct hs_text_file files[] = {{"a.txt", NEW, sizeof NEW - 1},
                                            {"b.txt", NEW, sizeof NEW - 1}};
static char folder[64], paths[2][96];

static int make(void **state)
{
    (void)state;
    snprintf(folder, sizeof folder, "/tmp/hs-text-file-XXXXXX");
    if (!mkdtemp(folder))
        return -1;
    for (int i = 0; i < 2; i++)
        snprintf(paths[i], sizeof paths[i], "%s/%s", folder, files[i].name);
    return 0;
}

static int drop(void **state)
{
    (void)state;
    atomic_store(&disk_fail_sync, 0);
    unlink(paths[0]);
    if (unlink(paths[1]) != 0)
        rmdir(paths[1]);
    return rmdir(folder); /* and nothing else was left in it */
}

static void write_old(const char *path)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    assert_true(fputs(OLD, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static int holds(const char *path, const char *text)
{
    char got[32] = "";
    FILE *file = fopen(path, "r");

    if (!file)
        return 0;
    (void)!fread(got, 1, sizeof got - 1, file);
    (void)fclose(file);
    return strcmp(got, text) == 0;
}

/* Two files and their folder, twice: four syncs. The first two are those of
 * texts that wait beside the old ones. */
TEST_WITH(says_what_is_in_place, make, drop)
{
    struct hs_error err;

    for (int n = 1; n <= 5; n++) {
        int in_place = n > 2, rc;

        write_old(paths[0]);
        write_old(paths[1]);
        atomic_store(&disk_fail_sync, n);
        rc = hs_text_files_replace(folder, files, 2, NULL, NULL, &err);
        assert_int_equal(rc, n <= 4 ? -1 : 0);
        for (int i = 0; i < 2; i++)
            assert_true(holds(paths[i], in_place ? NEW : OLD));
        if (rc != 0)
            assert_string_equal(err.code, in_place ? "unknown" : "io");
    }
}

TEST_WITH(replaces_none_when_one_is_a_folder, make, drop)
{
    struct hs_error err;

    write_old(paths[0]);
    assert_int_equal(mkdir(paths[1], 0700), 0);
    assert_int_equal(hs_text_files_replace(folder, files, 2, NULL, NULL, &err),
                     -1);
    assert_string_equal(err.code, "io");
    assert_true(holds(paths[0], OLD));
}

/* A hand saves the second file while both are written; the disk is slow. */
static int hand_saves(void *ctx, struct hs_error *err)
{
    const char *path = ctx;

    write_old(path);
    return hs_error_set(err, "conflict", "saved in the meantime");
}

TEST_WITH(asks_when_all_are_written_and_replaces_none_if_refused, make, drop)
{
    struct hs_error err;

    write_old(paths[0]);
    assert_int_equal(
        hs_text_files_replace(folder, files, 2, hand_saves, paths[1], &err),
        -1);
    assert_string_equal(err.code, "conflict");
    assert_true(holds(paths[0], OLD) && holds(paths[1], OLD));
}

TEST_WITH(says_whether_it_is_removed, make, drop)
{
    struct hs_error err;

    assert_int_equal(hs_text_file_remove(paths[0], &err), 0); /* isn't there */
    write_old(paths[0]);
    atomic_store(&disk_fail_sync, 1);
    assert_int_equal(hs_text_file_remove(paths[0], &err), -1);
    assert_string_equal(err.code, "unknown");
    assert_int_not_equal(access(paths[0], F_OK), 0);
    assert_int_equal(mkdir(paths[1], 0700), 0);
    assert_int_equal(hs_text_file_remove(paths[1], &err), -1);
    assert_string_not_equal(err.code, "unknown");
}

TEST_WITH(makes_none_that_a_power_cut_takes, make, drop)
{
    for (int n = 1; n <= 2; n++) {
        atomic_store(&disk_fail_sync, n);
        assert_int_equal(hs_text_file_make(paths[0], NEW, 3), -1);
        unlink(paths[0]);
    }
    assert_int_equal(hs_text_file_make(paths[0], NEW, sizeof NEW - 1), 0);
    assert_true(holds(paths[0], NEW));
}

/* A file system without hard links, on which looking takes a while. */
static int no_links; /* the errno, or 0 */

int link(const char *from, const char *to)
{
    if (!no_links)
        return linkat(AT_FDCWD, from, AT_FDCWD, to, 0);
    errno = no_links;
    return -1;
}

int access(const char *path, int mode)
{
    if (no_links)
        usleep(3000);
    return faccessat(AT_FDCWD, path, mode, 0);
}

/* Make it as one of several processes; what the file holds then is its exit. */
static pid_t make_beside_others(char mine)
{
    pid_t child = fork();
    char text[2] = {mine, '\0'}, got = 0;
    FILE *file;

    if (child != 0)
        return child;
    if (hs_text_file_make(paths[0], text, 1) != 0)
        _exit(0);
    file = fopen(paths[0], "r");
    if (file)
        got = (char)fgetc(file);
    _exit(got);
}

TEST_WITH(makes_one_where_several_try, make, drop)
{
    static const int without[] = {0, EPERM, EOPNOTSUPP, ENOSYS};

    for (int round = 0; round < 20; round++) {
        pid_t children[4];
        int first = 0, status;

        no_links = without[round % 4];
        for (int i = 0; i < 4; i++) {
            children[i] = make_beside_others((char)('a' + i));
            assert_true(children[i] > 0);
        }
        for (int i = 0; i < 4; i++) {
            assert_int_equal(waitpid(children[i], &status, 0), children[i]);
            assert_true(WIFEXITED(status) && WEXITSTATUS(status) >= 'a');
            first = first ? first : WEXITSTATUS(status);
            assert_int_equal(WEXITSTATUS(status), first);
        }
        assert_int_equal(unlink(paths[0]), 0);
    }
    no_links = 0;
}

int main(void)
{
    return cmocka_run_group_tests(tests, NULL, NULL);
}
