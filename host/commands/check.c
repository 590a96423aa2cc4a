/* check.c: `hookswitch check`: would a server with these files start, does the
 * rule file do what its examples say, and does every call end well? */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"
#include "commands/application.h"
#include "commands/commands.h"
#include "lib/folder.h"
#include "script/rule_vm/rule_vm.h"
#include "server/release/release.h"

/* {"file":…,"line":…,"code":…,"message":…} without the braces. */
static int add_error(struct hs_buf *out, const char *file, const char *path,
                     const struct hs_script_error *err)
{
    if (hs_buf_add_str(out, "\"file\":") != 0 ||
        hs_buf_add_json(out, file, strlen(file)) != 0 ||
        hs_buf_printf(out, ",\"line\":%d,\"code\":", err->line) != 0 ||
        hs_buf_add_json(out, err->code, strlen(err->code)) != 0 ||
        hs_buf_add_str(out, ",\"message\":") != 0 ||
        hs_buf_add_json(out, err->message, strlen(err->message)) != 0)
        return -1;
    if (!path[0])
        return 0;
    return hs_buf_add_str(out, ",\"path\":") ||
           hs_buf_add_json(out, path, strlen(path));
}

static int report_failure(const struct hs_config *config, int json,
                          const char *rules_file, const char *path,
                          const struct hs_script_error *err)
{
    struct hs_buf out = {0};
    char text[1024], file[512], way[1024];

    hs_application_name(rules_file, path, way, sizeof way);
    if (!json) {
        hs_application_explain(config, rules_file, err, text, sizeof text);
        (void)fprintf(stderr, "%s\n", text);
        if (way[0])
            (void)fprintf(stderr, "  the way there: %s\n", way);
        return HS_EXIT_FAILED;
    }
    hs_application_file(config, rules_file, err->source, file, sizeof file);
    if (add_error(&out, file, way, err) == 0)
        (void)printf("{\"ok\":false,\"errors\":[{%s}]}\n", out.data);
    hs_buf_free(&out);
    return HS_EXIT_FAILED;
}

/* What the files do to the last real calls, a line for each change. */
static void changes_of_calls(const struct hs_trial_report *rules)
{
    const char *text = rules->change;
    const char *end;

    while ((end = strstr(text, "; ")) != NULL) {
        (void)printf("%.*s\n    ", (int)(end - text), text);
        text = end + 2;
    }
    (void)printf("%s\n", text);
}

static int report_success(int json, const struct hs_release *release,
                          const struct hs_trial_report *rules)
{
    size_t files = hs_bundle_files(release->bundle);
    int routes = hs_router_count(release->router);
    struct hs_buf warning = {0};

    if (!json && rules->warning[0])
        (void)fprintf(stderr, "warning: %s\n", rules->warning);
    if (json && rules->warning[0])
        (void)hs_buf_add_json(&warning, rules->warning, strlen(rules->warning));
    if (json)
        (void)printf("{\"ok\":true,\"errors\":[],\"warnings\":[%s],\"files\":%"
                     "zu,\"routes\":%d,"
                     "\"rules\":%lld,\"examples\":%lld,\"proof\":{\"calls\":"
                     "%lld,\"plans\":%lld},\"gate\":%s,\"hash\":\"%s\"}\n",
                     warning.data ? warning.data : "", files, routes,
                     (long long)rules->rules, (long long)rules->examples,
                     (long long)rules->calls, (long long)rules->plans,
                     rules->gate[0] ? rules->gate : "null",
                     hs_bundle_hash(release->bundle));
    else
        (void)printf("ok: settings, %zu files, %d routes, rules and their "
                     "examples;\nno dead end in %lld calls and the %lld plans "
                     "they lead to\n",
                     files, routes, (long long)rules->calls,
                     (long long)rules->plans);
    if (!json && rules->change[0])
        changes_of_calls(rules);
    hs_buf_free(&warning);
    return HS_EXIT_OK;
}

static int run(const struct hs_config *config, int json, const char *rules_file,
               const char *rules, size_t rules_len)
{
    const struct hs_bundle_text texts[] = {
        {rules ? HS_RULE_FILE : NULL, rules, rules_len}, {NULL, NULL, 0}};
    const struct hs_bundle_from from = {.folder = config->lua, .texts = texts};
    struct hs_application application;
    struct hs_trial_report report = {0};
    struct hs_release *release = NULL;
    struct hs_script_error err;
    int code;

    if (hs_application_look(&application, config, &err) == 0)
        release = hs_release_try(&application.server, &from, HS_TRIAL_FULL, NULL,
                                 &report, &err);
    if (release)
        code = report_success(json, release, &report);
    else
        code = report_failure(config, json, rules_file, report.path, &err);
    hs_release_drop(release);
    if (hs_release_left_behind() > 0) {
        (void)fflush(NULL);
        _exit(code); /* it still uses what would be freed */
    }
    hs_application_close(&application);
    return code;
}

int hs_run_check(const struct hs_arguments *args, struct hs_config *config)
{
    const char *file = hs_option(args, "rules");
    struct hs_error err = {0};
    size_t len = 0;
    char *rules =
        file ? hs_file_read(file, HS_FOLDER_FILE_BYTES, &len, &err) : NULL;
    int code;

    if (file && !rules)
        return hs_command_failed(args, &err);
    code = run(config, args->json, file, rules, len);
    free(rules);
    return code;
}
