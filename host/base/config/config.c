/* config.c: from what files and environment say to one configuration. */
#include "base/config/config.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/config/database_name.h"
#include "base/config/table.h"
#include "base/utf8.h"

#define INSTALLED_FILE "hookswitch/app.conf"

static int set_origin(struct hs_config *config, size_t index, const char *text,
                      int rank, struct hs_error *err)
{
    struct hs_origin *origin = &config->origins[index];
    char *copy = strdup(text);

    if (!copy)
        return hs_no_memory(err);
    free(origin->text);
    *origin = (struct hs_origin){copy, rank};
    return 0;
}

/* Refuse a value. Secrets are named, never shown, nor is an address that may
 * hold one. */
static int refuse(const struct hs_setting *setting,
                  const struct hs_found *found, const char *why,
                  struct hs_error *err)
{
    int shown = (int)hs_utf8_cut(found->value, strnlen(found->value, 60));

    if (setting->secret || (strcmp(setting->name, "database") == 0 &&
                            hs_database_is_address(found->value)))
        hs_error_set(err, "config", "%s: %s %s", found->from, setting->name,
                     why);
    else
        hs_error_set(err, "config", "%s: %s \"%.*s\" %s", found->from,
                     setting->name, shown, found->value, why);
    return -1;
}

static int settle_text(const struct hs_setting *setting,
                       const struct hs_found *found, struct hs_config *config,
                       struct hs_error *err)
{
    struct hs_error why = {0};
    char *value = strdup(found->value);

    if (!value)
        return hs_no_memory(err);
    if (hs_check_text(setting, &value, &why) != 0) {
        free(value);
        return refuse(setting, found, why.message, err);
    }
    free(*hs_setting_text(setting, config));
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
    if (hs_setting_allows("yes|on|true|1", found->value))
        *hs_setting_switch(setting, config) = 1;
    else if (hs_setting_allows("no|off|false|0", found->value))
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

/* The value given for a setting under any of its spellings, in files or in the
 * environment; NULL if it isn't set. Two different values are refused, because
 * it isn't clear which was meant. */
static int pick(const struct hs_found *spellings, size_t count,
                const struct hs_setting *setting, const struct hs_found **best,
                struct hs_error *err)
{
    *best = NULL;
    for (const struct hs_found *one = spellings; one < spellings + count;
         one++) {
        if (!one->value)
            continue;
        if (*best && strcmp((*best)->value, one->value) != 0)
            return hs_error_set(
                err, "config",
                "%s and %s mean the same setting, %s, and differ: "
                "set one of them",
                (*best)->name, one->name, setting->name);
        if (!*best || one->rank > (*best)->rank)
            *best = one;
    }
    return 0;
}

/* Give one setting its value: environment, file or default. */
static int settle_setting(size_t index, const struct hs_given *given,
                          struct hs_config *config, struct hs_error *err)
{
    const struct hs_setting *setting = &hs_settings[index];
    const struct hs_found *spellings = &given->found[index * HS_SPELLINGS];
    char fallback_text[64];
    struct hs_found fallback = {.value = fallback_text, .from = "default"};
    const struct hs_found *found;

    if (pick(spellings + HS_IN_ENV, HS_SPELLINGS - HS_IN_ENV, setting, &found,
             err) != 0)
        return -1;
    if (!found && pick(spellings, HS_IN_ENV, setting, &found, err) != 0)
        return -1;
    if (!found) {
        (void)snprintf(fallback_text, sizeof fallback_text, "%s",
                       setting->fallback ? setting->fallback : "");
        found = &fallback;
    }
    if (settle_one(setting, found, config, err) != 0)
        return -1;
    return set_origin(config, index, found->from, found->rank, err);
}

static int fail(struct hs_error *err, const char *message)
{
    return hs_error_set(err, "config", "%s", message);
}

/* twilio_auth_token_file stands for twilio_auth_token; the one that was set
 * closer to the process (environment, .env, file) counts. */
static int read_token_file(struct hs_config *config, struct hs_error *err)
{
    const char *path = config->twilio_auth_token_file;
    int rank = config->origins[hs_setting_find("twilio_auth_token")].rank;
    int file_rank =
        config->origins[hs_setting_find("twilio_auth_token_file")].rank;
    char *token, *secondary;

    if (!path || !*path || rank > file_rank)
        return 0;
    if (*config->twilio_auth_token && rank == file_rank)
        return fail(err, "twilio_auth_token and twilio_auth_token_file "
                         "are both set: set one of them");
    if (*config->twilio_auth_token_secondary)
        return fail(err, "twilio_auth_token_secondary is set beside "
                         "twilio_auth_token_file: write it into that "
                         "file, on a second line");
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

static int read_key_file(struct hs_config *config, struct hs_error *err)
{
    if (!*config->jwt_public_key_file)
        return 0;
    config->jwt_public_keys =
        hs_read_key_file(config->jwt_public_key_file, err);
    return config->jwt_public_keys ? 0 : -1;
}

struct hs_config *hs_config_settle(struct hs_given *given, struct hs_error *err)
{
    struct hs_config *config = calloc(1, sizeof *config);

    if (config)
        config->origins = calloc(hs_setting_count, sizeof *config->origins);
    if (!config || !config->origins) {
        hs_no_memory(err);
        goto failed;
    }
    for (size_t i = 0; i < hs_setting_count; i++) {
        if (settle_setting(i, given, config, err) != 0)
            goto failed;
    }
    if (read_token_file(config, err) == 0 &&
        hs_check_together(config, err) == 0 && read_key_file(config, err) == 0)
        return config;

failed:
    hs_config_free(config);
    return NULL;
}

int hs_config_fill(struct hs_config *config, const char *path,
                   const char *origin, struct hs_error *err)
{
    struct hs_given given = {0};
    int code = -1;

    if (hs_given_new(&given, err) != 0 ||
        hs_read_conf(&given, path, 1, err) != 0)
        goto done;
    for (size_t i = 0; i < hs_setting_count; i++) {
        const struct hs_setting *setting = &hs_settings[i];
        const struct hs_found *found = &given.found[i * HS_SPELLINGS];

        if (!found->value || setting->type != HS_SET_TEXT ||
            **hs_setting_text(setting, config))
            continue;
        if (settle_text(setting, found, config, err) != 0 ||
            set_origin(config, i, origin, HS_FROM_FILE, err) != 0)
            goto done;
    }
    code = 0;

done:
    hs_given_free(&given);
    return code;
}

int hs_config_put(struct hs_config *config, const char *key, char *value,
                  const char *origin, struct hs_error *err)
{
    int index = hs_setting_find(key);
    char **text;

    assert(index >= 0 && hs_settings[index].type == HS_SET_TEXT);
    if (!value)
        return hs_no_memory(err);
    text = hs_setting_text(&hs_settings[index], config);
    free(*text);
    *text = value;
    return origin ? set_origin(config, (size_t)index, origin, HS_FROM_FILE, err)
                  : 0;
}

static int is_folder(const char *path)
{
    struct stat info;

    return stat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

/* The path `relative` to the program's folder. Free it; NULL without memory. */
static char *beside_program(const char *relative)
{
    char program[512], *path = NULL;
    ssize_t len = readlink("/proc/self/exe", program, sizeof program - 1);
    char *slash;

    program[len > 0 ? len : 0] = 0;
    slash = strrchr(program, '/');
    if (slash)
        slash[1] = 0;
    if (asprintf(&path, "%s%s", program, relative) < 0)
        return NULL;
    return path;
}

/* A folder left at its default that isn't in the working folder is looked for
 * beside the program: build/hookswitch, or bin/hookswitch once installed. 0, or
 * -1 with `err`. */
static int find_folder(struct hs_config *config, const char *key,
                       const char *built, const char *installed,
                       struct hs_error *err)
{
    const struct hs_setting *setting = &hs_settings[hs_setting_find(key)];
    const char *folder = *hs_setting_text(setting, config);
    char *path;

    if (strcmp(folder, setting->fallback) != 0 || is_folder(folder))
        return 0;
    path = beside_program(built);
    if (path && !is_folder(path)) {
        free(path);
        path = beside_program(installed);
    }
    if (!path)
        return hs_no_memory(err);
    if (is_folder(path))
        return hs_config_put(config, key, path, NULL, err);
    free(path);
    return 0; /* code that needs the folder reports it missing */
}

/* The file to read when none is named and the working folder has none: the
 * installed program's, below PREFIX/etc, or in /etc if the prefix is /usr.
 * *found is NULL if there isn't one; the caller frees it. 0, or -1 without
 * memory. */
static int find_installed_file(char **found)
{
    static const char *const etc[] = {"../etc/" INSTALLED_FILE,
                                      "../../etc/" INSTALLED_FILE};
    size_t count = sizeof etc / sizeof etc[0];
    char *path;

    *found = NULL;
    for (size_t i = 0; i < count && access(HS_CONFIG_FILE, F_OK) != 0; i++) {
        path = beside_program(etc[i]);
        if (!path)
            return -1;
        if (access(path, F_OK) == 0)
            *found = realpath(path, NULL);
        free(path);
        if (*found)
            break;
    }
    return 0;
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

/* The file in the working folder is optional. */
static struct hs_config *read_all(const char *path, int required,
                                  struct hs_error *err)
{
    struct hs_given given = {0};
    struct hs_config *config = NULL;
    char *dotenv = dotenv_beside(path);

    if (!dotenv)
        hs_no_memory(err);
    else if (hs_given_new(&given, err) == 0 &&
             hs_read_conf(&given, path, required, err) == 0 &&
             hs_read_dotenv(&given, dotenv, err) == 0 &&
             hs_read_environment(&given, environ, err) == 0)
        config = hs_config_settle(&given, err);
    hs_given_free(&given);
    free(dotenv);
    return config;
}

struct hs_config *hs_config_load(const char *path, struct hs_error *err)
{
    struct hs_error unused;
    struct hs_config *config = NULL;
    char *installed = NULL;

    if (!err)
        err = &unused;
    if (path)
        config = read_all(path, 1, err);
    else if (find_installed_file(&installed) != 0)
        hs_no_memory(err);
    else if (installed)
        config = read_all(installed, 1, err);
    else
        config = read_all(HS_CONFIG_FILE, 0, err);
    free(installed);
    if (config && (find_folder(config, "lua", "../lua",
                               "../share/hookswitch/lua", err) != 0 ||
                   find_folder(config, "web", "web", "../share/hookswitch/web",
                               err) != 0)) {
        hs_config_free(config);
        config = NULL;
    }
    return config;
}

void hs_config_free(struct hs_config *config)
{
    if (!config)
        return;
    for (size_t i = 0; i < hs_setting_count; i++) {
        if (hs_settings[i].type == HS_SET_TEXT)
            free(*hs_setting_text(&hs_settings[i], config));
        if (config->origins)
            free(config->origins[i].text);
    }
    free(config->origins);
    free(config->jwt_public_keys);
    hs_credentials_free(config);
    free(config);
}
