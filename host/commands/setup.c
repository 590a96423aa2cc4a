/* setup.c: `hookswitch setup`: what Twilio has to know of this server. */
#include "commands/commands.h"
#include "commands/lua_command.h"

static const struct hs_usage about = {
    .command = "setup",
    .text = "Creates the TwiML App that browsers call through, or brings it up "
            "to date, and points\nour numbers at SERVER_URL: voice, fallback "
            "and status callback. Says what it changed\nand what to put into "
            ".env. Running it again changes nothing.",
    .json = 1,
};

int hs_cmd_setup(int argc, char **argv)
{
    int dry_run = 0, take_over = 0;
    const struct hs_option options[] = {
        {"dry-run", NULL, "say what would be changed, and change nothing",
         &dry_run, NULL},
        {"take-over", NULL,
         "also numbers that another application or a trunk answers", &take_over,
         NULL},
    };

    return hs_lua_verb(&about, options, sizeof options / sizeof options[0],
                       "commands.setup", argc, argv);
}
