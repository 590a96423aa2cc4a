/* config.c: from what files and environment say to one configuration. */
#include "base/config/config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/config/table.h"
#include "base/utf8.h"

#define TEXT_MAX 1024
#define DEFAULT_FILE "app.conf"

/* Refuse a value. Secrets are named, never shown. */
static int refuse(const struct hs_setting *setting,
                  const struct hs_found *found, const char *why,
                  struct hs_error *err)
{
    int shown = (int)hs_utf8_cut(found->value, strnlen(found->value, 60));

    if (setting->secret)
        hs_error_set(err, "config", "%s: %s %s", found->from, setting->name,
                     why);
    else
        hs_error_set(err, "config", "%s: %s \"%.*s\" %s", found->from,
                     setting->name, shown, found->value, why);
    return -1;
}

/* 1 when `value` is one of "a|b|c". */
static int is_choice(const char *choices, const char *value)
{
    size_t len = strlen(value);

    while (*choices) {
        size_t choice_len = strcspn(choices, "|");

        if (choice_len == len && strncmp(choices, value, len) == 0)
            return 1;
        choices += choice_len + (choices[choice_len] == '|');
    }
    return 0;
}

/* "a, b or c" out of "a|b|c". */
static void spell_choices(const char *choices, char *out, size_t size)
{
    size_t used = 0;

    while (*choices && used < size) {
        size_t len = strcspn(choices, "|");
        const char *rest = choices + len + (choices[len] == '|');
        const char *join = !*rest ? "" : strchr(rest, '|') ? ", " : " or ";
        int wrote = snprintf(out + used, size - used, "%.*s%s", (int)len,
                             choices, join);

        used += wrote > 0 ? (size_t)wrote : 0;
        choices = rest;
    }
}

static int settle_text(const struct hs_setting *setting,
                       const struct hs_found *found, struct hs_config *config,
                       struct hs_error *err)
{
    struct hs_error why = {0};
    char *value = strdup(found->value);

    if (!value) {
        hs_error_set(err, "memory", "out of memory");
        return -1;
    }
    if (!*value && *setting->fallback) {
        (void)refuse(setting, found, "needs a value", &why);
    } else if (strlen(value) > TEXT_MAX) {
        (void)refuse(setting, found, "is longer than 1024 bytes", &why);
    } else if (setting->choices && !is_choice(setting->choices, value)) {
        char choices[128], text[160];

        spell_choices(setting->choices, choices, sizeof choices);
        (void)snprintf(text, sizeof text, "is not %s", choices);
        (void)refuse(setting, found, text, &why);
    } else if (*value && setting->check) {
        struct hs_error reason = {0};

        if (setting->check(&value, &reason) != 0)
            (void)refuse(setting, found, reason.message, &why);
    }
    if (why.code[0]) {
        free(value);
        *err = why;
        return -1;
    }
    *hs_setting_text(setting, config) = value;
    return 0;
}

static int settle_integer(const struct hs_setting *setting,
                          const struct hs_found *found,
                          struct hs_config *config, struct hs_error *err)
{
    size_t digits = strspn(found->value, "0123456789");
    char why[96];
    int64_t value = 0;

    for (size_t i = 0; i < digits && value <= setting->max; i++)
        value = value * 10 + (found->value[i] - '0');
    if (digits == 0 || found->value[digits] || value < setting->min ||
        value > setting->max) {
        (void)snprintf(why, sizeof why,
                       "is not a whole number from %lld to %lld",
                       (long long)setting->min, (long long)setting->max);
        return refuse(setting, found, why, err);
    }
    *hs_setting_integer(setting, config) = value;
    return 0;
}

static int settle_switch(const struct hs_setting *setting,
                         const struct hs_found *found, struct hs_config *config,
                         struct hs_error *err)
{
    if (is_choice("yes|on|true|1", found->value))
        *hs_setting_switch(setting, config) = 1;
    else if (is_choice("no|off|false|0", found->value))
        *hs_setting_switch(setting, config) = 0;
    else
        return refuse(setting, found, "is not yes or no", err);
    return 0;
}

static int settle_one(const struct hs_setting *setting,
                      const struct hs_found *found, struct hs_config *config,
                      struct hs_error *err)
{
    switch (setting->type) {
    case HS_SET_INTEGER:
        return settle_integer(setting, found, config, err);
    case HS_SET_SWITCH:
        return settle_switch(setting, found, config, err);
    default:
        return settle_text(setting, found, config, err);
    }
}

/* The value of one setting in a layer, under whichever of its names it stands;
 * found->value is NULL when it is not there. Two names that disagree are
 * refused: nobody could say which was meant. */
static int pick(struct hs_layer *layer, int index, struct hs_found **found,
                struct hs_error *err)
{
    *found = hs_layer_at(layer, index, 0);
    for (int which = 1; which < HS_SPELLINGS; which++) {
        struct hs_found *other = hs_layer_at(layer, index, which);

        if (!other->value)
            continue;
        if ((*found)->value && strcmp((*found)->value, other->value) != 0) {
            hs_error_set(err, "config",
                         "%s and %s mean the same setting, %s, and differ: "
                         "set one of them",
                         (*found)->name, other->name, hs_settings[index].name);
            return -1;
        }
        if (!(*found)->value || other->rank > (*found)->rank)
            *found = other;
    }
    return 0;
}

/* twilio_auth_token_file stands for twilio_auth_token; the one that was set
 * closer to the process (environment, .env, file) counts. */
static int read_token_file(struct hs_config *config, int token_rank,
                           int file_rank, struct hs_error *err)
{
    const char *path = config->twilio_auth_token_file;
    char *token, *secondary;

    if (!path || !*path || token_rank > file_rank)
        return 0;
    if (*config->twilio_auth_token && token_rank == file_rank) {
        hs_error_set(err, "config",
                     "twilio_auth_token and twilio_auth_token_file are both "
                     "set: set one of them");
        return -1;
    }
    if (*config->twilio_auth_token_secondary) {
        hs_error_set(err, "config",
                     "twilio_auth_token_secondary is set beside "
                     "twilio_auth_token_file: write it into that file, on a "
                     "second line");
        return -1;
    }
    if (hs_read_token_file(path, &token, &secondary, err) != 0) {
        free(token);
        free(secondary);
        return -1;
    }
    free(config->twilio_auth_token);
    free(config->twilio_auth_token_secondary);
    config->twilio_auth_token = token;
    config->twilio_auth_token_secondary = secondary;
    config->token_from_file = 1;
    return 0;
}

static struct hs_config *new_config(struct hs_error *err)
{
    struct hs_config *config = calloc(1, sizeof *config);

    if (config)
        config->origins = calloc(hs_setting_count, sizeof *config->origins);
    if (!config || !config->origins) {
        hs_error_set(err, "memory", "out of memory");
        free(config);
        return NULL;
    }
    return config;
}

/* Give one setting its value: environment, file or default. */
static int settle_setting(int index, struct hs_layer *file,
                          struct hs_layer *environment,
                          struct hs_config *config, int *rank,
                          struct hs_error *err)
{
    const struct hs_setting *setting = &hs_settings[index];
    char fallback_text[64];
    struct hs_found fallback = {.value = fallback_text, .from = "default"};
    struct hs_found *found;
    int code;

    if (pick(environment, index, &found, err) != 0)
        return -1;
    if (!found->value && pick(file, index, &found, err) != 0)
        return -1;
    if (!found->value) {
        (void)snprintf(fallback_text, sizeof fallback_text, "%s",
                       setting->fallback);
        found = &fallback;
    }
    *rank = found->rank;
    code = settle_one(setting, found, config, err);
    if (code == 0)
        config->origins[index] = strdup(found->from);
    if (code == 0 && !config->origins[index]) {
        hs_error_set(err, "memory", "out of memory");
        return -1;
    }
    return code;
}

struct hs_config *hs_config_settle(struct hs_layer *file,
                                   struct hs_layer *environment,
                                   struct hs_error *err)
{
    struct hs_config *config = new_config(err);
    int token_rank = 0, file_rank = 0;

    if (!config)
        return NULL;
    for (size_t i = 0; i < hs_setting_count; i++) {
        int rank = 0;

        if (settle_setting((int)i, file, environment, config, &rank, err) != 0)
            goto failed;
        if (strcmp(hs_settings[i].name, "twilio_auth_token") == 0)
            token_rank = rank;
        if (strcmp(hs_settings[i].name, "twilio_auth_token_file") == 0)
            file_rank = rank;
    }
    if (read_token_file(config, token_rank, file_rank, err) == 0 &&
        hs_config_place(config, err) == 0 &&
        hs_check_together(config, err) == 0)
        return config;

failed:
    hs_config_free(config);
    return NULL;
}

static int is_folder(const char *path)
{
    struct stat info;

    return stat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

/* A folder left at its default that is not in the working folder is looked for
 * beside the program, at `places`, a list that ends with NULL. */
static int find_folder(char **folder, const char *fallback,
                       const char *const *places, struct hs_error *err)
{
    char program[512], path[768];
    ssize_t len = readlink("/proc/self/exe", program, sizeof program - 1);
    char *slash;
    char *found;

    if (!*folder || strcmp(*folder, fallback) != 0 || is_folder(*folder) ||
        len <= 0)
        return 0;
    program[len] = 0;
    slash = strrchr(program, '/');
    if (!slash)
        return 0;
    slash[1] = 0;
    for (; *places; places++) {
        (void)snprintf(path, sizeof path, "%s%s", program, *places);
        if (is_folder(path))
            break;
    }
    if (!*places)
        return 0; /* whoever needs the folder says that it is missing */
    found = strdup(path);
    if (!found) {
        hs_error_set(err, "memory", "out of memory");
        return -1;
    }
    free(*folder);
    *folder = found;
    return 0;
}

/* The program is build/hookswitch, or bin/hookswitch once installed. */
static int find_folders(struct hs_config *config, struct hs_error *err)
{
    static const char *const lua[] = {"../lua", "../share/hookswitch/lua",
                                      NULL};
    static const char *const web[] = {"web", "../share/hookswitch/web", NULL};

    if (find_folder(&config->lua, "lua", lua, err) != 0)
        return -1;
    return find_folder(&config->web, "build/web", web, err);
}

/* .env beside the file at `path`, relative like it. NULL without memory. */
static char *dotenv_beside(const char *path)
{
    const char *slash = strrchr(path, '/');
    int folder = slash ? (int)(slash - path) + 1 : 0;
    char *beside = NULL;

    if (asprintf(&beside, "%.*s.env", folder, path) < 0)
        return NULL;
    return beside;
}

static int keep_path(struct hs_config *config, const char *path,
                     struct hs_error *err)
{
    if (!path)
        return 0;
    config->path = strdup(path);
    if (!config->path)
        hs_error_set(err, "memory", "out of memory");
    return config->path ? 0 : -1;
}

struct hs_config *hs_config_load(const char *path, struct hs_error *err)
{
    struct hs_error unused;
    struct hs_layer file = {0}, environment = {0};
    struct hs_config *config = NULL;
    char *dotenv = dotenv_beside(path ? path : DEFAULT_FILE);

    if (!err)
        err = &unused;
    if (!dotenv) {
        hs_error_set(err, "memory", "out of memory");
        return NULL;
    }
    if (hs_layer_new(&file, err) == 0 && hs_layer_new(&environment, err) == 0 &&
        hs_read_conf(&file, path ? path : DEFAULT_FILE, path != NULL, err) ==
            0 &&
        hs_read_dotenv(&environment, dotenv, err) == 0 &&
        hs_read_environment(&environment, environ, err) == 0)
        config = hs_config_settle(&file, &environment, err);
    if (config &&
        (keep_path(config, path, err) != 0 || find_folders(config, err) != 0)) {
        hs_config_free(config);
        config = NULL;
    }
    hs_layer_free(&environment);
    hs_layer_free(&file);
    free(dotenv);
    return config;
}

void hs_config_free(struct hs_config *config)
{
    if (!config)
        return;
    for (size_t i = 0; i < hs_setting_count; i++) {
        if (hs_settings[i].type == HS_SET_TEXT)
            free(*hs_setting_text(&hs_settings[i], config));
        free(config->origins[i]);
    }
    free(config->origins);
    free(config->path);
    free(config->jwt_public_keys);
    hs_credentials_free(config);
    free(config);
}
