/* lua_command.h: verbs whose work is done in lua/commands/. */
#ifndef HS_LUA_COMMAND_H
#define HS_LUA_COMMAND_H

#include "commands/commands.h"

/* What Lua gets besides the command line's options; NULL ends the list. */
struct hs_lua_fact {
    const char *name;
    const char *text; /* NULL: left out */
};

/* A rule file to try in place of forwarding.lua: its text, or NULL for
 * forwarding.lua itself, and its name. */
struct hs_tried_rules {
    const char *text;
    const char *file;
};

/* Call require(module).run(options, now) with the verb's module in an
 * application VM: the verb's own options as text or true, `action`, the
 * operands under their names, `facts` (may be NULL), the width of the terminal
 * as `columns`, the system's user who runs it as `me` and a function
 * `progress(done, total)`. Print what it returns:
 * {ok=, text=, value=}, or report {error={code=, message=}}; the code "usage"
 * means a mistake on the command line. Returns the exit value; failures are
 * reported. */
int hs_lua_command(const struct hs_arguments *args,
                   const struct hs_config *config,
                   const struct hs_lua_fact *facts);
/* The same for a verb that also works without a database: if it can't be
 * opened, the program's own Lua runs, and the option `no_database` says why. */
int hs_lua_command_regardless(const struct hs_arguments *args,
                              const struct hs_config *config,
                              const struct hs_lua_fact *facts);
/* Run a verb that only calls its Lua module. */
int hs_lua_verb(const struct hs_arguments *args, struct hs_config *config);
/* hs_lua_command() for verbs that must not leave anything behind: neither a
 * database nor a key is created. The option `database` is true if there is one
 * to read. */
int hs_lua_command_read_only(const struct hs_arguments *args,
                             const struct hs_config *config,
                             const struct hs_lua_fact *facts,
                             const struct hs_tried_rules *rules);

#endif
