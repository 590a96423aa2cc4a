/* main.c: finds and runs the command. */
#include <stdio.h>
#include <string.h>

#include "commands/commands.h"
#include "lib/crypt.h"

/* Spellings people try on any program. */
static const char *verb_of(const char *argument)
{
    if (strcmp(argument, "--help") == 0 || strcmp(argument, "-h") == 0)
        return "help";
    if (strcmp(argument, "--version") == 0 || strcmp(argument, "-V") == 0)
        return "version";
    return argument;
}

int main(int argc, char **argv)
{
    const struct hs_verb *verb;
    int code;

    hs_crypt_open();
    if (argc < 2) {
        hs_help_print(stderr);
        return HS_EXIT_USAGE;
    }
    verb = hs_verb_find(verb_of(argv[1]));
    if (!verb)
        return HS_EXIT_USAGE;
    code = hs_verb_run(verb, argc - 1, argv + 1);
    /* Output that wasn't written (a full disk) is a failure. */
    if ((fflush(stdout) != 0 || ferror(stdout)) && code == HS_EXIT_OK) {
        (void)fputs("hookswitch: the output could not be written\n", stderr);
        code = HS_EXIT_FAILED;
    }
    return code;
}
