/* config.h: the settings: app.conf, .env and the environment, read through the
 * one table settings.def. */
#ifndef HS_CONFIG_H
#define HS_CONFIG_H

#include <stdio.h>

#include "base/config/settings.h"
#include "base/err.h"

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
