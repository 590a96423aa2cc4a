/* rules.c: `hookswitch rules`: the versions of the rule file, and who runs the
 * command. */
#include <unistd.h>

#include "commands/commands.h"
#include "commands/lua_command.h"
#include "lib/author.h"

int hs_run_rules(const struct hs_arguments *args, struct hs_config *config)
{
    struct hs_author me;

    hs_author_user(getuid(), &me);
    return hs_lua_command(
        args, config,
        (const struct hs_lua_fact[]){{"me", me.name}, {NULL, NULL}});
}
