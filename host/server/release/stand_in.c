/* stand_in.c: the order in which other Lua sources replace a bad folder.
 *
 * First the last good version as a whole: rules, data and the program's own
 * files. After an upgrade those are old, so that version's team files are
 * combined with the new program files, from the folder or, if it can't be read,
 * the embedded ones. Without a version, files whose only fault is an example or
 * a dead end are used, and finally no rules. */
#include "server/release/stand_in.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "lib/files/program.h"
#include "script/lookups.h"
#include "script/rule_vm/rule_vm.h"

static const struct hs_bundle_text no_rules[] = {
    {HS_RULE_FILE, HS_DEFAULT_RULES, sizeof HS_DEFAULT_RULES - 1},
    {NULL, NULL, 0}};
static const struct hs_bundle_text no_lookups[] = {
    {HS_LOOKUP_FILE, HS_DEFAULT_RULES, sizeof HS_DEFAULT_RULES - 1},
    {NULL, NULL, 0}};

static void add(struct hs_stand_ins *out, enum hs_answering answering,
                enum hs_bundle_base base, const char *folder,
                const struct hs_bundle_text *texts)
{
    out->list[out->count++] = (struct hs_stand_in){
        .answering = answering,
        .from = {.base = base, .folder = folder, .texts = texts}};
}

/* The last version's files except the program's. 0, or -1 when memory ran out.
 * */
static int pick_teams(struct hs_stand_ins *out)
{
    size_t count = 0;

    out->teams = calloc(out->last.count + 1, sizeof *out->teams);
    if (!out->teams)
        return -1;
    for (size_t i = 0; i < out->last.count; i++) {
        if (!hs_program_has(out->last.texts[i].name))
            out->teams[count++] = out->last.texts[i];
    }
    return 0;
}

void hs_stand_ins_list(struct hs_stand_ins *out, struct hs_store *store,
                       const char *folder, const struct hs_script_error *why)
{
    struct hs_error err;

    *out = (struct hs_stand_ins){0};
    if (hs_version_last(store, &out->last, &err) != 0)
        hs_log(HS_LOG_ERROR, "last_version_unreadable", HS_S("code", err.code),
               HS_S("message", err.message));
    if (out->last.count && out->last.is_whole)
        add(out, HS_ANSWERS_LAST, HS_BASE_NOTHING, NULL, out->last.texts);
    if (out->last.count && pick_teams(out) == 0) {
        add(out, HS_ANSWERS_LAST, HS_BASE_PROGRAM, folder, out->teams);
        add(out, HS_ANSWERS_LAST, HS_BASE_BUILT_IN, NULL, out->teams);
    }
    if (strcmp(why->code, "example") == 0 || strcmp(why->code, "proof") == 0 ||
        strcmp(why->code, "gate") == 0)
        add(out, HS_ANSWERS_UNPROVEN, HS_BASE_FOLDER, folder, NULL);
    else if (strcmp(why->source, HS_LOOKUP_FILE) == 0)
        add(out, HS_ANSWERS_NO_LOOKUPS, HS_BASE_FOLDER, folder, no_lookups);
    add(out, HS_ANSWERS_DEFAULTS, HS_BASE_PROGRAM, folder, no_rules);
    add(out, HS_ANSWERS_DEFAULTS, HS_BASE_BUILT_IN, NULL, no_rules);
}

void hs_stand_ins_free(struct hs_stand_ins *ins)
{
    hs_version_files_free(&ins->last);
    free(ins->teams);
    *ins = (struct hs_stand_ins){0};
}
