/* migrate.c: `hookswitch migrate`: bring the database up to date. */
#include <stdio.h>

#include "commands/commands.h"
#include "store/engine/schema.h"
#include "store/store.h"

/* Files are applied in order without gaps, so the ones just applied are the end
 * of the list. */
static void print_applied(unsigned applied, int dry_run)
{
    unsigned first = hs_schema_count - applied;

    for (unsigned i = first; i < hs_schema_count; i++)
        (void)printf("%s %s\n", dry_run ? "Would apply" : "Applied",
                     hs_schema_files[i].name);
    if (applied == 0)
        (void)printf("Nothing to do: %u files are applied.\n", hs_schema_count);
}

static void print_applied_json(unsigned applied, int dry_run)
{
    unsigned first = hs_schema_count - applied;

    (void)printf("{\"dry_run\":%s,\"applied\":[", dry_run ? "true" : "false");
    for (unsigned i = first; i < hs_schema_count; i++)
        (void)printf("%s\"%s\"", i > first ? "," : "", hs_schema_files[i].name);
    (void)printf("]}\n");
}

int hs_run_migrate(const struct hs_arguments *args, struct hs_config *config)
{
    int dry_run = hs_option(args, "dry-run") != NULL, applied = 0;
    struct hs_error err = {0};

    if (hs_migrate(config->database, dry_run, &applied, &err) != 0)
        return hs_command_failed(args, &err);
    if (args->json)
        print_applied_json((unsigned)applied, dry_run);
    else
        print_applied((unsigned)applied, dry_run);
    return HS_EXIT_OK;
}
