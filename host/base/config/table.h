/* table.h: the one table of settings; private to host/base/config*.c. */
#ifndef HS_CONFIG_TABLE_H
#define HS_CONFIG_TABLE_H

#include <stddef.h>
#include <stdint.h>

#include "base/config/config.h"
#include "base/err.h"

enum hs_setting_type { HS_SET_TEXT, HS_SET_INTEGER, HS_SET_SWITCH };

struct hs_setting {
    const char *name;     /* key in app.conf, member of struct hs_config */
    const char *fallback; /* default, as it would be written */
    const char *help;
    const char *section; /* title, on the first setting of a section */
    const char *env;     /* a name beside HOOKSWITCH_<NAME>, or NULL */
    const char *env_alias;
    const char *aliases[2]; /* other spellings of the key, or NULL */
    const char *choices;    /* "a|b|c", or NULL */
    /* Check a text, which is not empty; may replace *value by its normal form.
     * Returns 0; -1 with err->message completing "<name> <value> ...". */
    int (*check)(char **value, struct hs_error *err);
    int64_t min, max; /* of an integer */
    size_t offset;    /* in struct hs_config */
    enum hs_setting_type type;
    int secret;
};
extern const struct hs_setting hs_settings[];
extern const size_t hs_setting_count;

/* Ways to spell one setting: in app.conf, and in the environment. */
#define HS_SPELLINGS 3
/* The spelling number `which` in app.conf, or NULL. */
const char *hs_setting_key(const struct hs_setting *setting, int which);
/* Index of the setting whose key or environment name this is, and which
 * spelling; -1 when there is none. */
int hs_setting_by_key(const char *key, int *which);
int hs_setting_by_env(const char *name, int *which);
/* The key, or HOOKSWITCH_ name, that was probably meant; NULL when unclear.
 * `scratch` holds 64 bytes. */
const char *hs_setting_near_key(const char *key);
const char *hs_setting_near_env(const char *name, char *scratch);

/* The member of `config` that belongs to a setting, by type. */
char **hs_setting_text(const struct hs_setting *setting,
                       struct hs_config *config);
int64_t *hs_setting_integer(const struct hs_setting *setting,
                            struct hs_config *config);
int *hs_setting_switch(const struct hs_setting *setting,
                       struct hs_config *config);

/* Checks of single values, config_check.c. */
int hs_check_listen(char **value, struct hs_error *err);
int hs_check_origin(char **value, struct hs_error *err);
int hs_check_base_url(char **value, struct hs_error *err);
int hs_check_any_url(char **value, struct hs_error *err);
int hs_check_origins(char **value, struct hs_error *err);
int hs_check_hosts(char **value, struct hs_error *err);
int hs_check_addresses(char **value, struct hs_error *err);
int hs_check_account_sid(char **value, struct hs_error *err);
int hs_check_api_key(char **value, struct hs_error *err);
int hs_check_app_sid(char **value, struct hs_error *err);
int hs_check_token(char **value, struct hs_error *err);
int hs_check_jwt_secret(char **value, struct hs_error *err);
int hs_check_place(char **value, struct hs_error *err);
int hs_check_zone_name(char **value, struct hs_error *err);
int hs_check_countries(char **value, struct hs_error *err);
int hs_check_word(char **value, struct hs_error *err);
int hs_check_company(char **value, struct hs_error *err);

/* One value as it was found. */
struct hs_found {
    char *value;    /* NULL = not given */
    char name[64];  /* as it was spelled: "TWILIO_APP_SID" */
    char from[160]; /* "app.conf:12", "environment SERVER_URL" */
    int rank;       /* HS_FROM_; the higher one wins */
};
enum { HS_FROM_DEFAULT, HS_FROM_FILE, HS_FROM_DOTENV, HS_FROM_ENVIRONMENT };
/* What a file or the environment said: hs_setting_count × HS_SPELLINGS. */
struct hs_layer {
    struct hs_found *found;
};
struct hs_found *hs_layer_at(struct hs_layer *layer, int setting, int which);

/* Reading, config_read.c. Each returns 0 or -1 with `err` ("config" or
 * "memory"). A missing file is an error only when `required`. */
int hs_read_conf(struct hs_layer *layer, const char *path, int required,
                 struct hs_error *err);
int hs_read_dotenv(struct hs_layer *layer, const char *path,
                   struct hs_error *err);
int hs_read_environment(struct hs_layer *layer, char **environment,
                        struct hs_error *err);
/* The same on text in memory: what the fuzzer feeds. */
int hs_read_conf_text(struct hs_layer *layer, const char *label,
                      const char *text, size_t len, struct hs_error *err);
int hs_read_dotenv_text(struct hs_layer *layer, const char *label,
                        const char *text, size_t len, struct hs_error *err);
/* A whole small file. Returns its bytes, NUL-terminated, which the caller
 * frees; NULL and `err` ("missing", "folder", "config") on failure. */
char *hs_read_small_file(const char *path, size_t max, size_t *len,
                         struct hs_error *err);

/* Settle two layers into one configuration; the caller frees it. */
struct hs_config *hs_config_settle(struct hs_layer *file,
                                   struct hs_layer *environment,
                                   struct hs_error *err);
/* What must hold between settings, config_check.c. */
int hs_check_together(struct hs_config *config, struct hs_error *err);
/* The public keys in a file, config_check.c. The caller frees them; NULL and
 * `err`. */
char *hs_read_key_file(const char *path, struct hs_error *err);

/* The auth token in a file, and a second one on a second line or "",
 * credentials.c. The caller frees both; 0, or -1 with `err` and both NULL or to
 * be freed. */
int hs_read_token_file(const char *path, char **token, char **secondary,
                       struct hs_error *err);
/* Give a region without an edge its own, and put both into the host of
 * twilio_api_base_url, when that is one of Twilio's: config_place.c. 0, or -1
 * with `err`. */
int hs_config_place(struct hs_config *config, struct hs_error *err);
/* Is this base URL Twilio's own, in any region? */
int hs_is_twilio_url(const char *url);
void hs_credentials_free(struct hs_config *config);

int hs_layer_new(struct hs_layer *layer, struct hs_error *err);
void hs_layer_free(struct hs_layer *layer);

#endif
