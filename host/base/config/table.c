/* table.c: finding settings by their names, and their members. */
#include "base/config/table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/nearest.h"

#define PREFIX "HOOKSWITCH_"

/* 1 when `name` is HOOKSWITCH_ and the key in upper case. */
static int is_prefixed(const char *name, const char *key)
{
    if (strncmp(name, PREFIX, sizeof PREFIX - 1) != 0)
        return 0;
    for (name += sizeof PREFIX - 1; *name && *key; name++, key++) {
        int upper = *key >= 'a' && *key <= 'z' ? *key - ('a' - 'A') : *key;

        if (*name != upper)
            return 0;
    }
    return *name == *key;
}

/* Is this the spelling number `which` of a setting? */
static int is_spelled(const struct hs_setting *setting, int which,
                      const char *name)
{
    const char *const spellings[HS_SPELLINGS - 1] = {
        setting->name, setting->aliases[0], setting->aliases[1],
        setting->env[0], setting->env[1]};

    if (which == HS_SPELLINGS - 1)
        return is_prefixed(name, setting->name);
    return spellings[which] && strcmp(spellings[which], name) == 0;
}

/* The setting and the spelling of `name`, as one number; or -1. */
static int find(int where, const char *name)
{
    int end = where == HS_IN_CONF ? HS_IN_ENV : HS_SPELLINGS;

    for (int i = 0; i < (int)hs_setting_count; i++) {
        for (int which = where; which < end; which++) {
            if (is_spelled(&hs_settings[i], which, name))
                return i * HS_SPELLINGS + which;
        }
    }
    return -1;
}

int hs_setting_find(const char *key)
{
    int at = find(HS_IN_CONF, key);

    return at < 0 ? -1 : at / HS_SPELLINGS;
}

int hs_given_new(struct hs_given *given, struct hs_error *err)
{
    given->found =
        calloc(hs_setting_count * HS_SPELLINGS, sizeof *given->found);
    if (!given->found)
        hs_no_memory(err);
    return given->found ? 0 : -1;
}

void hs_given_free(struct hs_given *given)
{
    for (size_t i = 0; given->found && i < hs_setting_count * HS_SPELLINGS; i++)
        free(given->found[i].value);
    free(given->found);
    given->found = NULL;
}

struct hs_found *hs_given_at(struct hs_given *given, int where,
                             const char *name)
{
    int at = find(where, name);

    return at < 0 ? NULL : &given->found[at];
}

const char *hs_setting_near(const char *key)
{
    struct hs_nearest nearest = {0};

    for (size_t i = 0; i < hs_setting_count; i++)
        hs_nearest_offer(&nearest, key, hs_settings[i].name);
    return nearest.name;
}

const char *hs_setting_near_env(const char *name, char *scratch)
{
    const char *near;

    if (strncmp(name, PREFIX, sizeof PREFIX - 1) != 0)
        return NULL;
    near = hs_setting_near(name + sizeof PREFIX - 1);
    if (!near)
        return NULL;
    (void)snprintf(scratch, 64, PREFIX "%s", near);
    for (char *at = scratch; *at; at++) {
        if (*at >= 'a' && *at <= 'z')
            *at = (char)(*at - ('a' - 'A'));
    }
    return scratch;
}

int hs_setting_allows(const char *choices, const char *value)
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

void hs_setting_choices(const char *choices, char *out, size_t size)
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

static void *member(const struct hs_setting *setting, struct hs_config *config)
{
    return (char *)config + setting->offset;
}

char **hs_setting_text(const struct hs_setting *setting,
                       struct hs_config *config)
{
    return member(setting, config);
}

int64_t *hs_setting_integer(const struct hs_setting *setting,
                            struct hs_config *config)
{
    return member(setting, config);
}

int *hs_setting_switch(const struct hs_setting *setting,
                       struct hs_config *config)
{
    return member(setting, config);
}
