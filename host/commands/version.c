/* version.c: `hookswitch version`. */
#include "base/version.h"

#include <stdio.h>

#include "commands/commands.h"
#include "commands/options.h"

static const struct hs_usage usage = {
    .command = "version",
    .text = "Prints the version of the program.",
    .json = 1,
};

int hs_cmd_version(int argc, char **argv)
{
    struct hs_arguments args;
    int code = hs_options_read(&usage, argc, argv, &args);

    if (code != HS_GO_ON)
        return code;
    (void)printf(args.json ? "{\"version\":\"%s\"}\n" : "hookswitch %s\n",
                 HS_VERSION);
    return HS_EXIT_OK;
}
