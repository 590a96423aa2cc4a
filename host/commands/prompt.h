/* prompt.h: a password or PIN, typed or piped; never on a command line, where
 * every user of the machine can read it. */
#ifndef HS_PROMPT_H
#define HS_PROMPT_H

#include <stddef.h>

#include "base/err.h"

#define HS_PASSWORD_SIZE 1024

/* Ask for it (`what`: "password") twice on the terminal, without echo; if
 * standard input isn't a terminal, take its first line. 0, or -1 with `err`
 * ("password"). */
int hs_prompt_password(char out[HS_PASSWORD_SIZE], const char *what,
                       struct hs_error *err);

#endif
