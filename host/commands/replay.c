/* replay.c: `hookswitch replay`: calls of the past, decided once more. */
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "commands/application.h"
#include "commands/commands.h"
#include "commands/lua_command.h"
#include "lib/folder.h"

static const struct hs_usage about = {
    .command = "replay",
    .text = "Decides the calls of a span once more, each from what was stored "
            "with it: the\ncaller, the console's settings of then, lookups "
            "and overrides. Lists those that\nwould have gone elsewhere with "
            "the rules as they are now, or with --rules FILE,\nand what would "
            "have come of them as far as that is known. Changes nothing.",
    .json = 1,
};

static int run(const struct hs_usage *usage, const struct hs_arguments *args,
               const char *rules_file)
{
    struct hs_lua_fact facts[] = {
        {"source", NULL}, {"source_name", rules_file}, {NULL, NULL}};
    struct hs_config *config = hs_command_config(usage, args);
    struct hs_error err = {0};
    char *rules = NULL;
    size_t len = 0;
    int code;

    if (!config)
        return HS_EXIT_FAILED;
    if (rules_file)
        rules = hs_file_read(rules_file, HS_FOLDER_FILE_BYTES, &len, &err);
    if (rules && strlen(rules) != len) {
        hs_error_set(&err, "file", "%s is not a text", rules_file);
        free(rules);
        rules = NULL;
    }
    facts[0].text = rules;
    if (rules_file && !rules)
        code = hs_command_failed(usage, args, &err);
    else
        code = hs_lua_command(usage, args, config, "commands.replay", facts);
    free(rules);
    hs_config_free(config);
    return code;
}

int hs_cmd_replay(int argc, char **argv)
{
    const char *since = NULL, *until = NULL, *rules = NULL, *number = NULL;
    const struct hs_option options[] = {
        {"since", "TIME",
         "from when: 7d, 12h, 2w ago, or a time; 7d when left out", NULL,
         &since},
        {"until", "TIME", "up to when; now when left out", NULL, &until},
        {"rules", "FILE", "decide with FILE in place of forwarding.lua", NULL,
         &rules},
        {"number", "NUMBER", "only calls to this number of ours", NULL,
         &number},
    };
    struct hs_usage usage = about;
    struct hs_arguments args;
    int code;

    usage.options = options;
    usage.count = 4;
    code = hs_options_read(&usage, argc, argv, &args);
    return code == HS_GO_ON ? run(&usage, &args, rules) : code;
}
