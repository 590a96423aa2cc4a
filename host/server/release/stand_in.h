/* stand_in.h: what can answer in place of a broken Lua folder, when a server
 * starts or a command runs. */
#ifndef HS_STAND_IN_H
#define HS_STAND_IN_H

#include "script/bundle.h"
#include "script/live_rules.h"
#include "server/release/versions.h"

struct hs_stand_in {
    enum hs_answering answering;
    struct hs_bundle_from from;
};

#define HS_STAND_INS_MAX 6

struct hs_stand_ins {
    struct hs_stand_in list[HS_STAND_INS_MAX]; /* the best first */
    int count;
    /* what the list points to */
    struct hs_version_files last;
    struct hs_bundle_text *teams; /* without the program's */
};

/* List what may replace `folder`, which was refused with `why`. The list is
 * never empty. Free it. Any thread. */
void hs_stand_ins_list(struct hs_stand_ins *out, struct hs_store *store,
                       const char *folder, const struct hs_script_error *why);
void hs_stand_ins_free(struct hs_stand_ins *ins);

#endif
