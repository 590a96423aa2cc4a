/* keyfile_test.c: a key that a file keeps. */
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/files/keyfile.h"
#include "test.h"

static char folder[64], path[96];

static int make(void **state)
{
    (void)state;
    snprintf(folder, sizeof folder, "/tmp/hs-keyfile-XXXXXX");
    if (!mkdtemp(folder))
        return -1;
    snprintf(path, sizeof path, "%s/test.db.key", folder);
    return 0;
}

static int drop(void **state)
{
    (void)state;
    unlink(path);
    return rmdir(folder); /* and nothing else was left in it */
}

static void write_file(const char *text)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    fputs(text, file);
    fclose(file);
    chmod(path, 0600);
}

TEST_WITH(it_is_made_once_and_for_its_owner, make, drop)
{
    unsigned char first[HS_KEYFILE_BYTES], second[HS_KEYFILE_BYTES];
    struct hs_error err;
    struct stat about;

    assert_int_equal(hs_keyfile(path, 1, first, &err), 0);
    assert_int_equal(hs_keyfile(path, 1, second, &err), 0);
    assert_memory_equal(first, second, sizeof first);
    assert_int_equal(stat(path, &about), 0);
    assert_int_equal(about.st_mode & 0777, 0600);
    assert_int_equal(about.st_size, 65);
}

TEST_WITH(without_keep_nothing_is_written, make, drop)
{
    unsigned char first[HS_KEYFILE_BYTES], second[HS_KEYFILE_BYTES];
    struct hs_error err;

    assert_int_equal(hs_keyfile(path, 0, first, &err), 0);
    assert_int_equal(access(path, F_OK), -1);
    assert_int_equal(hs_keyfile(path, 0, second, &err), 0);
    assert_memory_not_equal(first, second, sizeof first);
}

TEST_WITH(what_others_may_read_is_told, make, drop)
{
    unsigned char key[HS_KEYFILE_BYTES];
    struct hs_error err;

    assert_int_equal(hs_keyfile(path, 1, key, &err), 0);
    chmod(path, 0640);
    assert_int_equal(hs_keyfile(path, 1, key, &err), 1);
}

TEST_WITH(a_file_without_a_key_is_refused, make, drop)
{
    static const char *const texts[] = {"", "abc",
                                        "not hexadecimal at all, "
                                        "though it is long enough "
                                        "to be a key of 64 digits"};
    unsigned char key[HS_KEYFILE_BYTES];
    struct hs_error err;

    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        write_file(texts[i]);
        assert_int_equal(hs_keyfile(path, 1, key, &err), -1);
        assert_string_equal(err.code, "key_file");
        assert_non_null(strstr(err.message, path));
    }
    unlink(path);
    mkdir(path, 0700);
    assert_int_equal(hs_keyfile(path, 1, key, &err), -1);
    rmdir(path);
}

TEST_WITH(a_folder_that_is_not_there_is_told, make, drop)
{
    unsigned char key[HS_KEYFILE_BYTES];
    struct hs_error err;

    assert_int_equal(hs_keyfile("/nowhere/at/all.key", 1, key, &err), -1);
    assert_string_equal(err.code, "key_file");
}

/* Started at the same time, all get the same key. */
TEST_WITH(of_many_processes_one_makes_it, make, drop)
{
    unsigned char mine[HS_KEYFILE_BYTES], theirs[HS_KEYFILE_BYTES];
    struct hs_error err;
    int pipes[8][2];

    for (int i = 0; i < 8; i++) {
        assert_int_equal(pipe(pipes[i]), 0);
        if (fork() == 0) {
            int code = hs_keyfile(path, 1, theirs, &err);

            if (code == 0)
                code = write(pipes[i][1], theirs, sizeof theirs) !=
                       (ssize_t)sizeof theirs;
            _exit(code != 0);
        }
    }
    assert_int_equal(hs_keyfile(path, 1, mine, &err), 0);
    for (int i = 0; i < 8; i++) {
        assert_int_equal(read(pipes[i][0], theirs, sizeof theirs),
                         sizeof theirs);
        assert_memory_equal(mine, theirs, sizeof mine);
        close(pipes[i][0]);
        close(pipes[i][1]);
        (void)wait(NULL);
    }
}

int main(void)
{
    return cmocka_run_group_tests(tests, NULL, NULL);
}
