/* maintain.c: `hookswitch maintain`: what the server does by itself, from cron.
 */
#include "commands/commands.h"
#include "commands/lua_command.h"

static const struct hs_usage about = {
    .command = "maintain",
    .text = "Looks up calls whose reports were lost and purchases whose "
            "answer was lost, asks\nTwilio for the prices of calls, deletes "
            "recordings past their days\n(recording_days), here and at Twilio, "
            "and sends the texts that rules have for\nmissed callers. `serve` "
            "does it by itself unless maintenance_seconds is 0.",
    .json = 1,
};

int hs_cmd_maintain(int argc, char **argv)
{
    return hs_lua_verb(&about, NULL, 0, "commands.maintain", argc, argv);
}
