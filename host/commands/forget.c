/* forget.c: `hookswitch forget NUMBER`: a caller's erasure. */
#include "commands/commands.h"
#include "commands/lua_command.h"

static const struct hs_usage about = {
    .command = "forget",
    .operands = "NUMBER",
    .operand = "phone",
    .text = "Deletes everything known of a caller: calls with their legs, "
            "decisions and\ntranscripts, recordings (at Twilio, too), contact, "
            "missed calls and alerts. Where\nthe number stands in something "
            "else, such as an old rule file, it is crossed out.\nNothing of it "
            "stays in the database's files. Backups, logs and Twilio's own "
            "call\nrecords are yours to look after. It works while the server "
            "runs.",
    .json = 1,
    .operands_min = 1,
    .operands_max = 1,
};

int hs_cmd_forget(int argc, char **argv)
{
    return hs_lua_verb(&about, NULL, 0, "commands.forget", argc, argv);
}
