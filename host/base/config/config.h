/* config.h: app.conf, .env and the environment, through one table. */
#ifndef HS_CONFIG_H
#define HS_CONFIG_H

#include <stdint.h>
#include <stdio.h>

#include "base/err.h"

struct hs_renewed;

/* What a file looked like when it was last looked at. */
struct hs_file_state {
    int64_t node, size, changed_s, changed_ns;
    int was_read;
};

/* Read-only after hs_config_load. Strings are never NULL; "" means unset.
 * Names, bounds, defaults and help stand in config.c's one table; keep the
 * member name equal to the key. */
struct hs_config {
    /* serving */
    char *listen;   /* 127.0.0.1:8080 */
    char *database; /* hookswitch.db */
    char *lua; /* lua: the folder; falls back to ../lua beside the binary */
    char *web; /* build/web */
    int64_t workers;               /* 64: threads, each with its own VMs */
    char *log;                     /* debug|info|warn|error */
    char *log_file;                /* "" = stderr */
    char *server_url;              /* public base of webhook URLs */
    int64_t request_timeout_ms;    /* 3000 */
    int64_t keep_alive_timeout_ms; /* 150000 */
    int64_t max_body_bytes;        /* 262144 */
    int64_t drain_seconds;         /* 14 */
    char *metrics_token;           /* secret; "" = loopback only */
    /* Twilio */
    char *twilio_account_sid;
    /* as they were at the start; in a server credentials.h has those of now */
    char *twilio_auth_token;           /* secret */
    char *twilio_auth_token_secondary; /* secret */
    char *twilio_auth_token_file;      /* read into the two above */
    char *twilio_api_key;
    char *twilio_api_secret;   /* secret */
    char *twilio_app_sid;      /* alias TWILIO_TWIML_APP_SID */
    char *twilio_api_base_url; /* https://api.twilio.com, or another region's */
    char *twilio_region;       /* "" = us1 */
    char *twilio_edge;
    int64_t twilio_timeout_ms; /* 8000 */
    char *fallback_url;        /* VoiceFallbackUrl of our numbers; "" = ours */
    int insecure_webhooks;     /* no; only when bound to loopback */
    int sandbox;               /* no */
    /* who is a user */
    /* as they were at the start; in a server credentials.h has those of now */
    char *jwt_secret;           /* secret, HS256 */
    char *jwt_secret_secondary; /* secret; its tokens are good, too */
    char *jwt_public_key_file;  /* PEM, RS256 or ES256 */
    char *jwt_public_keys;      /* what is in it; no setting */
    char *jwt_algorithm;        /* HS256|RS256|ES256 */
    char *jwt_issuer;
    char *jwt_audience;
    char *jwt_user_claim;    /* "" = sub, userId, user_id, id */
    char *data_scope;        /* user|team */
    int64_t session_seconds; /* 43200 */
    int rate_limits;         /* on */
    char *trusted_proxies;   /* addresses, space-separated; "" = none */
    char *cors_origins;      /* space-separated; "" = none */
    /* calls */
    int64_t rule_time_ms;   /* 250 */
    int64_t trial_seconds;  /* 30 */
    int64_t rule_memory_mb; /* 16 */
    int rules_editable;     /* yes */
    int64_t lookup_time_ms; /* 800 */
    char *lookup_hosts;
    int64_t ring_limit_seconds;  /* 60: total ringing of a plan */
    int64_t call_limit_seconds;  /* 14400: Dial's timeLimit */
    char *timezone;              /* UTC: default zone of numbers */
    char *company;               /* spoken by the whisper: "Call for …" */
    char *voice;                 /* Say's voice, "" = Twilio's default */
    char *language;              /* Say's language, "" = Twilio's default */
    char *forward_countries;     /* "" = the countries of the owned numbers */
    int64_t concurrent_calls;    /* 20 per user */
    int64_t daily_minutes;       /* 600 per user, forwarded and browser calls */
    int64_t buy_daily_cap;       /* 3 */
    int64_t token_seconds;       /* 3600 */
    int64_t text_pause_minutes;  /* 720: between two texts to a caller */
    int64_t text_daily_cap;      /* 100 of a number */
    int64_t recording_days;      /* 0 = keep */
    int64_t call_days;           /* 0 = keep */
    int64_t maintenance_seconds; /* 0 = never */
    /* not settings, from here on: where each value was set, by the table's
     * order; */
    char **origins;
    /*  what credentials.c needs to read some again */
    char *path; /* of app.conf, NULL: where it is looked for */
    int token_from_file;
    struct hs_file_state token_file, key_file;
    struct hs_renewed *_Atomic renewed;
};

/* `listen` is always HOST:PORT with an IPv4 address; `server_url` and
 * `twilio_api_base_url` have no slash at the end.
 *
 * Read `path` (NULL: app.conf if it is there), .env beside it, then the
 * environment, which wins. Returns NULL and fills `err` (file:line, the nearest
 * known name) on failure; otherwise the caller frees with hs_config_free(). */
struct hs_config *hs_config_load(const char *path, struct hs_error *err);
void hs_config_free(struct hs_config *config);
/* With sandbox = yes, give what is unset a value of its own: account, keys, app
 * and JWT secret, made once and kept in the file <database>.sandbox, and as
 * server_url and Twilio's API our own server. The configuration may be switched
 * to the sandbox before. 0, or -1 with `err`. */
int hs_config_apply_sandbox(struct hs_config *config, struct hs_error *err);
/* The same for a port that was only chosen when listening (listen = HOST:0),
 * before other threads read the configuration. */
int hs_config_sandbox_port(struct hs_config *config, int port,
                           struct hs_error *err);
/* Write the file that app.conf is: every key commented out at its default. */
void hs_config_print_defaults(FILE *out);
/* Write the values in force, as JSON or lines; secrets as `set` or `unset`. */
void hs_config_print(const struct hs_config *config, int json, FILE *out);
/* The same for one key, the value alone. 0, or -1 for an unknown key. */
int hs_config_print_key(const struct hs_config *config, const char *key,
                        int json, FILE *out);
/* The key that was probably meant, or NULL. */
const char *hs_config_near(const char *key);
/* A value by key for Lua: returns NULL for an unknown or a secret key; numbers
 * and switches come as text in `scratch` (32 bytes). */
const char *hs_config_get(const struct hs_config *config, const char *key,
                          char *scratch);
/* 1 when a value is there (a text that is not empty, a switch that is on, any
 * number), secrets included; 0 when not; -1 for an unknown key. */
int hs_config_is_set(const struct hs_config *config, const char *key);

#endif
