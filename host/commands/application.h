/* application.h: opening the Lua application for a command. */
#ifndef HS_APPLICATION_H
#define HS_APPLICATION_H

#include <stddef.h>

#include "commands/commands.h"
#include "script/vm_group.h"
#include "server/server.h"

struct hs_application {
    const struct hs_config *config;
    struct hs_server server; /* config, keys and store; nothing is served */
    struct hs_bundle *bundle;
    struct hs_vm_group vms;
};

/* Only the Lua side, without database or network, as in a reload's trial.
 * Returns 0, or -1 and `err`. Close it in both cases. */
int hs_application_open_trial(struct hs_application *application,
                              const struct hs_config *config,
                              struct hs_script_error *err);
/* No Lua: only what a trial of the rules may read, the keys and, if there is
 * one of this version, the database. Creates and changes nothing. Returns as
 * above.
 */
int hs_application_open_database(struct hs_application *application,
                                 const struct hs_config *config,
                                 struct hs_script_error *err);
/* Both: the Lua side, and the database for reading if there is one. `rules` is
 * NULL or the text to use as forwarding.lua. Returns as above. */
int hs_application_open_read_only(struct hs_application *application,
                                  const struct hs_config *config,
                                  const char *rules, size_t rules_len,
                                  struct hs_script_error *err);
/* The same with the program's own Lua only, so it opens whatever state the
 * team's files are in. */
int hs_application_open_built_in(struct hs_application *application,
                                 const struct hs_config *config,
                                 struct hs_script_error *err);
/* Everything: database (migrated), keys, rules. If the files don't load, the
 * last good version stands in, as at a start. Returns as above. */
int hs_application_open(struct hs_application *application,
                        const struct hs_config *config,
                        struct hs_script_error *err);
void hs_application_close(struct hs_application *application);

/* Write the path of a file in the Lua folder to `out`: "lua/forwarding.lua", or
 * `rules` if that replaces it; "" for "". */
void hs_application_file(const struct hs_config *config, const char *rules,
                         const char *source, char *out, size_t size);
/* Copy `text` to `out`; `rules`, unless NULL, replaces the rule file's name in
 * places such as "forwarding.lua:12". What would be next to that file isn't
 * next to `rules`: it is in the Lua folder. */
void hs_application_name(const struct hs_config *config, const char *rules,
                         const char *text, char *out, size_t size);
/* Write "lua/forwarding.lua:12: reason" to `out`; `rules` as above. */
void hs_application_explain(const struct hs_config *config, const char *rules,
                            const struct hs_script_error *err, char *out,
                            size_t size);

#endif
