/* why.c: `hookswitch why CALLSID`: a past call and its reasons. */
#include "commands/commands.h"
#include "commands/lua_command.h"

static const struct hs_usage about = {
    .command = "why",
    .operands = "CALLSID",
    .text = "Tells of one call which rule decided, on which line, from which "
            "values, which rules\nbefore it did not hold, and what happened "
            "moment by moment. CALLSID is the call's id\nin the log, or that "
            "of one of its legs.",
    .json = 1,
    .operands_min = 1,
    .operands_max = 1,
};

int hs_cmd_why(int argc, char **argv)
{
    struct hs_lua_fact facts[] = {{"sid", NULL}, {NULL, NULL}};
    struct hs_arguments args;
    struct hs_config *config;
    int code = hs_command_start(&about, argc, argv, &args, &config);

    if (code != HS_GO_ON)
        return code;
    facts[0].text = args.operands[0];
    code = hs_lua_command(&about, &args, config, "commands.why", facts);
    hs_config_free(config);
    return code;
}
