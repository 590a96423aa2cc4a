/* trial.h: what a set of files must pass before it answers calls.
 *
 * The one sequence for a start, a save, the console's editor and `hookswitch
 * check`: read and compile the files, load the rules, the lookups and the
 * application with all its routes, run the examples of the rule file, prove
 * that no call comes to a dead end, and decide the last real calls. They cannot
 * differ in what they accept or say. */
#ifndef HS_TRIAL_H
#define HS_TRIAL_H

#include <stdint.h>

#include "script/bundle.h"
#include "script/vm_group.h"

/* What was tried, for people. With data_scope = user the error of a trial and
 * `path` may name what only the operator may see; `seen` is for users then. */
struct hs_trial_report {
    int64_t rules;    /* in the file */
    int64_t examples; /* of the file, that hold */
    int64_t calls;    /* that the proof made up */
    int64_t plans;    /* that it followed to their ends */
    char path[512];   /* the way to a dead end, or "" */
    int64_t changed;  /* real calls that these files send elsewhere */
    char change[512]; /* the same in words, or "" when no call was judged */
    char gate[6144];  /* JSON of it (lua/models/gate.lua), or "" */
    /* Lines "forwarding.lua:12: …", NULL when there are none. */
    char *problems; /* all that is wrong, at most 20 */
    char *warnings; /* what may be wrong, and what is with the settings */
    char *accounts; /* what each rule decides */
    char *json;     /* the same as a JSON list; NULL unless it was tried */
    struct {
        char message[512]; /* "" = the error and `path` are for users too */
        char path[512];
        int line;
    } seen;
};

enum hs_trial_depth {
    HS_TRIAL_FULL, /* it loads, and the rules stand their trial */
    HS_TRIAL_LOAD  /* it loads */
};

struct hs_trial {
    struct hs_bundle_from from;
    enum hs_trial_depth depth;
    /* In the store (or NULL) the proof looks for the numbers of the account. */
    struct hs_vm_reach reach;
    void *router;      /* for reach.take_routes, or NULL */
    const char *known; /* a bundle's hash, which needs no trial; or NULL */
    const char *user;  /* who is to read what it says; NULL: all users */
};

/* Files that were tried, with the VMs of the trial. */
struct hs_candidate {
    struct hs_bundle *bundle;
    struct hs_vm_group vms;
    struct hs_trial_report report; /* as far as it went */
};

/* Put files to the test, in fresh VMs without network. 0 when they pass; 1 when
 * they are the known ones; -1 and `err`, with code "example", "proof" or
 * "gate" when they load. Free the candidate in all cases. Any thread. */
int hs_trial_run(const struct hs_trial *trial, struct hs_candidate *candidate,
                 struct hs_script_error *err);
/* Free what the report holds; hs_candidate_free does it for its own. */
void hs_trial_report_free(struct hs_trial_report *report);
/* The next line of a report's text: `*text` goes on behind it. NULL at its end;
 * `line` is 0 when it names none, and `message` is not NUL-terminated. */
struct hs_trial_line {
    int line;
    const char *message;
    int len;
};
int hs_trial_next_line(const char **text, struct hs_trial_line *line);
/* Say that a trial took longer than it may. */
void hs_trial_too_long(long long seconds, struct hs_script_error *err);
void hs_candidate_free(struct hs_candidate *candidate);

#endif
