/* options.c: arguments, help and error reports of every command. */
#include "commands/options.h"

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/nearest.h"
#include "commands/commands.h"
#include "lib/tz/tz.h"
#include "twilio/place.h"
#include "twilio/sandbox.h"

/* Where the reading of argv stands. */
struct reading {
    const struct hs_usage *usage;
    struct hs_arguments *out;
    int argc;
    char **argv;
    int at;
    int help; /* --help was seen */
    struct hs_option config, sandbox, json, help_option;
};

static void print_line(const char *name, const char *argument, const char *help,
                       FILE *out)
{
    char left[64];

    (void)snprintf(left, sizeof left, "--%s%s%s", name, argument ? " " : "",
                   argument ? argument : "");
    (void)fprintf(out, "  %-22s %s\n", left, help);
}

static void print_option(const struct hs_option *option, FILE *out)
{
    print_line(option->name, option->argument, option->help, out);
}

static void print_synopsis(const struct hs_usage *usage, FILE *out)
{
    (void)fprintf(out, "usage: hookswitch %s [options]%s%s\n", usage->command,
                  usage->operands ? " " : "",
                  usage->operands ? usage->operands : "");
}

static void print_help(const struct reading *reading)
{
    const struct hs_usage *usage = reading->usage;

    print_synopsis(usage, stdout);
    (void)printf("\n%s\n\n", usage->text);
    for (size_t i = 0; i < usage->count; i++)
        print_option(&usage->options[i], stdout);
    for (size_t i = 0; i < usage->repeated_count; i++)
        print_line(usage->repeated[i].name, usage->repeated[i].argument,
                   usage->repeated[i].help, stdout);
    print_option(&reading->config, stdout);
    print_option(&reading->sandbox, stdout);
    if (usage->json)
        print_option(&reading->json, stdout);
    print_option(&reading->help_option, stdout);
}

static int mistake(const struct hs_usage *usage, const char *what,
                   const char *name)
{
    (void)fprintf(stderr, "hookswitch %s: %s%s\n", usage->command, what, name);
    print_synopsis(usage, stderr);
    return HS_EXIT_USAGE;
}

/* Option number `index`, those that every command has included; NULL behind
 * the last. */
static const struct hs_option *option_at(const struct reading *reading,
                                         size_t index)
{
    size_t own = reading->usage->count;

    if (index < own)
        return &reading->usage->options[index];
    if (index == own)
        return &reading->config;
    if (index == own + 1)
        return &reading->sandbox;
    if (index == own + 2)
        return &reading->help_option;
    return index == own + 3 && reading->usage->json ? &reading->json : NULL;
}

static int unknown_option(const struct reading *reading, const char *given)
{
    struct hs_nearest nearest = {0};
    const struct hs_option *option;

    for (size_t i = 0; (option = option_at(reading, i)) != NULL; i++)
        hs_nearest_offer(&nearest, given, option->name);
    for (size_t i = 0; i < reading->usage->repeated_count; i++)
        hs_nearest_offer(&nearest, given, reading->usage->repeated[i].name);
    (void)fprintf(stderr, "hookswitch %s: unknown option --%s",
                  reading->usage->command, given);
    if (nearest.name)
        (void)fprintf(stderr, "; did you mean --%s?", nearest.name);
    (void)fputc('\n', stderr);
    print_synopsis(reading->usage, stderr);
    return HS_EXIT_USAGE;
}

static int is_number(const char *text)
{
    return text && text[0] && !text[strspn(text, "0123456789.")];
}

/* Note one of several: its name and its value. */
static int note(struct reading *reading, const char *name, const char *value)
{
    struct hs_buf *given = reading->usage->given;
    int failed = hs_buf_add_str(given, given->len ? ",[" : "[") != 0 ||
                 hs_buf_add_json(given, name, strlen(name)) != 0 ||
                 hs_buf_add_str(given, ",") != 0 ||
                 (value ? hs_buf_add_json(given, value, strlen(value))
                        : hs_buf_add_str(given, "null")) != 0 ||
                 hs_buf_add_str(given, "]") != 0;

    return failed ? mistake(reading->usage, "out of memory at --", name)
                  : HS_GO_ON;
}

/* Take an option that may be given several times; `value` stands behind its
 * "=", or is NULL. */
static int take_repeated(struct reading *reading,
                         const struct hs_repeated *option, const char *value)
{
    const char *next =
        reading->at + 1 < reading->argc ? reading->argv[reading->at + 1] : NULL;
    int may_be_left_out = option->argument && option->argument[0] == '[';

    if (!option->argument && value)
        return mistake(reading->usage, "no value belongs to --", option->name);
    if (option->argument && !value && (!may_be_left_out || is_number(next))) {
        if (!next)
            return mistake(reading->usage, "a value is missing after --",
                           option->name);
        value = next;
        reading->at++;
    }
    return note(reading, option->name, value);
}

static const struct hs_repeated *repeated_of(const struct hs_usage *usage,
                                             const char *given, size_t len)
{
    for (size_t i = 0; i < usage->repeated_count; i++) {
        const char *name = usage->repeated[i].name;

        if (strncmp(name, given, len) == 0 && !name[len])
            return &usage->repeated[i];
    }
    return NULL;
}

/* Take the option at argv[at], and its value. */
static int take_option(struct reading *reading)
{
    const char *argument = reading->argv[reading->at];
    const char *given = strcmp(argument, "-h") == 0 ? "help" : argument + 2;
    size_t len = strcspn(given, "=");
    const struct hs_repeated *repeated =
        repeated_of(reading->usage, given, len);
    const struct hs_option *option;

    if (repeated)
        return take_repeated(reading, repeated,
                             given[len] ? given + len + 1 : NULL);
    for (size_t i = 0; (option = option_at(reading, i)) != NULL; i++) {
        if (strncmp(option->name, given, len) == 0 && !option->name[len])
            break;
    }
    if (!option)
        return unknown_option(reading, given);
    if (!option->argument) {
        if (given[len])
            return mistake(reading->usage, "no value belongs to --",
                           option->name);
        *option->flag = 1;
        return HS_GO_ON;
    }
    if (given[len]) {
        *option->value = given + len + 1;
        return HS_GO_ON;
    }
    if (reading->at + 1 >= reading->argc)
        return mistake(reading->usage, "a value is missing after --",
                       option->name);
    *option->value = reading->argv[++reading->at];
    return HS_GO_ON;
}

static int is_option(const char *argument)
{
    return strcmp(argument, "-h") == 0 ||
           (argument[0] == '-' && argument[1] == '-' && argument[2]);
}

/* Operands are moved to the front of argv, behind the command's name. */
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
            return mistake(reading->usage, "unknown option ", argument);
        out->operands[out->operand_count++] = argument;
        /* `run FILE ARGUMENT...`: what follows is the script's. */
        only_operands |= reading->usage->operands_max < 0;
    }
    return HS_GO_ON;
}

int hs_options_read(const struct hs_usage *usage, int argc, char **argv,
                    struct hs_arguments *out)
{
    struct reading reading = {
        .usage = usage, .out = out, .argc = argc, .argv = argv};
    int code;

    reading.config = (struct hs_option){
        "config", "FILE", "read settings from FILE, not from app.conf", NULL,
        &out->config};
    reading.sandbox = (struct hs_option){"sandbox", NULL,
                                         "use the built-in stand-in for Twilio",
                                         &out->sandbox, NULL};
    reading.json =
        (struct hs_option){"json", NULL, "write JSON", &out->json, NULL};
    reading.help_option =
        (struct hs_option){"help", NULL, "print this", &reading.help, NULL};
    *out = (struct hs_arguments){.operands = argv + (argc > 0)};
    code = read_all(&reading);
    if (code != HS_GO_ON)
        return code;
    if (reading.help) {
        print_help(&reading);
        return HS_EXIT_OK;
    }
    if (out->operand_count < usage->operands_min)
        return mistake(usage, "missing: ", usage->operands);
    if (usage->operands_max >= 0 && out->operand_count > usage->operands_max)
        return mistake(usage, "too many arguments, from here on: ",
                       out->operands[usage->operands_max]);
    return HS_GO_ON;
}

int hs_command_failed(const struct hs_usage *usage,
                      const struct hs_arguments *args,
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
        (void)fprintf(stderr, "hookswitch %s: %s\n", usage->command,
                      err->message);
    hs_buf_free(&text);
    return HS_EXIT_FAILED;
}

/* What the settings' own checks cannot know. */
static int complete(struct hs_config *config, struct hs_error *err)
{
    struct hs_error why;

    if (hs_place_apply(config, err) != 0 || hs_sandbox_apply(config, err) != 0)
        return -1;
    if (hs_zone_get(config->timezone, &why))
        return 0;
    hs_error_set(err, "config", "timezone: %s", why.message);
    return -1;
}

/* `guess`: the sandbox that is here is meant. */
static struct hs_config *settings(const struct hs_arguments *args, int guess,
                                  struct hs_error *err)
{
    struct hs_config *config = hs_config_load(args->config, err);

    if (!config)
        return NULL;
    config->sandbox |= args->sandbox || (guess && hs_sandbox_is_here(config));
    if (complete(config, err) == 0)
        return config;
    hs_config_free(config);
    return NULL;
}

struct hs_config *hs_command_settings(const struct hs_arguments *args,
                                      struct hs_error *err)
{
    return settings(args, 0, err);
}

struct hs_config *hs_command_config(const struct hs_usage *usage,
                                    const struct hs_arguments *args)
{
    struct hs_error err = {0};
    struct hs_config *config = settings(args, !usage->serves, &err);

    if (!config)
        (void)hs_command_failed(usage, args, &err);
    return config;
}

int hs_command_start(const struct hs_usage *usage, int argc, char **argv,
                     struct hs_arguments *args, struct hs_config **config)
{
    int code = hs_options_read(usage, argc, argv, args);

    if (code != HS_GO_ON)
        return code;
    *config = hs_command_config(usage, args);
    return *config ? HS_GO_ON : HS_EXIT_FAILED;
}
