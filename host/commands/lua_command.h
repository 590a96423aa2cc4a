/* lua_command.h: verbs whose work is done in lua/commands/. */
#ifndef HS_LUA_COMMAND_H
#define HS_LUA_COMMAND_H

#include "commands/commands.h"

/* What Lua is told beside the options of the command line; NULL ends the
 * list. */
struct hs_lua_fact {
    const char *name;
    const char *text; /* NULL: is left out */
};

/* A rule file that is tried in forwarding.lua's place: what it says, or NULL
 * for forwarding.lua itself, and its name. */
struct hs_tried_rules {
    const char *text;
    const char *file;
};

/* Call require(module).run(options, now) with the verb's module in an
 * application VM: the verb's own options as text or true, `action`, the
 * operands under their names, `facts` (may be NULL), the width of the terminal
 * as `columns` and a function `progress(done, total)`. Print what it returns:
 * {ok=, text=, value=}, or report {error={code=, message=}}; the code "usage"
 * stands for a mistake on the command line.
 * The exit value; failures are reported. */
int hs_lua_command(const struct hs_arguments *args,
                   const struct hs_config *config,
                   const struct hs_lua_fact *facts);
/* A verb that is nothing else. */
int hs_lua_verb(const struct hs_arguments *args, struct hs_config *config);
/* hs_lua_command() for what must leave nothing behind: no database is created
 * and no key is made. `database` is true in the options when there is one to
 * read. */
int hs_lua_rehearsal(const struct hs_arguments *args,
                     const struct hs_config *config,
                     const struct hs_lua_fact *facts,
                     const struct hs_tried_rules *rules);

#endif
