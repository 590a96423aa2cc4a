/* table.h: what the rows of settings.def say; private to this folder. */
#ifndef HS_CONFIG_TABLE_H
#define HS_CONFIG_TABLE_H

#include <stddef.h>
#include <stdint.h>

#include "base/config/settings.h"
#include "base/err.h"

enum hs_setting_type { HS_SET_TEXT, HS_SET_INTEGER, HS_SET_SWITCH };

struct hs_setting {
    const char *name; /* key in app.conf, member of struct hs_config */
    enum hs_setting_type type;
    size_t offset;        /* in struct hs_config */
    const char *fallback; /* the default, as one would write it */
    const char *help;
    const char *section;    /* title, on the first setting of a section */
    const char *aliases[2]; /* other spellings of the key */
    const char *env[2];     /* names besides HOOKSWITCH_<NAME> */
    int secret;
    int reloadable;   /* SIGHUP reads it again: credentials.h */
    int64_t min, max; /* of an integer; max: of a text's bytes, 0: 1024 */
    /* What a text must be; an empty one isn't checked: */
    const char *choices; /* one of "a|b|c" */
    const char *prefix;  /* a SID of this kind: "AC" */
    /* `check` may bring it into its normal form. Returns 0; or -1 with
     * err->message completing "<name> <value> ...". */
    int (*check)(char **value, struct hs_error *err);
    /* The same for each word of a list of `words`; err may be left alone. */
    int (*check_word)(char *word, struct hs_error *err);
    const char *words;
};
extern const struct hs_setting hs_settings[];
extern const size_t hs_setting_count;

/* The index of the setting with this key, or -1. */
int hs_setting_find(const char *key);
/* The HOOKSWITCH_ name probably meant, in `scratch` (64 bytes); NULL if
 * unclear. */
const char *hs_setting_near_env(const char *name, char *scratch);
/* 1 when `value` is one of "a|b|c"; and these as "a, b or c". */
int hs_setting_allows(const char *choices, const char *value);
void hs_setting_choices(const char *choices, char *out, size_t size);

/* The member of `config` that belongs to a setting, by type. */
char **hs_setting_text(const struct hs_setting *setting,
                       struct hs_config *config);
int64_t *hs_setting_integer(const struct hs_setting *setting,
                            struct hs_config *config);
int *hs_setting_switch(const struct hs_setting *setting,
                       struct hs_config *config);

/* Ways to spell one setting: a key and its aliases in files; two names and
 * HOOKSWITCH_<NAME> in the environment. */
enum { HS_IN_CONF, HS_IN_ENV = 3, HS_SPELLINGS = 6 };
/* One value as found. */
struct hs_found {
    char *value;    /* NULL = not given */
    char name[64];  /* as spelled: "TWILIO_APP_SID" */
    char from[160]; /* "app.conf:12", "environment SERVER_URL" */
    int rank;       /* HS_FROM_; the higher one wins */
};
enum { HS_FROM_DEFAULT, HS_FROM_FILE, HS_FROM_DOTENV, HS_FROM_ENVIRONMENT };
/* Everything files and the environment say: HS_SPELLINGS of each setting. */
struct hs_given {
    struct hs_found *found;
};
int hs_given_new(struct hs_given *given, struct hs_error *err);
void hs_given_free(struct hs_given *given);
/* The place of a spelling, HS_IN_CONF's or HS_IN_ENV's; NULL if no setting has
 * that name. */
struct hs_found *hs_given_at(struct hs_given *given, int where,
                             const char *name);

/* Reading, read.c. Each returns 0 or -1 with `err` ("config" or "memory"). A
 * missing file is an error only when `required`. */
int hs_read_conf(struct hs_given *given, const char *path, int required,
                 struct hs_error *err);
int hs_read_dotenv(struct hs_given *given, const char *path,
                   struct hs_error *err);
int hs_read_environment(struct hs_given *given, char **environment,
                        struct hs_error *err);
/* The same for text in memory; the fuzzer uses it. */
int hs_read_conf_text(struct hs_given *given, const char *label,
                      const char *text, size_t len, struct hs_error *err);
int hs_read_dotenv_text(struct hs_given *given, const char *label,
                        const char *text, size_t len, struct hs_error *err);
/* One configuration out of what was given, config.c; the caller frees it. */
struct hs_config *hs_config_settle(struct hs_given *given,
                                   struct hs_error *err);

/* Checking, check.c. Bring a text into its normal form: 0; or -1 with
 * err->message completing "<name> <value> ...". */
int hs_check_text(const struct hs_setting *setting, char **value,
                  struct hs_error *err);
int hs_check_token(char **value, struct hs_error *err);
/* Check settings against each other. 0, or -1 with `err`. */
int hs_check_together(const struct hs_config *config, struct hs_error *err);
/* Files that hold keys, credentials.c. The public keys; the caller frees them;
 * NULL and `err`. */
char *hs_read_key_file(const char *path, struct hs_error *err);
/* The auth token, and a second one on a second line or "". The caller frees
 * both; 0, or -1 with `err` (free them then, too). */
int hs_read_token_file(const char *path, char **token, char **secondary,
                       struct hs_error *err);
void hs_credentials_free(struct hs_config *config);

#endif
