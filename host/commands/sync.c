/* sync.c: `hookswitch sync`: our numbers and Twilio's, compared. */
#include "commands/commands.h"
#include "commands/lua_command.h"

static const struct hs_usage about = {
    .command = "sync",
    .text = "Compares our numbers with those of the Twilio account, in both "
            "directions: settles\npurchases whose answer was lost, marks as "
            "released what the account does not own any\nmore, and takes over "
            "names. Numbers of the account that nobody here owns are listed;\n"
            "--adopt gives them to a user.",
    .json = 1,
};

int hs_cmd_sync(int argc, char **argv)
{
    int dry_run = 0, force = 0;
    const char *user = NULL;
    const struct hs_option options[] = {
        {"dry-run", NULL, "say what would be changed, and change nothing",
         &dry_run, NULL},
        {"adopt", "USER", "numbers that nobody here owns become this user's",
         NULL, &user},
        {"force", NULL,
         "release ours even when the account has none of them left", &force,
         NULL},
    };

    return hs_lua_verb(&about, options, sizeof options / sizeof options[0],
                       "commands.sync", argc, argv);
}
