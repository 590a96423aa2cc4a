/* backup.c: `hookswitch backup FILE`, `hookswitch restore FILE` and `hookswitch
 * copy FROM TO`. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/config/database_name.h"
#include "commands/commands.h"
#include "store/engine/copy.h"
#include "store/store.h"

static char rows[] = "rows", pages[] = "pages";

/* `ctx` is what is counted. */
static void show_progress(void *ctx, int done, int total)
{
    (void)fprintf(stderr, "\r%d of %d %s%s", done, total, (const char *)ctx,
                  done == total ? "\n" : "");
}

static void (*progress(void))(void *, int, int)
{
    return isatty(STDERR_FILENO) ? show_progress : NULL;
}

static int report(const struct hs_arguments *args, const char *what,
                  const char *file)
{
    struct hs_buf text = {0};

    if (!args->json) {
        (void)printf("%s %s\n", what, file);
    } else if (hs_buf_printf(&text, "{\"ok\":true,\"file\":") == 0 &&
               hs_buf_add_json(&text, file, strlen(file)) == 0) {
        (void)printf("%s}\n", text.data);
    }
    hs_buf_free(&text);
    return HS_EXIT_OK;
}

static int is_file(const char *operand, struct hs_error *err)
{
    if (!hs_database_is_address(operand))
        return 1;
    hs_error_set(err, "open",
                 "FILE isn't a file: to copy from or to "
                 "PostgreSQL, use `hookswitch copy FROM TO`");
    return 0;
}

int hs_run_backup(const struct hs_arguments *args, struct hs_config *config)
{
    char *unit = hs_database_is_url(config->database) ? rows : pages;
    struct hs_error err = {0};

    if (!is_file(args->operands[0], &err) ||
        hs_backup(config->database, args->operands[0], progress(), unit,
                  &err) != 0)
        return hs_command_failed(args, &err);
    return report(args, "Wrote", args->operands[0]);
}

int hs_run_restore(const struct hs_arguments *args, struct hs_config *config)
{
    struct hs_error err = {0};

    if (!is_file(args->operands[0], &err) ||
        hs_restore(args->operands[0], config->database, &err) != 0)
        return hs_command_failed(args, &err);
    return report(args, "Restored", config->database);
}

int hs_run_copy(const struct hs_arguments *args, struct hs_config *config)
{
    struct hs_copy copy = {.from = args->operands[0],
                           .to = args->operands[1],
                           .progress = progress(),
                           .ctx = rows};
    char from[HS_DATABASE_SHOWN], to[HS_DATABASE_SHOWN];
    struct hs_error err = {0};

    (void)config;
    hs_database_shown(copy.from, from);
    hs_database_shown(copy.to, to);
    if (hs_copy(&copy, &err) != 0)
        return hs_command_failed(args, &err);
    if (args->json)
        (void)printf("{\"ok\":true,\"tables\":%d,\"rows\":%lld}\n", copy.tables,
                     (long long)copy.rows);
    else
        (void)printf("Copied %lld rows of %d tables from %s to %s\n",
                     (long long)copy.rows, copy.tables, from, to);
    return HS_EXIT_OK;
}
