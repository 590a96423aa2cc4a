/* rules.c: `hookswitch rules`: the versions of the rule file. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "commands/commands.h"
#include "commands/lua_command.h"
#include "lib/author.h"

static const struct hs_usage about = {
    .command = "rules",
    .operands = "log | about [ID] | show [ID] | diff [ID [AGAINST]] | "
                "restore ID | accept",
    .text = "Every version of the Lua files that ever answered calls. `show` "
            "prints forwarding.lua\nof one, `diff` what it changed, or what "
            "stands on disk and does not answer.\n`restore` puts the team's "
            "files of a version back, when they pass every check; a\nserver "
            "that runs uses them at once. `about` says who made a version, what "
            "it was checked\nwith, and what it changed for real calls. "
            "`accept` makes files live that wait for\nit (rules_confirm). In place of an ID, --at names the "
            "version\nthat was live at a time.",
    .json = 1,
    .operands_min = 1,
    .operands_max = 3,
};

static const struct {
    const char *name;
    int ids_min, ids_max;
} actions[] = {
    {"log", 0, 0},     {"about", 0, 1}, {"show", 0, 1}, {"diff", 0, 2},
    {"restore", 1, 1}, {"accept", 0, 0}};
#define ACTIONS (sizeof actions / sizeof actions[0])

static int is_id(const char *text)
{
    size_t len = strlen(text);

    return len > 0 && len < 16 && strspn(text, "0123456789") == len;
}

/* The action that was asked for, or ACTIONS; --at stands for an ID. */
static size_t find_action(const struct hs_arguments *args, int has_time)
{
    int ids = args->operand_count - 1;

    for (int i = 1; i <= ids; i++) {
        if (!is_id(args->operands[i]))
            return ACTIONS;
    }
    for (size_t i = 0; i < ACTIONS; i++) {
        if (strcmp(actions[i].name, args->operands[0]) == 0 &&
            ids + has_time >= actions[i].ids_min &&
            ids + has_time <= actions[i].ids_max)
            return i;
    }
    return ACTIONS;
}

int hs_cmd_rules(int argc, char **argv)
{
    const char *at = NULL, *file = NULL, *limit = NULL, *note = NULL;
    int accept = 0;
    const struct hs_option options[] = {
        {"at", "TIME",
         "about, show, diff, restore: the version live then, such as \"2026-11-22 "
         "17:30\"",
         NULL, &at},
        {"file", "NAME", "show: this file in place of forwarding.lua", NULL,
         &file},
        {"limit", "N", "log: so many, 20 unless it says otherwise", NULL,
         &limit},
        {"accept", NULL,
         "restore: agree to what it changes for real calls, where "
         "rules_confirm asks",
         &accept, NULL},
        {"note", "TEXT", "restore, accept: why, kept with the version", NULL,
         &note},
    };
    struct hs_usage usage = about;
    struct hs_arguments args;
    struct hs_config *config;
    struct hs_author me;
    size_t action;
    int code;

    usage.options = options;
    usage.count = sizeof options / sizeof options[0];
    code = hs_options_read(&usage, argc, argv, &args);
    if (code != HS_GO_ON)
        return code;
    action = find_action(&args, at != NULL);
    if (action == ACTIONS || (limit && !is_id(limit))) {
        (void)fprintf(stderr,
                      "hookswitch rules: it is `rules %s`, with the "
                      "numbers that `rules log` shows\n",
                      about.operands);
        return HS_EXIT_USAGE;
    }
    config = hs_command_config(&usage, &args);
    if (!config)
        return HS_EXIT_FAILED;
    hs_author_user(getuid(), &me);
    code = hs_lua_command(
        &usage, &args, config, "commands.rules",
        (const struct hs_lua_fact[]){
            {"action", actions[action].name},
            {"me", me.name},
            {"id", args.operand_count > 1 ? args.operands[1] : NULL},
            {"against", args.operand_count > 2 ? args.operands[2] : NULL},
            {NULL, NULL}});
    hs_config_free(config);
    return code;
}
