/* options_test.c: what verbs make of their arguments. What they print goes
 * to the terminal of the test; only what they decide is asserted. */

#include "commands/commands.h"
#include "commands/lua_command.h"
#include "test.h"

static const struct hs_verb plain = {
    .name = "plain",
    .text = "Takes options only.",
    .options = {{"dry-run", NULL, "try it"}, {"since", "DAYS", "how far back"}},
    .json = 1,
};
static const struct hs_verb script = {
    .name = "script",
    .operands = "FILE [ARGUMENT...]",
    .text = "Takes a file and what the file takes.",
    .options = {{"dry-run", NULL, "try it"}, {"since", "DAYS", "how far back"}},
    .operands_min = 1,
    .operands_max = -1,
};

static const struct hs_option legs[] = {
    {"busy", NULL, "the line is busy"},
    {"answer", "[SECONDS]", "the phone is answered"},
    {"digits", "KEYS", "what is pressed"},
    {NULL, NULL, NULL},
};
static const struct hs_verb several = {
    .name = "several",
    .text = "Takes some several times.",
    .options = {{"dry-run", NULL, "try it"}},
    .repeated = legs,
};
static const struct hs_verb acting = {
    .name = "acting",
    .operands = "[list | show [ID] | put ID]",
    .text = "Takes actions.",
    .options = {{"at", "TIME", "in place of an ID"}},
    .actions = {{"list", 0, 0, 0}, {"show", 0, 1, 1}, {"put", 1, 1, 1}},
    .stands_in = "at",
    .operands_max = 3,
};

/* Read a line of words as arguments. */
static int reads(const struct hs_verb *verb, const char *line,
                 struct hs_arguments *out)
{
    static char words[256];
    static char *argv[32];
    int argc = 0;
    char *rest = words, *word;

    (void)strncpy(words, line, sizeof words - 1);
    while ((word = strsep(&rest, " ")) != NULL && argc < 32)
        argv[argc++] = word;
    return hs_options_read(verb, argc, argv, out);
}

TEST_CASE(options_are_read)
{
    struct hs_arguments args;

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
    assert_non_null(hs_option(&args, "dry-run"));
    assert_string_equal(hs_option(&args, "since"), "7");
    assert_int_equal(reads(&plain, "plain --since --json", &args), HS_GO_ON);
    assert_string_equal(hs_option(&args, "since"),
                        "--json"); /* it asked for a value */
    assert_int_equal(reads(&plain, "plain --since=", &args), HS_GO_ON);
    assert_string_equal(hs_option(&args, "since"), "");
}

TEST_CASE(mistakes_are_usage_errors)
{
    static const char *const lines[] = {
        "plain --dryrun", "plain --since",  "plain --dry-run=1", "plain -x",
        "plain operand",  "plain --jso",    "plain --",          "plain -",
        "plain -- -x",    "plain --config", "plain --=x",
    };
    struct hs_arguments args;

    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        int expected = strcmp(lines[i], "plain --") == 0 ? HS_GO_ON : 2;

        assert_int_equal(reads(&plain, lines[i], &args), expected);
    }
    assert_int_equal(reads(&script, "script", &args), HS_EXIT_USAGE);
    assert_int_equal(reads(&script, "script --json a", &args), HS_EXIT_USAGE);
}

TEST_CASE(help_ends_well)
{
    struct hs_arguments args;

    assert_int_equal(reads(&plain, "plain --help", &args), HS_EXIT_OK);
    assert_int_equal(reads(&plain, "plain -h", &args), HS_EXIT_OK);
    assert_int_equal(reads(&script, "script --help", &args), HS_EXIT_OK);
}

TEST_CASE(what_follows_a_script_is_the_scripts)
{
    struct hs_arguments args;

    assert_int_equal(
        reads(&script, "script --dry-run a.lua --since --help -x", &args),
        HS_GO_ON);
    assert_non_null(hs_option(&args, "dry-run"));
    assert_null(hs_option(&args, "since"));
    assert_int_equal(args.operand_count, 4);
    assert_string_equal(args.operands[0], "a.lua");
    assert_string_equal(args.operands[1], "--since");
    assert_string_equal(args.operands[3], "-x");
}

TEST_CASE(verbs_are_found_by_name)
{
    assert_non_null(hs_verb_find("serve"));
    assert_ptr_equal(hs_verb_find("config")->run, hs_run_config);
    assert_null(hs_verb_find("confg"));
    assert_null(hs_verb_find(""));
    for (size_t i = 0; i < hs_verb_count; i++)
        assert_true(strlen(hs_verbs[i].summary) < 66);
}

/* Every verb answers --help, and refuses what it does not know. A row says who
 * does the work, and its lists are ended. */
TEST_CASE(every_verb_has_help)
{
    for (size_t i = 0; i < hs_verb_count; i++) {
        const struct hs_verb *verb = &hs_verbs[i];
        char help[] = "--help", odd[] = "--no-such-option";
        char name[32] = "";
        char *help_argv[] = {name, help, NULL};
        char *odd_argv[] = {name, odd, NULL};

        (void)strncpy(name, verb->name, sizeof name - 1);
        assert_int_equal(hs_verb_run(verb, 2, help_argv), HS_EXIT_OK);
        assert_int_equal(hs_verb_run(verb, 2, odd_argv), HS_EXIT_USAGE);
        assert_non_null(verb->run);
        assert_true(verb->run != hs_lua_verb || verb->module);
        assert_null(verb->options[HS_OPTIONS_OWN - 1].name);
        assert_true(!verb->operands_max || verb->operands);
    }
}

TEST_CASE(some_may_be_given_several_times)
{
    struct hs_arguments args;

    assert_int_equal(reads(&several,
                           "several --busy --answer 5 --dry-run --answer "
                           "--busy --answer=7 --digits 1 --answer",
                           &args),
                     HS_GO_ON);
    assert_non_null(hs_option(&args, "dry-run"));
    assert_string_equal(args.given.data,
                        "[\"busy\",null],[\"answer\",\"5\"],[\"answer\",null],"
                        "[\"busy\",null],[\"answer\",\"7\"],[\"digits\",\"1\"],"
                        "[\"answer\",null]");
    hs_buf_free(&args.given);
    assert_int_equal(reads(&several, "several --digits", &args), HS_EXIT_USAGE);
    assert_int_equal(reads(&several, "several --busy=1", &args), HS_EXIT_USAGE);
    assert_int_equal(reads(&several, "several --bussy", &args), HS_EXIT_USAGE);
}

TEST_CASE(actions_say_what_follows_them)
{
    static const struct {
        const char *line, *action; /* NULL: a mistake */
        int operands;
    } cases[] = {
        {"acting", "list", 0},
        {"acting list", "list", 0},
        {"acting list 1", NULL, 0},
        {"acting lst", NULL, 0},
        {"acting show", "show", 0},
        {"acting show 12", "show", 1},
        {"acting show 1 2", NULL, 0},
        {"acting show x", NULL, 0},
        {"acting show -", NULL, 0},
        {"acting show 1234567890123456", NULL, 0},
        {"acting put", NULL, 0},
        {"acting put 7", "put", 1},
        {"acting put --at 1", "put", 0},
        {"acting put 7 --at 1", NULL, 0},
        {"acting list --at 1", NULL, 0},
        {"acting list 1 2 3", NULL, 0},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct hs_arguments args;
        int code = reads(&acting, cases[i].line, &args);

        if (code != (cases[i].action ? HS_GO_ON : HS_EXIT_USAGE))
            fail_msg("%s: %d", cases[i].line, code);
        if (!cases[i].action)
            continue;
        assert_string_equal(args.action, cases[i].action);
        assert_int_equal(args.operand_count, cases[i].operands);
    }
}

int main(void)
{
    return cmocka_run_group_tests(tests, NULL, NULL);
}
