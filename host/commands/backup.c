/* backup.c: `hookswitch backup FILE` and `hookswitch restore FILE`. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "commands/commands.h"
#include "store/store.h"

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

int hs_run_backup(const struct hs_arguments *args, struct hs_config *config)
{
    struct hs_error err = {0};

    if (hs_backup(config->database, args->operands[0],
                  isatty(STDERR_FILENO) ? show_progress : NULL, NULL,
                  &err) != 0)
        return hs_command_failed(args, &err);
    return report(args, "wrote", args->operands[0]);
}

int hs_run_restore(const struct hs_arguments *args, struct hs_config *config)
{
    struct hs_error err = {0};

    if (hs_restore(args->operands[0], config->database, &err) != 0)
        return hs_command_failed(args, &err);
    return report(args, "restored", config->database);
}
