/* missed.c: `hookswitch missed`: callers to get back to. */
#include <stdio.h>
#include <string.h>

#include "commands/commands.h"
#include "commands/lua_command.h"

static const struct hs_usage about = {
    .command = "missed",
    .operands = "[list | dismiss ID | reopen ID]",
    .text = "Lists callers to get back to, who called last first. A caller is "
            "there until somebody\nhas talked to that number, in either "
            "direction, or dismisses it. Who shows no number or\nis blocked "
            "is not listed.",
    .json = 1,
    .operands_max = 2,
};

static const char *action_of(const struct hs_arguments *args)
{
    if (args->operand_count == 0)
        return "list";
    if (args->operand_count == 1)
        return strcmp(args->operands[0], "list") == 0 ? "list" : NULL;
    if (strcmp(args->operands[0], "dismiss") == 0 ||
        strcmp(args->operands[0], "reopen") == 0)
        return args->operands[0];
    return NULL;
}

static int run(const struct hs_usage *usage, const struct hs_arguments *args,
               const char *action)
{
    const struct hs_lua_fact facts[] = {
        {"action", action},
        {"id", args->operand_count > 1 ? args->operands[1] : NULL},
        {NULL, NULL}};

    return hs_lua_action(usage, args, "commands.missed", facts);
}

int hs_cmd_missed(int argc, char **argv)
{
    const char *user = NULL, *limit = NULL;
    int closed = 0;
    const struct hs_option options[] = {
        {"closed", NULL, "list those that are done instead", &closed, NULL},
        {"user", "NAME", "only callers of this account or user", NULL, &user},
        {"limit", "N", "at most so many (default 100)", NULL, &limit},
    };
    struct hs_usage usage = about;
    struct hs_arguments args;
    const char *action;
    int code;

    usage.options = options;
    usage.count = sizeof options / sizeof options[0];
    code = hs_options_read(&usage, argc, argv, &args);
    if (code != HS_GO_ON)
        return code;
    action = action_of(&args);
    if (action)
        return run(&usage, &args, action);
    (void)fprintf(stderr, "hookswitch missed: it is `missed`, `missed dismiss "
                          "ID` or `missed reopen ID`\n");
    return HS_EXIT_USAGE;
}
