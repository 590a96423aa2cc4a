/* commands.c: the one table of commands. */
#include "commands/commands.h"

#include <string.h>

#include "base/nearest.h"

const struct hs_command hs_commands[] = {
    {"serve", "answer Twilio's webhooks, the API and the console",
     hs_cmd_serve},
    {"check", "check settings, Lua code and the examples of the rules",
     hs_cmd_check},
    {"replay", "decide past calls once more: which would go elsewhere?",
     hs_cmd_replay},
    {"rules", "list, show, compare and restore versions of the rule file",
     hs_cmd_rules},
    {"coverage", "show who rings in the days to come, and when nobody does",
     hs_cmd_coverage},
    {"why", "tell of one call which rule decided, from what, and what happened",
     hs_cmd_why},
    {"simulate", "play one call: what the caller hears, and why",
     hs_cmd_simulate},
    {"migrate", "create the database or bring it up to date", hs_cmd_migrate},
    {"run", "run a Lua file with the bindings of the application", hs_cmd_run},
    {"setup", "point Twilio's TwiML App and our numbers at this server",
     hs_cmd_setup},
    {"doctor", "check everything that calls need, and say how to fix it",
     hs_cmd_doctor},
    {"sync", "compare our numbers with Twilio's, in both directions",
     hs_cmd_sync},
    {"maintain", "fetch prices, finish purchases, delete old recordings",
     hs_cmd_maintain},
    {"override", "send all calls somewhere until a moment", hs_cmd_override},
    {"forget", "delete all that is known of a caller", hs_cmd_forget},
    {"missed", "list callers to get back to", hs_cmd_missed},
    {"leaks", "list phones whose own mailbox takes calls", hs_cmd_leaks},
    {"backup", "copy the database to a file while it is in use", hs_cmd_backup},
    {"restore", "put such a copy in the place of the database", hs_cmd_restore},
    {"user", "make, list, change and remove local accounts", hs_cmd_user},
    {"token", "print a token for trying the API", hs_cmd_token},
    {"routes", "list what is answered over HTTP", hs_cmd_routes},
    {"config", "print the settings, or app.conf with --defaults",
     hs_cmd_config},
    {"version", "print the version", hs_cmd_version},
    {"help", "print this, or what one command takes", hs_cmd_help},
};
const size_t hs_command_count = sizeof hs_commands / sizeof hs_commands[0];

const struct hs_command *hs_command_find(const char *name)
{
    struct hs_nearest nearest = {0};

    for (size_t i = 0; i < hs_command_count; i++) {
        if (strcmp(hs_commands[i].name, name) == 0)
            return &hs_commands[i];
        hs_nearest_offer(&nearest, name, hs_commands[i].name);
    }
    (void)fprintf(stderr, "hookswitch: unknown command %s", name);
    if (nearest.name)
        (void)fprintf(stderr, "; did you mean %s?", nearest.name);
    (void)fputs("\n`hookswitch help` lists the commands.\n", stderr);
    return NULL;
}
