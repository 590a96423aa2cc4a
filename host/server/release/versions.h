/* versions.h: the numbers that sets of Lua sources have in the database. */
#ifndef HS_VERSIONS_H
#define HS_VERSIONS_H

#include <stdint.h>

#include "base/err.h"
#include "lib/files/author.h"
#include "lib/files/folder.h"
#include "script/bundle.h"

struct hs_store;

/* What is known about a version when it goes live; texts may be "". */
struct hs_version_about {
    char result[512];        /* "ok", or why it was accepted anyway
                              */
    struct hs_author author; /* of the files, unless an author was given */
    char checks[160];        /* JSON: how much its trial covered */
    char gate[6144];         /* JSON: what it changes for the last real calls */
};

/* This content goes live, after `before` (NULL: none, or maybe not stored):
 * enter it in rule_versions unless it is there, and in the history unless it
 * was the last one live. `version` receives its number, also if it has one from
 * before and can't be entered now; else it is unchanged. 0, or -1 and `err`.
 * Any thread. */
int hs_version_enter(struct hs_store *store, const struct hs_bundle *bundle,
                     const struct hs_bundle *before,
                     const struct hs_version_about *about, int64_t *version,
                     struct hs_error *err);
/* Was the change by the files with this hash approved? Any thread. */
int hs_version_is_accepted(struct hs_store *store, const char *hash);
/* The files that went live last, with their owner as author, have been
 * committed: enter the commit's author. 0, or -1 and `err`. Any thread. */
int hs_version_name_author(struct hs_store *store,
                           const struct hs_author *author,
                           struct hs_error *err);
/* The files of a version. */
struct hs_version_files {
    struct hs_bundle_text *texts; /* ended by a NULL name; or NULL: none */
    size_t count;
    int is_whole; /* it ran under this release of the program: all its files fit
                   */
};

/* What is live on all hosts of a database (rule_current). */
struct hs_current {
    int64_t seq;   /* moves with each change; 0: nothing yet */
    char hash[65]; /* of the list of the files */
    char by_host[128];
    struct hs_version_files files; /* a team's own; free them */
};

/* Is a file a team's own? Phrases are when they aren't the program's. */
int hs_version_is_teams(const struct hs_bundle_text *file);
/* The hash by which hosts compare a team's files, whatever program they run. 0,
 * or -1 when memory ran out. */
int hs_current_hash(const struct hs_bundle *bundle, char out[65]);
int hs_current_hash_folder(const struct hs_folder *folder, char out[65]);
/* Returns 0, and sets seq to 0 before the first save; or -1 and `err`. Any
 * thread. */
int hs_current_read(struct hs_store *store, struct hs_current *out,
                    struct hs_error *err);
/* Make the bundle's files what is live everywhere, if it is still the change
 * number `seq` that is; `seq` moves then. 1; 0 if another host was quicker; -1
 * and `err`. Any thread. */
int hs_current_publish(struct hs_store *store, const struct hs_bundle *bundle,
                       const char *host, int64_t *seq, struct hs_error *err);
/* Was this text part of a version? 0 also if the database can't say. Any
 * thread. */
int hs_version_was_live(struct hs_store *store, const char *text, size_t len);

/* The files of the last good version: the last live one that passed all checks,
 * or else the last live one. 0, with none if there never was one; -1 and `err`.
 * Free them. Any thread. */
int hs_version_last(struct hs_store *store, struct hs_version_files *files,
                    struct hs_error *err);
void hs_version_files_free(struct hs_version_files *files);

#endif
