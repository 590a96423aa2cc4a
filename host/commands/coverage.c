/* coverage.c: `hookswitch coverage`: who rings in the days to come. */
#include "commands/commands.h"
#include "commands/lua_command.h"

static const struct hs_usage about = {
    .command = "coverage",
    .text = "Shows who rings, every 15 minutes of the days to come, for each "
            "number and class of\ncaller, as a calendar. Marks when only a "
            "message can be left, when nobody is reached\nat all, and nights "
            "in which the clocks change.",
    .json = 1,
};

int hs_cmd_coverage(int argc, char **argv)
{
    const char *number = NULL, *days = NULL;
    int offline = 0;
    const struct hs_option options[] = {
        {"number", "NUMBER", "only this number of ours", NULL, &number},
        {"days", "DAYS", "how many days, 14 when left out", NULL, &days},
        {"offline", NULL, "as if nobody's browser were online", &offline, NULL},
    };
    struct hs_usage usage = about;
    struct hs_arguments args;
    struct hs_config *config;
    int code;

    usage.options = options;
    usage.count = 3;
    code = hs_options_read(&usage, argc, argv, &args);
    if (code != HS_GO_ON)
        return code;
    config = hs_command_config(&usage, &args);
    if (!config)
        return HS_EXIT_FAILED;
    code = hs_lua_command(&usage, &args, config, "commands.coverage", NULL);
    hs_config_free(config);
    return code;
}
