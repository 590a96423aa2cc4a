/* commands.h: the verbs of the program. Each is a row of the table in verbs.c;
 * if it does more than run a Lua module, it has a file of its own here. */
#ifndef HS_COMMANDS_H
#define HS_COMMANDS_H

#include <stddef.h>
#include <stdio.h>

#include "base/buf.h"
#include "base/config/config.h"
#include "base/err.h"

/* What a command returns, and the process with it. */
enum {
    HS_EXIT_OK = 0,
    HS_EXIT_FAILED = 1,
    HS_EXIT_USAGE = 2,
    HS_EXIT_AGAIN = 75 /* EX_TEMPFAIL: the same may succeed in a moment */
};

/* One option: a switch when `argument` is NULL; else it takes a value (`--name
 * VALUE` or `--name=VALUE`). */
struct hs_option {
    const char *name;     /* without the dashes */
    const char *argument; /* the value's name in the help: "FILE" */
    const char *help;
};
#define HS_OPTIONS_OWN 9 /* of one verb, with the end of the list */
#define HS_OPTIONS_COMMON 4

#define HS_ACTIONS 8
/* A first operand, and how many follow it. */
struct hs_action {
    const char *name;
    int min, max;
    int ids; /* they are numbers */
};

struct hs_arguments;

struct hs_verb {
    const char *name;
    const char *summary;  /* one line for `hookswitch help` */
    const char *operands; /* "FILE.lua [ARGUMENT...]", or NULL for none */
    const char *text;     /* what it does; may hold several lines */
    /* Do the work and return an HS_EXIT_ value. `config` is NULL for a verb
     * without settings. A verb that fails has said why. */
    int (*run)(const struct hs_arguments *args, struct hs_config *config);
    const char *module; /* the Lua module that does the work: lua_command.h */
    const struct hs_option options[HS_OPTIONS_OWN]; /* the end has no name */
    /* Options that may be given several times, in an order that matters. An
     * argument in brackets, "[SECONDS]", is an optional number. The list ends
     * with a name NULL. */
    const struct hs_option *repeated;
    const struct hs_action actions[HS_ACTIONS]; /* the end has no name */
    const char *names[2];  /* what Lua calls the operands */
    const char *stands_in; /* an option that stands for an operand, or NULL */
    int operands_min;      /* how many operands it takes */
    int operands_max;      /* -1: any number; options end at the first */
    int json;              /* it has --json */
    int serves;            /* uses the sandbox only if told to */
    int no_settings;
    /* An editor or an assistant starts it in a folder of its own choice: it
     * works in the folder of the settings. */
    int enters_folder;
};
extern const struct hs_verb hs_verbs[];
extern const size_t hs_verb_count;

/* What was asked for on the command line. */
struct hs_arguments {
    const struct hs_verb *verb;
    const char *config; /* NULL = app.conf of the working folder */
    int sandbox;        /* as if the configuration said sandbox = yes */
    int json;
    const char *values[HS_OPTIONS_OWN + HS_OPTIONS_COMMON]; /* by position */
    const char *action; /* of a verb that has some; the first by default */
    char **operands;    /* without the action */
    int operand_count;
    /* The repeated ones: "name", "value" or null, …, as JSON:
     * [["busy",null],["lookup","a=1"]] without the outer brackets. */
    struct hs_buf given;
};

/* The verb of that name, or NULL after suggesting the likely one on stderr. */
const struct hs_verb *hs_verb_find(const char *name);
/* Read argv, whose first is the verb itself, run the verb and return its exit
 * value. */
int hs_verb_run(const struct hs_verb *verb, int argc, char **argv);
/* The list of verbs; the help of one. */
void hs_help_print(FILE *out);
void hs_help_print_verb(const struct hs_verb *verb, FILE *out);

/* ---- for verbs ---- */

#define HS_GO_ON (-1)
/* Read argv. HS_GO_ON when the verb should run; otherwise the exit value: 0
 * after --help, 2 after a mistake, which was reported on stderr. Free
 * args->given in either case. */
int hs_options_read(const struct hs_verb *verb, int argc, char **argv,
                    struct hs_arguments *args);
/* The value of one of the verb's options, "" for a switch; NULL if it wasn't
 * given. */
const char *hs_option(const struct hs_arguments *args, const char *name);
/* hs_config_load(), plus what it can't check or choose by itself: Twilio's
 * region, the sandbox, the time zone. NULL and `err`; otherwise free with
 * hs_config_free(). */
struct hs_config *hs_command_settings(const struct hs_arguments *args,
                                      struct hs_error *err);
/* The same; NULL after reporting why. Where only a sandbox was ever served,
 * commands other than serve use it. */
struct hs_config *hs_command_config(const struct hs_arguments *args);
/* Report `err` (stderr, or {"error":{…}} on stdout with --json) and return
 * HS_EXIT_FAILED. */
int hs_command_failed(const struct hs_arguments *args,
                      const struct hs_error *err);

int hs_run_serve(const struct hs_arguments *args, struct hs_config *config);
int hs_run_check(const struct hs_arguments *args, struct hs_config *config);
int hs_run_replay(const struct hs_arguments *args, struct hs_config *config);
int hs_run_simulate(const struct hs_arguments *args, struct hs_config *config);
int hs_run_stdio(const struct hs_arguments *args, struct hs_config *config);
int hs_run_migrate(const struct hs_arguments *args, struct hs_config *config);
int hs_run_script(const struct hs_arguments *args, struct hs_config *config);
int hs_run_doctor(const struct hs_arguments *args, struct hs_config *config);
int hs_run_backup(const struct hs_arguments *args, struct hs_config *config);
int hs_run_restore(const struct hs_arguments *args, struct hs_config *config);
int hs_run_copy(const struct hs_arguments *args, struct hs_config *config);
int hs_run_user(const struct hs_arguments *args, struct hs_config *config);
int hs_run_pin(const struct hs_arguments *args, struct hs_config *config);
int hs_run_routes(const struct hs_arguments *args, struct hs_config *config);
int hs_run_config(const struct hs_arguments *args, struct hs_config *config);

#endif
