/* config.c: `hookswitch config`: the settings in force, one of them, or the
 * defaults as the file app.conf. */
#include "base/config/config.h"

#include <stdio.h>

#include "commands/commands.h"
#include "commands/options.h"

static const struct hs_usage about = {
    .command = "config",
    .operands = "[KEY]",
    .text = "Prints the settings in force and where each was set, or the value "
            "of one KEY.\nSecrets are printed as set or unset.",
    .json = 1,
    .operands_max = 1,
};

static int print_one(const struct hs_config *config,
                     const struct hs_arguments *args)
{
    const char *key = args->operands[0];
    const char *near = hs_config_near(key);
    struct hs_error err;

    if (hs_config_print_key(config, key, args->json, stdout) == 0)
        return HS_EXIT_OK;
    hs_error_set(&err, "unknown_setting", "unknown setting %.60s%s%s%s", key,
                 near ? "; did you mean " : "", near ? near : "",
                 near ? "?" : "");
    (void)hs_command_failed(&about, args, &err);
    return HS_EXIT_USAGE;
}

int hs_cmd_config(int argc, char **argv)
{
    int defaults = 0;
    const struct hs_option options[] = {
        {"defaults", NULL, "print app.conf: every setting at its default",
         &defaults, NULL},
    };
    struct hs_usage usage = about;
    struct hs_arguments args;
    struct hs_config *config;
    int code;

    usage.options = options;
    usage.count = 1;
    code = hs_options_read(&usage, argc, argv, &args);
    if (code != HS_GO_ON)
        return code;
    if (defaults) {
        hs_config_print_defaults(stdout);
        return HS_EXIT_OK;
    }
    config = hs_command_config(&usage, &args);
    if (!config)
        return HS_EXIT_FAILED;
    code = HS_EXIT_OK;
    if (args.operand_count > 0)
        code = print_one(config, &args);
    else
        hs_config_print(config, args.json, stdout);
    hs_config_free(config);
    return code;
}
