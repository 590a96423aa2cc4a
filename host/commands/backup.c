/* backup.c: `hookswitch backup FILE` and `hookswitch restore FILE`. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "commands/commands.h"
#include "commands/options.h"
#include "store/store.h"

static const struct hs_usage backup_usage = {
    .command = "backup",
    .operands = "FILE",
    .text = "Copies the database to FILE, which must not exist yet. The server "
            "may go on meanwhile:\nthe copy is of one moment, checked, and one "
            "plain file.",
    .json = 1,
    .operands_min = 1,
    .operands_max = 1,
};

static const struct hs_usage restore_usage = {
    .command = "restore",
    .operands = "FILE",
    .text = "Puts the copy FILE in the place of the database. Refused while a "
            "server uses it, and\nfor a damaged file or one of a newer "
            "version. The database that was there is kept\nbeside it, as "
            "NAME.before-restore.",
    .json = 1,
    .operands_min = 1,
    .operands_max = 1,
};

static void show_progress(void *ctx, int done, int total)
{
    (void)ctx;
    (void)fprintf(stderr, "\r%d of %d pages%s", done, total,
                  done == total ? "\n" : "");
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

int hs_cmd_backup(int argc, char **argv)
{
    struct hs_arguments args;
    struct hs_config *config;
    struct hs_error err = {0};
    int code = hs_options_read(&backup_usage, argc, argv, &args);
    int failed;

    if (code != HS_GO_ON)
        return code;
    config = hs_command_config(&backup_usage, &args);
    if (!config)
        return HS_EXIT_FAILED;
    failed = hs_backup(config->database, args.operands[0],
                       isatty(STDERR_FILENO) ? show_progress : NULL, NULL,
                       &err) != 0;
    hs_config_free(config);
    if (failed)
        return hs_command_failed(&backup_usage, &args, &err);
    return report(&args, "wrote", args.operands[0]);
}

int hs_cmd_restore(int argc, char **argv)
{
    struct hs_arguments args;
    struct hs_config *config;
    struct hs_error err = {0};
    int code = hs_command_start(&restore_usage, argc, argv, &args, &config);

    if (code != HS_GO_ON)
        return code;
    if (hs_restore(args.operands[0], config->database, &err) != 0)
        code = hs_command_failed(&restore_usage, &args, &err);
    else
        code = report(&args, "restored", config->database);
    hs_config_free(config);
    return code;
}
