/* maintain.c: `hookswitch maintain`: what the server does by itself, from cron.
 */
#include "commands/commands.h"
#include "commands/lua_command.h"

static const struct hs_usage about = {
    .command = "maintain",
    .text = "Looks up purchases whose answer was lost, asks Twilio for the "
            "prices of calls,\ndeletes recordings past their days "
            "(recording_days), here and at Twilio, and sends\nthe texts that "
            "rules have for missed callers. `serve` does it by itself unless\n"
            "maintenance_seconds is 0.",
    .json = 1,
};

int hs_cmd_maintain(int argc, char **argv)
{
    struct hs_arguments args;
    struct hs_config *config;
    int code = hs_options_read(&about, argc, argv, &args);

    if (code != HS_GO_ON)
        return code;
    config = hs_command_config(&about, &args);
    if (!config)
        return HS_EXIT_FAILED;
    code = hs_lua_command(&about, &args, config, "commands.maintain", NULL);
    hs_config_free(config);
    return code;
}
