/* config.c: `hookswitch config`: the settings in force, one of them, or the
 * defaults as the file app.conf. */
#include "base/config/config.h"

#include <stdio.h>

#include "commands/commands.h"

static int print_one(const struct hs_config *config,
                     const struct hs_arguments *args)
{
    const char *key = args->operands[0];
    const char *near = hs_setting_near(key);
    struct hs_error err;

    if (hs_config_print_key(config, key, args->json, stdout) == 0)
        return HS_EXIT_OK;
    hs_error_set(&err, "unknown_setting", "unknown setting %.60s%s%s%s", key,
                 near ? "; did you mean " : "", near ? near : "",
                 near ? "?" : "");
    (void)hs_command_failed(args, &err);
    return HS_EXIT_USAGE;
}

/* The defaults don't depend on app.conf, which may be broken. */
int hs_run_config(const struct hs_arguments *args, struct hs_config *config)
{
    int code = HS_EXIT_OK;

    if (hs_option(args, "defaults")) {
        hs_config_print_defaults(stdout);
        return HS_EXIT_OK;
    }
    config = hs_command_config(args);
    if (!config)
        return HS_EXIT_FAILED;
    if (args->operand_count > 0)
        code = print_one(config, args);
    else
        hs_config_print(config, args->json, stdout);
    hs_config_free(config);
    return code;
}
