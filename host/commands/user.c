/* user.c: `hookswitch user` and `pin`: what asks for a secret. */
#include <string.h>

#include "commands/commands.h"
#include "commands/lua_command.h"
#include "commands/prompt.h"

int hs_run_user(const struct hs_arguments *args, struct hs_config *config)
{
    int has_password =
        strcmp(args->action, "add") == 0 || strcmp(args->action, "passwd") == 0;
    char password[HS_PASSWORD_SIZE] = "";
    const struct hs_lua_fact facts[] = {
        {"password", has_password ? password : NULL}, {NULL, NULL}};
    struct hs_error err = {0};
    int code;

    if (has_password && hs_prompt_password(password, "password", &err) != 0)
        code = hs_command_failed(args, &err);
    else
        code = hs_lua_command(args, config, facts);
    explicit_bzero(password, sizeof password);
    return code;
}

int hs_run_pin(const struct hs_arguments *args, struct hs_config *config)
{
    char pin[HS_PASSWORD_SIZE] = "";
    const struct hs_lua_fact facts[] = {{"pin", pin}, {NULL, NULL}};
    struct hs_error err = {0};
    int code;

    if (hs_prompt_password(pin, "PIN", &err) != 0)
        code = hs_command_failed(args, &err);
    else
        code = hs_lua_command(args, config, facts);
    explicit_bzero(pin, sizeof pin);
    return code;
}
