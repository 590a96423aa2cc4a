/* options.c: arguments, help and error reports for every verb. */
#include <assert.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/nearest.h"
#include "commands/commands.h"
#include "lib/tz/tz.h"
#include "store/store.h"
#include "twilio/place.h"
#include "twilio/sandbox.h"

#define ID_MAX 15 /* digits */

/* Options of every verb; --json only where the table says so. */
static const struct hs_option of_all[HS_OPTIONS_COMMON] = {
    {"config", "FILE", "read settings from FILE instead of app.conf"},
    {"sandbox", NULL, "use the built-in stand-in for Twilio"},
    {"json", NULL, "write JSON"},
    {"help", NULL, "print this"},
};

#define WIDTH 88 /* columns of a line of help, at most */

/* Where the reading of argv stands. */
struct reading {
    const struct hs_verb *verb;
    struct hs_arguments *out;
    int argc;
    char **argv;
    int at;
};

/* The option at a position in hs_arguments.values, or NULL. */
static const struct hs_option *option_at(const struct hs_verb *verb, int index)
{
    const struct hs_option *option = index < HS_OPTIONS_OWN
                                         ? &verb->options[index]
                                         : &of_all[index - HS_OPTIONS_OWN];

    if (!option->name || (strcmp(option->name, "json") == 0 && !verb->json))
        return NULL;
    return option;
}

/* The position of an option whose name is the first `len` bytes, and the
 * option; or -1 and NULL. */
static int find(const struct hs_verb *verb, const char *name, size_t len,
                const struct hs_option **option)
{
    for (int i = 0; i < HS_OPTIONS_OWN + HS_OPTIONS_COMMON; i++) {
        *option = option_at(verb, i);
        if (*option && strncmp((*option)->name, name, len) == 0 &&
            !(*option)->name[len])
            return i;
    }
    *option = NULL;
    return -1;
}

const char *hs_option(const struct hs_arguments *args, const char *name)
{
    const struct hs_option *option;
    int index = find(args->verb, name, strlen(name), &option);

    assert(index >= 0 || strcmp(name, "json") == 0);
    return index < 0 ? NULL : args->values[index];
}

/* Write the words up to the end of the line or text over as many lines as they
 * take, after `used` columns of the first one; the others are indented. */
static void print_words(const char *words, int used, int indent, FILE *out)
{
    int start = used;

    while (*words && *words != '\n') {
        int len = (int)strcspn(words, " \n");

        if (used > start && used + 1 + len > WIDTH)
            used = start = fprintf(out, "\n%*s", indent, "") - 1;
        used += fprintf(out, "%s%.*s", used > start ? " " : "", len, words);
        words += len + (words[len] == ' ');
    }
    (void)fputc('\n', out);
}

static void print_option(const struct hs_option *option, FILE *out)
{
    char left[64];
    int used;

    (void)snprintf(left, sizeof left, "--%s%s%s", option->name,
                   option->argument ? " " : "",
                   option->argument ? option->argument : "");
    used = fprintf(out, "  %-22s", left);
    used =
        used > 24 ? fprintf(out, "\n%25s", "") - 1 : used + fprintf(out, " ");
    print_words(option->help, used, 25, out);
}

static void print_synopsis(const struct hs_verb *verb, FILE *out)
{
    int used = fprintf(out, "usage: hookswitch %s [options]%s", verb->name,
                       verb->operands ? " " : "");

    print_words(verb->operands ? verb->operands : "", used, 7, out);
}

/* Lines are wrapped, unless they begin with a blank. */
static void print_text(const char *text, FILE *out)
{
    while (*text) {
        size_t len = strcspn(text, "\n");

        if (text[0] == ' ')
            (void)fprintf(out, "%.*s\n", (int)len, text);
        else
            print_words(text, 0, 0, out);
        text += len + (text[len] == '\n');
    }
}

void hs_help_print_verb(const struct hs_verb *verb, FILE *out)
{
    print_synopsis(verb, out);
    (void)fputc('\n', out);
    print_text(verb->text, out);
    (void)fputc('\n', out);
    for (int i = 0; i < HS_OPTIONS_OWN + HS_OPTIONS_COMMON; i++) {
        const struct hs_option *option = option_at(verb, i);

        for (const struct hs_option *repeated = verb->repeated;
             i == HS_OPTIONS_OWN && repeated && repeated->name; repeated++)
            print_option(repeated, out);
        if (option)
            print_option(option, out);
    }
}

static int mistake(const struct hs_verb *verb, const char *what,
                   const char *name)
{
    (void)fprintf(stderr, "hookswitch %s: %s%s\n", verb->name, what, name);
    print_synopsis(verb, stderr);
    return HS_EXIT_USAGE;
}

static int unknown_option(const struct hs_verb *verb, const char *given)
{
    struct hs_nearest nearest = {0};

    for (int i = 0; i < HS_OPTIONS_OWN + HS_OPTIONS_COMMON; i++) {
        const struct hs_option *option = option_at(verb, i);

        if (option)
            hs_nearest_offer(&nearest, given, option->name);
    }
    for (const struct hs_option *option = verb->repeated;
         option && option->name; option++)
        hs_nearest_offer(&nearest, given, option->name);
    (void)fprintf(stderr, "hookswitch %s: unknown option --%s", verb->name,
                  given);
    if (nearest.name)
        (void)fprintf(stderr, "; did you mean --%s?", nearest.name);
    (void)fputc('\n', stderr);
    print_synopsis(verb, stderr);
    return HS_EXIT_USAGE;
}

static int is_number(const char *text)
{
    return text && text[0] && !text[strspn(text, "0123456789.")];
}

/* Append the name and value of a repeatable option. */
static int note(struct reading *reading, const char *name, const char *value)
{
    struct hs_buf *given = &reading->out->given;
    int failed = hs_buf_add_str(given, given->len ? ",[" : "[") != 0 ||
                 hs_buf_add_json(given, name, strlen(name)) != 0 ||
                 hs_buf_add_str(given, ",") != 0 ||
                 (value ? hs_buf_add_json(given, value, strlen(value))
                        : hs_buf_add_str(given, "null")) != 0 ||
                 hs_buf_add_str(given, "]") != 0;

    return failed ? mistake(reading->verb, "out of memory at --", name)
                  : HS_GO_ON;
}

/* The value of an option: `value`, the text after its "=", or else the next
 * argument. NULL if it is optional and left out. */
static int take_value(struct reading *reading, const struct hs_option *option,
                      const char **value)
{
    const char *next =
        reading->at + 1 < reading->argc ? reading->argv[reading->at + 1] : NULL;

    if (!option->argument && *value)
        return mistake(reading->verb, "no value belongs to --", option->name);
    if (!option->argument || *value ||
        (option->argument[0] == '[' && !is_number(next)))
        return HS_GO_ON;
    if (!next)
        return mistake(reading->verb, "a value is missing after --",
                       option->name);
    *value = next;
    reading->at++;
    return HS_GO_ON;
}

static const struct hs_option *repeated_of(const struct hs_verb *verb,
                                           const char *given, size_t len)
{
    const struct hs_option *option = verb->repeated;

    while (option && option->name &&
           (strncmp(option->name, given, len) != 0 || option->name[len]))
        option++;
    return option && option->name ? option : NULL;
}

/* Take the option at argv[at], and its value. */
static int take_option(struct reading *reading)
{
    const char *argument = reading->argv[reading->at];
    const char *given = strcmp(argument, "-h") == 0 ? "help" : argument + 2;
    size_t len = strcspn(given, "=");
    const char *value = given[len] ? given + len + 1 : NULL;
    const struct hs_option *repeated = repeated_of(reading->verb, given, len);
    const struct hs_option *option;
    int index = find(reading->verb, given, len, &option);
    int code;

    if (repeated)
        option = repeated;
    if (!option)
        return unknown_option(reading->verb, given);
    code = take_value(reading, option, &value);
    if (code != HS_GO_ON)
        return code;
    if (repeated)
        return note(reading, repeated->name, value);
    reading->out->values[index] = value ? value : "";
    return HS_GO_ON;
}

static int is_option(const char *argument)
{
    return strcmp(argument, "-h") == 0 ||
           (argument[0] == '-' && argument[1] == '-' && argument[2]);
}

/* Operands are moved to the front of argv, after the verb's name. */
static int read_all(struct reading *reading)
{
    struct hs_arguments *out = reading->out;
    int only_operands = 0;

    for (reading->at = 1; reading->at < reading->argc; reading->at++) {
        char *argument = reading->argv[reading->at];

        if (!only_operands && is_option(argument)) {
            int code = take_option(reading);

            if (code != HS_GO_ON)
                return code;
            continue;
        }
        if (!only_operands && strcmp(argument, "--") == 0) {
            only_operands = 1;
            continue;
        }
        if (!only_operands && argument[0] == '-' && argument[1])
            return mistake(reading->verb, "unknown option ", argument);
        out->operands[out->operand_count++] = argument;
        /* `run FILE ARGUMENT...`: the rest belongs to the script. */
        only_operands |= reading->verb->operands_max < 0;
    }
    return HS_GO_ON;
}

static int is_id(const char *text)
{
    size_t len = strlen(text);

    return len > 0 && len <= ID_MAX && strspn(text, "0123456789") == len;
}

/* Take the action from the operands, and check the operands after it. */
static int take_action(struct hs_arguments *args)
{
    const struct hs_verb *verb = args->verb;
    const struct hs_action *end = verb->actions + HS_ACTIONS,
                           *action = verb->actions;
    int count;

    if (args->operand_count > 0) {
        while (action < end && action->name &&
               strcmp(action->name, args->operands[0]) != 0)
            action++;
        if (action == end || !action->name)
            return mistake(verb, "unknown action ", args->operands[0]);
        args->operands++;
        args->operand_count--;
    }
    args->action = action->name;
    count = args->operand_count;
    count += verb->stands_in && hs_option(args, verb->stands_in);
    if (count < action->min)
        return mistake(verb, "not enough arguments for ", action->name);
    if (count > action->max)
        return mistake(verb, "too many arguments for ", action->name);
    for (int i = 0; action->ids && i < args->operand_count; i++) {
        if (!is_id(args->operands[i]))
            return mistake(verb, "not an ID: ", args->operands[i]);
    }
    return HS_GO_ON;
}

int hs_options_read(const struct hs_verb *verb, int argc, char **argv,
                    struct hs_arguments *args)
{
    struct reading reading = {
        .verb = verb, .out = args, .argc = argc, .argv = argv};
    int code;

    *args = (struct hs_arguments){.verb = verb, .operands = argv + (argc > 0)};
    code = read_all(&reading);
    if (code != HS_GO_ON)
        return code;
    if (hs_option(args, "help")) {
        hs_help_print_verb(verb, stdout);
        return HS_EXIT_OK;
    }
    args->config = hs_option(args, "config");
    args->sandbox = hs_option(args, "sandbox") != NULL;
    args->json = hs_option(args, "json") != NULL;
    if (args->operand_count < verb->operands_min)
        return mistake(verb, "missing: ", verb->operands);
    if (verb->operands_max >= 0 && args->operand_count > verb->operands_max)
        return mistake(verb, "too many arguments, from here on: ",
                       args->operands[verb->operands_max]);
    return verb->actions[0].name ? take_action(args) : HS_GO_ON;
}

int hs_command_failed(const struct hs_arguments *args,
                      const struct hs_error *err)
{
    struct hs_buf text = {0};

    if (args->json && hs_buf_add_str(&text, "{\"error\":{\"code\":") == 0 &&
        hs_buf_add_json(&text, err->code, strlen(err->code)) == 0 &&
        hs_buf_add_str(&text, ",\"message\":") == 0 &&
        hs_buf_add_json(&text, err->message, strlen(err->message)) == 0 &&
        hs_buf_add_str(&text, "}}") == 0)
        (void)printf("%s\n", text.data);
    else
        (void)fprintf(stderr, "hookswitch %s: %s\n", args->verb->name,
                      err->message);
    hs_buf_free(&text);
    return HS_EXIT_FAILED;
}

/* Checks that need more than the settings. */
static int complete(struct hs_config *config, struct hs_error *err)
{
    struct hs_error why;

    if (hs_place_apply(config, err) != 0 || hs_sandbox_apply(config, err) != 0)
        return -1;
    if (hs_zone_get(config->timezone, &why))
        return 0;
    return hs_error_set(err, "config", "timezone: %s", why.message);
}

/* When the database in this file was written last, in seconds; 0: never. */
static int64_t written_at(const char *file)
{
    char wal[PATH_MAX];
    struct stat found;
    int64_t at = stat(file, &found) == 0 ? (int64_t)found.st_mtime : 0;

    (void)snprintf(wal, sizeof wal, "%s-wal", file);
    if (stat(wal, &found) == 0 && found.st_mtime > at)
        at = (int64_t)found.st_mtime;
    return at;
}

/* Two servers may have run here: say which one's database this is. One that
 * was moved back to the file has written it since. */
static void say_which(const struct hs_arguments *args,
                      const struct hs_config *config)
{
    /* Its URL may be in the server's environment alone. */
    if (!args->sandbox && hs_config_is_default(config, "database") &&
        access(config->database, F_OK) == 0 &&
        written_at(config->near_file) >= written_at(config->database))
        (void)fprintf(stderr,
                      "hookswitch %s: uses %s, but a server in this folder has "
                      "been on PostgreSQL (%s is here): if it still is, set "
                      "HOOKSWITCH_DATABASE as it does\n",
                      args->verb->name, config->database, config->near_file);
    if (!hs_sandbox_is_beside(config))
        return;
    if (args->sandbox)
        (void)fprintf(stderr,
                      "hookswitch %s: uses " HS_SANDBOX_DATABASE
                      ", but other commands use %s, which is here too: give "
                      "them --sandbox, or move %s away\n",
                      args->verb->name, config->database, config->database);
    else
        (void)fprintf(stderr,
                      "hookswitch %s: uses %s, not " HS_SANDBOX_DATABASE
                      ", which is here too: add --sandbox, or move %s away\n",
                      args->verb->name, config->database, config->database);
}

/* `guess`: use the sandbox if that is all there is. */
static struct hs_config *settings(const struct hs_arguments *args, int guess,
                                  struct hs_error *err)
{
    struct hs_config *config = hs_config_load(args->config, err);

    if (!config)
        return NULL;
    say_which(args, config);
    config->sandbox |= args->sandbox || (guess && hs_sandbox_is_here(config));
    if (complete(config, err) == 0) {
        hs_keep_timeline(config->database, config->near_file,
                         args->verb->serves);
        return config;
    }
    hs_config_free(config);
    return NULL;
}

struct hs_config *hs_command_settings(const struct hs_arguments *args,
                                      struct hs_error *err)
{
    return settings(args, 0, err);
}

struct hs_config *hs_command_config(const struct hs_arguments *args)
{
    struct hs_error err = {0};
    struct hs_config *config = settings(args, !args->verb->serves, &err);

    if (!config)
        (void)hs_command_failed(args, &err);
    return config;
}
