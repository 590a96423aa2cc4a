/* live_rules.h: what the process knows about the rules that answer now, for
 * every VM. The reload thread writes it; bindings and /healthz read it. */
#ifndef HS_LIVE_RULES_H
#define HS_LIVE_RULES_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "script/vm.h"

/* Fits the 20 lines of lua/calls/rules/problems.lua. */
#define HS_PROBLEMS_SIZE 9216
#define HS_WARNING_SIZE (HS_PROBLEMS_SIZE + 1280)

/* Why the newest files are not the ones that decide. */
struct hs_refusal {
    char file[128]; /* "" if it isn't about a file */
    int line;
    char message[512]; /* "" = they are */
    char path[512];    /* the path to a dead end, or "" */
    int64_t at;        /* when they were first refused, ms */
    int held;          /* they are good, and wait for approval */
    int overtaken;     /* another host's are live; they take their place */
    char problems[HS_PROBLEMS_SIZE]; /* all of them, a line each, or "" */
};

/* What answers calls. */
enum hs_answering {
    HS_ANSWERS_FILES,      /* the files on disk, if none is refused */
    HS_ANSWERS_LAST,       /* the last good version in their place */
    HS_ANSWERS_UNPROVEN,   /* those, though an example or the proof fails */
    HS_ANSWERS_NO_LOOKUPS, /* those, without lookups.lua */
    HS_ANSWERS_DEFAULTS    /* no rules: the console's settings decide */
};

struct hs_live_rules {
    int64_t version; /* 0: no number in the database */
    int64_t live_at; /* ms */
    char hash[65];   /* of the bundle */
    char rules[65];  /* of its forwarding.lua */
    enum hs_answering answering;
    struct hs_refusal refusal; /* last, and its problems last of all: */
};

/* Any thread. A call asks for it, so what no text fills isn't copied. */
void hs_live_rules_set(const struct hs_live_rules *live);
void hs_live_rules_get(struct hs_live_rules *out);
/* Wait until the forwarding.lua with that hash is live and nothing is refused:
 * 1; or until there is a new refusal, another version is live, or time is up:
 * 0. Files that were overtaken aren't waited for any less: what overtook them
 * comes next. `out` gets the state at that moment. */
int hs_live_rules_await(const char *rules, int wait_ms,
                        struct hs_live_rules *out);
/* "forwarding.lua:3: reason", or "" when nothing is refused. */
void hs_refusal_text(const struct hs_refusal *refusal, char *out, size_t size);
/* A sentence saying what answers calls while files are refused. */
const char *hs_answering_text(enum hs_answering answering);
/* All problems, a line each, and what answers instead; "" when nothing is
 * refused. Fits HS_WARNING_SIZE. */
void hs_live_rules_warning(const struct hs_live_rules *live, char *out,
                           size_t size);
/* What /healthz tells, appended as a JSON object. 0, or -1: out of memory. */
int hs_live_rules_json(const struct hs_live_rules *live, struct hs_buf *out);

#endif
