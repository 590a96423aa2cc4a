/* user.c: `hookswitch user`: local accounts. */
#include <stdio.h>
#include <string.h>

#include "commands/commands.h"
#include "commands/lua_command.h"
#include "commands/prompt.h"

static const struct hs_usage about = {
    .command = "user",
    .operands = "add NAME | list | passwd NAME | remove NAME",
    .text = "Local accounts, for teams without an application of their own to "
            "log in to. The\npassword is asked for, or read from the first "
            "line of standard input. A new\npassword ends the account's "
            "logins. `remove` leaves numbers and calls as they are.",
    .json = 1,
    .operands_min = 1,
    .operands_max = 2,
};

static const struct {
    const char *name;
    int takes_name, takes_password;
} actions[] = {
    {"add", 1, 1}, {"list", 0, 0}, {"passwd", 1, 1}, {"remove", 1, 0}};
#define ACTIONS (sizeof actions / sizeof actions[0])

/* The action that was asked for, or ACTIONS. */
static size_t find_action(const struct hs_arguments *args)
{
    for (size_t i = 0; i < ACTIONS; i++) {
        if (strcmp(actions[i].name, args->operands[0]) == 0 &&
            args->operand_count == 1 + actions[i].takes_name)
            return i;
    }
    return ACTIONS;
}

static int run(const struct hs_usage *usage, const struct hs_arguments *args,
               size_t action)
{
    char password[HS_PASSWORD_SIZE] = "";
    struct hs_lua_fact facts[] = {
        {"action", actions[action].name},
        {"name", actions[action].takes_name ? args->operands[1] : NULL},
        {"password", actions[action].takes_password ? password : NULL},
        {NULL, NULL}};
    struct hs_config *config = hs_command_config(usage, args);
    struct hs_error err = {0};
    int code;

    if (!config)
        return HS_EXIT_FAILED;
    if (actions[action].takes_password &&
        hs_prompt_password(password, &err) != 0)
        code = hs_command_failed(usage, args, &err);
    else
        code = hs_lua_command(usage, args, config, "commands.user", facts);
    explicit_bzero(password, sizeof password);
    hs_config_free(config);
    return code;
}

int hs_cmd_user(int argc, char **argv)
{
    const char *id = NULL;
    const struct hs_option options[] = {
        {"id", "ID",
         "add: the id of a user of another application, whose numbers and "
         "calls this is to be",
         NULL, &id},
    };
    struct hs_usage usage = about;
    struct hs_arguments args;
    size_t action;
    int code;

    usage.options = options;
    usage.count = 1;
    code = hs_options_read(&usage, argc, argv, &args);
    if (code != HS_GO_ON)
        return code;
    action = find_action(&args);
    if (action < ACTIONS)
        return run(&usage, &args, action);
    (void)fprintf(stderr,
                  "hookswitch user: it is `user add NAME`, `user list`, `user "
                  "passwd NAME` or `user remove NAME`\n");
    return HS_EXIT_USAGE;
}
