/* help.c: `hookswitch help [COMMAND]`. */
#include <stdio.h>

#include "commands/commands.h"
#include "commands/options.h"

static const struct hs_usage usage = {
    .command = "help",
    .operands = "[COMMAND]",
    .text = "Prints the list of commands, or what one of them takes.",
    .operands_max = 1,
};

void hs_help_print(FILE *out)
{
    (void)fputs("usage: hookswitch COMMAND [options]\n\n", out);
    for (size_t i = 0; i < hs_command_count; i++)
        (void)fprintf(out, "  %-10s %s\n", hs_commands[i].name,
                      hs_commands[i].summary);
    (void)fputs("\n`hookswitch COMMAND --help` tells what a command takes. It "
                "exits with 0, with 1\nwhen it failed, with 2 when it was "
                "called the wrong way.\n",
                out);
}

int hs_cmd_help(int argc, char **argv)
{
    struct hs_arguments args;
    int code = hs_options_read(&usage, argc, argv, &args);
    const struct hs_command *command;
    char option[] = "--help";
    char *help_argv[] = {NULL, option, NULL};

    if (code != HS_GO_ON)
        return code;
    if (args.operand_count == 0) {
        hs_help_print(stdout);
        return HS_EXIT_OK;
    }
    command = hs_command_find(args.operands[0]);
    if (!command)
        return HS_EXIT_USAGE;
    help_argv[0] = args.operands[0];
    return command->run(2, help_argv);
}
