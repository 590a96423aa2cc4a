/* trial.h: what a set of files must pass before it answers calls.
 *
 * The one sequence for a start, a save, the console's editor and `hookswitch
 * check`: read and compile the files, load the rules, the lookups and the
 * application with all its routes, run the examples of the rule file, prove
 * that no call reaches a dead end, and decide the last real calls. So they
 * can't differ in what they accept or say. */
#ifndef HS_TRIAL_H
#define HS_TRIAL_H

#include <stdint.h>

#include "script/bundle.h"
#include "script/vm_group.h"

/* What was tried, for people. With data_scope = user the error and `path` may
 * name things only the operator may see; users get `seen` then. */
struct hs_trial_report {
    int64_t rules;    /* in the file */
    int64_t examples; /* of the file, that hold */
    int64_t calls;    /* made up by the proof */
    int64_t plans;    /* that it followed to the end */
    char path[512];   /* the path to a dead end, or "" */
    int64_t changed;  /* real calls these files send elsewhere */
    char change[512]; /* the same in words, or "" if no call was judged */
    char gate[6144];  /* JSON of it (lua/models/gate.lua), or "" */
    /* Lines "forwarding.lua:12: …", NULL when there are none. */
    char *problems; /* all problems, at most 20 */
    char *warnings; /* possible problems, and problems with the settings */
    char *accounts; /* what each rule decides */
    char *json;     /* the same as a JSON list; NULL if not tried */
    struct {
        char message[512]; /* "" = users may see the error and `path` too */
        char path[512];
        int line;
        char *problems; /* theirs, as above */
    } seen;
};

enum hs_trial_depth {
    HS_TRIAL_FULL, /* load, and put the rules through their trial */
    HS_TRIAL_LOAD  /* load only */
};

struct hs_trial {
    struct hs_bundle_from from;
    enum hs_trial_depth depth;
    /* The proof reads the account's numbers from the store (or NULL). */
    struct hs_vm_reach reach;
    void *router; /* for reach.take_routes, or NULL */
    /* A bundle whose application is known to load; or NULL. Files with the same
     * application don't load its routes again. */
    const struct hs_bundle *loaded;
    /* Called with the compiled files before they are tried; or NULL. */
    void (*compiled)(void *ctx, struct hs_bundle *bundle);
    /* Called with 1 before files are read, with 0 afterwards; or NULL. */
    void (*reads)(void *ctx, int reads);
    void *ctx;
    const char *known; /* hash of a bundle that needs no trial; or NULL */
    const char *user;  /* who will read the report; NULL: all users */
};

/* Files put through a trial, with its VMs. */
struct hs_candidate {
    struct hs_bundle *bundle;
    struct hs_vm_group vms;
    struct hs_trial_report report; /* as far as it went */
    int same_application;          /* as that of trial.loaded */
};

/* The codes of errors that say nothing about the files, beside those of
 * reading them and HS_VM_SHORTAGE. */
#define HS_TRIAL_CHANGED "changed"         /* they are still being written */
#define HS_TRIAL_STOPPING "stopping"       /* the server is to end */
#define HS_TRIAL_WAITING "waiting"         /* the other hosts can't be asked */
#define HS_TRIAL_NOT_CHECKED "not_checked" /* what Lua and clients get */

/* Does the error say that the files are wrong? If not, the same files may pass
 * in a moment. */
int hs_trial_is_verdict(const struct hs_script_error *err);
/* Report that memory or threads ran short. */
void hs_trial_short(struct hs_script_error *err);
/* Put files to the test, in fresh VMs without network. 0 if they pass; 1 if
 * they are the known ones; -1 and `err`, with code "example", "proof" or "gate"
 * if they load. Free the candidate in all cases. Any thread. */
int hs_trial_run(const struct hs_trial *trial, struct hs_candidate *candidate,
                 struct hs_script_error *err);
/* Free a report's contents; hs_candidate_free does it for its own. */
void hs_trial_report_free(struct hs_trial_report *report);
/* The next line of a report's text; moves `*text` past it. NULL at the end;
 * `line` is 0 if it names none, and `message` isn't NUL-terminated. */
struct hs_trial_line {
    const char *file; /* "" where the text names none; not NUL-terminated */
    int file_len;
    int line;
    const char *message;
    int len;
};
int hs_trial_next_line(const char **text, struct hs_trial_line *line);
/* Report that a trial took too long. */
void hs_trial_too_long(long long seconds, struct hs_script_error *err);
void hs_candidate_free(struct hs_candidate *candidate);

#endif
