/* leaks.c: `hookswitch leaks`: calls that a mobile's own mailbox took. */
#include "commands/commands.h"
#include "commands/lua_command.h"

static const struct hs_usage about = {
    .command = "leaks",
    .text = "Lists, for each phone that calls are forwarded to, how many of "
            "the calls it picked up\nwere probably taken by its own mailbox: "
            "nobody pressed 1, or the talk was over within\nseconds.",
    .json = 1,
};

int hs_cmd_leaks(int argc, char **argv)
{
    const char *since = NULL, *seconds = NULL, *user = NULL;
    const struct hs_option options[] = {
        {"since", "TIME", "7d, 24h or a date (default: 30d)", NULL, &since},
        {"seconds", "N", "a talk shorter than this counts (default 8)", NULL,
         &seconds},
        {"user", "NAME", "only calls of this account or user", NULL, &user},
    };

    return hs_lua_verb(&about, options, sizeof options / sizeof options[0],
                       "commands.leaks", argc, argv);
}
