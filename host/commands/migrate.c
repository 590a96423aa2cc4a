/* migrate.c: `hookswitch migrate`: bring the database up to date. */
#include <stdio.h>

#include "commands/commands.h"
#include "commands/options.h"
#include "store/schema.h"
#include "store/store.h"

static const struct hs_usage about = {
    .command = "migrate",
    .text = "Creates the database, or brings it up to the schema of this "
            "version. Running it\nagain changes nothing. `serve` does it by "
            "itself. A database of a newer version\nis refused.",
    .json = 1,
};

/* Files are applied in their order and none is left out: what was applied now
 * is the end of the list. */
static void print_applied(unsigned applied, int dry_run)
{
    unsigned first = hs_schema_count - applied;

    for (unsigned i = first; i < hs_schema_count; i++)
        (void)printf("%s %s\n", dry_run ? "would apply" : "applied",
                     hs_schema_files[i].name);
    if (applied == 0)
        (void)printf("nothing to do: %u files are applied\n", hs_schema_count);
}

static void print_applied_json(unsigned applied, int dry_run)
{
    unsigned first = hs_schema_count - applied;

    (void)printf("{\"dry_run\":%s,\"applied\":[", dry_run ? "true" : "false");
    for (unsigned i = first; i < hs_schema_count; i++)
        (void)printf("%s\"%s\"", i > first ? "," : "", hs_schema_files[i].name);
    (void)printf("]}\n");
}

int hs_cmd_migrate(int argc, char **argv)
{
    int dry_run = 0, applied = 0;
    const struct hs_option options[] = {
        {"dry-run", NULL, "try it, and undo everything at the end", &dry_run,
         NULL},
    };
    struct hs_usage usage = about;
    struct hs_arguments args;
    struct hs_config *config;
    struct hs_error err = {0};
    int code;

    usage.options = options;
    usage.count = 1;
    code = hs_command_start(&usage, argc, argv, &args, &config);
    if (code != HS_GO_ON)
        return code;
    code = hs_migrate(config->database, dry_run, &applied, &err);
    hs_config_free(config);
    if (code != 0)
        return hs_command_failed(&usage, &args, &err);
    if (args.json)
        print_applied_json((unsigned)applied, dry_run);
    else
        print_applied((unsigned)applied, dry_run);
    return HS_EXIT_OK;
}
