/* versions.h: the numbers that sets of Lua sources have in the database. */
#ifndef HS_VERSIONS_H
#define HS_VERSIONS_H

#include <stdint.h>

#include "base/err.h"
#include "lib/author.h"
#include "script/bundle.h"

struct hs_store;

/* What is known of a version when it goes live; texts may be "". */
struct hs_version_about {
    char result[512];        /* what its trial said: "ok", or why it was let in
                                anyway */
    struct hs_author author; /* of the files, unless somebody said who */
    char checks[160];        /* JSON: how much its trial looked at */
    char gate[6144];         /* JSON: what it does to the last real calls */
};

/* This content goes live, after `before` (NULL: none, or not known to be
 * stored): enter it in rule_versions unless it is there, and in the history
 * unless it was the last to be live. `version` receives its number, or stays as
 * it is with -1 and `err` when the database cannot tell. Any thread. */
int hs_version_enter(struct hs_store *store, const struct hs_bundle *bundle,
                     const struct hs_bundle *before,
                     const struct hs_version_about *about, int64_t *version,
                     struct hs_error *err);
/* Has somebody agreed to what the files with this hash change? Any thread. */
int hs_version_is_accepted(struct hs_store *store, const char *hash);
/* The files that were live last and had their owner as author are committed by
 * now: enter that author. 0, or -1 and `err`. Any thread. */
int hs_version_name_author(struct hs_store *store,
                           const struct hs_author *author,
                           struct hs_error *err);
/* The files of a version. */
struct hs_version_files {
    struct hs_bundle_text *texts; /* ends with a name NULL; or NULL: none */
    size_t count;
    int is_whole; /* it ran under this release of the program: its Lua files
                     fit, and not only those of the team */
};

/* Those of the last good version: live last with all its checks passed, or
 * else the one that was live last. 0, with none when there never was one; -1
 * and `err`. Free them. Any thread. */
int hs_version_last(struct hs_store *store, struct hs_version_files *files,
                    struct hs_error *err);
void hs_version_files_free(struct hs_version_files *files);

#endif
