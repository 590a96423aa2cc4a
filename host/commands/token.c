/* token.c: `hookswitch token`: a token for trying the API. */
#include "commands/commands.h"
#include "commands/lua_command.h"

static const struct hs_usage about = {
    .command = "token",
    .operands = "USER",
    .operand = "user",
    .text = "Prints a token for the API: Authorization: Bearer ... USER is the "
            "name of a local\naccount, or any user's id. It is signed with "
            "JWT_SECRET as the tokens of the host\napplication are; without "
            "one, with this installation's own key.",
    .json = 1,
    .operands_min = 1,
    .operands_max = 1,
};

int hs_cmd_token(int argc, char **argv)
{
    const char *ttl = NULL;
    const struct hs_option options[] = {
        {"ttl", "SECONDS", "how long it is good (default 3600)", NULL, &ttl},
    };

    return hs_lua_verb(&about, options, 1, "commands.token", argc, argv);
}
