/* override.c: `hookswitch override`: "all calls to X until 15:00". */
#include <stdio.h>
#include <string.h>

#include "commands/commands.h"
#include "commands/lua_command.h"

static const struct hs_usage about = {
    .command = "override",
    .operands = "add | list | end ID",
    .text = "Sends all calls somewhere until a moment, whatever rules and "
            "settings say. It ends by\nitself, and the trace of a call shows "
            "it:\n\n"
            "  hookswitch override add --to +13035550142 --until 15:00\n\n"
            "A time is one of the number's time zone, else of the setting "
            "timezone: 15:00 (the next\ntime that clocks show it), 3pm, 90m, "
            "2d, 2026-11-26, \"2026-11-26 15:00\".",
    .json = 1,
    .operands_min = 1,
    .operands_max = 2,
};

/* Whether what was asked for is one of the actions. */
static int is_action(const struct hs_arguments *args)
{
    const char *action = args->operands[0];

    if (strcmp(action, "end") == 0)
        return args->operand_count == 2;
    return args->operand_count == 1 &&
           (strcmp(action, "add") == 0 || strcmp(action, "list") == 0);
}

static int run(const struct hs_usage *usage, const struct hs_arguments *args)
{
    const struct hs_lua_fact facts[] = {
        {"action", args->operands[0]},
        {"id", args->operand_count > 1 ? args->operands[1] : NULL},
        {NULL, NULL}};

    return hs_lua_action(usage, args, "commands.override", facts);
}

int hs_cmd_override(int argc, char **argv)
{
    const char *to = NULL, *until = NULL, *start = NULL, *number = NULL;
    const char *seconds = NULL, *note = NULL, *user = NULL;
    const struct hs_option options[] = {
        {"to", "+1...", "add: the phone that rings", NULL, &to},
        {"until", "TIME", "add: when it ends", NULL, &until},
        {"start", "TIME", "add: when it begins (default: now)", NULL, &start},
        {"number", "+1...", "calls to this number only", NULL, &number},
        {"user", "NAME",
         "whose calls: an account's name or a user's id; not needed when one "
         "user owns all numbers",
         NULL, &user},
        {"seconds", "N", "add: how long it rings (default 25)", NULL, &seconds},
        {"note", "TEXT", "add: why, for the list", NULL, &note},
    };
    struct hs_usage usage = about;
    struct hs_arguments args;
    int code;

    usage.options = options;
    usage.count = sizeof options / sizeof options[0];
    code = hs_options_read(&usage, argc, argv, &args);
    if (code != HS_GO_ON)
        return code;
    if (is_action(&args))
        return run(&usage, &args);
    (void)fprintf(stderr, "hookswitch override: it is `override add --to "
                          "NUMBER --until TIME`, `override list` or `override "
                          "end ID`\n");
    return HS_EXIT_USAGE;
}
