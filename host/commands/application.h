/* application.h: the Lua application, opened by a command. */
#ifndef HS_APPLICATION_H
#define HS_APPLICATION_H

#include <stddef.h>

#include "commands/commands.h"
#include "script/vm_group.h"
#include "server/server.h"

struct hs_application {
    const struct hs_config *config;
    struct hs_server server; /* config, keys and store: nothing is served */
    struct hs_bundle *bundle;
    struct hs_vm_group vms;
};

/* Lua's side only, without database and network: what a reload tries. 0; or -1
 * with `err`. Close in both cases. */
int hs_application_try(struct hs_application *application,
                       const struct hs_config *config,
                       struct hs_script_error *err);
/* The keys and, when there is one of this version, the database: what a trial
 * of the rules may look into. Nothing is created or changed. The same. */
int hs_application_look(struct hs_application *application,
                        const struct hs_config *config,
                        struct hs_script_error *err);
/* A try that goes on to run: with the database to read, when there is one, and
 * else without. `rules` is NULL or the text to use for forwarding.lua. The
 * same. */
int hs_application_rehearse(struct hs_application *application,
                            const struct hs_config *config, const char *rules,
                            size_t rules_len, struct hs_script_error *err);
/* The same with the program's own Lua alone, so that it opens whatever the
 * team's files are like. */
int hs_application_bare(struct hs_application *application,
                        const struct hs_config *config,
                        struct hs_script_error *err);
/* The whole: database (migrated), keys, rules; for files that do not load the
 * last good version stands in, as at a start. The same. */
int hs_application_open(struct hs_application *application,
                        const struct hs_config *config,
                        struct hs_script_error *err);
void hs_application_close(struct hs_application *application);

/* Write where a file of the Lua folder lies to `out`: "lua/forwarding.lua", or
 * `rules` when that stands for it; "" for "". */
void hs_application_file(const struct hs_config *config, const char *rules,
                         const char *source, char *out, size_t size);
/* Copy `text` to `out`, with `rules`, unless NULL, for the rule file's name in
 * places such as "forwarding.lua:12". */
void hs_application_name(const char *rules, const char *text, char *out,
                         size_t size);
/* Write "lua/forwarding.lua:12: reason" to `out`; `rules` as above. */
void hs_application_explain(const struct hs_config *config, const char *rules,
                            const struct hs_script_error *err, char *out,
                            size_t size);

#endif
