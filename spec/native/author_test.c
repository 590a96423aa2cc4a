/* author_test.c: who wrote the files: git's author, or the owner; and what a
 * hostile repository can't do. */
#include <sys/stat.h>
#include <unistd.h>

#include "lib/files/author.h"
#include "test.h"

#define LINE                                                                   \
    "0000000000000000000000000000000000000000 "                                \
    "1111111111111111111111111111111111111111 "

static char top[] = "/tmp/author_test.XXXXXX";

static void run(const char *command)
{
    char text[1024];

    snprintf(text, sizeof text, "cd %s && %s", top, command);
    /* NOLINTNEXTLINE(cert-env33-c,concurrency-mt-unsafe): a test's own */
    assert_int_equal(system(text), 0);
}

static void put(const char *name, const char *text)
{
    char path[256];
    FILE *file;

    snprintf(path, sizeof path, "%s/%s", top, name);
    file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

/* The author of top/lua/forwarding.lua, which is older than what follows. */
static struct hs_author found(void)
{
    char folder[256];
    struct hs_author author;

    snprintf(folder, sizeof folder, "%s/lua", top);
    (void)hs_author_moved(folder);
    hs_author_find(folder, &author);
    return author;
}

static int set_up(void **state)
{
    (void)state;
    assert_non_null(mkdtemp(top));
    return 0;
}

static int clear(void **state)
{
    (void)state;
    run("rm -rf .git other lua && mkdir -p lua .git/logs && "
        "touch -d '1 minute ago' lua/forwarding.lua");
    return 0;
}

static int tear_down(void **state)
{
    char text[64];

    (void)state;
    snprintf(text, sizeof text, "rm -rf %s", top);
    /* NOLINTNEXTLINE(cert-env33-c,concurrency-mt-unsafe): a test's own */
    return system(text);
}

TEST_WITH(test_commit, clear, NULL)
{
    struct hs_author author;

    put(".git/logs/HEAD",
        LINE "Old <o@x> 1 +0000\tcommit (initial): one\n" LINE
             "Grace Hopper <g@x> 2 +0000\tcommit: Sue takes all calls\n");
    author = found();
    assert_string_equal(author.kind, "git");
    assert_string_equal(author.name, "Grace Hopper");
    assert_string_equal(author.note, "Sue takes all calls");
}

TEST_WITH(test_edit_after_commit, clear, NULL)
{
    put(".git/logs/HEAD", LINE "Grace <g@x> 2 +0000\tcommit: one\n");
    run("touch -d '1 minute' lua/forwarding.lua");
    assert_string_equal(found().kind, "os");
}

TEST_WITH(test_worktree_and_submodule, clear, NULL)
{
    run("rm -rf .git && mkdir -p other/logs && echo 'gitdir: other' > .git");
    put("other/logs/HEAD", LINE "Ana <a@x> 2 +0000\tcheckout: x\n");
    assert_string_equal(found().name, "Ana");
    assert_string_equal(found().note, "");
    run("rm -rf .git && echo \"gitdir: $PWD/other\" > .git");
    assert_string_equal(found().name, "Ana");
}

/* Each leaves the owner, and nothing is waited for. */
TEST_CASE(test_hostile)
{
    static const char *const hostile[] = {
        "mkfifo .git/logs/HEAD",
        "rm -rf .git && mkfifo .git",
        "ln -s /etc/passwd .git/logs/HEAD",
        "ln -s /dev/zero .git/logs/HEAD",
        "mkdir .git/logs/HEAD",
        "rm -rf .git && printf 'gitdir: ' > .git",
        "rm -rf .git && printf 'gitdir: .git' > .git",
        "rm -rf .git && head -c 100000 /dev/zero > .git",
        "head -c 1000000 /dev/zero | tr '\\0' x > .git/logs/HEAD",
        "printf '%5000s' 'Root <r@x> 1 +0000' > .git/logs/HEAD",
        "printf '\\n\\n\\n' > .git/logs/HEAD",
        "printf 'a b \\377\\376 <x> 1 +0000\\tcommit: x\\n' > .git/logs/HEAD",
    };

    for (size_t i = 0; i < sizeof hostile / sizeof hostile[0]; i++) {
        assert_int_equal(clear(state), 0);
        run(hostile[i]);
        if (strcmp(found().kind, "os") != 0)
            fail_msg("%s: %s", hostile[i], found().name);
    }
}

TEST_WITH(test_control_characters, clear, NULL)
{
    put(".git/logs/HEAD", LINE "Gr\033[31mace <g@x> 2 +0000\tcommit: a\rb\n");
    assert_string_equal(found().name, "Gr?[31mace");
    assert_string_equal(found().note, "a?b");
}

int main(void)
{
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
