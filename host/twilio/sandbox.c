/* sandbox.c: fills in what a sandbox needs: an account of its own, made once,
 * and our own server's addresses.
 *
 * The credentials are kept beside the database, so that they survive a restart
 * and other commands (token, run) have them too. */
#include "twilio/sandbox.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/config/database_name.h"
#include "lib/crypt.h"
#include "lib/files/text_file.h"
#include "twilio/place.h"

#define SUFFIX ".sandbox"
#define KEPT_MAX 4096
#define ORIGIN "sandbox"

/* The invented values: a prefix and this many random bytes in hex. */
static const struct {
    const char *key;
    const char *prefix;
    int bytes;
} made_up[] = {
    {"twilio_account_sid", "AC", 16}, {"twilio_auth_token", "", 16},
    {"twilio_api_key", "SK", 16},     {"twilio_api_secret", "", 16},
    {"twilio_app_sid", "AP", 16},     {"jwt_secret", "", 32},
};
#define COUNT (sizeof made_up / sizeof made_up[0])

/* Append "key = value" for every secret, freshly made. 0 or -1. */
static int make_up(char *out, size_t size)
{
    static const char note[] =
        "# Made by hookswitch --sandbox: a stand-in's credentials. They open\n"
        "# nothing at Twilio. Without this file, new ones are made.\n";
    int used = snprintf(out, size, "%s", note);

    for (size_t i = 0; i < COUNT; i++) {
        unsigned char random[32];
        char hex[2 * sizeof random + 1];

        if (hs_random(random, (size_t)made_up[i].bytes) != 0)
            return -1;
        hs_hex(random, (size_t)made_up[i].bytes, hex);
        used += snprintf(out + used, size - (size_t)used, "%s = %s%s\n",
                         made_up[i].key, made_up[i].prefix, hex);
    }
    return 0;
}

/* Make the file of credentials at `path` unless it is there. */
static int keep_credentials(const char *path, struct hs_error *err)
{
    char text[KEPT_MAX], reason[96];
    int code = 0;

    if (access(path, F_OK) != 0 &&
        (make_up(text, sizeof text) != 0 ||
         hs_text_file_make(path, text, strlen(text)) != 0)) {
        hs_error_set(err, "config",
                     "the sandbox's credentials cannot be kept in %.150s: %s",
                     path, strerror_r(errno, reason, sizeof reason));
        code = -1;
    }
    explicit_bzero(text, sizeof text);
    return code;
}

static int fill_credentials(struct hs_config *config, struct hs_error *err)
{
    char *path = hs_beside_database(config->database, SUFFIX);
    int code = -1;

    if (!path)
        return hs_no_memory(err);
    if (keep_credentials(path, err) != 0 ||
        hs_config_fill(config, path, ORIGIN, err) != 0)
        goto done;
    for (size_t i = 0; i < COUNT; i++) {
        if (hs_config_is_set(config, made_up[i].key))
            continue;
        hs_error_set(err, "config",
                     "%.150s holds no %s: delete the file, and a new one is "
                     "made",
                     path, made_up[i].key);
        goto done;
    }
    code = 0;

done:
    free(path);
    return code;
}

/* Our own server's addresses, once the port is known. */
static int fill_urls(struct hs_config *config, struct hs_error *err)
{
    const char *port = strrchr(config->listen, ':');
    char *url = NULL;

    if (!port || strcmp(port, ":0") == 0)
        return 0;
    if (!*config->server_url) {
        if (asprintf(&url, "http://127.0.0.1%s", port) < 0)
            url = NULL;
        if (hs_config_put(config, "server_url", url, ORIGIN, err) != 0)
            return -1;
    }
    /* A sandbox never buys a real number. */
    if (!hs_is_twilio_url(config->twilio_api_base_url))
        return 0;
    if (asprintf(&url, "http://127.0.0.1%s" HS_SANDBOX_API, port) < 0)
        url = NULL;
    return hs_config_put(config, "twilio_api_base_url", url, ORIGIN, err);
}

/* Neither an account nor a choice between it and the sandbox is configured. */
static int is_undecided(const struct hs_config *config)
{
    return !*config->twilio_auth_token &&
           hs_config_is_default(config, "sandbox") &&
           hs_config_is_default(config, "database");
}

int hs_sandbox_is_here(const struct hs_config *config)
{
    return is_undecided(config) && access(config->database, F_OK) != 0 &&
           access(HS_SANDBOX_DATABASE, F_OK) == 0;
}

int hs_sandbox_is_beside(const struct hs_config *config)
{
    return is_undecided(config) && access(config->database, F_OK) == 0 &&
           access(HS_SANDBOX_DATABASE, F_OK) == 0;
}

int hs_sandbox_may_come(const struct hs_config *config)
{
    return !config->sandbox && is_undecided(config) &&
           access(config->database, F_OK) != 0;
}

int hs_sandbox_apply(struct hs_config *config, struct hs_error *err)
{
    if (!config->sandbox)
        return 0;
    if (hs_config_is_default(config, "database") &&
        hs_config_put(config, "database", strdup(HS_SANDBOX_DATABASE), ORIGIN,
                      err) != 0)
        return -1;
    if (fill_credentials(config, err) != 0)
        return -1;
    return fill_urls(config, err);
}

int hs_sandbox_port(struct hs_config *config, int port, struct hs_error *err)
{
    const char *colon = strrchr(config->listen, ':');
    char *listen_at = NULL;

    if (!config->sandbox || !colon || strcmp(colon, ":0") != 0)
        return 0;
    if (asprintf(&listen_at, "%.*s:%d", (int)(colon - config->listen),
                 config->listen, port) < 0)
        listen_at = NULL;
    if (hs_config_put(config, "listen", listen_at, ORIGIN, err) != 0)
        return -1;
    return fill_urls(config, err);
}
