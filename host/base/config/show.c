/* show.c: the settings written out: as app.conf, as they are in force, one at a
 * time for Lua. Secrets never appear. */
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/config/config.h"
#include "base/config/database_name.h"
#include "base/config/table.h"

#define WIDTH 78

/* Write `text` as comment lines, broken between words. */
static void print_wrapped(const char *text, FILE *out)
{
    size_t column = 0;

    while (*text) {
        size_t word = strcspn(text, " ");

        if (column > 0 && column + 1 + word > WIDTH) {
            (void)fputc('\n', out);
            column = 0;
        }
        column +=
            (size_t)fprintf(out, column ? " %.*s" : "# %.*s", (int)word, text);
        text += word + strspn(text + word, " ");
    }
    (void)fputc('\n', out);
}

/* The allowed values, as a sentence after the help; may be empty. */
static int add_bounds(struct hs_buf *text, const struct hs_setting *setting)
{
    char choices[128];

    if (setting->type == HS_SET_INTEGER)
        return hs_buf_printf(text, " %lld to %lld.", (long long)setting->min,
                             (long long)setting->max);
    if (setting->type == HS_SET_SWITCH)
        return hs_buf_add_str(text, " yes or no.");
    if (!setting->choices)
        return 0;
    hs_setting_choices(setting->choices, choices, sizeof choices);
    return hs_buf_printf(text, " %s.", choices);
}

static void print_help(const struct hs_setting *setting, FILE *out)
{
    struct hs_buf text = {0};

    if (hs_buf_add_str(&text, setting->help) == 0 &&
        add_bounds(&text, setting) == 0 &&
        (!setting->reloadable ||
         hs_buf_add_str(&text, " SIGHUP reads it again.") == 0))
        print_wrapped(text.data, out);
    hs_buf_free(&text);
    if (setting->env[0])
        (void)fprintf(out, "# Environment: %s%s%s\n", setting->env[0],
                      setting->env[1] ? " or " : "",
                      setting->env[1] ? setting->env[1] : "");
}

void hs_config_print_defaults(FILE *out)
{
    (void)fputs(
        "# app.conf: the settings of Hookswitch.\n"
        "#\n"
        "# Every setting is here, commented out at its default. A line is\n"
        "#     key = value\n"
        "# and # begins a comment only at the start of a line. The environment "
        "and a\n"
        "# file .env beside this one override it: there, a setting's name is "
        "HOOKSWITCH_\n"
        "# and the name in capitals (HOOKSWITCH_LISTEN), or the shorter one "
        "given with\n"
        "# it. `hookswitch config` shows the settings in force, and where each "
        "was set.\n",
        out);
    for (size_t i = 0; i < hs_setting_count; i++) {
        const struct hs_setting *setting = &hs_settings[i];

        if (setting->section)
            (void)fprintf(out, "\n\n# ---- %s ----\n", setting->section);
        (void)fputc('\n', out);
        print_help(setting, out);
        (void)fprintf(out, "#%s =%s%s\n", setting->name,
                      setting->fallback ? " " : "",
                      setting->fallback ? setting->fallback : "");
    }
}

/* The value as text; `scratch` holds 32 bytes. The table's pointer would allow
 * writing; nothing is written here. */
static const char *value_text(const struct hs_setting *setting,
                              const struct hs_config *config, char *scratch)
{
    static _Thread_local char shown[HS_DATABASE_SHOWN];
    struct hs_config *members = (struct hs_config *)config;
    const char *text;

    switch (setting->type) {
    case HS_SET_INTEGER:
        (void)snprintf(scratch, 32, "%lld",
                       (long long)*hs_setting_integer(setting, members));
        return scratch;
    case HS_SET_SWITCH:
        return *hs_setting_switch(setting, members) ? "yes" : "no";
    default:
        text = *hs_setting_text(setting, members);
        if (text != config->database || !hs_database_is_url(text))
            return text;
        hs_database_shown(text, shown);
        return shown;
    }
}

static const char *shown_text(const struct hs_setting *setting,
                              const struct hs_config *config, char *scratch)
{
    const char *text = value_text(setting, config, scratch);

    if (!setting->secret)
        return text;
    return *text ? "set" : "unset";
}

static int add_json_value(struct hs_buf *line, const struct hs_setting *setting,
                          const struct hs_config *config)
{
    char scratch[32];
    const char *text = shown_text(setting, config, scratch);

    if (setting->type == HS_SET_INTEGER)
        return hs_buf_add_str(line, text);
    if (setting->type == HS_SET_SWITCH)
        return hs_buf_add_str(line, *text == 'y' ? "true" : "false");
    return hs_buf_add_json(line, text, strlen(text));
}

static int add_json(struct hs_buf *all, const struct hs_config *config)
{
    for (size_t i = 0; i < hs_setting_count; i++) {
        const char *from = config->origins[i].text;

        if (hs_buf_printf(all, "%s\"%s\":{\"value\":", i ? ",\n" : "{\n",
                          hs_settings[i].name) != 0 ||
            add_json_value(all, &hs_settings[i], config) != 0 ||
            hs_buf_add_str(all, ",\"from\":") != 0 ||
            hs_buf_add_json(all, from, strlen(from)) != 0 ||
            hs_buf_add_str(all, "}") != 0)
            return -1;
    }
    return hs_buf_add_str(all, "\n}\n");
}

void hs_config_print(const struct hs_config *config, int json, FILE *out)
{
    struct hs_buf all = {0};
    char scratch[32];

    if (json && add_json(&all, config) == 0)
        (void)fputs(all.data, out);
    hs_buf_free(&all);
    for (size_t i = 0; !json && i < hs_setting_count; i++) {
        const char *text = shown_text(&hs_settings[i], config, scratch);
        int width = fprintf(out, "%s =%s%s", hs_settings[i].name,
                            *text ? " " : "", text);

        if (config->origins[i].rank == HS_FROM_DEFAULT)
            (void)fputc('\n', out);
        else
            (void)fprintf(out, "%*s  # %s\n", width < 48 ? 48 - width : 0, "",
                          config->origins[i].text);
    }
}

int hs_config_print_key(const struct hs_config *config, const char *key,
                        int json, FILE *out)
{
    struct hs_buf value = {0};
    char scratch[32];
    int index = hs_setting_find(key);

    if (index < 0)
        return -1;
    if (!json)
        (void)fprintf(out, "%s\n",
                      shown_text(&hs_settings[index], config, scratch));
    else if (add_json_value(&value, &hs_settings[index], config) == 0)
        (void)fprintf(out, "%s\n", value.data);
    hs_buf_free(&value);
    return 0;
}

const char *hs_config_get(const struct hs_config *config, const char *key,
                          char *scratch)
{
    int index = hs_setting_find(key);

    if (index < 0 || hs_settings[index].secret)
        return NULL;
    return value_text(&hs_settings[index], config, scratch);
}

int hs_config_is_set(const struct hs_config *config, const char *key)
{
    int index = hs_setting_find(key);
    char scratch[32];
    const char *text;

    if (index < 0)
        return -1;
    text = value_text(&hs_settings[index], config, scratch);
    if (hs_settings[index].type == HS_SET_SWITCH)
        return *text == 'y';
    return *text != 0;
}

int hs_config_is_default(const struct hs_config *config, const char *key)
{
    return config->origins[hs_setting_find(key)].rank == HS_FROM_DEFAULT;
}
