/* options.h: how a command reads its arguments and reports what went wrong.
 *
 *     static const struct hs_usage about = {
 *         .command = "migrate", .text = "Brings the database up to date.",
 *         .json = 1,
 *     };
 *     ...
 *     int dry_run = 0;
 *     const struct hs_option options[] = {
 *         {"dry-run", NULL, "undo everything at the end", &dry_run, NULL},
 *     };
 *     struct hs_usage usage = about;
 *     struct hs_arguments args;
 *
 *     usage.options = options;
 *     usage.count = 1;
 *     code = hs_command_start(&usage, argc, argv, &args, &config);
 *     if (code != HS_GO_ON)
 *         return code;
 *
 * Every command takes --config FILE, --sandbox and --help; --json where `json`
 * is set. */
#ifndef HS_OPTIONS_H
#define HS_OPTIONS_H

#include <stddef.h>

#include "base/buf.h"
#include "base/config/config.h"
#include "base/err.h"

#define HS_GO_ON (-1)

/* One option: a switch when `argument` is NULL, which sets *flag to 1; else it
 * takes a value (`--name VALUE` or `--name=VALUE`), which goes to *value. */
struct hs_option {
    const char *name;     /* without the dashes */
    const char *argument; /* what the value is called in the help: "FILE" */
    const char *help;
    int *flag;
    const char **value;
};

/* An option that may be given several times, and whose place among its kind
 * matters. An argument in brackets, "[SECONDS]", is a number that may be left
 * out. */
struct hs_repeated {
    const char *name;
    const char *argument; /* NULL: it takes none */
    const char *help;
};

struct hs_usage {
    const char *command;
    const char *operands; /* "FILE.lua [ARGUMENT...]", or NULL for none */
    const char *operand;  /* what Lua calls the one (hs_lua_verb), or NULL */
    const char *text;     /* what it does; may hold several lines */
    const struct hs_option *options;
    size_t count;
    const struct hs_repeated *repeated;
    size_t repeated_count;
    struct hs_buf
        *given;       /* of these: "name", "value" or null, …, as JSON:
                       * [["busy",null],["lookup","a=1"]] without brackets */
    int json;         /* it has --json */
    int serves;       /* in the sandbox only when it is told so */
    int operands_min; /* how many operands it takes */
    int operands_max; /* -1 = any number; options end at the first operand */
};

struct hs_arguments {
    const char *config; /* NULL = app.conf of the working folder */
    int sandbox;        /* as if the configuration said sandbox = yes */
    int json;
    char **operands;
    int operand_count;
};

/* Read argv. HS_GO_ON when the command should run; otherwise the exit value:
 * 0 after --help, 2 after a mistake, which was reported on stderr. */
int hs_options_read(const struct hs_usage *usage, int argc, char **argv,
                    struct hs_arguments *out);
/* hs_config_load() and what it cannot check or choose itself: Twilio's region,
 * the sandbox, the time zone. NULL and `err`; otherwise free with
 * hs_config_free(). */
struct hs_config *hs_command_settings(const struct hs_arguments *args,
                                      struct hs_error *err);
/* The same; NULL after reporting why. Where nothing but a sandbox was ever
 * served, a command that doesn't serve means that one. */
struct hs_config *hs_command_config(const struct hs_usage *usage,
                                    const struct hs_arguments *args);
/* How most commands begin: hs_options_read, then hs_command_config. HS_GO_ON,
 * or the exit value. */
int hs_command_start(const struct hs_usage *usage, int argc, char **argv,
                     struct hs_arguments *args, struct hs_config **config);
/* Report `err` (stderr, or {"error":{…}} on stdout with --json) and return
 * HS_EXIT_FAILED. */
int hs_command_failed(const struct hs_usage *usage,
                      const struct hs_arguments *args,
                      const struct hs_error *err);

#endif
