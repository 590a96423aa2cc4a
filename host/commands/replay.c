/* replay.c: `hookswitch replay` and `simulate`: what the current rules, or
 * another file's, do with calls. */
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "commands/commands.h"
#include "commands/lua_command.h"
#include "lib/files/folder.h"

/* The text of the file that --rules names, or NULL when it wasn't given. 0; -1
 * after reporting why it can't be read. */
static int read_rules(const struct hs_arguments *args, char **text)
{
    const char *path = hs_option(args, "rules");
    struct hs_error err = {0};
    size_t len = 0;

    *text = path ? hs_file_read(path, HS_FOLDER_FILE_BYTES, &len, &err) : NULL;
    if (*text && strlen(*text) != len) {
        hs_error_set(&err, "file", "%s is not a text", path);
        free(*text);
        *text = NULL;
    }
    if (!path || *text)
        return 0;
    (void)hs_command_failed(args, &err);
    return -1;
}

int hs_run_replay(const struct hs_arguments *args, struct hs_config *config)
{
    struct hs_lua_fact facts[] = {{"source", NULL},
                                  {"source_name", hs_option(args, "rules")},
                                  {NULL, NULL}};
    char *rules;
    int code;

    if (read_rules(args, &rules) != 0)
        return HS_EXIT_FAILED;
    facts[0].text = rules;
    code = hs_lua_command(args, config, facts);
    free(rules);
    return code;
}

/* Nothing is written: no row, no key, no new database. */
int hs_run_simulate(const struct hs_arguments *args, struct hs_config *config)
{
    const char *file = hs_option(args, "rules");
    struct hs_buf given = {0};
    char *rules;
    int code = HS_EXIT_FAILED;

    if (read_rules(args, &rules) != 0)
        return HS_EXIT_FAILED;
    if (hs_buf_printf(&given, "[%s]",
                      args->given.len ? args->given.data : "") == 0)
        code = hs_lua_command_read_only(
            args, config,
            (const struct hs_lua_fact[]){
                {"given", given.data}, {"source_name", file}, {NULL, NULL}},
            &(struct hs_tried_rules){.text = rules, .file = file});
    hs_buf_free(&given);
    free(rules);
    return code;
}
