/* config.h: the settings: app.conf, .env and the environment, read through the
 * one table settings.def. */
#ifndef HS_CONFIG_H
#define HS_CONFIG_H

#include <stdint.h>
#include <stdio.h>

#include "base/err.h"

struct hs_renewed;

/* Where a value was set ("default", "app.conf:12", "environment SERVER_URL"),
 * and how near to the process that is. */
struct hs_origin {
    char *text;
    int rank;
};

/* A file's state when it was last checked. */
struct hs_file_state {
    int64_t node, size, changed_s, changed_ns;
    int was_read;
};

/* A member for every row of the table. Read-only once loaded. A text is never
 * NULL; "" means unset. `listen` is always HOST:PORT with an IPv4 address;
 * `server_url` and `twilio_api_base_url` have no slash at the end. Keys are
 * those of the start: credentials.h has the current ones. */
struct hs_config {
#define TEXT(member, ...) char *member;
#define INTEGER(member, ...) int64_t member;
#define SWITCH(member, ...) int member;
#include "base/config/settings.def"
#undef TEXT
#undef INTEGER
#undef SWITCH
    /* from here on, not settings */
    struct hs_origin *origins; /* in the table's order */
    char *jwt_public_keys;     /* contents of jwt_public_key_file, or NULL */
    int token_from_file;
    struct hs_file_state token_file, key_file;
    struct hs_renewed *_Atomic renewed;
};

#define HS_CONFIG_FILE "app.conf" /* in the working folder */

/* Read `path` (NULL: app.conf if it is there, or else the one installed with
 * the program), .env beside it, then the environment, which wins. Returns NULL
 * and fills `err` (file:line, the nearest known name) on failure; otherwise the
 * caller frees with hs_config_free(). */
struct hs_config *hs_config_load(const char *path, struct hs_error *err);
void hs_config_free(struct hs_config *config);
/* Fill in unset texts from the file at `path`, which is written like app.conf;
 * `config show` names `origin` as their source. 0, or -1 with `err`. */
int hs_config_fill(struct hs_config *config, const char *path,
                   const char *origin, struct hs_error *err);
/* Set a text; the configuration takes ownership of `value`, or frees it; NULL
 * means memory ran out. With `origin` NULL the source stays the previous
 * value's. Before other threads read. 0, or -1 with `err`. */
int hs_config_put(struct hs_config *config, const char *key, char *value,
                  const char *origin, struct hs_error *err);

/* Write app.conf: every key commented out at its default. */
void hs_config_print_defaults(FILE *out);
/* Write the values in force, as JSON or lines; secrets as `set` or `unset`. */
void hs_config_print(const struct hs_config *config, int json, FILE *out);
/* The same for one key, the value alone. 0, or -1 for an unknown key. */
int hs_config_print_key(const struct hs_config *config, const char *key,
                        int json, FILE *out);
/* The key probably meant, or NULL. */
const char *hs_config_near(const char *key);
/* A value by key for Lua: returns NULL for an unknown or a secret key; numbers
 * and switches come as text in `scratch` (32 bytes). */
const char *hs_config_get(const struct hs_config *config, const char *key,
                          char *scratch);
/* 1 when a value is there (a text that is not empty, a switch that is on, any
 * number), secrets included; 0 when not; -1 for an unknown key. */
int hs_config_is_set(const struct hs_config *config, const char *key);
/* Is a known key at its default because it wasn't set? */
int hs_config_is_default(const struct hs_config *config, const char *key);

#endif
