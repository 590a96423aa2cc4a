/* bundle.h: all Lua sources of one version, compiled once, shared read-only. */
#ifndef HS_BUNDLE_H
#define HS_BUNDLE_H

#include <stddef.h>
#include <stdint.h>

#include "lib/files/folder.h"
#include "script/vm.h"

#define HS_RULE_FILE "forwarding.lua"

struct hs_buf;    /* base/buf.h */
struct hs_bundle; /* immutable but for its atomic refcount */

/* A text to use in place of a file, or as an additional one. */
struct hs_bundle_text {
    const char *name;
    const char *text;
    size_t len;
};

/* What lies below the texts of a bundle. */
enum hs_bundle_base {
    HS_BASE_FOLDER,   /* and the embedded ones if it has no program files */
    HS_BASE_OTHERS,   /* the same without a team's own */
    HS_BASE_PROGRAM,  /* those of the folder that belong to the program */
    HS_BASE_BEFORE,   /* those of `before` that belong to the program */
    HS_BASE_BUILT_IN, /* those embedded in the program */
    HS_BASE_NOTHING
};

/* What a bundle is made from. */
struct hs_bundle_from {
    enum hs_bundle_base base;
    enum hs_folder_patience patience;
    const char *folder;
    const struct hs_bundle_text *texts; /* ended by a NULL name; or NULL */
    const struct hs_bundle *before;     /* compiled files to reuse; or NULL */
    struct hs_buf *broken; /* receives the text that doesn't compile; or NULL */
};

/* Read every .lua (and .txt or .csv data) file below the folder, add the texts,
 * compile, hash. NULL and `err` (source, line, message) if a file doesn't parse
 * or can't be read. Text only: bytecode files are refused. */
struct hs_bundle *hs_bundle_make(const struct hs_bundle_from *from,
                                 struct hs_script_error *err);
/* Are the files of the folder, once all writing has finished, still those that
 * were read ahead (HS_FOLDER_AHEAD)? NULL isn't. */
int hs_bundle_is_still(const struct hs_bundle *bundle,
                       const struct hs_bundle_from *from);
void hs_bundle_keep(struct hs_bundle *bundle);
void hs_bundle_drop(struct hs_bundle *bundle);              /* NULL accepted */
const char *hs_bundle_hash(const struct hs_bundle *bundle); /* 64 hex digits */
int64_t hs_bundle_version(const struct hs_bundle *bundle);
void hs_bundle_set_version(struct hs_bundle *bundle, int64_t version);
/* Source text of a file by its path below the folder, or NULL. */
const char *hs_bundle_source(const struct hs_bundle *bundle, const char *name,
                             size_t *len);
/* Do both run the same application: the same Lua files, but for the rule file?
 * Bundles made from each other share what is the same. */
int hs_bundle_same_application(const struct hs_bundle *bundle,
                               const struct hs_bundle *other);
/* Visit all files in sorted order. */
size_t hs_bundle_files(const struct hs_bundle *bundle);
const char *hs_bundle_file_name(const struct hs_bundle *bundle, size_t index);
/* SHA-256 of a file's text, 64 hex digits. */
const char *hs_bundle_file_hash(const struct hs_bundle *bundle, size_t index);

/* An app VM: standard libraries without io/os.execute/debug hooks that could
 * escape, all native modules preloaded (binds.c), `require` served from the
 * bundle only, writes to new globals refused. */
struct hs_vm *hs_app_vm_new(struct hs_bundle *bundle,
                            const struct hs_host *host,
                            struct hs_script_error *err);
/* Push the loaded chunk of a file (not run). -1 when the file doesn't exist;
 * raises when memory runs out. */
int l_bundle_push(lua_State *L, const struct hs_bundle *bundle,
                  const char *name);
/* Push a function text(name): the text of a file of the bundle, or nil. The
 * bundle must outlive it. */
void l_bundle_push_reader(lua_State *L, const struct hs_bundle *bundle);

#endif
