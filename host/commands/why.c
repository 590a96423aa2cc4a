/* why.c: `hookswitch why CALLSID`: a past call and its reasons. */
#include "commands/commands.h"
#include "commands/lua_command.h"

static const struct hs_usage about = {
    .command = "why",
    .operands = "CALLSID",
    .operand = "sid",
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
    return hs_lua_verb(&about, NULL, 0, "commands.why", argc, argv);
}
