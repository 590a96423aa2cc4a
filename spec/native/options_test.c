/* options_test.c: what commands make of their arguments. What they print goes
 * to the terminal of the test; only what they decide is asserted. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "commands/commands.h"
#include "commands/options.h"

static int dry_run;
static const char *since;
static const struct hs_option options[] = {
    {"dry-run", NULL, "try it", &dry_run, NULL},
    {"since", "DAYS", "how far back", NULL, &since},
};
static const struct hs_usage plain = {
    .command = "plain",
    .text = "Takes options only.",
    .options = options,
    .count = 2,
    .json = 1,
};
static const struct hs_usage script = {
    .command = "script",
    .operands = "FILE [ARGUMENT...]",
    .text = "Takes a file and what the file takes.",
    .options = options,
    .count = 2,
    .operands_min = 1,
    .operands_max = -1,
};

static const struct hs_repeated legs[] = {
    {"busy", NULL, "the line is busy"},
    {"answer", "[SECONDS]", "it is picked up"},
    {"digits", "KEYS", "what is pressed"},
};

/* Read a line of words as arguments. */
static int reads(const struct hs_usage *usage, const char *line,
                 struct hs_arguments *out)
{
    static char words[256];
    static char *argv[32];
    int argc = 0;
    char *rest = words, *word;

    dry_run = 0;
    since = NULL;
    (void)strncpy(words, line, sizeof words - 1);
    while ((word = strsep(&rest, " ")) != NULL && argc < 32)
        argv[argc++] = word;
    return hs_options_read(usage, argc, argv, out);
}

static void options_are_read(void **state)
{
    struct hs_arguments args;

    (void)state;
    assert_int_equal(reads(&plain, "plain", &args), HS_GO_ON);
    assert_null(args.config);
    assert_int_equal(args.json, 0);
    assert_int_equal(args.operand_count, 0);
    assert_int_equal(reads(&plain,
                           "plain --config a.conf --json --dry-run --since=7",
                           &args),
                     HS_GO_ON);
    assert_string_equal(args.config, "a.conf");
    assert_int_equal(args.json, 1);
    assert_int_equal(dry_run, 1);
    assert_string_equal(since, "7");
    assert_int_equal(reads(&plain, "plain --since --json", &args), HS_GO_ON);
    assert_string_equal(since, "--json"); /* it asked for a value */
    assert_int_equal(reads(&plain, "plain --since=", &args), HS_GO_ON);
    assert_string_equal(since, "");
}

static void mistakes_are_usage_errors(void **state)
{
    static const char *const lines[] = {
        "plain --dryrun", "plain --since",  "plain --dry-run=1", "plain -x",
        "plain operand",  "plain --jso",    "plain --",          "plain -",
        "plain -- -x",    "plain --config", "plain --=x",
    };
    struct hs_arguments args;

    (void)state;
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        int expected = strcmp(lines[i], "plain --") == 0 ? HS_GO_ON : 2;

        assert_int_equal(reads(&plain, lines[i], &args), expected);
    }
    assert_int_equal(reads(&script, "script", &args), HS_EXIT_USAGE);
    assert_int_equal(reads(&script, "script --json a", &args), HS_EXIT_USAGE);
}

static void help_ends_well(void **state)
{
    struct hs_arguments args;

    (void)state;
    assert_int_equal(reads(&plain, "plain --help", &args), HS_EXIT_OK);
    assert_int_equal(reads(&plain, "plain -h", &args), HS_EXIT_OK);
    assert_int_equal(reads(&script, "script --help", &args), HS_EXIT_OK);
}

static void what_follows_a_script_is_the_scripts(void **state)
{
    struct hs_arguments args;

    (void)state;
    assert_int_equal(
        reads(&script, "script --dry-run a.lua --since --help -x", &args),
        HS_GO_ON);
    assert_int_equal(dry_run, 1);
    assert_null(since);
    assert_int_equal(args.operand_count, 4);
    assert_string_equal(args.operands[0], "a.lua");
    assert_string_equal(args.operands[1], "--since");
    assert_string_equal(args.operands[3], "-x");
}

static void commands_are_found_by_name(void **state)
{
    (void)state;
    assert_non_null(hs_command_find("serve"));
    assert_ptr_equal(hs_command_find("config")->run, hs_cmd_config);
    assert_null(hs_command_find("confg"));
    assert_null(hs_command_find(""));
    for (size_t i = 0; i < hs_command_count; i++)
        assert_true(strlen(hs_commands[i].summary) < 66);
}

/* Every command answers --help, and refuses what it does not know. */
static void every_command_has_help(void **state)
{
    (void)state;
    for (size_t i = 0; i < hs_command_count; i++) {
        char help[] = "--help", odd[] = "--no-such-option";
        char name[32] = "";
        char *help_argv[] = {name, help, NULL};
        char *odd_argv[] = {name, odd, NULL};

        (void)strncpy(name, hs_commands[i].name, sizeof name - 1);
        assert_int_equal(hs_commands[i].run(2, help_argv), HS_EXIT_OK);
        assert_int_equal(hs_commands[i].run(2, odd_argv), HS_EXIT_USAGE);
    }
}

static void some_may_be_given_several_times(void **state)
{
    struct hs_buf given = {0};
    struct hs_usage usage = plain;
    struct hs_arguments args;

    (void)state;
    usage.repeated = legs;
    usage.repeated_count = 3;
    usage.given = &given;
    assert_int_equal(reads(&usage,
                           "plain --busy --answer 5 --dry-run --answer "
                           "--busy --answer=7 --digits 1 --answer",
                           &args),
                     HS_GO_ON);
    assert_true(dry_run);
    assert_string_equal(given.data,
                        "[\"busy\",null],[\"answer\",\"5\"],[\"answer\",null],"
                        "[\"busy\",null],[\"answer\",\"7\"],[\"digits\",\"1\"],"
                        "[\"answer\",null]");
    assert_int_equal(reads(&usage, "plain --digits", &args), HS_EXIT_USAGE);
    assert_int_equal(reads(&usage, "plain --busy=1", &args), HS_EXIT_USAGE);
    assert_int_equal(reads(&usage, "plain --bussy", &args), HS_EXIT_USAGE);
    hs_buf_free(&given);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(some_may_be_given_several_times),
        cmocka_unit_test(options_are_read),
        cmocka_unit_test(mistakes_are_usage_errors),
        cmocka_unit_test(help_ends_well),
        cmocka_unit_test(what_follows_a_script_is_the_scripts),
        cmocka_unit_test(commands_are_found_by_name),
        cmocka_unit_test(every_command_has_help),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
