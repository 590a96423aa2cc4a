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
#include "lib/files/folder.h"
#include "script/rule_vm/rule_vm.h"
#include "server/release/release.h"

#define LINE_SIZE 2048

/* One problem as a JSON object. 0, or -1 when memory ran out. */
static int add_problem(struct hs_buf *out, const char *file, const char *code,
                       int line, const char *message)
{
    return hs_buf_printf(out, "%s{\"file\":", out->len > 0 ? "," : "") ||
           hs_buf_add_json(out, file, strlen(file)) ||
           hs_buf_printf(out, ",\"line\":%d,\"code\":", line) ||
           hs_buf_add_json(out, code, strlen(code)) ||
           hs_buf_add_str(out, ",\"message\":") ||
           hs_buf_add_json(out, message, strlen(message));
}

/* Where the user finds the file that a line is about. */
static void file_of(const struct hs_config *config, const char *rules_file,
                    const struct hs_trial_line *line,
                    const struct hs_script_error *err, char *out, size_t size)
{
    char name[512];

    (void)snprintf(name, sizeof name, "%.*s", line->file_len, line->file);
    hs_application_file(config, rules_file, name[0] ? name : err->source, out,
                        size);
}

/* The first problem, with the way there, and the others. */
static int add_errors(struct hs_buf *out, const struct hs_config *config,
                      const char *rules_file, const char *path,
                      const char *problems, const struct hs_script_error *err)
{
    struct hs_trial_line line = {.file = ""};
    char file[512], message[LINE_SIZE], shown[LINE_SIZE];
    int first = 1;

    file_of(config, rules_file, &line, err, file, sizeof file);
    hs_application_name(config, rules_file, err->message, shown, sizeof shown);
    if (!problems && (add_problem(out, file, err->code, err->line, shown) ||
                      (path[0] && (hs_buf_add_str(out, ",\"path\":") ||
                                   hs_buf_add_json(out, path, strlen(path)))) ||
                      hs_buf_add_str(out, "}")))
        return -1;
    while (hs_trial_next_line(&problems, &line)) {
        file_of(config, rules_file, &line, err, file, sizeof file);
        (void)snprintf(message, sizeof message, "%.*s", line.len, line.message);
        hs_application_name(config, rules_file, message, shown, sizeof shown);
        if (add_problem(out, file, err->code, line.line, shown) ||
            (first && path[0] &&
             (hs_buf_add_str(out, ",\"path\":") ||
              hs_buf_add_json(out, path, strlen(path)))) ||
            hs_buf_add_str(out, "}"))
            return -1;
        first = 0;
    }
    return 0;
}

/* The next line of a report, with the file's name as the user knows it. */
static int next_line(const struct hs_config *config, const char *rules_file,
                     const char **text, char *out)
{
    int len = *text ? (int)strcspn(*text, "\n") : 0;
    char line[LINE_SIZE];

    if (len == 0)
        return 0;
    (void)snprintf(line, sizeof line, "%.*s", len, *text);
    hs_application_name(config, rules_file, line, out, LINE_SIZE);
    *text += len + ((*text)[len] != '\0');
    return 1;
}

static void print_lines(FILE *out, const char *before,
                        const struct hs_config *config, const char *rules_file,
                        const char *text)
{
    char line[LINE_SIZE];

    while (next_line(config, rules_file, &text, line))
        (void)fprintf(out, "%s%s\n", before, line);
}

/* Everything wrong with a file. */
static void print_problems(const struct hs_config *config,
                           const char *rules_file, const char *problems,
                           const struct hs_script_error *err)
{
    char file[512], message[LINE_SIZE], shown[LINE_SIZE];
    struct hs_trial_line line;

    while (hs_trial_next_line(&problems, &line)) {
        file_of(config, rules_file, &line, err, file, sizeof file);
        (void)snprintf(message, sizeof message, "%.*s", line.len, line.message);
        hs_application_name(config, rules_file, message, shown, sizeof shown);
        hs_error_place(file, line.line, shown, message, sizeof message);
        (void)fprintf(stderr, "%s\n", message);
    }
}

static int report_failure(const struct hs_config *config, int json,
                          const char *rules_file,
                          const struct hs_trial_report *report,
                          const struct hs_script_error *err)
{
    int code = hs_trial_is_verdict(err) ? HS_EXIT_FAILED : HS_EXIT_AGAIN;
    struct hs_buf out = {0};
    char text[1024], way[1024];

    hs_application_name(config, rules_file, report->path, way, sizeof way);
    if (!json) {
        hs_application_explain(config, rules_file, err, text, sizeof text);
        if (report->problems)
            print_problems(config, rules_file, report->problems, err);
        else
            (void)fprintf(stderr, "%s\n", text);
        if (way[0])
            (void)fprintf(stderr, "  path: %s\n", way);
        return code;
    }
    if (add_errors(&out, config, rules_file, way, report->problems, err) == 0)
        (void)printf("{\"ok\":false,\"errors\":[%s]}\n", out.data);
    hs_buf_free(&out);
    return code;
}

/* How the files change the last real calls, with a line below for each kind of
 * change. */
static void changes_of_calls(const char *text)
{
    const char *end = strstr(text, ": ");

    if (!end) {
        (void)printf("%s\n", text);
        return;
    }
    (void)printf("%.*s:\n", (int)(end - text), text);
    for (text = end + 2; (end = strstr(text, "; ")) != NULL; text = end + 2)
        (void)printf("  %.*s\n", (int)(end - text), text);
    (void)printf("  %s\n", text);
}

/* Lines as a JSON list of texts, without its brackets. */
static void add_texts(struct hs_buf *out, const struct hs_config *config,
                      const char *rules_file, const char *text)
{
    char line[LINE_SIZE];

    while (next_line(config, rules_file, &text, line)) {
        if (hs_buf_add_str(out, out->len > 0 ? "," : "") != 0 ||
            hs_buf_add_json(out, line, strlen(line)) != 0)
            return;
    }
}

static int report_success(const struct hs_config *config, int json,
                          const char *rules_file,
                          const struct hs_release *release,
                          const struct hs_trial_report *rules)
{
    size_t files = hs_bundle_files(release->bundle);
    int routes = hs_router_count(release->router);
    struct hs_buf warnings = {0};

    if (!json) {
        print_lines(stderr, "warning: ", config, rules_file, rules->warnings);
        (void)printf(
            "ok: settings, %zu files, %d routes, rules and their "
            "examples;\nno dead end in %lld made-up call%s and %lld plans\n",
            files, routes, (long long)rules->calls,
            rules->calls == 1 ? "" : "s", (long long)rules->plans);
        print_lines(stdout, "  ", config, rules_file, rules->accounts);
        if (rules->change[0])
            changes_of_calls(rules->change);
        return HS_EXIT_OK;
    }
    add_texts(&warnings, config, rules_file, rules->warnings);
    (void)printf("{\"ok\":true,\"errors\":[],\"warnings\":[%s],\"files\":%"
                 "zu,\"routes\":%d,"
                 "\"rules\":%lld,\"examples\":%lld,\"proof\":{\"calls\":"
                 "%lld,\"plans\":%lld},\"accounts\":%s,\"gate\":%s,"
                 "\"hash\":\"%s\"}\n",
                 warnings.data ? warnings.data : "", files, routes,
                 (long long)rules->rules, (long long)rules->examples,
                 (long long)rules->calls, (long long)rules->plans,
                 rules->json ? rules->json : "[]",
                 rules->gate[0] ? rules->gate : "null",
                 hs_bundle_hash(release->bundle));
    hs_buf_free(&warnings);
    return HS_EXIT_OK;
}

static int run(const struct hs_config *config, int json, const char *rules_file,
               const char *rules, size_t rules_len)
{
    const struct hs_bundle_text texts[] = {
        {rules ? HS_RULE_FILE : NULL, rules, rules_len}, {NULL, NULL, 0}};
    const struct hs_bundle_from from = {
        .patience = HS_FOLDER_PATIENT, .folder = config->lua, .texts = texts};
    struct hs_application application;
    struct hs_trial_report report = {0};
    struct hs_release *release = NULL;
    struct hs_script_error err;
    int code;

    if (hs_application_open_database(&application, config, &err) == 0)
        release = hs_release_try(&application.server, &from, HS_TRIAL_FULL,
                                 NULL, &report, &err);
    if (release)
        code = report_success(config, json, rules_file, release, &report);
    else
        code = report_failure(config, json, rules_file, &report, &err);
    hs_trial_report_free(&report);
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
