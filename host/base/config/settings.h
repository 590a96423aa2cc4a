/* settings.h: the settings, a member for every row of settings.def. */
#ifndef HS_SETTINGS_H
#define HS_SETTINGS_H

#include <stdint.h>

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
    int was_read, was_told; /* taken; or reported that it can't be */
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

/* table.c: the key of a setting that was probably meant, or NULL. */
const char *hs_setting_near(const char *key);

#endif
