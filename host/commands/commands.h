/* commands.h: the verbs of the program. Each has a file of its own here;
 * commands.c holds the one table that names them. */
#ifndef HS_COMMANDS_H
#define HS_COMMANDS_H

#include <stddef.h>
#include <stdio.h>

/* What a command returns, and the process with it. */
enum { HS_EXIT_OK = 0, HS_EXIT_FAILED = 1, HS_EXIT_USAGE = 2 };

struct hs_command {
    const char *name;
    const char *summary; /* one line for `hookswitch help` */
    /* argv[0] is the verb itself; returns an HS_EXIT_ value. */
    int (*run)(int argc, char **argv);
};
extern const struct hs_command hs_commands[];
extern const size_t hs_command_count;

/* The entry of that name, or NULL after saying on stderr which was probably
 * meant. */
const struct hs_command *hs_command_find(const char *name);
/* The list of commands. */
void hs_help_print(FILE *out);

int hs_cmd_serve(int argc, char **argv);
int hs_cmd_check(int argc, char **argv);
int hs_cmd_replay(int argc, char **argv);
int hs_cmd_rules(int argc, char **argv);
int hs_cmd_coverage(int argc, char **argv);
int hs_cmd_why(int argc, char **argv);
int hs_cmd_simulate(int argc, char **argv);
int hs_cmd_migrate(int argc, char **argv);
int hs_cmd_run(int argc, char **argv);
int hs_cmd_setup(int argc, char **argv);
int hs_cmd_doctor(int argc, char **argv);
int hs_cmd_sync(int argc, char **argv);
int hs_cmd_maintain(int argc, char **argv);
int hs_cmd_override(int argc, char **argv);
int hs_cmd_forget(int argc, char **argv);
int hs_cmd_missed(int argc, char **argv);
int hs_cmd_leaks(int argc, char **argv);
int hs_cmd_backup(int argc, char **argv);
int hs_cmd_restore(int argc, char **argv);
int hs_cmd_user(int argc, char **argv);
int hs_cmd_token(int argc, char **argv);
int hs_cmd_routes(int argc, char **argv);
int hs_cmd_config(int argc, char **argv);
int hs_cmd_version(int argc, char **argv);
int hs_cmd_help(int argc, char **argv);

#endif
