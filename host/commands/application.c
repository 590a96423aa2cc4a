/* application.c: opening the Lua application for a command. */
#include "commands/application.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/config/database_name.h"
#include "script/rule_vm/rule_vm.h"
#include "script/rule_vm/watchdog.h"
#include "script/trial.h"
#include "server/access/auth.h"
#include "server/app.h"
#include "server/release/stand_in.h"
#include "store/store.h"
#include "twilio/sandbox.h"

#define BESIDE "next to " HS_RULE_FILE

/* A failure outside Lua, as the same kind of report. */
static int failed(struct hs_script_error *err, const struct hs_error *why)
{
    *err = (struct hs_script_error){0};
    (void)snprintf(err->code, sizeof err->code, "%s", why->code);
    (void)snprintf(err->message, sizeof err->message, "%s", why->message);
    return -1;
}

static int open_vms(struct hs_application *application,
                    const struct hs_bundle_from *from, int trial,
                    struct hs_script_error *err)
{
    struct hs_vm_reach reach = hs_app_reach(&application->server);

    reach.trial = trial;
    application->bundle = hs_bundle_make(from, err);
    if (!application->bundle)
        return -1;
    return hs_vm_group_open(&application->vms, application->bundle, &reach,
                            err);
}

static int open_store(struct hs_application *application, struct hs_error *err)
{
    static const char *const hot[] = {NULL};

    application->server.store =
        hs_store_open(application->config->database, hot, err);
    return application->server.store ? 0 : -1;
}

/* Open the database if there is one of this version. */
static void look(struct hs_application *application)
{
    const char *path = application->config->database;
    struct hs_error nothing_to_see;
    int missing = 0;

    if ((hs_database_is_url(path) || access(path, R_OK) == 0) &&
        hs_migrate(path, 1, &missing, &nothing_to_see) == 0 && !missing)
        (void)open_store(application, &nothing_to_see);
}

static void set_up(struct hs_application *application,
                   const struct hs_config *config, struct hs_script_error *err)
{
    *application =
        (struct hs_application){.config = config, .server.config = config};
    *err = (struct hs_script_error){0};
}

/* Load the keys without making any. */
static int begin(struct hs_application *application,
                 const struct hs_config *config, struct hs_script_error *err)
{
    struct hs_error why = {0};

    set_up(application, config, err);
    if (hs_auth_open(&application->server, 0, &why) == 0)
        return 0;
    return failed(err, &why);
}

int hs_application_open_database(struct hs_application *application,
                                 const struct hs_config *config,
                                 struct hs_script_error *err)
{
    if (begin(application, config, err) != 0)
        return -1;
    look(application);
    return 0;
}

/* As a save loads them, so that a mistake is told in the same words. */
static int try_files(struct hs_application *application, const char *rules,
                     size_t rules_len, struct hs_script_error *err)
{
    const struct hs_bundle_text texts[] = {
        {rules ? HS_RULE_FILE : NULL, rules, rules_len}, {NULL, NULL, 0}};
    const struct hs_bundle_from from = {.patience = HS_FOLDER_PATIENT,
                                        .folder = application->config->lua,
                                        .texts = texts};
    struct hs_trial trial = {.from = from,
                             .depth = HS_TRIAL_LOAD,
                             .reach = hs_app_reach(&application->server)};
    struct hs_candidate candidate;
    int rc;

    trial.reach.take_routes = NULL;
    rc = hs_trial_run(&trial, &candidate, err);
    if (rc == 0) {
        application->bundle = candidate.bundle;
        application->vms = candidate.vms;
        candidate.bundle = NULL;
        candidate.vms = (struct hs_vm_group){0};
    }
    hs_candidate_free(&candidate);
    return rc;
}

int hs_application_open_trial(struct hs_application *application,
                              const struct hs_config *config,
                              struct hs_script_error *err)
{
    if (begin(application, config, err) != 0)
        return -1;
    return try_files(application, NULL, 0, err);
}

static void close_vms(struct hs_application *application)
{
    hs_vm_group_close(&application->vms);
    hs_bundle_drop(application->bundle);
    application->bundle = NULL;
}

int hs_application_open_read_only(struct hs_application *application,
                                  const struct hs_config *config,
                                  const char *rules, size_t rules_len,
                                  struct hs_script_error *err)
{
    if (hs_application_open_database(application, config, err) != 0 ||
        try_files(application, rules, rules_len, err) != 0)
        return -1;
    hs_host(hs_vm_state(application->vms.app))->trial = 0;
    return 0;
}

int hs_application_open_built_in(struct hs_application *application,
                                 const struct hs_config *config,
                                 struct hs_script_error *err)
{
    static const struct hs_bundle_text texts[] = {
        {HS_RULE_FILE, HS_DEFAULT_RULES, sizeof HS_DEFAULT_RULES - 1},
        {NULL, NULL, 0}};
    const struct hs_bundle_from from = {.base = HS_BASE_BUILT_IN,
                                        .texts = texts};

    if (hs_application_open_database(application, config, err) != 0 ||
        open_vms(application, &from, 1, err) != 0)
        return -1;
    hs_host(hs_vm_state(application->vms.app))->trial = 0;
    return 0;
}

/* Most commands don't need the rules, and some exist to fix them. */
static int open_stand_in(struct hs_application *application,
                         struct hs_script_error *err)
{
    struct hs_stand_ins others;
    struct hs_script_error broken;
    int rc = -1;

    hs_stand_ins_list(&others, application->server.store,
                      application->config->lua, err);
    for (int i = 0; rc != 0 && i < others.count; i++) {
        close_vms(application);
        rc = open_vms(application, &others.list[i].from, 0, &broken);
    }
    hs_stand_ins_free(&others);
    return rc;
}

/* A database made before the first server starts would be taken for a real
 * account's, and what the server keeps in the sandbox's be looked for there. */
static int may_make(const struct hs_config *config, struct hs_error *err)
{
    if (!hs_sandbox_may_come(config))
        return 0;
    return hs_error_set(
        err, "no_database",
        "there is no %s or " HS_SANDBOX_DATABASE " in this folder: "
        "start the server here first (make run, or hookswitch serve "
        "--sandbox), or set TWILIO_AUTH_TOKEN to go live",
        config->database);
}

int hs_application_open(struct hs_application *application,
                        const struct hs_config *config,
                        struct hs_script_error *err)
{
    const struct hs_bundle_from from = {.folder = config->lua};
    struct hs_error why = {0};

    set_up(application, config, err);
    if (may_make(config, &why) != 0 ||
        hs_auth_open(&application->server, 1, &why) != 0 ||
        hs_migrate(config->database, 0, NULL, &why) != 0 ||
        open_store(application, &why) != 0)
        return failed(err, &why);
    if (open_vms(application, &from, 0, err) == 0)
        return 0;
    return open_stand_in(application, err);
}

void hs_application_close(struct hs_application *application)
{
    close_vms(application);
    hs_store_close(application->server.store);
    hs_auth_close(&application->server);
    hs_watchdog_thread_stop();
}

void hs_application_file(const struct hs_config *config, const char *rules,
                         const char *source, char *out, size_t size)
{
    if (rules && strcmp(source, HS_RULE_FILE) == 0)
        (void)snprintf(out, size, "%s", rules);
    else if (source[0])
        (void)snprintf(out, size, "%s/%s", config->lua, source);
    else
        out[0] = 0;
}

void hs_application_name(const struct hs_config *config, const char *rules,
                         const char *text, char *out, size_t size)
{
    size_t used = 0;

    while (rules && *text) {
        const char *place = strstr(text, HS_RULE_FILE ":");
        const char *beside = strstr(text, BESIDE);
        const char *next =
            !place || (beside && beside < place) ? beside : place;
        int len = snprintf(out + used, size - used, "%.*s%s%s",
                           next ? (int)(next - text) : (int)strlen(text), text,
                           next && next == beside ? "in the folder " : "",
                           !next            ? ""
                           : next == beside ? config->lua
                                            : rules);

        used += len > 0 && (size_t)len < size - used ? (size_t)len : 0;
        if (!next || used == 0)
            return;
        text =
            next + (next == beside ? sizeof BESIDE : sizeof HS_RULE_FILE) - 1;
    }
    (void)snprintf(out + used, size - used, "%s", text);
}

void hs_application_explain(const struct hs_config *config, const char *rules,
                            const struct hs_script_error *err, char *out,
                            size_t size)
{
    char file[512], message[sizeof err->message + 512];

    hs_application_file(config, rules, err->source, file, sizeof file);
    hs_application_name(config, rules, err->message, message, sizeof message);
    hs_error_place(file, err->line, message, out, size);
}
