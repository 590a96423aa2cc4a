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

    return hs_lua_verb(&about, options, sizeof options / sizeof options[0],
                       "commands.coverage", argc, argv);
}
