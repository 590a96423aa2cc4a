/* live_rules.h: what the process knows of the rules that answer now, for every
 * VM. The reload thread says it; bindings and /healthz read it. */
#ifndef HS_LIVE_RULES_H
#define HS_LIVE_RULES_H

#include <stddef.h>
#include <stdint.h>

#include "script/vm.h"

/* Why the newest files are not the ones that decide. */
struct hs_refusal {
    char file[128]; /* "" when it is about no file */
    int line;
    char message[512]; /* "" = they are */
    char path[512];    /* the way to a dead end, or "" */
    int64_t at;        /* when they were refused first, ms */
};

struct hs_live_rules {
    int64_t version; /* 0: the database has not given it a number */
    int64_t live_at; /* ms */
    char hash[65];   /* of the bundle */
    char rules[65];  /* of its forwarding.lua */
    int defaults;    /* the default rules stand in for a refused file */
    struct hs_refusal refusal;
};

/* Any thread. */
void hs_live_rules_set(const struct hs_live_rules *live);
void hs_live_rules_get(struct hs_live_rules *out);
/* Wait until the forwarding.lua with that hash is live and nothing is refused:
 * 1; or until a refusal that was not there at the beginning, or the time, says
 * otherwise: 0. `out` is what is known then. */
int hs_live_rules_await(const char *rules, int wait_ms,
                        struct hs_live_rules *out);
/* "forwarding.lua:3: reason", or "" when nothing is refused. */
void hs_refusal_text(const struct hs_refusal *refusal, char *out, size_t size);

#endif
